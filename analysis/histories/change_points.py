"""Finds where a series changes its level: how likely that is by chance, between which values, and by how much."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt

from fpray_analysis.comparison.noise import LEAST, Numbers, half_width, student_noise

FEWEST: Final = 5  # values of a series: with fewer, nothing short of a landslide is no chance
_SERIES: Final = 40_000  # without a change, that say how large the statistic is by chance
_AT_ONCE: Final = 2_000_000  # numbers in memory
_MOST_NUMBERS: Final = 40_000_000  # in all: of many versions, fewer series are simulated
_ONE_CHANGE: Final = 0.8  # of the level belongs to single changes, the rest to stretches
_SHORTEST_STRETCH: Final = 2  # versions between two changes: a single one may be a bad night
# Siegmund, "Confidence sets in change-point problems" (1988): twice the logarithm of the likelihood ratio of the true
# place is below this in 95 %; of a series with few values more often.
_PLACES: Final = -2 * math.log(1 - math.sqrt(0.95))
_LEVEL: Final = 0.05  # of the interval of a size

Stretches = tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]  # their first versions, and the ends of each


@dataclass(frozen=True)
class Step:
    """A change of the level of a series.

    Attributes:
        at: the place of the first value after it.
        first, last: the places that it may have with a confidence of 95 %.
        size, low, high: the level after it minus that before, with the ends of a 95 % interval.
    """

    at: int
    first: int
    last: int
    size: float
    low: float
    high: float


def steps(rows: Numbers, level: float, shortest: int = 1) -> list[Step]:
    """The changes of the mean of some series, in order.

    rows: points x versions; the versions are independent, and of the same noise. level: in series without a change, the
    chance that any is found. shortest: the fewest versions before, after and between changes.

    The statistic is the largest of Student's t over all places that divide the mean (Worsley, "On the likelihood ratio
    test for a shift in location of normal populations", 1979). If none is found, it is that over all stretches that
    differ from what is around them, such as a loss and its mending (Olshen et al., "Circular binary segmentation for
    the analysis of array-based DNA copy number data", 2004). Its distribution is simulated. The series is divided
    there, and the parts in turn (binary segmentation: Scott and Knott 1974, Vostrikova 1981); then each place is looked
    for once more between its neighbours.

    The noise is the scatter of the versions themselves, so what differs from day to day and from machine to machine is
    part of it. Most values must take part in a change: a few that are far off make none.
    """
    ends = [0, *_divided(rows, 0, level, shortest), rows.shape[1]]
    for number in range(1, len(ends) - 1):
        low, high = ends[number - 1], ends[number + 1]
        better = next(_shared(rows[:, low:high], _to_the_end(high - low, shortest)), None)
        ends[number] = low + better[0] if better else ends[number]
    series = rows.mean(axis=0)
    return [_step(series, ends, number) for number in range(1, len(ends) - 1)]


def _divided(rows: Numbers, begin: int, level: float, shortest: int) -> list[int]:
    """The places that divide a part of the series that begins at `begin`."""
    count = rows.shape[1]
    if count < max(FEWEST, 2 * shortest):
        return []
    for stretches, share in ((_to_the_end, _ONE_CHANGE), (_inside, 1 - _ONE_CHANGE)):
        first, last, statistic = next(_shared(rows, stretches(count, shortest)), (0, 0, 0.0))
        if first and _chance(statistic, count, stretches, shortest) <= level * share:
            ends = [0, first, *([last] if last < count else []), count]
            parts = [_divided(rows[:, low:high], begin + low, level, shortest) for low, high in pairwise(ends)]
            own = [begin + end for end in ends[1:-1]]
            return sorted([*own, *(place for part in parts for place in part)])
    return []


def _to_the_end(count: int, shortest: int) -> Stretches:
    """The stretches that a single change divides from what is before."""
    first = np.arange(shortest, count - shortest + 1)
    return first, np.full(len(first), count)


def _inside(count: int, shortest: int) -> Stretches:
    """The stretches between two changes."""
    first, last = np.triu_indices(count + 1, _SHORTEST_STRETCH)
    is_inside = (first >= shortest) & (last <= count - shortest)
    return first[is_inside], last[is_inside]


def _shared(rows: Numbers, stretches: Stretches) -> Iterator[tuple[int, int, float]]:
    """Each stretch in which most values take part, the best first: its ends, and the square of t."""
    if not len(stretches[0]):
        return
    squares = _squares_of_t(rows.mean(axis=0)[None, :], stretches)[0]
    for best in np.argsort(-squares):
        first, last = int(stretches[0][best]), int(stretches[1][best])
        if _most_take_part(rows, first, last):
            yield first, last, float(squares[best])


def _most_take_part(rows: Numbers, first: int, last: int) -> bool:
    """Whether more than half of the values of the shorter side are beyond the middle between both sides."""
    inner, outer = rows[:, first:last], np.hstack([rows[:, :first], rows[:, last:]])
    shorter, longer = sorted((inner, outer), key=lambda side: side.shape[1])
    beyond = shorter - np.median(longer, axis=1, keepdims=True)
    return bool((beyond / beyond.mean() > 1 / 2).mean() > 1 / 2) if beyond.mean() else False


def _squares_of_t(rows: Numbers, stretches: Stretches) -> Numbers:
    """The square of t of each series for each stretch: series x stretches."""
    between, total = _between(rows, stretches)
    count = rows.shape[1]
    within = np.maximum(total[:, None] - between, count * LEAST**2)  # values that are equal have some noise, too
    return np.asarray(between / within * max(1, count - 2))


def _between(rows: Numbers, stretches: Stretches) -> tuple[Numbers, Numbers]:
    """The sum of squares that each stretch explains (series x stretches), and that of each series."""
    count, (first, last) = rows.shape[1], stretches
    centred = rows - rows.mean(axis=1, keepdims=True)
    sums = np.hstack([np.zeros((len(rows), 1)), centred.cumsum(axis=1)])
    lengths = last - first
    explained = (sums[:, last] - sums[:, first]) ** 2 * count / (lengths * (count - lengths))
    return np.asarray(explained), np.asarray((centred**2).sum(axis=1))


def _chance(statistic: float, count: int, stretches: Callable[[int, int], Stretches], shortest: int) -> float:
    """How often a series without a change has at least this statistic."""
    null = _null(count, stretches, shortest)
    return float(1 + len(null) - np.searchsorted(null, statistic)) / (1 + len(null))


@functools.cache
def _null(count: int, stretches: Callable[[int, int], Stretches], shortest: int) -> Numbers:
    """The statistics of series without a change, in order: always the same, so that a history is judged once."""
    dice, ends = np.random.default_rng(count), stretches(count, shortest)
    at_once = max(1, _AT_ONCE // max(count, len(ends[0])))
    series = min(_SERIES, _MOST_NUMBERS // max(count, len(ends[0])))
    parts = [
        _squares_of_t(dice.standard_normal((min(at_once, series - begin), count)), ends).max(axis=1)
        for begin in range(0, series, at_once)
    ]
    return np.sort(np.concatenate(parts))


def _step(series: Numbers, ends: Sequence[int], number: int) -> Step:
    low, at, high = ends[number - 1 : number + 2]
    before, after = series[low:at], series[at:high]
    size = float(after.mean() - before.mean())
    parts = [series[begin:end] for begin, end in pairwise(ends)]
    degrees = max(1, len(series) - len(parts))
    variance = max(sum(float(((part - part.mean()) ** 2).sum()) for part in parts) / degrees, LEAST**2)
    weights, deviations = student_noise(float(degrees))
    reach = float(half_width(np.array([_LEVEL]), weights, deviations)[0])
    reach *= math.sqrt(variance * (1 / len(before) + 1 / len(after)))
    first, last = _places(series[low:high], at - low)
    return Step(at, low + first, low + last, size, size - reach, size + reach)


def _places(series: Numbers, at: int) -> tuple[int, int]:
    """The places between two others that a change may have: those that fit nearly as well."""
    between, total = _between(series[None, :], _to_the_end(len(series), 1))
    within = np.maximum(total[0] - between[0], len(series) * LEAST**2)
    fits = np.flatnonzero(len(series) * np.log(within / within[at - 1]) <= _PLACES) + 1
    return int(min(fits.min(), at)), int(max(fits.max(), at))
