"""Exact quantiles of numbers that come in pieces, in bounded memory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from fpray.recorder.schema import Int64s

Floats = npt.NDArray[np.float64]
Distribution = tuple[npt.NDArray[Any], Int64s]  # values, and how often each value occurs

QUANTILES = {"median": 0.5, "p90": 0.90, "p95": 0.95, "p99": 0.99}
BINS = 64 << 12
_BIN_SHIFT = 40  # of a double's bits: keeps 12 bits of mantissa
_BIN_ORIGIN = 1023 << 12  # the bin of 1.0


class Histogram:
    """How often each integer occurred. Its length is the span of the integers."""

    def __init__(self, values: Int64s | None = None) -> None:
        self.low, self.counts = 0, np.zeros(0, np.int64)
        if values is not None and len(values):
            self.low = int(values.min())
            self.counts = np.bincount(values - self.low)

    def add(self, other: Histogram) -> None:
        """Add the counts of another."""
        if not len(other.counts):
            return
        if not len(self.counts):
            self.low = other.low
        low = min(self.low, other.low)
        high = max(self.low + len(self.counts), other.low + len(other.counts))
        if high - low > len(self.counts):
            grown = np.zeros(high - low, np.int64)
            grown[self.low - low :][: len(self.counts)] = self.counts
            self.low, self.counts = low, grown
        self.counts[other.low - self.low :][: len(other.counts)] += other.counts

    def distribution(self) -> Distribution:
        """The values that occurred, ascending, and how often."""
        occurring = np.flatnonzero(self.counts)
        return occurring + self.low, self.counts[occurring]


class Latencies:
    """Statistics of latencies that are read twice: first to count their bins, then to collect those of a few bins."""

    def __init__(self, latencies: Int64s | None = None) -> None:
        """First pass."""
        self.rows, self.sum, self.min, self.max = 0, 0, 2**63, -(2**63)
        self._bins = Histogram()
        self._collected: list[Distribution] = []
        if latencies is not None and len(latencies):
            self.rows, self.sum = len(latencies), int(latencies.sum())
            self.min, self.max = int(latencies.min()), int(latencies.max())
            self._bins = Histogram(bins_of(latencies))

    def add(self, other: Latencies) -> None:
        """First pass: add the counts of another."""
        self.rows, self.sum = self.rows + other.rows, self.sum + other.sum
        self.min, self.max = min(self.min, other.min), max(self.max, other.max)
        self._bins.add(other._bins)

    def quantile_bins(self) -> Int64s:
        """The bins in which the quantiles lie, after the first pass."""
        bins, counts = self._bins.distribution()
        return bins[np.searchsorted(np.cumsum(counts), ranks_of(self.rows), side="right")] if self.rows else bins

    def collect(self, latencies: Distribution) -> None:
        """Second pass: the next latencies; of the `quantile_bins`, all must come."""
        self._collected.append(latencies)

    def quantiles(self) -> dict[str, float]:
        """The quantiles in milliseconds, after the second pass."""
        bins, counts = self._bins.distribution()
        before = np.concatenate(([0], np.cumsum(counts)))
        latencies, times = merged(self._collected)
        collected_bins = bins_of(latencies)
        neighbours = []
        for rank in ranks_of(self.rows):
            i = int(np.searchsorted(before, rank, side="right")) - 1
            within = collected_bins == bins[i]
            neighbours.append(values_at((latencies[within], times[within]), np.array([rank - before[i]]))[0])
        return {name: value / 1e6 for name, value in interpolated(np.array(neighbours), self.rows).items()}


def bins_of(latencies: Int64s) -> Int64s:
    """Bin numbers that rise with the latency. A bin is 0.02 % wide; everything below 1 ns is in bin 0."""
    bins: Int64s = np.maximum((latencies.astype(np.float64).view(np.int64) >> _BIN_SHIFT) - _BIN_ORIGIN, 0)
    return bins


def ranks_of(rows: int) -> Int64s:
    """The ranks of the two neighbours of each quantile, as for numpy's default, linear interpolation."""
    places = np.array([q * (rows - 1) for q in QUANTILES.values()])
    return np.stack((np.floor(places), np.ceil(places)), 1).astype(np.int64).ravel()


def interpolated(neighbours: Floats, rows: int) -> dict[str, float]:
    """Each quantile from its two neighbours."""
    low, high = neighbours[0::2], neighbours[1::2]
    fractions = np.array([q * (rows - 1) % 1 for q in QUANTILES.values()])
    return dict(zip(QUANTILES, (low + (high - low) * fractions).tolist(), strict=True))


def merged(distributions: Sequence[Distribution]) -> Distribution:
    """One distribution of all values, ascending."""
    values = np.concatenate([v for v, _ in distributions])
    order = np.argsort(values)
    return values[order], np.concatenate([n for _, n in distributions])[order]


def values_at(distribution: Distribution, ranks: Int64s) -> Floats:
    """The values at these ranks, from 0, in ascending order."""
    values, times = distribution
    at_ranks: Floats = values[np.searchsorted(np.cumsum(times), ranks, side="right")].astype(np.float64)
    return at_ranks
