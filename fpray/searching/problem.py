"""A search that can be started: its goals, bounds and space, and how a point of the space becomes parameters."""

from __future__ import annotations

import functools
import itertools
import math
import random
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import optuna
from optuna.exceptions import StorageInternalError

from fpray.errors import Cause, FprayError, Problem
from fpray.files.secret import Secret
from fpray.peak_sampler.candidates import Allowed
from fpray.peak_sampler.distributions import ends
from fpray.peak_sampler.goals import Bound, Goal, columns_of
from fpray.plan.plan import Trial, parameter_problems
from fpray.plan.words import AGAIN
from fpray.protocol import params as param_values
from fpray.protocol.protocol import Protocol
from fpray.searching.budget import TimeBudget
from fpray.searching.point_facts import PointFacts
from fpray.searching.search_study import Search
from fpray.searching.space import Space
from fpray.study.layers import Point
from fpray.study.study_file import StudyFile

_MAX_CORNERS = 64
_SUGGESTED = 20
Suggest = Callable[[optuna.Trial], Point]
Corner = tuple[Point, Any, Sequence[Problem]]  # a point, its parameters, and why the protocol refuses them


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
        sampler: the name of what chooses the points.
        seed: of the sampler; None: any.
        storage: where the Optuna study is kept, if the user names a place.
        study_file: what the study was read from, where that is a file.
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
    sampler: str
    seed: int | None
    storage: Secret | None
    study_file: StudyFile | None = None

    @property
    def columns(self) -> list[str]:
        """The columns that a trial must have to count."""
        return columns_of(self.goals, self.bounds)

    def params(self, point: Point) -> tuple[Any, list[Problem]]:
        """The parameters of a point, and the reasons why the protocol refuses them."""
        params, wrong = param_values.set_values(self.start, point, protocol=self.protocol.name)
        params, wrong_too = param_values.set_values(params, self.fixed, protocol=self.protocol.name)
        return params, [*wrong, *wrong_too, *parameter_problems(self.protocol, params)]

    def point(self, trial: optuna.Trial) -> Point:
        """The point that an Optuna trial stands for.

        Raises:
            FprayError: the user's own `suggest` raised something.
            OSError, StorageInternalError: the study cannot be reached.
        """
        try:
            return self.suggest(trial)
        except Exception as error:
            if self.study.suggest is None or _raised_by_storage(error):
                raise
            name = self.study.name
            why = f"the function suggest(trial) of study {name} failed with {type(error).__name__}: {error}"
            raise FprayError(
                f"{why}, so the search was stopped. Finished results are kept. Correct the function; {AGAIN}",
                Cause.STUDY_FILE,
            ) from None

    @functools.cached_property
    def point_facts(self) -> PointFacts:
        """What a sampler asks about the points of the space."""
        return PointFacts(self.protocol, self.start, self.fixed)

    @functools.cached_property
    def allowed(self) -> Allowed | None:
        """Whether the protocol accepts a point; None if it accepts all, as far as the ends of the space show."""
        refuses = self.space is not None and any(problems for _, _, problems in self.corners)
        return self.point_facts.allows if refuses else None

    @functools.cached_property
    def corners(self) -> Sequence[Corner]:
        """Points at the ends of the space: all of them, or many; some suggestions if there is no space."""
        points = self._suggestions() if self.space is None else _ends_of(self.space)
        return [(point, *self.params(point)) for point in points]

    @functools.cached_property
    def corner_trials(self) -> Sequence[Trial[Any]]:
        """Trials at the ends of the space, of the points that the protocol accepts."""
        trials = [Trial(self.protocol, params) for _, params, problems in self.corners if not problems]
        return list({trial.id: trial for trial in trials}.values())

    def _suggestions(self) -> Iterator[Point]:
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        trials = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
        for _ in range(_SUGGESTED):
            yield self.suggest(trials.ask())


def _ends_of(space: Space) -> Iterator[Point]:
    """Points at the ends of a space: all of them if they are few, else each end at least once, and random ones."""
    sides = {key: ends(distribution) for key, distribution in space.items()}
    if math.prod(map(len, sides.values())) <= _MAX_CORNERS:
        yield from (dict(zip(sides, corner, strict=True)) for corner in itertools.product(*sides.values()))
        return
    chance = random.Random(0)  # the same points every time
    for key, side in sides.items():
        yield from ({**{k: chance.choice(v) for k, v in sides.items()}, key: end} for end in side)
    for _ in range(_MAX_CORNERS):
        yield {key: chance.choice(side) for key, side in sides.items()}


def _raised_by_storage(error: Exception) -> bool:
    """Whether Optuna's storage raised it: a full disk or a lost database is no mistake in the user's code."""
    if not isinstance(error, OSError | StorageInternalError):
        return False
    modules = (frame.f_globals.get("__name__", "") for frame, _ in traceback.walk_tb(error.__traceback__))
    return any(module.startswith("optuna.storages") for module in modules)
