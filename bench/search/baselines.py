"""What a person would do without a sampler: a grid, or bisection of the load."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any

import numpy as np
from optuna.distributions import BaseDistribution, CategoricalDistribution, IntDistribution

from bench.search.task import Params, Task


class Means:
    """The point with the best mean of its trials, of those that keep the bound by their mean."""

    def __init__(self, task: Task) -> None:
        self._task, self._trials = task, dict[tuple[Any, ...], tuple[Params, list[float], list[float]]]()

    def add(self, point: Params, metrics: Mapping[str, float]) -> Params | None:
        """Add a trial; the best point until now, None if none keeps the bound."""
        goal, bound = self._task.goal.column, self._task.bound
        _, goals, values = self._trials.setdefault(tuple(point.values()), (dict(point), [], []))
        goals.append(metrics[goal])
        values.append(metrics[bound.column])
        feasible = [(np.mean(g), p) for p, g, v in self._trials.values() if bound.excess(float(np.mean(v))) <= 0]
        return max(feasible, key=lambda pair: pair[0])[1] if feasible else None


def grid(task: Task, seed: int, trials: int) -> list[float]:
    """All combinations in order (of a load: a geometric series). The seed decides only the noise."""
    rng, regrets, means = np.random.default_rng([seed, 1]), [], Means(task)
    points: Sequence[Params] = task.points
    if not task.finite:
        steps = 12 if len(task.space) == 1 else 4
        names = list(task.space)
        axes = [_spaced(distribution, steps) for distribution in task.space.values()]
        points = [dict(zip(names, values, strict=True)) for values in product(*axes)]
    for i in range(trials):
        point = points[i % len(points)]
        regrets.append(task.regret(means.add(point, task.measure(point, rng))))
    return regrets


def bisection(task: Task, seed: int, trials: int) -> list[float]:
    """Search over a load alone: factors of four until the bound lies between two loads, then their geometric mean."""
    ((name, distribution),) = task.space.items()
    assert isinstance(distribution, IntDistribution)
    low, high = distribution.low, distribution.high
    rng, regrets, means = np.random.default_rng([seed, 1]), [], Means(task)
    load, feasible, broken = math.sqrt(low * high), math.nan, math.nan
    for _ in range(trials):
        point = {name: min(max(round(load), low), high)}
        metrics = task.measure(point, rng)
        regrets.append(task.regret(means.add(point, metrics)))
        if task.bound.excess(metrics[task.bound.column]) <= 0:
            feasible = float(np.fmax(feasible, point[name]))
        else:
            broken = float(np.fmin(broken, point[name]))
        if feasible > 0 and broken > 0:
            load = math.sqrt(feasible * broken)
        else:
            load = feasible * 4 if feasible > 0 else broken / 4
    return regrets


def _spaced(distribution: BaseDistribution, steps: int) -> list[Any]:
    if isinstance(distribution, CategoricalDistribution):
        return list(distribution.choices)
    assert isinstance(distribution, IntDistribution)
    between = np.geomspace if distribution.log else np.linspace
    return sorted({round(value) for value in between(distribution.low, distribution.high, steps)})
