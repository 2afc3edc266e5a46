"""Detects slow machines: at several points, repeats that ran on a machine measured less than repeats elsewhere."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from statistics import median
from typing import Any

from fpray.plan.plan import Trial
from fpray.recorder.columns import THROUGHPUT
from fpray.store.outcome import Outcome, Status

# A machine is doubted if at each of POINTS points it measured at most this share of the median of the others' repeats,
# and less than any of them. By chance alone the latter is true of a machine once in 2 ** POINTS, or less.
POINTS = 6
DOUBTED, CLEAR = 0.9, 0.75


@dataclass(frozen=True)
class MachineVerdict:
    """What was noticed about a machine (`it` in the sentence); clear: it must be quarantined, otherwise in doubt."""

    host: str
    sentence: str
    clear: bool


class SlowMachines:
    """What each point measured on which machines, in this run."""

    def __init__(self) -> None:
        self._measurements: dict[str, list[tuple[frozenset[str], float]]] = defaultdict(
            list
        )  # point -> hosts, throughput
        self._points: dict[str, set[str]] = defaultdict(set)  # host -> points
        self._verdicts: dict[str, bool] = {}  # host -> whether it was clear

    def note(self, trial: Trial[Any], hosts: Collection[str], outcome: Outcome) -> Iterator[MachineVerdict]:
        """A trial has ended on these machines: each machine that is slow now, or clearly slow, and was not before."""
        throughput = next((value for name, value in outcome.results.items() if name.endswith(THROUGHPUT)), None)
        if outcome.status is not Status.FINISHED or not throughput:
            return
        point = Trial(trial.protocol, trial.params).id
        self._measurements[point].append((frozenset(hosts), float(throughput)))
        for host in hosts:
            self._points[host].add(point)
        for host in {host for group, _ in self._measurements[point] for host in group}:
            if (slow := self._judge(host)) is not None:
                yield slow

    def _judge(self, host: str) -> MachineVerdict | None:
        shares = list(self._shares(host))
        worst = max(shares, default=1.0)
        clear = worst <= CLEAR
        verdict = self._verdicts.get(host)
        if len(shares) < POINTS or worst > DOUBTED or verdict in (clear, True):
            return None
        self._verdicts[host] = clear
        return MachineVerdict(
            host,
            f"trials on this machine reach only {median(shares):.0%} of the throughput of trials without it"
            f" (median of {len(shares)} comparisons), so the results of trials on it may be too low",
            clear,
        )

    def _shares(self, host: str) -> Iterator[float]:
        """At each point that was measured with the machine and without it: its share of the others' median.

        1 where any of the others measured as little.
        """
        for point in self._points[host]:
            own = [value for hosts, value in self._measurements[point] if host in hosts]
            others = [value for hosts, value in self._measurements[point] if host not in hosts]
            if own and others:
                yield median(own) / median(others) if max(own) < min(others) else 1.0
