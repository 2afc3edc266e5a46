"""The axes of a space: the values of an Optuna distribution and their positions; the axes that trials share."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import FrozenTrial


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


def ends(distribution: BaseDistribution) -> tuple[Any, ...]:
    """The lowest and the highest value of a range (one value if they are equal), or all choices."""
    if isinstance(distribution, CategoricalDistribution):
        return tuple(distribution.choices)
    assert isinstance(distribution, IntDistribution | FloatDistribution)
    return tuple(dict.fromkeys((distribution.low, distribution.high)))


def ordered(distribution: CategoricalDistribution) -> bool:
    """Whether all categories are numbers, so that neighbours are similar."""
    return all(isinstance(c, int | float) and not isinstance(c, bool) for c in distribution.choices)


def middle(distribution: BaseDistribution) -> Any:
    """The value in the middle, geometric where the distribution is logarithmic."""
    if isinstance(distribution, CategoricalDistribution):
        choices = sorted(distribution.choices) if ordered(distribution) else list(distribution.choices)  # type: ignore[type-var]
        return choices[len(choices) // 2]
    assert isinstance(distribution, IntDistribution | FloatDistribution)
    low, high = distribution.low, distribution.high
    value = math.sqrt(low * high) if distribution.log else (low + high) / 2
    if distribution.step is not None:
        value = low + distribution.step * round((value - low) / distribution.step)
    return int(value) if isinstance(distribution, IntDistribution) else float(value)


def shared_space(trials: Iterable[FrozenTrial]) -> dict[str, BaseDistribution]:
    """The parameters that all ended trials have with the same distribution; of all trials while none has ended.

    Without parameters that have only one value.
    """
    with_params = [trial for trial in trials if trial.distributions]
    usable = [trial for trial in with_params if trial.state.is_finished()] or with_params
    common = dict(usable[0].distributions) if usable else {}
    for trial in usable[1:]:
        common = {name: d for name, d in common.items() if trial.distributions.get(name) == d}
    return {name: distribution for name, distribution in sorted(common.items()) if not distribution.single()}
