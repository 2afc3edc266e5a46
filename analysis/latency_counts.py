"""The distribution of the latencies of trials, from their rows: counts in steps of 1 %, in bounded memory."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from fpray.recorder.schema import nanoseconds
from fpray_analysis.windows import batches, common_window

Floats = npt.NDArray[np.float64]
_STEP: Final = np.log(1.01)
_STEPS: Final = int(np.ceil(np.log(3600e9) / _STEP)) + 1  # up to an hour
BEYOND: Final = 10  # requests beyond a quantile; with fewer, it is the luck of a few


@dataclass
class LatencyCounts:
    """How many requests had which latency.

    Attributes:
        counts: of each step; step k is from 1.01^k ns to 1.01^(k + 1) ns.
        grouped: whether rows are groups of requests, so that these are the latencies of groups' means.
    """

    counts: Floats = field(default_factory=lambda: np.zeros(_STEPS))
    grouped: bool = False

    @property
    def total(self) -> float:
        """The number of requests."""
        return float(self.counts.sum())

    def up_to(self) -> tuple[Floats, Floats]:
        """Latencies in ms, and the share of the requests that took at most so long: for the steps that have any."""
        steps = np.flatnonzero(self.counts)
        shares = np.cumsum(self.counts[steps]) / max(self.total, 1.0)
        return np.exp((steps + 1) * _STEP) / 1e6, shares

    def carried(self) -> float:
        """The highest quantile beyond which there are at least ten requests, from 0 to 1."""
        return max(0.0, 1 - BEYOND / self.total) if self.total else 0.0

    def add(self, rows: Any) -> None:
        """Count the requests of a trial that were answered while all of its clients measured.

        rows: a dataset of Arrow.
        """
        window = common_window(rows)
        if window is None:
            return
        for batch in batches(rows, ["stop", "count", "latency_nanos"]):
            stops, weights, latencies = (nanoseconds(batch[name]) for name in ("stop", "count", "latency_nanos"))
            inside = (stops >= window[0]) & (stops < window[1])
            steps = np.clip(np.log(np.maximum(latencies[inside], 1)) / _STEP, 0, _STEPS - 1).astype(np.int64)
            self.counts += np.bincount(steps, weights[inside].astype(np.float64), _STEPS)
            self.grouped = self.grouped or bool((weights[inside] > 1).any())


def latency_counts(trials: Iterable[Any]) -> LatencyCounts:
    """The latencies of several trials together; trials: the rows of each, as datasets of Arrow."""
    counts = LatencyCounts()
    for rows in trials:
        counts.add(rows)
    return counts
