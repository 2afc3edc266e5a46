"""Made clients in closed loops, with a time of their own for each request; and the rows that they would write."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from fpray.recorder.csv_reader import Reading
from tests.recorder.clients import client

US, SECOND = 1_000, 1_000_000_000
Rows = list[tuple[float, float]]  # starts and stops in nanoseconds


@dataclass(frozen=True)
class Made:
    """How a client works.

    Attributes:
        loops: that run; latency_us, own_us: means.
        spread: how latencies vary: constant, exponential, or lognormal.
        steady: whether the own time is always the same; else it is exponential.
        one_thread: whether one thread serves all loops, as in FrankenPaxos; else each has one of its own.
        ending: how many of the loops stand still after half of the time.
    """

    loops: int
    latency_us: float
    own_us: float
    spread: str = "lognormal"
    steady: bool = True
    one_thread: bool = False
    ending: int = 0

    def reading(self, name: str, seconds: float, seed: int = 0) -> Reading:
        """Its rows."""
        rng = np.random.default_rng(seed)
        rows = self._one_thread(rng, seconds * SECOND) if self.one_thread else self._threads(rng, seconds * SECOND)
        rows.sort(key=lambda row: row[1])
        return client(name, [{"start": int(a), "stop": int(b), "label": "write"} for a, b in rows])

    def _latencies(self, rng: np.random.Generator, count: int) -> Any:
        mean = self.latency_us * US
        if self.spread == "constant":
            return np.full(count, mean)
        return rng.exponential(mean, count) if self.spread == "exponential" else rng.lognormal(-0.18, 0.6, count) * mean

    def _own(self, rng: np.random.Generator, count: int) -> Any:
        return np.full(count, self.own_us * US) if self.steady else rng.exponential(self.own_us * US, count)

    def _threads(self, rng: np.random.Generator, end: float) -> Rows:
        rows: Rows = []
        for loop in range(self.loops):
            count = int(end / (self.latency_us + self.own_us) / US * 1.5) + 100
            latencies = self._latencies(rng, count)
            first = 0.0 if self.spread == "constant" else rng.uniform(0, self.latency_us * US)
            starts = first + np.concatenate(([0], np.cumsum(latencies + self._own(rng, count))[:-1]))
            alive = starts < (end / 2 if loop < self.ending else end)
            rows += zip(starts[alive].tolist(), (starts + latencies)[alive].tolist(), strict=True)
        return rows

    def _one_thread(self, rng: np.random.Generator, end: float) -> Rows:
        """Answers wait for the thread; that is part of their latency."""
        count = int(end / max(self.own_us, self.latency_us / self.loops) / US * 1.5) + 100
        latencies, own = iter(self._latencies(rng, count).tolist()), iter(self._own(rng, count).tolist())
        answers = [(next(latencies), loop) for loop in range(self.loops)]
        heapq.heapify(answers)
        starts, rows, free = [0.0] * self.loops, Rows(), 0.0
        while answers[0][0] < end:
            answered, loop = heapq.heappop(answers)
            stop = max(answered, free + 100)  # it reads the answer in 100 ns
            rows.append((starts[loop], stop))
            starts[loop] = free = stop + next(own)
            heapq.heappush(answers, (free + next(latencies), loop))
        return rows


def healthy() -> Sequence[Made]:
    """Clients with loops that all run, with 5 to 100 us of their own for each request."""
    clients = []
    for own_us in (5, 25, 100):
        for latency_us in (30, 150, 1000):
            clients += [Made(loops, latency_us, own_us) for loops in (1, 2, 10)]
            clients += [
                Made(3, latency_us, own_us, "exponential", steady=False),
                Made(10, latency_us, own_us, steady=False),
            ]
            clients += [Made(3, latency_us, own_us, "constant")]
            clients += [Made(loops, latency_us, own_us, "exponential", one_thread=True) for loops in (1, 3, 10)]
    return [*clients, Made(100, 150, 25), Made(100, 1000, 100, steady=False)]


def standing_still() -> Sequence[Made]:
    """Clients of which half of the loops, or more, do nothing for at least half of the time."""
    clients = []
    for own_us in (5, 25, 100):
        for latency_us in (30, 150, 1000):
            clients += [Made(8, latency_us, own_us, ending=6), Made(8, latency_us, own_us, "constant", ending=6)]
            clients += [Made(4, latency_us, own_us, "exponential", steady=False, ending=3)]
    return clients
