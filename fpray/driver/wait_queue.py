"""The queue of trials that wait for their machines: those to run again, then a new one; no trial overtakes another."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import replace

from fpray.driver.listeners import Listener
from fpray.driver.scheduled_trial import ScheduledTrial
from fpray.trial.context import TrialContext

# Machines that are gone may be replaced: a cloud takes two or three minutes for that.
PATIENCE_S = 300.0


class WaitQueue:
    """Trials that wait for their machines.

    Attributes:
        missing_since: since when the first of the queue lacks machines that are gone (a time.monotonic()), or None.
    """

    def __init__(self, context: TrialContext, listeners: Listener) -> None:
        self._context, self._listeners = context, listeners
        self._retries: deque[ScheduledTrial] = deque()
        self._new: ScheduledTrial | None = None
        self.missing_since: float | None = None

    def __bool__(self) -> bool:
        return bool(self._retries) or self._new is not None

    def first(self) -> ScheduledTrial | None:
        """The trial that starts next."""
        return self._retries[0] if self._retries else self._new

    def put(self, scheduled: ScheduledTrial) -> None:
        """A new trial joins the queue, in which there is none."""
        self._new = scheduled

    def put_again(self, scheduled: ScheduledTrial) -> None:
        """A trial that is to run again joins the queue."""
        self._retries.append(replace(scheduled, result=None))

    def take_out(self, scheduled: ScheduledTrial) -> bool:
        """A trial leaves the queue; whether it is the new one."""
        if scheduled is self._new:
            self._new = None
            return True
        self._retries.remove(scheduled)
        return False

    def forget_new(self) -> None:
        """The new trial leaves the queue, and does not start."""
        self._new = None

    def clear(self) -> None:
        """Nothing of the queue starts."""
        self._retries.clear()
        self._new = None

    def lasting_shortage(self, first: ScheduledTrial) -> str | None:
        """Why a trial can never start although nothing runs: its machines are gone, and are not replaced.

        None: they are in a brief quarantine, or may still be replaced.
        """
        missing = self._context.allocator.shortage(first.trial)
        if missing is None:
            self.missing_since = None
            return None
        embedded = self._context.machines.embedded
        if self.missing_since is None:
            self.missing_since = time.monotonic()
            if not embedded:
                minutes = f"{PATIENCE_S / 60:g} minutes"
                self._listeners.on_message(
                    f"trial {first.number} waits for machines that have left the Ray cluster: {missing}. If they do not"
                    f" come back within {minutes}, the trial ends as lost; then run the same fpray command again"
                )
        patient = not embedded and time.monotonic() - self.missing_since < PATIENCE_S
        return None if patient else missing
