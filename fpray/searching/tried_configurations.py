"""The configurations that a search tried: what the posterior says of each, and how they compare."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from fpray.peak_sampler.candidates import Point
from fpray.peak_sampler.posterior import SURE_ENOUGH, Posterior, cdf
from fpray.searching.recommendation import Choice, Interval

# A configuration is within noise of the best if it is the better of the two with at least this probability.
WITHIN_NOISE = 0.1
# Half of an interval, in standard deviations of the posterior. With it, the intervals hold the truth in 95 % of the
# searches of published trials. 1.96 would hold it in 90 %: the best of many is chosen partly for its luck, and real
# noise is no single distribution.
_HALF_WIDTH = 2.55


class TriedConfigurations:
    """What the posterior of each goal says about the tried points; an index is a place in the list of points."""

    def __init__(self, posteriors: Sequence[Posterior]) -> None:
        self._posteriors = posteriors
        self._points = posteriors[0].tried
        self._outlooks = [posterior.at(self._points) for posterior in posteriors]
        self._outlook = self._outlooks[0]
        self._chances = self._outlook.feasible()
        trials = posteriors[0].trials
        has_values = np.all([np.isfinite(trials.values[posterior.goal.column]) for posterior in posteriors], axis=0)
        with_values = [point for point, is_measured in zip(trials.points, has_values, strict=True) if is_measured]
        self._has_values = np.array([point in with_values for point in self._points])  # the others only failed

    def choice(self, index: int) -> Choice:
        """A configuration with its estimates."""
        point, trials = self._points[index], self._posteriors[0].trials
        own = [i for i, other in enumerate(trials.points) if other == point]
        goals = {}
        for posterior, outlook in zip(self._posteriors, self._outlooks, strict=True):
            middle, half = float(outlook.mean[index]), _HALF_WIDTH * float(outlook.spread[index])
            ends = [float(posterior.scale.back(posterior.sign * (middle + side * half))) for side in (0, -1, 1)]
            goals[posterior.goal.column] = Interval(ends[0], min(ends[1:]), max(ends[1:]))
        by_column = {column: tuple(float(values[i]) for i in own) for column, values in trials.values.items()}
        return Choice(point, goals, float(self._chances[index]), tuple(trials.numbers[i] for i in own), by_column)

    def of_point(self, point: Point) -> Choice:
        """The configuration of a point that was tried."""
        return self.choice(self.index(point))

    def index(self, point: Point) -> int:
        """The index of a point that was tried."""
        return self._points.index(point)

    def most_feasible(self) -> list[Choice]:
        """The measured configurations that most probably keep the bounds: several if they are equally probable."""
        chances = np.where(self._has_values, np.round(self._chances, 6), -1.0)
        return [self.choice(i) for i in np.flatnonzero(chances == chances.max()).tolist()]

    def within_noise(self, index: int) -> list[Choice]:
        """Other configurations that keep the bounds and may be better than the chosen one, the most probable first."""
        difference = self._outlook.mean - self._outlook.mean[index]
        spread = np.sqrt(self._outlook.spread**2 + self._outlook.spread[index] ** 2)
        chance = cdf(difference / spread) * self._chances
        order = np.argsort(-chance)
        return [self.choice(int(i)) for i in order if i != index and chance[i] >= WITHIN_NOISE]

    def front(self) -> list[Choice]:
        """The configurations that are sure enough to keep the bounds and that no other beats in all goals."""
        means = np.array([outlook.mean for outlook in self._outlooks]).T
        feasible = [i for i in range(len(means)) if self._chances[i] >= SURE_ENOUGH and self._has_values[i]]

        def beats(j: int, i: int) -> bool:
            return bool((means[j] >= means[i]).all() and (means[j] > means[i]).any())

        return [self.choice(i) for i in feasible if not any(beats(j, i) for j in feasible if j != i)]
