"""The machines that a trial holds while it runs: no other trial measures there in the meantime."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from typing import Any

from fpray.cluster.calls import gather
from fpray.errors import Lost
from fpray.files.printable import printable
from fpray.plan.plan import Trial
from fpray.store.trial_directory import TrialDirectory
from fpray.trial.agents import CALL_S, Agents
from fpray.trial.context import TrialContext
from fpray.trial.timeline import Timeline

LOCK_CHECK_S = 0.5


class HeldMachines:
    """The machines that one trial holds.

    Attributes:
        hosts: the machines that the trial holds, or may hold.
    """

    def __init__(
        self, trial: Trial[Any], directory: TrialDirectory, context: TrialContext, agents: Agents, timeline: Timeline
    ) -> None:
        self._trial, self._context, self._agents, self._timeline = trial, context, agents, timeline
        self._holder = f"the sweep in {directory.path.parent.absolute()} (process {os.getpid()})"
        self.hosts: list[str] = []

    def take(self) -> None:
        """Take all machines of the trial, or other ones like them; while some are held by another sweep, wait.

        While it waits it holds none.

        Raises:
            Lost: a machine is gone.
            KeyboardInterrupt: the sweep is to end.
        """
        last_reasons: Mapping[str, str] = {}
        allocator, own = self._context.allocator, self._context.allocation
        while reasons := self._try_to_take(own.hosts, allocator.shared):
            self.give_back()
            if allocator.reallocate(self._trial, own, reasons):
                continue
            if reasons != last_reasons:
                last_reasons = reasons
                for host, reason in reasons.items():
                    self._context.wait(f"waiting for machine {host}: {printable(reason)}")
            with self._timeline.waiting():
                self._context.cancellation.sleep(LOCK_CHECK_S)

    def _try_to_take(self, hosts: tuple[str, ...], shared: bool) -> Mapping[str, str]:
        """Take those machines that are free; the others -> why each cannot be had now."""
        calls = {self._agents.at(host).machine.lock(self._holder, shared): host for host in hosts}
        self.hosts = list(hosts)  # until the answers are here: an interrupted trial gives back all it may hold
        reasons = {calls[call]: reason for call, reason in self._agents.ask(calls)}
        busy = {host: reason for host, reason in reasons.items() if reason is not None}
        self.hosts = [host for host in hosts if host not in busy]
        return busy

    def give_back(self) -> None:
        """Let other trials measure there, and release the trial's directories. Never raises for a lost machine."""
        calls = []
        for host in (*self.hosts, *self._agents.guests):
            with contextlib.suppress(Lost):
                calls.append(self._agents.at(host).machine.unlock())
        with contextlib.suppress(Lost):
            for _ in gather(calls, CALL_S):
                pass
        self.hosts = []
