"""One attempt at a trial as the executor sees it, and what the trial's own thread does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from fpray.cluster.allocator import Allocation
from fpray.driver.listeners import Listener
from fpray.plan.cluster import Cluster
from fpray.plan.plan import Trial
from fpray.store.outcome import Outcome
from fpray.store.trial_directory import TrialDirectory
from fpray.trial.boundary import within_boundary
from fpray.trial.context import TrialContext
from fpray.trial.disk_space import SPACE_CHECK_S, shortage

RunTrial = Callable[[Trial[Any], TrialDirectory, TrialContext], Outcome]


@dataclass(eq=False)
class ScheduledTrial:
    """A trial that runs, or waits to run.

    Attributes:
        allocation: its machines, from when it starts.
        retry: which retry this is, 0 at first; a trial is retried where its machines failed.
        disk_was_full: whether its latest attempt ended for want of disk space.
        result: set by its thread when that is through.
    """

    trial: Trial[Any]
    directory: TrialDirectory
    allocation: Allocation = field(default_factory=lambda: Allocation(Cluster(), ()))
    retry: int = 0
    disk_was_full: bool = False
    result: Outcome | BaseException | None = None

    @property
    def number(self) -> str:
        """The trial's number."""
        return self.directory.number

    def context(self, shared: TrialContext, listeners: Listener) -> TrialContext:
        """What the trial needs: what all share, its own machines, and where it reports to."""
        report, wait = partial(listeners.on_phase, number=self.number), partial(listeners.on_wait, number=self.number)
        return replace(shared, allocation=self.allocation, report=report, wait=wait)


def attempt_trial(scheduled: ScheduledTrial, context: TrialContext, run: RunTrial, wake: Callable[[], None]) -> None:
    """Run the trial in this thread, and set its result, whatever that is; then call `wake`."""
    try:
        _wait_for_space(scheduled, context)
        attempt = partial(run, scheduled.trial, scheduled.directory, context)
        scheduled.result = within_boundary(attempt, scheduled.directory, scheduled.allocation.hosts)
    except BaseException as error:  # whatever it is, the thread that commits handles it
        scheduled.result = error
    wake()


def _wait_for_space(scheduled: ScheduledTrial, context: TrialContext) -> None:
    if scheduled.disk_was_full:
        context.cancellation.sleep(SPACE_CHECK_S)
    waiting = False
    while (missing := shortage(scheduled.trial, scheduled.directory.path)) is not None:
        if not waiting:
            context.wait(f"waiting for disk space: {missing}")
        waiting = True
        context.cancellation.sleep(SPACE_CHECK_S)
