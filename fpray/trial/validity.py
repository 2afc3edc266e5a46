"""What a trial's numbers are worth: did the system serve, did clients give up, may the figures be believed?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from fpray.files.layout import stdout_file
from fpray.node.process_files import tail
from fpray.node.processes import Exit
from fpray.plan.plan import Plan, Trial
from fpray.recorder.columns import LITTLES_LAW
from fpray.store.outcome import Status
from fpray.store.trial_directory import TrialDirectory

if TYPE_CHECKING:
    from fpray.recorder.summary import Summary

# What the jar's clients say, at log level warn or lower, when a loop had no answer by the timeout; they exit 0.
TIMED_OUT = "Client futures timed out!"
# Rows that end this share of the duration (at least so many seconds) before the planned end mean a stall.
STALL_SHARE, STALL_S = 0.1, 0.25
# Clients that measured together for less than this share of the duration began too far apart.
TOGETHER_SHARE = 0.5
# Throughput x mean latency of a closed loop must give the number of loops, within this.
LITTLE = (0.9, 1.1)


@dataclass(frozen=True)
class Verdict:
    """How a trial is to be counted, in whose words, and why its figures may mislead."""

    status: Status
    detail: str = ""
    label: str = ""
    lines: tuple[str, ...] = ()
    log: str = ""
    doubts: tuple[str, ...] = field(default=())


def judge(
    trial: Trial[Any], plan: Plan, summary: Summary, exits: Mapping[str, Exit], directory: TrialDirectory
) -> Verdict:
    """Judge a trial in which every process did as it was told, by what its clients recorded.

    A client exits 0 whether or not it was answered, so its exit code says nothing: its rows and its log do.
    """
    loops = trial.protocol.loops(trial.params) * trial.params.num_client_procs
    hidden = 0 if trial.protocol.flushes_groups else summary.unrecorded
    given_up = list(_given_up(trial, plan, summary, directory))
    doubts = tuple(_doubts(summary))
    if apart := _apart(trial, summary):
        if summary.requests + hidden < loops:
            return Verdict(Status.NOT_READY, apart)
        doubts = (apart, *doubts)
    elif summary.requests + hidden < loops:
        answered = f"{summary.requests} requests of {loops} closed loops were answered in the measured window"
        label = given_up[0].label if given_up else plan.of_kind("client")[0].label
        log = str(directory.file(stdout_file(label)).absolute())
        return Verdict(Status.UNSERVED, answered, label, tail(log, 5), log, doubts)
    if summary.requests < loops:
        undecided = (
            f"{summary.requests} requests are recorded for {loops} closed loops: unfinished measurement groups may"
            f" hide up to {hidden}, so whether the system served cannot be decided"
        )
        doubts = (undecided, *doubts)
    if given_up and all(v.status is Status.FINISHED for v in given_up):
        doubts = (*(v.detail for v in given_up), *doubts)
    elif given_up:
        first, *others = [v for v in given_up if v.status is not Status.FINISHED]
        also = f"; so did {', '.join(v.label for v in others)}" if others else ""
        return Verdict(Status.OVERRAN, first.detail + also, first.label, first.lines, first.log, doubts)
    return Verdict(Status.FINISHED, doubts=doubts)


def _apart(trial: Trial[Any], summary: Summary) -> str:
    """Why the clients measured together for less than half of the duration, if so: some began too late."""
    begins = {each.client: each.first_start_ns for each in summary.clients if each.first_start_ns is not None}
    duration_s = trial.params.duration.total_seconds()
    together_s = (summary.window_ns[1] - summary.window_ns[0]) / 1e9 if summary.window_ns else 0.0
    if len(begins) < 2 or together_s >= TOGETHER_SHARE * duration_s:
        return ""
    first, last = min(begins, key=begins.__getitem__), max(begins, key=begins.__getitem__)
    return (
        f"the clients measured together for {together_s:.2f} of {duration_s:g} s: {last} began"
        f" {(begins[last] - begins[first]) / 1e9:.2f} s after {first}; their machines are too busy to start them"
        " together, or their warm-ups differ (a longer duration helps)"
    )


def _given_up(trial: Trial[Any], plan: Plan, summary: Summary, directory: TrialDirectory) -> Iterator[Verdict]:
    """The clients that waited in vain for an answer until their timeout; finished where that means nothing."""
    facts = {client.client: client for client in summary.clients}
    protocol, params = trial.protocol, trial.params
    duration_s = params.duration.total_seconds()
    grouped = getattr(params, "measurement_group_size", 1) > 1
    before_s = (params.warmup_duration + params.warmup_sleep).total_seconds() if protocol.records_warmup else 0.0
    holds_back = protocol.holds_back(params)
    for process in plan.of_kind("client"):
        label, log = process.label, str(directory.file(stdout_file(process.label)).absolute())
        said = [line for line in tail(log, 50) if TIMED_OUT in line]
        client = facts[label]
        answered_s = duration_s
        if client.first_start_ns is not None and client.last_stop_ns is not None:
            answered_s = (client.last_stop_ns - client.first_start_ns) / 1e9 - before_s
        stalled = duration_s - answered_s > max(STALL_S, STALL_SHARE * duration_s)
        if said and holds_back and not stalled:
            detail = (
                f"{label} waited for its last answers until its timeout: {', '.join(holds_back)} let requests wait"
                " for others, and at the end none come"
            )
            yield Verdict(Status.FINISHED, detail, label)
        elif said:
            yield Verdict(Status.OVERRAN, f"{label} gave up: {TIMED_OUT}", label, tuple(said), log)
        elif stalled and not grouped:
            # Above log level warn a client does not say that it gave up; its rows stop short of the planned end.
            detail = f"{label} had no answer after {answered_s:.1f} of {duration_s:.1f} s"
            yield Verdict(Status.OVERRAN, detail, label, tail(log, 5), log)


def _doubts(summary: Summary) -> Iterator[str]:
    law = summary.measured.get(LITTLES_LAW)
    if law is not None and not LITTLE[0] <= law <= LITTLE[1]:
        yield (
            f"throughput x mean latency is {law:.2f} of the closed loops (Little's law says 1):"
            " loops stood still, or measured something else"
        )
