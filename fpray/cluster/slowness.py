"""Which machines are slow: repeats of a point that run elsewhere say so, point by point."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from statistics import median
from typing import Any

from fpray.plan.plan import Trial
from fpray.recorder.columns import THROUGHPUT
from fpray.store.outcome import Outcome, Status

# A machine is in doubt when at each of so many points it measured this much less than the median of the others'
# repeats, and less than any of them. By chance alone the last is true of a machine once in 2 ** POINTS, or less.
POINTS = 6
DOUBTED, CLEAR = 0.9, 0.75


@dataclass(frozen=True)
class Slow:
    """A machine that measures less than others, and whether that is too clear to go on with it."""

    host: str
    sentence: str
    clear: bool


class Slowness:
    """What each point measured where, in this run."""

    def __init__(self) -> None:
        self._at: dict[str, list[tuple[frozenset[str], float]]] = defaultdict(list)  # point -> machines, throughput
        self._points: dict[str, set[str]] = defaultdict(set)  # machine -> points
        self._said: dict[str, bool] = {}  # machine -> whether it was clear

    def note(self, trial: Trial[Any], hosts: Collection[str], outcome: Outcome) -> Iterator[Slow]:
        """A trial has ended on these machines; each machine that is in doubt now, or clearly slow, and was not."""
        found = next((value for name, value in outcome.results.items() if name.endswith(THROUGHPUT)), None)
        if outcome.status is not Status.FINISHED or not found:
            return
        point = Trial(trial.protocol, trial.params).id
        self._at[point].append((frozenset(hosts), float(found)))
        for host in hosts:
            self._points[host].add(point)
        for host in {host for each, _ in self._at[point] for host in each}:
            shares = list(self._shares(host))
            worst = max(shares, default=1.0)
            if len(shares) >= POINTS and worst <= DOUBTED and self._said.get(host) is not (clear := worst <= CLEAR):
                if self._said.get(host):
                    continue  # it was clear already
                self._said[host] = clear
                said = (
                    f"at each of {len(shares)} points machine {host} measured less than any other, {median(shares):.0%}"
                )
                yield Slow(host, f"{said} of their median", clear)

    def _shares(self, host: str) -> Iterator[float]:
        """At each point that was measured with the machine and without: its share of the others' median.

        1 where any of the others measured as little.
        """
        for point in self._points[host]:
            own = [value for hosts, value in self._at[point] if host in hosts]
            others = [value for hosts, value in self._at[point] if host not in hosts]
            if own and others:
                yield median(own) / median(others) if max(own) < min(others) else 1.0
