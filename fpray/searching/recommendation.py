"""The recommendation of a search, as a value: the best configuration, how certain that is, and the alternatives."""

from __future__ import annotations

import math
from dataclasses import dataclass

from fpray.peak_sampler.candidates import Point
from fpray.peak_sampler.goals import Bound


@dataclass(frozen=True)
class Interval:
    """A number and its 95 % interval, in the unit of its column."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Choice:
    """A configuration that was tried, and what is believed about it.

    Attributes:
        params: the parameters of the space.
        goals: column -> estimate of the mean of many repeats, not of the next trial.
        chance: probability that it keeps all bounds.
        trials: Optuna's numbers of the trials of exactly this point.
        measured: column of a goal or bound -> the value of each of these trials (NaN: none).
    """

    params: Point
    goals: dict[str, Interval]
    chance: float
    trials: tuple[int, ...]
    measured: dict[str, tuple[float, ...]]

    @property
    def repeats(self) -> int:
        """How many trials of this configuration there are."""
        return len(self.trials)

    def values(self, column: str) -> list[float]:
        """Its measured values of a column, without those that are missing."""
        return [value for value in self.measured.get(column, ()) if math.isfinite(value)]

    def mean(self, column: str) -> float | None:
        """The mean of its measured values of a column; None if there is none."""
        values = self.values(column)
        return sum(values) / len(values) if values else None


@dataclass(frozen=True)
class Recommendation:
    """What is known at the end of a search, or in the middle of one.

    Attributes:
        best: the recommended configuration; None before anything was measured, or if nothing keeps the bounds.
        nearest: without a best: the configuration that most probably keeps the bounds.
        within_noise: other configurations that may be as good, best first.
        frontier: the first bound at other limits, and the configuration recommended there (None: none keeps it).
        likely_gain: the share by which the goal may still improve: no point, tried or not, gains more with a
            probability of one in ten. Infinite while nothing keeps the bounds; 0 once no point is likely to keep them.
        front: with several goals, the configurations that no other beats in all goals; with one goal, the best.
        trials: number of trials that say something about the system.
    """

    best: Choice | None
    nearest: Choice | None
    within_noise: tuple[Choice, ...]
    frontier: tuple[tuple[Bound, Choice | None], ...]
    likely_gain: float
    front: tuple[Choice, ...]
    trials: int

    @property
    def feasible(self) -> bool:
        """Whether there is a `best`, which probably keeps the bounds."""
        return self.best is not None


NO_RECOMMENDATION = Recommendation(None, None, (), (), math.inf, (), 0)
