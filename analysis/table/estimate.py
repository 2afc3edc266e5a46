"""A figure over repeats: its mean or median, and an interval that holds the true one with 95 % confidence."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from fpray.evidence.student import student_t

CONFIDENCE: Final = 0.95
MEAN, MEDIAN = "mean", "median"


@dataclass(frozen=True)
class Estimate:
    """A figure over repeats.

    Attributes:
        value: the mean or the median.
        low, high: the interval; None where so few repeats have none.
        repeats: how many there are.
    """

    value: float
    low: float | None
    high: float | None
    repeats: int


def estimate(values: Sequence[float], statistic: str = MEAN) -> Estimate:
    """The mean or the median of the repeats of one configuration; at least one.

    The interval of a mean is Student's t, from two repeats on. That of a median reaches from one repeat to another, as
    the binomial distribution says it, from six repeats on: fewer hold the median with less than 95 % confidence.
    """
    low, high = _INTERVALS[statistic](values)
    value = statistics.fmean(values) if statistic == MEAN else statistics.median(values)
    return Estimate(value, low, high, len(values))


def _of_mean(values: Sequence[float]) -> tuple[float | None, float | None]:
    if len(values) < 2:
        return None, None
    mean = statistics.fmean(values)
    half = student_t(len(values) - 1, CONFIDENCE) * statistics.stdev(values) / math.sqrt(len(values))
    return mean - half, mean + half


def _of_median(values: Sequence[float]) -> tuple[float | None, float | None]:
    count, ordered = len(values), sorted(values)
    below, rank = 0.0, -1  # the chance that at most `rank` repeats are below the median
    while rank + 1 < count / 2 and 2 * (more := below + math.comb(count, rank + 1) / 2**count) <= 1 - CONFIDENCE:
        below, rank = more, rank + 1
    return (ordered[rank], ordered[-1 - rank]) if rank >= 0 else (None, None)


_INTERVALS: Final[Mapping[str, Callable[[Sequence[float]], tuple[float | None, float | None]]]] = {
    MEAN: _of_mean, MEDIAN: _of_median,
}  # fmt: skip
