"""How instruments act around the life of a trial's clients, and how their evidence and findings join its outcome."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from fpray.cluster.calls import gather
from fpray.evidence.evidence import Doubt, MachineEvidence, is_usable
from fpray.node.agent import Call, NodeAgent
from fpray.plan.plan import Plan
from fpray.store.outcome import Outcome
from fpray.trial.attempt import Attempt
from fpray.trial.instruments import Findings, Instrument
from fpray.trial.shield import shielded

if TYPE_CHECKING:
    from fpray.recorder.summary import Summary

_VALUES = int | float | str | None
LAST_ANSWERS_S = 15.0  # for an instrument's calls when the trial is over


@contextlib.contextmanager
def instruments_running(attempt: Attempt, plan: Plan) -> Iterator[None]:
    """Let every instrument act around the block, in which the clients start and measure."""
    with contextlib.ExitStack() as at_end:
        for instrument, trial in _views(attempt, plan):
            at_end.enter_context(_acting(instrument, trial, attempt.notes))
        # First of all at the end: it wakes the instruments that wait.
        at_end.callback(attempt.clients_listen.set)
        at_end.callback(attempt.clients_over.cancel)
        yield


@contextlib.contextmanager
def _acting(instrument: Instrument, trial: _View, notes: list[str]) -> Iterator[None]:
    """What an instrument does around the block; what the block raises is none of its concern."""
    entered = None
    with shielded(instrument, "during", notes):
        acting = instrument.during(trial)
        acting.__enter__()
        entered = acting
    try:
        yield
    finally:
        if entered is not None:
            with shielded(instrument, "during", notes):
                entered.__exit__(None, None, None)


def given_evidence(attempt: Attempt, window_ns: tuple[int, int] | None) -> list[MachineEvidence | Doubt]:
    """What all instruments give as evidence, before the verdict; window_ns: the measured window."""
    evidence: list[MachineEvidence | Doubt] = []
    for instrument, trial in _views(attempt, attempt.plan):
        trial.over, trial.window_ns = True, window_ns
        with shielded(instrument, "evidence", attempt.notes, KeyboardInterrupt):
            evidence += [_checked(one) for one in instrument.evidence(trial)]
    return evidence


def _checked(evidence: MachineEvidence | Doubt) -> MachineEvidence | Doubt:
    if not is_usable(evidence):
        raise ValueError(f"its evidence is not a MachineEvidence, or a Doubt, of texts and numbers: {evidence!r}")
    return evidence


def with_findings(attempt: Attempt, outcome: Outcome, summary: Summary | None) -> Outcome:
    """An outcome with the findings of all instruments; summary: of the rows, where there are any.

    Raises:
        TypeError: the outcome cannot be written; no instrument was asked.
    """
    check_writable(outcome)
    notes: list[str] = []
    for instrument, trial in _views(attempt, attempt.plan):
        trial.over, trial.outcome = True, outcome
        trial.window_ns = summary.window_ns if summary is not None else None
        with shielded(instrument, "findings", notes, KeyboardInterrupt):
            outcome = _joined(outcome, instrument.findings(trial), attempt)
    return replace(outcome, notes=[*outcome.notes, *notes]) if notes else outcome


def check_writable(outcome: Outcome) -> None:
    """Raise now what the commit of the outcome would raise."""
    json.dumps([outcome.to_json(), list(outcome.events)])


def _joined(outcome: Outcome, findings: Findings, attempt: Attempt) -> Outcome:
    if wrong := [name for name, value in findings.columns.items() if not isinstance(value, _VALUES)]:
        raise ValueError(f"the value of column {wrong[0]} is neither a number nor a text")
    if wrong := [name for name, value in findings.columns.items() if isinstance(value, int) and abs(value) >= 2**63]:
        raise ValueError(f"the value of column {wrong[0]} has more than 64 bits")
    if not all(isinstance(text, str) for text in (*findings.columns, *findings.notes, *findings.doubts)):
        raise ValueError("the name of a column, a note or a doubt is not a text")
    for name, content in findings.files.items():
        _write(attempt, name, content)
    new = {name: value for name, value in findings.columns.items() if name not in outcome.results}
    return replace(
        outcome,
        results={**outcome.results, **new},
        notes=[*outcome.notes, *findings.notes],
        doubts=[*outcome.doubts, *findings.doubts],
    )


def _write(attempt: Attempt, name: str, content: str | bytes) -> None:
    """Write a file of an instrument's findings; ValueError if it is not a new one in the trial's directory."""
    path, parts = attempt.directory.file(name), PurePosixPath(name).parts
    if PurePosixPath(name).is_absolute() or ".." in parts or path.exists():
        raise ValueError(f"the file {name} exists already, or is not in the trial's directory")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)


def _views(attempt: Attempt, plan: Plan | None) -> list[tuple[Instrument, _View]]:
    memories = zip(attempt.context.instruments, attempt.memories, strict=True)
    return [(instrument, _View(attempt, plan, memory)) for instrument, memory in memories]


class _View:
    """A `RunningTrial`: an attempt as one instrument sees it."""

    def __init__(self, attempt: Attempt, plan: Plan | None, memory: dict[str, Any]) -> None:
        self.trial, self.directory = attempt.trial, attempt.directory
        self.plan, self.memory = plan, memory
        self.outcome: Outcome | None = None
        self.window_ns: tuple[int, int] | None = None
        self.over = False
        self._attempt = attempt
        self._thread = threading.get_ident()

    def agent(self, role: str, host: str) -> NodeAgent:
        return self._attempt.agents.of(role, host)

    def ask(self, calls: Mapping[Call[Any], str]) -> Iterator[tuple[Call[Any], Any]]:
        if self.over:
            return gather(list(calls), LAST_ANSWERS_S, calls.__getitem__)
        return self._attempt.agents.ask(calls)

    def wait(self, calls: Mapping[Call[Any], str]) -> Iterator[tuple[Call[Any], Any]]:
        return self._attempt.agents.wait(calls, None, self._attempt.clients_over)

    def sleep(self, seconds: float) -> None:
        self._attempt.clients_over.sleep(seconds)

    def await_clients(self) -> None:
        if self._thread == threading.get_ident() and not self._attempt.clients_listen.is_set():
            raise RuntimeError("the clients start in this thread: wait for them in another one (see `beside`)")
        self._attempt.clients_listen.wait()
        self._attempt.clients_over.check()

    def end_early(self, reason: str) -> None:
        self._attempt.early_end.end(str(reason))

    def event(self, detail: str, *, label: str = "", kind: str = "instrument") -> None:
        role = self._attempt.processes.role_of(label)
        self._attempt.timeline.note(str(kind), str(detail), role=role, label=str(label))
