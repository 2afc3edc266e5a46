"""One attempt at a trial: it owns the machines and the processes, and knows what has happened so far."""

from __future__ import annotations

import contextlib
import threading
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, Union

from fpray.cluster.cancellation import Cancellation, LinkedCancellation
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
EndCause = Union["Summary", ProcessFailed, Lost, KeyboardInterrupt]


class EarlyEnd(LinkedCancellation):
    """Ends the wait for the clients: when an instrument asks for it, or when the sweep is to end.

    Attributes:
        reason: the first one that an instrument gave; None if there is none.
    """

    def __init__(self, sweep: Cancellation) -> None:
        super().__init__(sweep)
        self.reason: str | None = None

    def end(self, reason: str) -> None:
        """End the wait, for a reason. Any thread may call this."""
        if self.reason is None:
            self.reason = reason
        self.cancel()


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
        early_end: by which instruments ask that the trial end.
        early_reason: why the trial has ended before its clients did; None if it has not.
        clients_listen: is set when the clients listen.
        clients_over: is cancelled when the clients have ended, or the trial has.
        memories: what each of the context's instruments keeps of this trial.
    """

    def __init__(self, trial: Trial[Any], directory: TrialDirectory, context: TrialContext) -> None:
        self.trial, self.directory, self.context = trial, directory, context
        self.agents = Agents(context)
        self.timeline = Timeline(directory)
        self.machines = HeldMachines(trial, directory, context, self.agents, self.timeline)
        self.processes = StartedProcesses(directory, self.agents, self.timeline)
        self.work = WorkDirectories(directory, {})
        self.plan: Plan | None = None
        self.notes: list[str] = []
        self.read_in_full: set[str] = set()
        self.early_end = EarlyEnd(context.cancellation)
        self.early_reason: str | None = None
        self.clients_listen = threading.Event()
        self.clients_over = LinkedCancellation(context.cancellation)
        self.memories: list[dict[str, Any]] = [{} for _ in context.instruments]

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
