"""How a trial ended: one table from the cause of its end to status, reason and the machines that are blamed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

from fpray.errors import Lost
from fpray.evidence.evidence import Defect
from fpray.files.weighty_lines import telling
from fpray.node.messages import FailureKind
from fpray.store.outcome import Outcome, Reason, Status
from fpray.trial.attempt import Attempt, EndCause, ProcessFailed
from fpray.trial.instrument_hooks import with_findings
from fpray.trial.validity import CHECK_NAMES, doubts_about, with_advice

if TYPE_CHECKING:
    from fpray.recorder.summary import Summary

ADDRESS_IN_USE = "Address already in use"
Blamed = Literal["", "the process's machine", "the lost machines"]
Ending = Literal[FailureKind, Defect, "machine-lost", "interrupted", "stopped-early", "finished"]


@dataclass(frozen=True)
class Verdict:
    """What the cause of a trial's end means."""

    status: Status
    reason: Reason
    blamed: Blamed = ""


# The driver runs a trial again when its reason is infrastructure (fpray/driver/retry.py).
VERDICTS: Mapping[Ending, Verdict] = {
    # A process failed.
    "spawn-failed": Verdict(Status.CRASHED, Reason.SYSTEM_UNDER_TEST),
    "exited": Verdict(Status.CRASHED, Reason.SYSTEM_UNDER_TEST),
    "taken": Verdict(Status.CRASHED, Reason.INFRASTRUCTURE, "the process's machine"),
    "not-ready": Verdict(Status.NOT_READY, Reason.SYSTEM_UNDER_TEST),
    "apart": Verdict(Status.NOT_READY, Reason.INFRASTRUCTURE, "the process's machine"),
    "deadline": Verdict(Status.OVERRAN, Reason.SYSTEM_UNDER_TEST),
    "stopped": Verdict(Status.LOST, Reason.INFRASTRUCTURE, "the lost machines"),
    "lost": Verdict(Status.LOST, Reason.INFRASTRUCTURE, "the lost machines"),
    # It was ended from outside.
    "machine-lost": Verdict(Status.LOST, Reason.INFRASTRUCTURE, "the lost machines"),
    "interrupted": Verdict(Status.INTERRUPTED, Reason.USER),
    "stopped-early": Verdict(Status.STOPPED_EARLY, Reason.NONE),
    # Every process did as it was told.
    "finished": Verdict(Status.FINISHED, Reason.NONE),
    "unserved": Verdict(Status.UNSERVED, Reason.SYSTEM_UNDER_TEST),
    "unrecorded": Verdict(Status.UNSERVED, Reason.SYSTEM_UNDER_TEST),
    "gave-up": Verdict(Status.OVERRAN, Reason.SYSTEM_UNDER_TEST),
    "clients-apart": Verdict(Status.NOT_READY, Reason.INFRASTRUCTURE, "the process's machine"),
}


@dataclass(frozen=True)
class _End:
    """The cause of a trial's end, and what is known of it."""

    ending: Ending
    detail: str = ""
    label: str = ""
    lines: Sequence[str] = ()
    log: str = ""
    hosts: Sequence[str] = ()  # that were lost
    doubts: Sequence[str] = ()
    checks: Sequence[str] = ()
    notes: Sequence[str] = ()
    results: Mapping[str, Any] = field(default_factory=dict)


def outcome_of(attempt: Attempt, cause: EndCause) -> Outcome:
    """The outcome of an attempt, with what instruments found. Stops what still runs, unless a machine is lost."""
    outcome = _outcome(attempt, cause, _end_of(attempt, cause))
    summary = None if isinstance(cause, ProcessFailed | Lost | KeyboardInterrupt) else cause
    return with_findings(attempt, outcome, summary)


def _outcome(attempt: Attempt, cause: EndCause, end: _End) -> Outcome:
    verdict = VERDICTS[end.ending]
    if verdict.reason is Reason.SYSTEM_UNDER_TEST and isinstance(cause, ProcessFailed) and _port_was_taken(cause):
        verdict = replace(verdict, reason=Reason.INFRASTRUCTURE, blamed="the process's machine")
    if verdict.status is not Status.LOST:
        attempt.processes.stop_all()
    return Outcome(
        verdict.status,
        with_advice(attempt.trial, verdict.status, end.detail),
        verdict.reason,
        label=end.label,
        lines=end.lines,
        log=end.log,
        results=end.results,
        notes=[*attempt.notes, *attempt.processes.remarks(), *end.notes],
        doubts=end.doubts,
        checks=end.checks,
        events=attempt.timeline.sorted_events(),
        processes=attempt.processes.ends(),
        hosts=attempt.plan.hosts() if attempt.plan else (),
        blamed=_blamed(attempt, verdict, end),
        wall_s=round(attempt.timeline.elapsed_s, 3),
        phases={name: round(seconds, 4) for name, seconds in attempt.timeline.phases.items()},
    )


def _end_of(attempt: Attempt, cause: EndCause) -> _End:
    if isinstance(cause, Lost):
        return _End("machine-lost", str(cause), hosts=cause.hosts)
    if isinstance(cause, KeyboardInterrupt):
        return _End("interrupted", "interrupted")
    if isinstance(cause, ProcessFailed):
        return _end_by_failure(attempt, cause)
    return _end_of_clients(attempt, cause)


def _end_by_failure(attempt: Attempt, error: ProcessFailed) -> _End:
    failure = error.failure
    if VERDICTS[failure.kind].status is Status.LOST:
        return _End(failure.kind, failure.detail, hosts=attempt.processes.hosts_of(failure.label))
    attempt.timeline.note("fault", failure.detail, label=failure.label)
    detail = failure.detail + (f", {error.before}" if error.before and failure.kind == "exited" else "")
    return _End(failure.kind, detail, failure.label, _without_stock(failure.lines), attempt.work.localize(failure.log))


def _end_of_clients(attempt: Attempt, summary: Summary) -> _End:
    """The end of a trial in which every process did as it was told: what do its figures say?"""
    results = {**summary.columns, **summary.measured}
    if attempt.early_reason:
        return _End("stopped-early", attempt.early_reason, notes=summary.notes, results=results)
    doubts = doubts_about(attempt, summary)
    end = _End("finished", notes=summary.notes, results=results)
    if doubts and (defect := doubts[0].defect) is not None:
        first = doubts.pop(0)
        end = replace(end, ending=defect, detail=first.sentence, label=first.label, lines=first.lines, log=first.log)
    notes = [*end.notes, *(doubt.sentence for doubt in doubts if doubt.harmless)]
    return replace(end, notes=notes, doubts=[d.sentence for d in doubts if not d.harmless], checks=CHECK_NAMES)


def _blamed(attempt: Attempt, verdict: Verdict, end: _End) -> Sequence[str]:
    blamed = attempt.processes.hosts_of(end.label) if verdict.blamed else ()
    return end.hosts if verdict.blamed == "the lost machines" else blamed


def _port_was_taken(error: ProcessFailed) -> bool:
    """Whether a process failed since another one took a port between our choice and the bind."""
    return any(ADDRESS_IN_USE in line for line in error.failure.lines)


def _without_stock(lines: Sequence[str]) -> tuple[str, ...]:
    """The lines that say what went wrong: without the JVM's stock phrases, and not a whole stack trace."""
    stock = ("Error: Could not create the Java Virtual Machine.", "Error: A fatal exception has occurred.")
    return telling([line for line in lines if not line.startswith(stock) and not line.lstrip().startswith("at ")], 12)
