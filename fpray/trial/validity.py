"""What a trial's figures are worth: what is known of it as evidence, and what the checks say about that."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from fpray.evidence.checks import CHECKS
from fpray.evidence.evidence import ClientEvidence, Doubt, Evidence, MachineEvidence, doubts
from fpray.evidence.steady_checks import LINEARIZABLE, STEADY_CHECKS
from fpray.files.layout import stdout_file
from fpray.files.reading import tail
from fpray.plan.plan import Trial
from fpray.recorder.columns import LEFT_OUT, LITTLES_LAW, NOTHING, THROUGHPUT, WINDOW_S, without_output
from fpray.recorder.samples import FEWEST_REQUESTS
from fpray.store.outcome import Status
from fpray.trial.attempt import Attempt
from fpray.trial.instrument_hooks import given_evidence
from fpray.trial.plan_facts import recorded_warmup_s, seconds_of, warmup_s

if TYPE_CHECKING:
    from fpray.recorder.parquet_writer import ClientFacts
    from fpray.recorder.summary import Summary

_CHECKS = (*CHECKS, *STEADY_CHECKS)
CHECK_NAMES = [check.__name__ for check in _CHECKS]
_LINES = 400  # the one that tells may stand above much noise


def doubts_about(attempt: Attempt, summary: Summary) -> list[Doubt]:
    """What can be doubted about a trial in which every process did as it was told; a defect first, if there is one."""
    pieces = given_evidence(attempt, summary.window_ns)
    machines = [evidence for evidence in pieces if isinstance(evidence, MachineEvidence)]
    of_instruments = [evidence for evidence in pieces if isinstance(evidence, Doubt)]
    of_checks = doubts(_evidence(attempt, summary, machines), _CHECKS)
    return sorted([*of_checks, *of_instruments], key=lambda doubt: doubt.defect is None)


def with_advice(trial: Trial[Any], status: Status, detail: str) -> str:
    """What happened, and what the protocol says of it where a trial has stood still."""
    still = trial.protocol.stands_still(trial.params) if status in (Status.OVERRAN, Status.UNSERVED) else ()
    return "; ".join([detail, *still])


def _evidence(attempt: Attempt, summary: Summary, machines: Sequence[MachineEvidence]) -> Evidence:
    """What is known of such a trial."""
    protocol, params = attempt.trial.protocol, attempt.trial.params
    return Evidence(
        loops=protocol.closed_loops(params),
        requests=summary.requests,
        unrecorded=0 if protocol.flushes_groups else summary.unrecorded,
        window_ns=summary.window_ns,
        duration_s=seconds_of(params, "duration"),
        warmup_s=recorded_warmup_s(attempt.trial),
        grouped=getattr(params, "measurement_group_size", 1) > 1,
        holds_back=tuple(protocol.holds_back(params)),
        littles_law=summary.measured.get(LITTLES_LAW),
        own_s=summary.own_s or 0.0,
        outputs=[repr(label) for label in protocol.outputs if label is not None],
        reported=summary.reported,
        unreported=summary.unreported,
        clients=_clients(attempt, summary),
        machines=machines,
        before_s=warmup_s(params),
        steadiness=summary.steadiness,
        largest_count=summary.largest_count,
        thin=dict(_thin(summary.measured)),
        weak_reads=_weak_reads(attempt.trial, summary),
    )


def _thin(figures: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    """The quantiles of an output for which it has too few requests, and how many they need."""
    for column, value in figures.items():
        needs = FEWEST_REQUESTS.get(without_output(column))
        if needs and value is not None:
            throughput = figures[f"{column.removesuffix(without_output(column))}{THROUGHPUT}"]
            if round(throughput * figures[WINDOW_S]) < needs:
                yield column, needs


def _weak_reads(trial: Trial[Any], summary: Summary) -> str:
    consistency = str(getattr(trial.params, "read_consistency", LINEARIZABLE))
    reads = summary.measured.get(f"{trial.protocol.outputs.get('read', '')}{THROUGHPUT}")
    return consistency if reads and consistency != LINEARIZABLE else ""


def _clients(attempt: Attempt, summary: Summary) -> list[ClientEvidence]:
    facts = {client.client: client for client in summary.clients}
    clients = []
    for process in attempt.known_plan.of_kind("client"):
        client, log = facts[process.label], str(attempt.directory.file(stdout_file(process.label)).absolute())
        times = client.first_start_ns, client.last_stop_ns
        unusable = client.error or next(_reasons(client), "")
        clients.append(
            ClientEvidence(process.label, *times, log, tail(log, _LINES), unusable, unreadable=client.error is not None)
        )
    return clients


def _reasons(client: ClientFacts) -> Iterator[str]:
    """Why a client's file holds no rows, or fewer than it seems to."""
    for note in client.notes:
        if LEFT_OUT in note or (not client.rows and not note.endswith(NOTHING)):
            yield note
