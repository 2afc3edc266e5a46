"""The axes of a space: the values of an Optuna distribution, their number, and the position of a value."""

from __future__ import annotations

import math
from typing import Any

from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution


def size(distribution: BaseDistribution) -> float:
    """The number of its values; infinite for floats without a step."""
    if isinstance(distribution, CategoricalDistribution):
        return len(distribution.choices)
    if isinstance(distribution, IntDistribution):
        return (distribution.high - distribution.low) // distribution.step + 1
    if isinstance(distribution, FloatDistribution) and distribution.step is not None:
        return round((distribution.high - distribution.low) / distribution.step) + 1
    return math.inf


def values(distribution: BaseDistribution) -> list[Any]:
    """All values of a distribution with a finite number of them."""
    if isinstance(distribution, CategoricalDistribution):
        return list(distribution.choices)
    if isinstance(distribution, IntDistribution):
        return list(range(distribution.low, distribution.high + 1, distribution.step))
    assert isinstance(distribution, FloatDistribution)
    step = distribution.step or 1.0
    return [distribution.low + i * step for i in range(int(size(distribution)))]


def along(distribution: BaseDistribution, count: int) -> list[Any]:
    """All values, or `count` of them at equal distances (of their logarithms, if the distribution is logarithmic)."""
    if size(distribution) <= count:
        return values(distribution)
    return list(dict.fromkeys(at(distribution, i / (count - 1)) for i in range(count)))


def at(distribution: BaseDistribution, share: float) -> Any:
    """The value at a position in [0, 1] between the lowest and the highest."""
    share = min(max(share, 0.0), 1.0)
    if isinstance(distribution, CategoricalDistribution):
        return distribution.choices[min(int(share * len(distribution.choices)), len(distribution.choices) - 1)]
    assert isinstance(distribution, IntDistribution | FloatDistribution)
    low, high = float(distribution.low), float(distribution.high)
    number = math.exp(math.log(low) + share * math.log(high / low)) if distribution.log else low + share * (high - low)
    if isinstance(distribution, FloatDistribution) and distribution.step is None:
        return min(max(number, low), high)
    step = distribution.step or 1
    number = low + step * min(round((number - low) / step), math.floor((high - low) / step + 1e-9))
    return round(number) if isinstance(distribution, IntDistribution) else number


def position(distribution: BaseDistribution, value: Any) -> float:
    """The position of a value in [0, 1]: the inverse of `at`."""
    if isinstance(distribution, CategoricalDistribution):
        return (distribution.choices.index(value) + 0.5) / len(distribution.choices)
    assert isinstance(distribution, IntDistribution | FloatDistribution)
    low, high = float(distribution.low), float(distribution.high)
    if high == low:
        return 0.5
    return math.log(value / low) / math.log(high / low) if distribution.log else (value - low) / (high - low)
