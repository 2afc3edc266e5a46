"""An instrument as another package has it: it injects faults into servers while the clients measure."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from fpray.trial.instruments import Instrument, RunningTrial, beside
from tests.support.patience import LONG


class Faults(Instrument):
    """Does something to a process in the middle of a trial.

    Attributes:
        label: of the process.
        begin: it waits for this.
        done: is set when it is done.
    """

    name = "faults"

    def __init__(self, act: Callable[[Faults, RunningTrial], None], label: str = "server", after_s: float = 0) -> None:
        self._act, self.label, self._after_s = act, label, after_s
        self.begin, self.done = threading.Event(), threading.Event()
        self.begin.set()

    def during(self, trial: RunningTrial) -> AbstractContextManager[None]:
        """In a thread of its own, once the clients have run for a time."""
        return beside(lambda: self._wait(trial))

    def _wait(self, trial: RunningTrial) -> None:
        trial.await_clients()
        assert self.begin.wait(LONG)
        trial.sleep(self._after_s)
        try:
            self._act(self, trial)
        finally:
            self.done.set()

    def kill(self, trial: RunningTrial) -> None:
        """End it, which is no failure."""
        trial.expect_exit([self.label])
        trial.signal([self.label], signal.SIGKILL)

    def kill_unexpectedly(self, trial: RunningTrial) -> None:
        """End it."""
        trial.signal([self.label], signal.SIGKILL)

    def stop(self, trial: RunningTrial) -> None:
        """Stop it as fpray does at the end of a trial, which is no failure."""
        trial.expect_exit([self.label])
        self.stop_unexpectedly(trial)

    def stop_unexpectedly(self, trial: RunningTrial) -> None:
        """Stop it as fpray does at the end of a trial."""
        assert trial.plan is not None
        process = next(process for process in trial.plan.processes if process.label == self.label)
        call: Any = trial.agent(process.role, process.host).processes.stop([self.label], 5.0)
        for _ in trial.ask({call: process.host}):
            pass

    def pause(self, trial: RunningTrial) -> None:
        """Suspend it for a moment."""
        trial.signal([self.label], signal.SIGSTOP)
        trial.sleep(0.1)
        trial.signal([self.label], signal.SIGCONT)

    def suspend(self, trial: RunningTrial) -> None:
        """Suspend it, and leave it so."""
        trial.signal([self.label], signal.SIGSTOP)


def pause_and_kill() -> Instrument:
    """For an entry point: suspends the server of unreplicated in mid-trial, continues it, and kills it later."""

    def act(faults: Faults, trial: RunningTrial) -> None:
        faults.pause(trial)
        trial.sleep(0.5)
        faults.kill(trial)

    return Faults(act, after_s=0.5)
