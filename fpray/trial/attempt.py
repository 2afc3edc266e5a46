"""One attempt at a trial: it owns the machines and the processes, and knows what has happened so far."""

from __future__ import annotations

import contextlib
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, Union

from fpray.errors import Lost
from fpray.node.messages import Failure
from fpray.plan.plan import Plan, Trial
from fpray.store.trial_directory import TrialDirectory
from fpray.trial.agents import Agents
from fpray.trial.context import TrialContext
from fpray.trial.machines import HeldMachines
from fpray.trial.processes import StartedProcesses
from fpray.trial.timeline import Timeline
from fpray.trial.work_directories import WorkDirectories

if TYPE_CHECKING:
    from fpray.recorder.summary import Summary


class ProcessFailed(Exception):
    """A process failed: the trial is over.

    before: when that was, as the end of a sentence.
    """

    def __init__(self, failure: Failure, before: str) -> None:
        self.failure = failure
        self.before = before
        super().__init__(failure.detail)


# Why an attempt is over: its clients measured, a process failed, a machine was lost, or the sweep is to end.
Cause = Union["Summary", ProcessFailed, Lost, KeyboardInterrupt]


class Attempt:
    """A context manager: at its end everything that was started is stopped, and the machines are given back.

    Attributes:
        agents: on the trial's machines.
        timeline: what happened when.
        machines: that the trial holds.
        processes: that were started.
        work: the directories in which the processes work.
        notes: what was met and handled, as sentences.
        read_in_full: client files with no row that is not in `recorder.parquet`.
        early_reason: why the trial is to end before its clients do; None while it is not.
    """

    def __init__(self, trial: Trial[Any], directory: TrialDirectory, context: TrialContext) -> None:
        self.trial, self.directory, self.context = trial, directory, context
        self.agents = Agents(context)
        self.timeline = Timeline(directory)
        self.machines = HeldMachines(trial, directory, context, self.agents)
        self.processes = StartedProcesses(directory, self.agents, self.timeline)
        self.work = WorkDirectories(directory, {})
        self.plan: Plan | None = None
        self.notes: list[str] = []
        self.read_in_full: set[str] = set()
        self.early_reason: str | None = None

    def __enter__(self) -> Self:
        """Itself; nothing is taken or started yet."""
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        """Stop everything, then give back the machines."""
        with contextlib.ExitStack() as everything:
            everything.callback(self.machines.give_back)
            everything.callback(self.processes.stop_all)

    @property
    def known_plan(self) -> Plan:
        """The plan, once there is one."""
        assert self.plan is not None
        return self.plan
