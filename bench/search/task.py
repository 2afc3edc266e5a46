"""A search task with a known best, which a sampler sees as it sees a real system.

That is: a space, what is allowed in it, and the metrics of the points that it asks for.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from optuna.distributions import BaseDistribution, CategoricalDistribution, IntDistribution

from fpray.peak_sampler.goals import Bound, Goal
from fpray.recorder.columns import latency, start_throughput

THROUGHPUT, LATENCIES = start_throughput("p90"), tuple(map(latency, ("mean", "median", "p99")))
CURVES = ("curve", "line")  # kinds of tasks: published curves, and lines of tables. Only the load varies
NEVER = math.inf
NEAR, CLOSE = 0.05, 0.02  # a task is solved to these shares of its best
CURVE_SHARE = 0.03  # a curve is solved within this share of its best
_TOLERANCE = 1e-9

Params = Mapping[str, Any]
Metrics = dict[str, float]


@dataclass(frozen=True)
class Task:
    """Something to search, and its true values.

    Attributes:
        name: unique; `<data>/<settings>/<bound>`.
        family: the data that it is from, so that tuning can leave out whole families.
        kind: table, curve, line or model.
        space: parameters and their distributions. Numbers that do not form a full range are ordered categories.
        loops: the closed loops of a point.
        points: all points (of tables and curves), or those among which the best is searched (of models).
        measure: the metrics of one trial of an allowed point of `space`.
        expect: the true metrics of a point.
        finite: whether only `points` can be run.
    """

    name: str
    family: str
    kind: str
    space: dict[str, BaseDistribution]
    goal: Goal
    bound: Bound
    loops: Callable[[Params], float]
    points: tuple[dict[str, Any], ...]
    measure: Callable[[Params, np.random.Generator], Metrics]
    expect: Callable[[Params], Metrics]
    finite: bool

    @property
    def load_only(self) -> bool:
        """Whether the load is the only parameter: published curves, lines of tables, and the model `knee`."""
        return len(self.space) == 1

    def allowed(self, params: Params) -> bool:
        """Whether a point can be run. A real plan refuses other points before anything is launched."""
        return not self.finite or self._key(params) in self._keys

    def feasible(self, params: Params) -> bool:
        """Whether the true value of a point keeps the bound."""
        return self.bound.excess(self.expect(params)[self.bound.column]) <= _TOLERANCE

    def regret(self, params: Params | None) -> float:
        """The share by which a point is below the best that keeps the bound; infinite if it does not keep it."""
        if params is None or not self.feasible(params):
            return math.inf
        return 1 - self.expect(params)[self.goal.column] / self.best

    @cached_property
    def best(self) -> float:
        """The highest true goal of the points that truly keep the bound."""
        return max((self.expect(p)[self.goal.column] for p in self.points if self.feasible(p)), default=math.nan)

    def nearest(self, params: Params) -> dict[str, Any]:
        """The nearest point that can be run, by the ranks of its values; the point itself if it can be run."""
        if self.allowed(params):
            return dict(params)
        own = np.array([_rank_share(self.space[name], params[name]) for name in self.space])
        return dict(self.points[int(np.argmin(np.abs(self._units - own).sum(axis=1)))])

    @cached_property
    def _units(self) -> np.ndarray:
        return np.array([[_rank_share(self.space[name], point[name]) for name in self.space] for point in self.points])

    @cached_property
    def _keys(self) -> frozenset[tuple[Any, ...]]:
        return frozenset(self._key(point) for point in self.points)

    def _key(self, params: Params) -> tuple[Any, ...]:
        return tuple(params[name] for name in self.space)


def _rank_share(distribution: BaseDistribution, value: Any) -> float:
    if isinstance(distribution, CategoricalDistribution):
        return distribution.choices.index(value) / max(1, len(distribution.choices) - 1)
    assert isinstance(distribution, IntDistribution)
    return float(value - distribution.low) / max(1, distribution.high - distribution.low)
