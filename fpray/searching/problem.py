"""A search that can be started: its goals, bounds and space, and how a point of the space becomes parameters."""

from __future__ import annotations

import functools
import itertools
import math
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import optuna

from fpray.errors import FprayError, Problem
from fpray.peak_sampler.goals import Bound, Goal
from fpray.plan.plan import parameter_problems
from fpray.protocol import params as param_values
from fpray.protocol.protocol import Protocol
from fpray.searching.budget import TimeBudget
from fpray.searching.point_facts import PointFacts
from fpray.searching.space import Space, ends
from fpray.study.search_study import Search
from fpray.study.study import Point

_MAX_CORNERS = 64
_SUGGESTED = 20
Suggest = Callable[[optuna.Trial], Point]


@dataclass(frozen=True)
class SearchProblem:
    """A search that was checked: everything that a trial source needs to know about it.

    Attributes:
        study: the search as a study, with the user's options in place of its defaults.
        start: the parameters that every point changes.
        fixed: the values of `--set`; they win over every point.
        space: parameter -> distribution; None if `suggest` chooses the points.
        suggest: Optuna trial -> point.
        time: how long the trials may take in all.
    """

    protocol: Protocol[Any]
    study: Search
    start: Any
    fixed: Point
    goals: Sequence[Goal]
    bounds: Sequence[Bound]
    space: Space | None
    suggest: Suggest
    time: TimeBudget

    @property
    def columns(self) -> list[str]:
        """The columns that a trial must have to count."""
        return list(dict.fromkeys([*(g.column for g in self.goals), *(b.column for b in self.bounds)]))

    def params(self, point: Point) -> tuple[Any, list[Problem]]:
        """The parameters of a point, and the reasons why the protocol refuses them."""
        params, wrong = param_values.set_values(self.start, point, protocol=self.protocol.name)
        params, wrong_too = param_values.set_values(params, self.fixed, protocol=self.protocol.name)
        return params, [*wrong, *wrong_too, *parameter_problems(self.protocol, params)]

    def point(self, trial: optuna.Trial) -> Point:
        """The point that an Optuna trial stands for.

        Raises:
            FprayError: the user's own `suggest` raised something.
        """
        try:
            return self.suggest(trial)
        except Exception as error:
            if self.study.suggest is None:
                raise
            name = self.study.name
            raise FprayError(f"study {name}: suggest(trial) raises {type(error).__name__}: {error}") from None

    @functools.cached_property
    def point_facts(self) -> PointFacts:
        """What a sampler asks about the points of the space."""
        return PointFacts(self.protocol, self.start, self.fixed)

    @functools.cached_property
    def refuses_points(self) -> bool:
        """Whether the protocol refuses points of the space, as far as the ends of the space show."""
        return self.space is not None and any(self.params(point)[1] for point in self.corners())

    def corners(self) -> Iterator[Point]:
        """Points at the ends of the space: all of them, or many; some suggestions if there is no space."""
        if self.space is None:
            optuna.logging.set_verbosity(optuna.logging.WARNING)
            trials = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
            for _ in range(_SUGGESTED):
                yield self.suggest(trials.ask())
            return
        sides = {key: list(ends(distribution)) for key, distribution in self.space.items()}
        if math.prod(map(len, sides.values())) <= _MAX_CORNERS:
            yield from (dict(zip(sides, chosen, strict=True)) for chosen in itertools.product(*sides.values()))
            return
        chance = random.Random(0)  # the same points every time
        for key, side in sides.items():  # every end at least once
            yield from ({**{k: chance.choice(v) for k, v in sides.items()}, key: end} for end in side)
        for _ in range(_MAX_CORNERS):
            yield {key: chance.choice(side) for key, side in sides.items()}
