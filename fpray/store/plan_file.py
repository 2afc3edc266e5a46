"""What is read again of a trial's `plan.json`: its processes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from fpray.files import layout
from fpray.files.rules import Rule, between
from fpray.files.suite_file import read_suite_file
from fpray.store.trial_directory import TrialDirectory


def _file_name(label: str) -> str | None:
    """Logs are found by the label: it leads to no other directory."""
    fits = label and "/" not in label and "\0" not in label and len(label) < 200
    return None if fits else "must have 1 to 199 characters and no /, because a log file is named after it"


@dataclass(frozen=True)
class PlannedProcess:
    """A process of a trial, as it was planned; plans of early versions say no directory and no role."""

    label: Annotated[str, Rule(_file_name)]
    host: str
    port: Annotated[int, between(0, 65535)]
    kind: str
    expected_exits: Sequence[int] = ()
    directory: str = ""
    role: Annotated[str, Rule(_file_name)] = ""


@dataclass(frozen=True)
class _PlanFile:
    processes: Sequence[PlannedProcess]


def planned_processes(directory: TrialDirectory) -> Sequence[PlannedProcess]:
    """The processes of a trial, in the order in which they are started; none before there is a plan.

    Raises:
        Damaged: its `plan.json` is.
    """
    plan = read_suite_file(directory.file(layout.PLAN), _PlanFile)
    return plan.processes if plan is not None else ()
