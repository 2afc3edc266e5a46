"""Which machines get no more trials: those that fail several times in a row, and those that are clearly slow."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from fpray.cluster.slow_machines import MachineVerdict, SlowMachines
from fpray.plan.plan import Trial
from fpray.store.outcome import Outcome, Reason

# So many infrastructure failures of one machine are not by chance, if no trial ended well there in between.
IN_A_ROW = 2


class Quarantine:
    """Judges the machines of one run. The same command, started again, begins with a clean slate."""

    def __init__(self) -> None:
        self._failures, self._slow_machines = FailureCounts(), SlowMachines()

    def note(
        self, number: str, trial: Trial[Any], hosts: Collection[str], outcome: Outcome
    ) -> Iterator[MachineVerdict]:
        """An attempt at the trial of this number has ended on these machines: what is new about any machine."""
        for host, sentence in self._failures.note(number, hosts, outcome).items():
            yield MachineVerdict(host, f"it {sentence}", clear=True)
        yield from self._slow_machines.note(trial, hosts, outcome)


class FailureCounts:
    """Counts, for each machine, the infrastructure failures in a row that it was blamed for."""

    def __init__(self) -> None:
        self._failures: dict[str, list[str]] = {}
        self._warnings: set[str] = set()

    def note(self, number: str, hosts: Collection[str], outcome: Outcome) -> dict[str, str]:
        """An attempt has ended on these machines: machine -> why it must be quarantined from now on."""
        if outcome.reason is not Reason.INFRASTRUCTURE:
            for host in hosts:
                self._failures.pop(host, None)
            return {}
        sentences = {}
        for host in outcome.blamed:
            failures = self._failures.setdefault(host, [])
            failures.append(f"{outcome.detail} (trial {number})")
            if len(failures) >= IN_A_ROW and host not in self._warnings:
                self._warnings.add(host)
                sentences[host] = f"failed {len(failures)} times in a row: {'; '.join(failures)}"
        return sentences
