"""Quarantines machines that fail again and again, or are clearly slow: a listener."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from fpray.cluster.quarantine import Quarantine
from fpray.driver.listeners import Listener
from fpray.plan.plan import Trial
from fpray.store.outcome import Outcome, Status
from fpray.store.suite_record import MachineNote
from fpray.store.trial_directory import TrialDirectory
from fpray.trial.context import TrialContext


class QuarantineListener(Listener):
    """Looks at each attempt; `remember` is told of each machine that is `set_aside` or `doubted`, and why."""

    def __init__(
        self, context: TrialContext, say: Callable[[str], None], remember: Callable[[MachineNote, str, str], None]
    ) -> None:
        self._allocator, self._say, self._remember = context.allocator, say, remember
        self._quarantine = Quarantine()

    def on_attempt(self, trial: Trial[Any], directory: TrialDirectory, hosts: Sequence[str], outcome: Outcome) -> None:
        """Quarantine the machines that this attempt shows to be of no use, lost ones briefly."""
        if outcome.status is Status.LOST:  # also where the trial does not run again: they serve no other trial
            self._allocator.quarantine_briefly(hosts)
        if len(self._allocator.cluster.addresses()) < 2:
            return
        for verdict in self._quarantine.note(directory.number, trial, hosts, outcome):
            if not verdict.clear:
                self._say(
                    f"doubt about the numbers of machine {verdict.host}: {verdict.sentence}. Look for other programs on"
                    " it (top), or remove it from the cluster"
                )
                self._remember("doubted", verdict.host, verdict.sentence)
                continue
            self._allocator.quarantine(verdict.host)
            self._say(
                f"machine {verdict.host} is set aside, because {verdict.sentence}. The sweep"
                " continues on the other machines. To use this machine again, correct the cause, stop the"
                " sweep (Ctrl-C; results are kept) and start it again"
            )
            self._remember("set_aside", verdict.host, verdict.sentence)
