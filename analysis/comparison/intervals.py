"""Simultaneous intervals: for all pairs and all figures of a comparison at once, and for the mean over the pairs."""

from __future__ import annotations

import functools
import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from fpray_analysis.comparison.noise import (
    GRID,
    LEAST,
    Numbers,
    chance_beyond,
    half_width,
    noise_of_points,
    student_noise,
)

RATE_OF_PAIRS: Final = 0.0275  # of the pairs that are called, at most this share is called wrongly
RATE_OVERALL: Final = 0.005  # the chance that any figure is called wrongly over all pairs
_FEW: Final = 2  # repeats of a side, or degrees of freedom of a pair, that show too little of its noise
_OTHERS: Final = 5  # so many other points with repeats show the noise of one with few
_LARGEST_LEVEL: Final = 0.05  # no interval is below 95 %, however many pairs differ
_FEWEST_PAIRS: Final = 5  # without repeats, the spread of so many pairs shows the noise of their mean


@dataclass(frozen=True)
class Sides:
    """One figure of one pair.

    Attributes:
        a, b: natural logarithms of the values of the trials of each side; at least one each.
    """

    a: Sequence[float]
    b: Sequence[float]

    @functools.cached_property
    def difference(self) -> float:
        """The mean of B minus that of A: the logarithm of the ratio of their geometric means."""
        return statistics.fmean(self.b) - statistics.fmean(self.a)

    @property
    def scale(self) -> float:
        """The standard error of the difference, where the noise is 1."""
        return math.sqrt(1 / len(self.a) + 1 / len(self.b))

    @property
    def is_few(self) -> bool:
        """Whether a side has one or two repeats."""
        return min(len(self.a), len(self.b)) <= _FEW

    @functools.cached_property
    def noise(self) -> tuple[float, float]:
        """The variance of a trial, and its degrees of freedom: pooled; where the sides differ in size, by Welch.

        With sides of one size the pooled variance is right also where one side is noisier. Of other sizes it is not.
        """
        squares, sizes = [_squares(side) for side in (self.a, self.b)], [len(self.a), len(self.b)]
        degrees = sum(sizes) - 2
        pooled = sum(squares) / degrees if degrees else 0.0
        if sizes[0] == sizes[1] or min(sizes) == 1 or pooled == 0:
            return pooled, float(degrees)
        errors = [square / (size - 1) / size for square, size in zip(squares, sizes, strict=True)]
        welch = sum(errors) ** 2 / sum(error**2 / (size - 1) for error, size in zip(errors, sizes, strict=True))
        return sum(errors) / self.scale**2, welch


@dataclass(frozen=True)
class Interval:
    """A logarithm of a ratio with its interval; both ends are NaN, with the reason, where there is none."""

    middle: float
    low: float = math.nan
    high: float = math.nan
    reason: str = ""


def intervals_of_pairs(
    figures: Mapping[str, Sequence[Sides]], shares: Mapping[str, float], rate: float = RATE_OF_PAIRS
) -> dict[str, list[Interval]]:
    """An interval for each pair of each figure.

    figures: figure -> its pairs. shares: figure -> its share of the error rate; the sum is 1.
    rate: the false coverage rate: of the intervals that exclude 0, at most this share is expected to be wrong, and
    where nothing differs, at most this share of comparisons has any.

    The level follows from how many differences there are: Benjamini and Hochberg, "Controlling the false discovery
    rate" (1995), with weights by Genovese, Roeder and Wasserman, "False discovery control with p-value weighting"
    (2006); the intervals by Benjamini and Yekutieli, "False discovery rate-adjusted multiple confidence intervals"
    (2005). An interval excludes 0 exactly where that procedure calls the pair different. No interval is of less than
    95 %: P values above 5 % count as 1.
    """
    noises = {name: _noise(pairs) for name, pairs in figures.items() if pairs}
    judged = {name: _judged(pairs) for name, pairs in figures.items()}
    count = sum(map(len, judged.values()))
    # Their mean over all pairs of all figures is 1, where each figure has a pair.
    weights = {name: shares[name] * count / max(1, len(own)) for name, own in judged.items()}
    chances = [
        chance / weights[name] if chance <= _LARGEST_LEVEL else math.inf
        for name, (weight, deviations) in noises.items()
        for place, chance in enumerate(chance_beyond(_distances(figures[name]), weight, deviations))
        if place in judged[name]
    ]
    called = _called(chances, rate)
    return {
        name: _intervals(pairs, noises[name], weights[name] * rate * max(1, called) / max(1, count)) if pairs else []
        for name, pairs in figures.items()
    }


def interval_overall(pairs: Sequence[Sides], level: float) -> Interval:
    """The mean over the pairs, each of which counts once; `level` is the chance that its interval is wrong.

    It is about these points. Its noise is that of their repeats (degrees of freedom by Satterthwaite, "An approximate
    distribution of estimates of variance components", 1946). Where a pair has no repeats, the noise is the spread of
    the pairs, which contains what differs truly from pair to pair.
    """
    differences = [pair.difference for pair in pairs]
    middle, noises = statistics.fmean(differences), [pair.noise for pair in pairs]
    if all(degrees >= _FEW for _, degrees in noises):
        errors = [max(v, LEAST**2) * pair.scale**2 for (v, _), pair in zip(noises, pairs, strict=True)]
        variance = sum(errors) / len(pairs) ** 2
        degrees = sum(errors) ** 2 / sum(e**2 / d for e, (_, d) in zip(errors, noises, strict=True))
    elif len(pairs) >= _FEWEST_PAIRS:
        variance, degrees = max(statistics.variance(differences), LEAST**2) / len(pairs), len(pairs) - 1.0
    else:
        return Interval(middle, reason=f"a point has no repeats, and {len(pairs)} pairs do not show their noise")
    weights, deviations = student_noise(degrees)
    reach = math.sqrt(variance) * float(half_width(np.array([level]), weights, deviations)[0])
    return Interval(middle, middle - reach, middle + reach)


def _squares(values: Sequence[float]) -> float:
    """The sum of squares about the mean."""
    mean = statistics.fmean(values)
    return math.fsum((value - mean) ** 2 for value in values)


def _noise(pairs: Sequence[Sides]) -> tuple[Numbers, Numbers]:
    """Weights and standard errors of the differences: pairs x standard deviations."""
    variances, degrees = zip(*(pair.noise for pair in pairs), strict=True)
    return noise_of_points(variances, degrees), np.exp(GRID)[None, :] * np.array([[pair.scale] for pair in pairs])


def _distances(pairs: Sequence[Sides]) -> Numbers:
    return np.abs([pair.difference for pair in pairs])


def _judged(pairs: Sequence[Sides]) -> set[int]:
    """The places of the pairs that have an interval: enough repeats, or enough others that show the noise."""
    shows = [pair.noise[1] >= _FEW for pair in pairs]
    return {place for place, pair in enumerate(pairs) if not pair.is_few or sum(shows) - shows[place] >= _OTHERS}


def _called(chances: Sequence[float], rate: float) -> int:
    """How many Benjamini and Hochberg call different."""
    steps = (place for place, chance in enumerate(sorted(chances), 1) if chance <= rate * place / len(chances))
    return max(steps, default=0)


def _intervals(pairs: Sequence[Sides], noise: tuple[Numbers, Numbers], level: float) -> list[Interval]:
    """An interval for each pair of one figure."""
    weights, deviations = noise
    reach = half_width(np.full(len(pairs), min(level, _LARGEST_LEVEL)), weights, deviations)
    judged = _judged(pairs)
    return [
        Interval(pair.difference, pair.difference - width, pair.difference + width)
        if place in judged
        else Interval(pair.difference, reason=_too_few(pair))
        for place, (pair, width) in enumerate(zip(pairs, reach.tolist(), strict=True))
    ]


def _too_few(pair: Sides) -> str:
    repeats = " and ".join(str(size) for size in dict.fromkeys((len(pair.a), len(pair.b))))
    more = f"fewer than {_OTHERS} other points have repeats that show the noise"
    return f"{repeats} repeat{'s' * (repeats != '1')}, and {more}"
