"""Points of a space as numbers: what a Gaussian process sees of them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution

from fpray.peak_sampler.distributions import ends, middle, ordered

Array = NDArray[np.float64]
Loops = Callable[[Mapping[str, Any]], float]


class Encoding:
    """Points as numbers: a column for each parameter, or for each category without order, and the log of the load.

    Columns are in [0, 1]. Numbers that span a factor of four or more are taken by their logarithms, and categories
    that are numbers by their ranks: a list such as 1, 10 and 50 means steps of equal weight.
    """

    def __init__(self, space: Mapping[str, BaseDistribution], loops: Loops | None) -> None:
        self.space = dict(space)
        self.loops = loops
        self.load = tuple(self._load_parameters()) if loops else ()
        self.columns = [
            n for n, d in self.space.items() if not d.single() and not (len(self.load) == 1 and n in self.load)
        ]

    def configurations(self, points: Sequence[Mapping[str, Any]]) -> Array:
        """Shape (points, columns). A single load parameter has no column."""
        parts = [self._column(name, [point[name] for point in points]) for name in self.columns]
        return np.concatenate(parts, axis=1) if parts else np.zeros((len(points), 0))

    def loads(self, points: Sequence[Mapping[str, Any]]) -> Array:
        """Logarithms of the closed loops, shape (points,); zeros if they do not depend on the point."""
        if not self.load or self.loops is None:
            return np.zeros(len(points))
        return np.array([math.log(max(1e-9, self.loops(point))) for point in points])

    def central(self) -> dict[str, Any]:
        """The middle of every parameter."""
        return {name: middle(distribution) for name, distribution in self.space.items()}

    def _load_parameters(self) -> list[str]:
        assert self.loops is not None
        centre = self.central()
        try:
            return [
                name
                for name, distribution in self.space.items()
                if len({round(self.loops({**centre, name: value}), 9) for value in ends(distribution)}) > 1
            ]
        except (KeyError, TypeError, ValueError):  # a point of only these parameters has no known load
            return []

    def _column(self, name: str, values: Sequence[Any]) -> Array:
        distribution = self.space[name]
        if isinstance(distribution, CategoricalDistribution):
            if not ordered(distribution):
                return np.array([[float(v == c) for c in distribution.choices] for v in values]) / math.sqrt(2)
            ranks = {choice: i for i, choice in enumerate(sorted(distribution.choices))}  # type: ignore[type-var]
            return np.array([[ranks[value] / max(1, len(ranks) - 1)] for value in values])
        assert isinstance(distribution, (IntDistribution, FloatDistribution))
        low, high = float(distribution.low), float(distribution.high)
        numbers = np.array(values, float)
        if distribution.log or (low > 0 and high / low >= 4):
            numbers, low, high = np.log(numbers), math.log(low), math.log(high)
        share: Array = (numbers - low) / (high - low)
        return share[:, None]
