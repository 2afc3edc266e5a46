"""Exact quantiles of integers that come in pieces, in bounded memory.

The integers are read several times. The first pass counts bins of 0.02 %. Each further pass divides the few bins in
which quantiles lie, until a bin holds one integer: one further pass for those below 67 million (67 ms as nanoseconds).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from fpray.recorder.schema import Int64s
from fpray.recorder.sums import exact_sum

Floats = npt.NDArray[np.float64]
Distribution = tuple[npt.NDArray[Any], Int64s]  # values, and how often each value occurs

QUANTILES = {"median": 50, "p90": 90, "p95": 95, "p99": 99}  # in percent: their ranks are computed with integers
BINS = 64 << 12
_BIN_SHIFT = 40  # of a double's bits: keeps 12 bits of mantissa
_BIN_ORIGIN = 1023 << 12  # the bin of 1.0
_PART_BITS = 14  # a pass divides a bin into so many parts, as a power of two


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
            counts = np.zeros(high - low, np.int64)
            counts[self.low - low :][: len(self.counts)] = self.counts
            self.low, self.counts = low, counts
        self.counts[other.low - self.low :][: len(other.counts)] += other.counts

    def span_with(self, values: Int64s) -> int:
        """Its length, if these values were added."""
        if not len(values):
            return len(self.counts)
        low, high = int(values.min()), int(values.max()) + 1
        return max(high, self.low + len(self.counts)) - min(low, self.low) if len(self.counts) else high - low

    def distribution(self) -> Distribution:
        """The values that occurred, ascending, and how often."""
        occurring = np.flatnonzero(self.counts)
        return occurring + self.low, self.counts[occurring]


@dataclass(frozen=True)
class PieceCounts:
    """What the first pass learns of a piece of the integers."""

    rows: int
    sum: int
    min: int
    max: int
    bins: Histogram


def piece_counts(values: Int64s) -> PieceCounts | None:
    """What the first pass learns of integers; None where there are none."""
    if not len(values):
        return None
    return PieceCounts(len(values), exact_sum(values), int(values.min()), int(values.max()), Histogram(bins_of(values)))


class Quantiles:
    """Statistics of integers: `add` takes all of them; then, as long as `open` says so, `count` does, and `narrow`."""

    def __init__(self) -> None:
        self.rows, self.sum, self.min, self.max = 0, 0, 2**63, -(2**63)
        self._bins = Histogram()
        self._ranges: list[_Range] | None = None  # in which neighbours of quantiles lie, of those not known yet
        self._values_so_far: dict[int, int] = {}  # number of a neighbour -> its value

    def add(self, piece: PieceCounts | None) -> None:
        """First pass: the next integers."""
        if piece is not None:
            self.rows, self.sum = self.rows + piece.rows, self.sum + piece.sum
            self.min, self.max = min(self.min, piece.min), max(self.max, piece.max)
            self._bins.add(piece.bins)

    @property
    def open(self) -> bool:
        """Whether another pass is needed."""
        if self._ranges is None:
            self._keep(self._of_bins())
        return bool(self._ranges)

    def bins(self) -> list[int]:
        """The bins of which this pass needs the integers."""
        return [range_.bin for range_ in self._ranges or ()]

    def count(self, values: Int64s, bins: Int64s) -> None:
        """Further pass: the next integers, at least those of `bins()`, and the bin of each."""
        for range_ in self._ranges or ():
            range_.count(values[bins == range_.bin])

    def narrow(self) -> None:
        """Further pass: all integers were counted."""
        self._keep([narrower for range_ in self._ranges or () for narrower in range_.narrowed()])

    def quantiles(self) -> dict[str, float]:
        """The quantiles, after the last pass."""
        neighbours = [self._values_so_far[number] for number in range(2 * len(QUANTILES))]
        return interpolated(np.array(neighbours, np.float64), self.rows)

    def _of_bins(self) -> list[_Range]:
        if not self.rows:
            return []
        numbers, counts = self._bins.distribution()
        before = np.concatenate(([0], np.cumsum(counts)))
        ranges: dict[int, _Range] = {}
        for number, rank in enumerate(ranks_of(self.rows).tolist()):
            at = int(np.searchsorted(before, rank, side="right")) - 1
            low, bits = _range_of(int(numbers[at]), self.min)
            range_ = ranges.setdefault(at, _Range(int(numbers[at]), low, bits))
            range_.ranks.append((number, rank - int(before[at])))
        return list(ranges.values())

    def _keep(self, ranges: Sequence[_Range]) -> None:
        self._values_so_far |= {
            number: range_.low for range_ in ranges if not range_.bits for number, _ in range_.ranks
        }
        self._ranges = [range_ for range_ in ranges if range_.bits]


@dataclass
class _Range:
    """The integers of a bin in [low, low + 2**bits), and the neighbours (number, rank within it) that lie there."""

    bin: int
    low: int
    bits: int
    ranks: list[tuple[int, int]] = field(default_factory=list)
    counts: Int64s = field(default_factory=lambda: np.zeros(0, np.int64))

    def count(self, values: Int64s) -> None:
        """Count integers of the bin by the part of the range in which they lie."""
        shift = max(0, self.bits - _PART_BITS)
        parts = (values - self.low) >> shift
        size = 1 << (self.bits - shift)
        new = np.bincount(parts[(parts >= 0) & (parts < size)], minlength=size)
        self.counts = self.counts + new if len(self.counts) else new

    def narrowed(self) -> list[_Range]:
        """The parts in which the ranks lie."""
        bits = max(0, self.bits - _PART_BITS)
        before = np.concatenate(([0], np.cumsum(self.counts)))
        ranges: dict[int, _Range] = {}
        for number, rank in self.ranks:
            part = int(np.searchsorted(before, rank, side="right")) - 1
            range_ = ranges.setdefault(part, _Range(self.bin, self.low + (part << bits), bits))
            range_.ranks.append((number, rank - int(before[part])))
        return list(ranges.values())


def _range_of(number: int, least: int) -> tuple[int, int]:
    """(low, bits) such that [low, low + 2**bits) has the integers of a bin; least: the smallest integer of all."""
    if number == 0:  # everything up to 1
        return min(least, 1), (1 - min(least, 1)).bit_length()
    exponent, mantissa = number >> 12, 4096 + (number & 4095)
    if exponent < 12:
        return mantissa >> (12 - exponent), 0
    low, bits = mantissa << (exponent - 12), exponent - 12
    # Beyond 2**53 an integer is rounded into its bin: it may lie a little below the bin, or above.
    return (low, bits) if exponent < 53 else (low - (low >> 52), bits + 1)


def bins_of(latencies: Int64s) -> Int64s:
    """Bin numbers that rise with the integer. A bin is 0.02 % wide; everything up to 1 is in bin 0."""
    bins: Int64s = np.maximum((latencies.astype(np.float64).view(np.int64) >> _BIN_SHIFT) - _BIN_ORIGIN, 0)
    return bins


def ranks_of(rows: int) -> Int64s:
    """The ranks of the two neighbours of each quantile, as for numpy's default, linear interpolation."""
    places = np.array([percent * (rows - 1) for percent in QUANTILES.values()])
    return np.stack((places // 100, -(-places // 100)), 1).ravel()


def interpolated(neighbours: Floats, rows: int) -> dict[str, float]:
    """Each quantile from its two neighbours."""
    low, high = neighbours[0::2], neighbours[1::2]
    fractions = np.array([percent * (rows - 1) % 100 / 100 for percent in QUANTILES.values()])
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
