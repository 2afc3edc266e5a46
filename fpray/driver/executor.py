"""Runs trials in parallel: each in a thread of its own, on machines of its own; one thread commits how they end."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from fpray.driver.listeners import Listeners
from fpray.driver.retry import settle
from fpray.driver.scheduled_trial import RunTrial, ScheduledTrial, attempt_trial
from fpray.driver.wait_queue import WaitQueue
from fpray.files.disk import remedy, why_not_written
from fpray.plan.plan import Trial
from fpray.store.outcome import Outcome, Status
from fpray.store.trial_directory import TrialDirectory
from fpray.trial.boundary import never_begun
from fpray.trial.context import TrialContext

_LOOK_S = 2.0  # between two looks for machines that replace lost ones


@dataclass(frozen=True)
class TrialEnd:
    """A trial that has ended for good; its outcome is on disk."""

    trial: Trial[Any]
    directory: TrialDirectory
    outcome: Outcome


class Executor:
    """Trials under way. All of its methods but `wake` are for one thread: the one that commits.

    Attributes:
        discover: called before a trial starts, to see which machines have joined and which have left.
    """

    def __init__(
        self,
        context: TrialContext,
        listeners: Listeners,
        *,
        run: RunTrial,
        limit: int | None = None,
        retries: int | None = None,
    ) -> None:
        """Nothing runs yet.

        context: what every trial shares; limit: the most trials in parallel (None: as many as fit); retries: how often
        a trial runs again that failed because of its machines; run: runs a trial (`run_trial`, or a simulation).
        """
        self._context, self._listeners = context, listeners
        self._limit, self._retries, self._run = limit, retries, run
        self.discover: Callable[[], None] = lambda: None
        self._running: list[ScheduledTrial] = []
        self._queue = WaitQueue(context, listeners)
        self._latest: Trial[Any] | None = None  # the latest trial: the next one is taken to need as many machines
        self._changed = threading.Event()  # set by each thread that is through

    @property
    def busy(self) -> bool:
        """Whether a trial runs, or waits for its machines."""
        return bool(self._running or self._queue)

    def has_room(self) -> bool:
        """Whether another trial would start now."""
        if not self.busy:
            return True
        if self._queue or self._is_full() or self._latest is None:
            return False
        self.discover()
        return self._context.allocator.has_room(self._latest)

    def start(self, trial: Trial[Any], directory: TrialDirectory) -> None:
        """Start a trial as soon as it has its machines; until then it waits in the queue."""
        self._latest = trial
        self._queue.put(ScheduledTrial(trial, directory))
        self._launch_from_queue()

    def forget_waiting(self) -> None:
        """Drop the new trial of the queue; trials that run, or run again, are kept."""
        self._queue.forget_new()

    def wake(self) -> None:
        """End a `wait`, from any thread: there may be room for another trial."""
        self._changed.set()

    def wait(self) -> TrialEnd | None:
        """Wait until something has changed: a trial has ended for good, or (None) there may be room for another."""
        if self._launch_from_queue():
            return None
        first = self._queue.first()
        if first is not None and not self._running and (why := self._queue.lasting_shortage(first)) is not None:
            self._queue.take_out(first)
            outcome = never_begun(first.trial, first.directory, first.context(self._context, self._listeners), why)
            first.directory.commit(outcome)
            return TrialEnd(first.trial, first.directory, outcome)
        attempt = self._next_result()
        return self._settle(attempt) if attempt is not None else None

    def stop(self) -> Iterator[TrialEnd]:
        """End all that runs, and wait until it has; what ended for good is kept."""
        self._context.cancellation.cancel()
        self._queue.clear()
        while self._running:
            self._changed.clear()
            if (scheduled := self._first_result()) is None:
                self._changed.wait()
                continue
            if isinstance(scheduled.result, Outcome):
                try:
                    scheduled.directory.commit(scheduled.result)
                    if scheduled.result.status.final:
                        yield TrialEnd(scheduled.trial, scheduled.directory, scheduled.result)
                except OSError as error:
                    self._listeners.on_message(
                        f"the result of trial {scheduled.number} cannot be written to {scheduled.directory.path}:"
                        f" {why_not_written(error, scheduled.directory.path)}. {remedy(error)}, and run the same fpray"
                        " command again: it runs this trial again"
                    )
            self._release(scheduled)

    def _is_full(self) -> bool:
        return self._limit is not None and len(self._running) >= self._limit

    def _launch_from_queue(self) -> bool:
        """Start what is in the queue and has its machines; whether the new trial has started."""
        while (first := self._queue.first()) is not None and not self._is_full():
            self.discover()
            allocation = self._context.allocator.allocate(first.trial)
            if allocation is None:
                return False
            is_new = self._queue.take_out(first)
            self._launch(replace(first, allocation=allocation), is_new=is_new)
            if is_new:
                return True
        return False

    def _launch(self, scheduled: ScheduledTrial, *, is_new: bool) -> None:
        self._queue.missing_since = None
        if is_new:
            self._listeners.on_start(scheduled.trial, scheduled.directory)
        self._running.append(scheduled)
        context = scheduled.context(self._context, self._listeners)
        arguments = (scheduled, context, self._run, self._changed.set)
        threading.Thread(target=attempt_trial, args=arguments, name=f"trial {scheduled.number}", daemon=True).start()

    def _next_result(self) -> ScheduledTrial | None:
        """An attempt that has ended; waits for one, or until there may be room (None)."""
        self._changed.clear()
        if (scheduled := self._first_result()) is not None:
            return scheduled
        pause = self._context.allocator.brief_quarantine_left_s()
        # Nothing reports a machine that replaces a lost one, so this thread looks. It also looks where nothing runs: a
        # brief quarantine that was in the way may have ended by now, and then nothing else wakes this thread.
        if self._queue.missing_since is not None or not self._running:
            pause = _LOOK_S if pause is None else min(pause, _LOOK_S)
        self._changed.wait(pause)
        return self._first_result()

    def _first_result(self) -> ScheduledTrial | None:
        return next((scheduled for scheduled in self._running if scheduled.result is not None), None)

    def _settle(self, scheduled: ScheduledTrial) -> TrialEnd | None:
        """Keep the end of an attempt; None where the trial runs again."""
        outcome, next_attempt = settle(scheduled, self._retries, self._listeners)
        hosts = scheduled.allocation.hosts
        if outcome is not None:
            self._listeners.on_attempt(scheduled.trial, scheduled.directory, hosts, outcome)
            if outcome.status is Status.LOST:
                self._context.machines.recover(hosts, scheduled.allocation.lane)
        self._release(scheduled)
        if next_attempt is not None:
            self._queue.put_again(next_attempt)
            return None
        assert outcome is not None
        return TrialEnd(scheduled.trial, scheduled.directory, outcome)

    def _release(self, scheduled: ScheduledTrial) -> None:
        self._running.remove(scheduled)
        self._context.allocator.release(scheduled.allocation)
