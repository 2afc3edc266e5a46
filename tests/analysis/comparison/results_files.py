"""Files of results with a noise and a difference that a test states."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path

import numpy as np

LOADS = (1, 10, 100)
THROUGHPUT, MEDIAN, P99 = "start_throughput_1s.p90", "latency.median_ms", "latency.p99_ms"


def write_trials(
    file: Path, *, points: int = 12, repeats: int = 3, noise: float = 0.01, speed: Mapping[int, float] | float = 1.0,
    seed: int = 1, heap: str = "100m",
) -> Path:  # fmt: skip
    """A file of results; speed: how fast the system is, at all points or by the number of clients."""
    rng = np.random.default_rng([seed, points])
    with file.open("w", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["num_client_procs", "jvm_heap_size", "state_machine", MEDIAN, P99, THROUGHPUT])
        for clients in range(1, points + 1):
            factor = speed if isinstance(speed, float) else speed.get(clients, 1.0)
            for _ in range(repeats):
                median, p99, rate = np.exp(rng.normal(0, noise, 3))
                row = [clients, heap, "Noop", 2 / factor * median, 9 / factor * p99, 1000 * clients * factor * rate]
                writer.writerow(row)
    return file
