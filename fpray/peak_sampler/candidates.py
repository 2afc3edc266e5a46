"""The points that a sampler compares: all of a small space, else random ones and neighbours of the best."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from optuna.distributions import BaseDistribution, CategoricalDistribution

from fpray.peak_sampler.distributions import along, at, position, size, values

Point = dict[str, Any]
Allowed = Callable[[Mapping[str, Any]], bool]

WHOLE = 1500  # points: in a space up to this size, all points are compared
ENUMERATED = 5_000  # points of a product that are checked with `allowed`: a constraint may leave few of them
_SCATTERED = 400
_AROUND = 30  # neighbours of one point
_LINE, _FINE_LINE = 60, 400  # values along one load parameter


class Candidates:
    """The points of a space that are allowed."""

    def __init__(self, space: Mapping[str, BaseDistribution], allowed: Allowed | None) -> None:
        self.space = dict(space)
        self._allowed = allowed
        count = math.prod(size(distribution) for distribution in space.values())
        self.whole: list[Point] | None = None
        if count <= (ENUMERATED if allowed else WHOLE):
            axes = [values(distribution) for distribution in space.values()]
            points = self._keep(dict(zip(space, point, strict=True)) for point in itertools.product(*axes))
            self.whole = points if len(points) <= WHOLE else None

    def scattered(self, rng: np.random.Generator) -> list[Point]:
        """All points of a small space, else some at random."""
        if self.whole is not None:
            return self.whole
        for _ in range(20):
            draws = (self._draw(rng) for _ in range(_SCATTERED))
            if points := self._keep(draws):
                return points
        return [self._draw(rng)]  # no draw is allowed: the caller refuses this point and says why

    def around(self, points: Iterable[Point], lines: Sequence[str], rng: np.random.Generator) -> list[Point]:
        """Neighbours of points, and lines through each point along the parameters `lines`; none in a small space."""
        if self.whole is not None:
            return []
        neighbours: list[Point] = []
        for point in points:
            neighbours += [self._step(point, rng) for _ in range(_AROUND)]
            for name in lines:
                neighbours += [{**point, name: value} for value in along(self.space[name], _LINE)]
        return self._keep(neighbours)

    def line(self, point: Point, name: str) -> list[Point]:
        """The allowed points on the line through a point along one parameter."""
        return self._keep({**point, name: value} for value in along(self.space[name], _FINE_LINE))

    def _keep(self, points: Iterable[Point]) -> list[Point]:
        unique = {tuple(point.values()): point for point in points}
        return [point for point in unique.values() if self._allowed is None or self._allowed(point)]

    def _draw(self, rng: np.random.Generator) -> Point:
        return {name: at(distribution, rng.random()) for name, distribution in self.space.items()}

    def _step(self, point: Point, rng: np.random.Generator) -> Point:
        """The point with one or two parameters moved a little, or a category exchanged."""
        moved = dict(point)
        for name in rng.choice(list(self.space), size=min(len(self.space), int(rng.integers(1, 3))), replace=False):
            distribution = self.space[str(name)]
            if isinstance(distribution, CategoricalDistribution):
                moved[str(name)] = at(distribution, rng.random())
            else:
                width = rng.choice([0.02, 0.07, 0.2])
                moved[str(name)] = at(distribution, position(distribution, point[name]) + rng.normal(0, width))
        return moved
