"""One value for the repeats of a point: their mean, in which one that is far from the others counts little."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from itertools import combinations
from typing import Final

_FAR: Final = 4.685  # deviations: one so far off has no weight; with normal noise, 95 % as exact as the plain mean
_MOST_PAIRS: Final = 2000  # of repeats of a cell: more say nothing new
_QUARTILE: Final = 0.6744897501960817  # of the normal distribution
_TURNS: Final = 50
_EXACT: Final = 1e-9


def noise_of(cells: Sequence[Sequence[float]]) -> float:
    """The standard deviation of a repeat: from the median difference of two repeats of a cell; 0 without repeats.

    A few repeats that are far off do not change it.
    """
    differences = [abs(one - other) for cell in cells for one, other in _pairs(cell)]
    return statistics.median(differences) / (_QUARTILE * 2**0.5) if differences else 0.0


def location(repeats: Sequence[float], noise: float) -> float:
    """The middle of repeats, of known noise: Tukey's biweight (Beaton and Tukey, "The fitting of power series", 1974).

    Of one or two repeats, and without noise, it is their mean.
    """
    if len(repeats) < 3 or not noise:
        return statistics.fmean(repeats)
    middle = statistics.median(repeats)
    for _ in range(_TURNS):
        weights = [max(0.0, 1 - ((value - middle) / noise / _FAR) ** 2) ** 2 for value in repeats]
        if not any(weights):  # two groups that are far apart: the median is between them
            return middle
        better = sum(weight * value for weight, value in zip(weights, repeats, strict=True)) / sum(weights)
        if abs(better - middle) < _EXACT:
            return better
        middle = better
    return middle


def _pairs(cell: Sequence[float]) -> list[tuple[float, float]]:
    return list(combinations(cell[:64], 2))[:_MOST_PAIRS]
