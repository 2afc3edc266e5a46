"""Simulated suites of which it is known what each role's addition does to the peak."""

from __future__ import annotations

import csv
import itertools
import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

COUNTS = ("num_proxy_leaders", "num_replicas", "num_acceptor_groups")
LOADS = (1, 10, 50, 200)
HEAD = (
    "protocol", "num_client_procs", "num_clients_per_proc", *COUNTS, "write_output.latency.median_ms",
    "write_output.start_throughput_1s.p90",
)  # fmt: skip
Values = tuple[int, ...]  # of COUNTS


@dataclass(frozen=True)
class Simulation:
    """A suite and its truth.

    Attributes:
        file: its results.
        peaks: the values of `COUNTS` -> the highest throughput over the loads, without noise.
    """

    file: Path
    peaks: Mapping[Values, float]

    def ratio(self, before: Values, after: Values) -> float:
        """What a step really does to the peak."""
        return self.peaks[after] / self.peaks[before]


def simulate(
    file: Path, dice: random.Random, values: Sequence[Sequence[int]] = ((2, 3, 4), (2, 3), (1, 2))
) -> Simulation:
    """A suite with the throughput that closed loops have at each load, up to what the slowest role can do.

    Of a third of the suites the leader, to which nothing is added, limits most configurations. Each process more costs
    the leader something in some suites, so that additions may move the peak down.
    """
    power = [dice.uniform(10_000, 40_000) for _ in COUNTS]
    leader = dice.uniform(20_000, 150_000)
    cost = dice.choice([0.0, 0.0, 0.05])
    noise, repeats, latency = dice.uniform(0.005, 0.05), dice.choice([3, 4, 5]), dice.uniform(1e-4, 1e-3)
    peaks, rows = {}, []
    for counts in itertools.product(*values):
        limits = [own * count for own, count in zip(power, counts, strict=True)]
        most = min(*limits, leader * (1 - cost) ** sum(counts))
        means = [most * (1 - math.exp(-load / latency / most)) for load in LOADS]
        peaks[counts] = max(means)
        own_noise = noise * dice.uniform(0.5, 2)
        for load, mean in zip(LOADS, means, strict=True):
            for _ in range(repeats):
                rows.append(["multipaxos", 1, load, *counts, 1.0, mean * math.exp(dice.gauss(0, own_noise))])
    with file.open("w", newline="") as out:
        csv.writer(out).writerows([HEAD, *rows])
    return Simulation(file, peaks)
