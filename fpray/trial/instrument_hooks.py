"""How instruments act around the life of a trial's clients, and how their evidence and findings join its outcome."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from fpray.evidence.evidence import Doubt, MachineEvidence, is_usable
from fpray.files.shown import shown
from fpray.plan.plan import Plan
from fpray.store.outcome import Outcome
from fpray.trial.attempt import Attempt
from fpray.trial.instruments import Findings, Instrument
from fpray.trial.shield import shielded
from fpray.trial.trial_view import TrialView

if TYPE_CHECKING:
    from fpray.recorder.summary import Summary

_VALUES = int | float | str | None


@contextlib.contextmanager
def instruments_running(attempt: Attempt, plan: Plan) -> Iterator[None]:
    """Let every instrument act around the block, in which the clients start and measure."""
    with contextlib.ExitStack() as acting:
        try:
            for instrument, trial in _views(attempt, plan):
                acting.enter_context(_acting(instrument, trial, attempt.notes))
            yield
        finally:
            _end_clients(attempt)  # before any instrument is left, however far the entering came


@contextlib.contextmanager
def _acting(instrument: Instrument, trial: TrialView, notes: list[str]) -> Iterator[None]:
    """What an instrument does around the block; what the block raises is none of its concern."""
    acting = None
    with shielded(instrument, "during", notes):
        entering = instrument.during(trial)
        entering.__enter__()
        acting = entering
    if acting is None:
        trial.end_waits()  # of the work that it has begun
    try:
        yield
    finally:
        if acting is not None:
            with shielded(instrument, "during", notes):
                acting.__exit__(None, None, None)


def given_evidence(attempt: Attempt, window_ns: tuple[int, int] | None) -> list[MachineEvidence | Doubt]:
    """What all instruments give as evidence, before the verdict; window_ns: the measured window."""
    evidence: list[MachineEvidence | Doubt] = []
    for instrument, trial in _views_at_end(attempt, window_ns):
        with shielded(instrument, "evidence", attempt.notes):
            evidence += [_checked(one) for one in instrument.evidence(trial)]
    return evidence


def _checked(evidence: MachineEvidence | Doubt) -> MachineEvidence | Doubt:
    if not is_usable(evidence):
        raise ValueError(
            "evidence() must return values of MachineEvidence or Doubt, as fpray/evidence/evidence.py describes them,"
            f" but one value is {evidence!r}"
        )
    return evidence


def with_findings(attempt: Attempt, outcome: Outcome, summary: Summary | None) -> Outcome:
    """An outcome with the findings of all instruments; summary: of the rows, where there are any.

    Raises:
        TypeError: the outcome cannot be written; no instrument was asked.
    """
    check_writable(outcome)
    notes: list[str] = []
    window_ns = summary.window_ns if summary is not None else None
    for instrument, trial in _views_at_end(attempt, window_ns):
        trial.outcome = outcome
        with shielded(instrument, "findings", notes):
            outcome = _joined(outcome, instrument.findings(trial), attempt)
    return replace(outcome, notes=[*outcome.notes, *notes]) if notes else outcome


def check_writable(outcome: Outcome) -> None:
    """Raise now what the commit of the outcome would raise."""
    json.dumps([outcome.to_json(), list(outcome.events)])


def _joined(outcome: Outcome, findings: Findings, attempt: Attempt) -> Outcome:
    if wrong := [name for name, value in findings.columns.items() if not isinstance(value, _VALUES)]:
        raise ValueError(
            f"the value of column {wrong[0]} is of type {type(findings.columns[wrong[0]]).__name__}. Return an int, a"
            " float, a str or None from the method `findings` of the instrument"
        )
    if wrong := [name for name, value in findings.columns.items() if isinstance(value, int) and abs(value) >= 2**63]:
        raise ValueError(
            f"the value of column {wrong[0]} does not fit into a signed 64-bit integer. Return it as a float from the"
            " method `findings` of the instrument"
        )
    texts = (*findings.columns, *findings.notes, *findings.doubts)
    if wrong := [text for text in texts if not isinstance(text, str)]:
        raise ValueError(f"{shown(wrong[0])} is not a string. Return each column name, note and doubt as a string")
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
    outside = PurePosixPath(name).is_absolute() or ".." in parts
    if outside or path.exists():
        why = "it is outside the trial's directory" if outside else "a file of that name exists"
        raise ValueError(f"the file {name} cannot be written, because {why}: choose a new, relative name without ..")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)


def _views(attempt: Attempt, plan: Plan | None) -> list[tuple[Instrument, TrialView]]:
    memories = zip(attempt.context.instruments, attempt.memories, strict=True)
    return [(instrument, TrialView(attempt, plan, memory)) for instrument, memory in memories]


def _views_at_end(attempt: Attempt, window_ns: tuple[int, int] | None) -> list[tuple[Instrument, TrialView]]:
    """The views of a trial that is over: also where no instrument has acted, nothing waits for clients any more."""
    _end_clients(attempt)
    views = _views(attempt, attempt.plan)
    for _, trial in views:
        trial.over, trial.window_ns = True, window_ns
    return views


def _end_clients(attempt: Attempt) -> None:
    """Wake the instruments that wait for the clients, or for as long as they run."""
    attempt.clients_over.cancel()
    attempt.clients_listen.set()
