"""What is believed after some trials: the goal and the bounds at any point, and the expected gain of a trial."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from statistics import NormalDist
from typing import Any

import numpy as np
from optuna.distributions import BaseDistribution
from optuna.trial import FrozenTrial

from fpray.peak_sampler.candidates import Point
from fpray.peak_sampler.encoding import Array, Encoding
from fpray.peak_sampler.gaussian_process import (
    GaussianProcess,
    Hyperparameters,
    hyperparameters_of_goal,
    hyperparameters_of_offset,
)
from fpray.peak_sampler.goals import Bound, Goal
from fpray.peak_sampler.trial_attributes import METRICS, STATUS

SURE_ENOUGH = 0.4  # probability of keeping the bounds from which on a configuration may be recommended
WORTH_OF_CHANCE = 0.05  # log units of the goal for a 2.7 times higher chance to keep the bounds
WORTH_OF_LIGHTNESS = 0.01  # log units of the goal for a load 2.7 times lower; without it, noise decides on a flat top
NO_GAIN = 0.005  # log units of the goal: noise hides a smaller gain
FEWEST = 4  # trials after which bounds that no trial has kept are treated as hard to keep
NO_EVIDENCE = ("refused", "lost", "interrupted", "failed")  # statuses that say nothing about the system under test
_NODES = 15  # of the integration over the distance to Little's law
_NIL = 1e-300
_FAILED = 1.0  # log units over the bound: assumed for a trial that broke down
_QUANTILES = np.array([NormalDist().inv_cdf((i + 0.5) / _NODES) for i in range(_NODES)])


@dataclass(frozen=True)
class Trials:
    """Trials as numbers.

    Attributes:
        points: the parameters of each trial.
        values: the columns of goals and bounds; NaN where a trial has no value.
        numbers: the trials' numbers in the study; -1 for a trial that has not ended.
    """

    points: list[Point]
    values: dict[str, Array]
    numbers: list[int]

    def with_expected(self, points: Sequence[Point], values: Mapping[str, Array]) -> Trials:
        """These trials and, for trials that still run, points with expected values."""
        more = {c: np.concatenate([v, values.get(c, np.full(len(points), math.nan))]) for c, v in self.values.items()}
        return Trials([*self.points, *points], more, [*self.numbers, *(-1 for _ in points)])


def usable_trials(
    trials: Sequence[FrozenTrial], space: Mapping[str, BaseDistribution], columns: Sequence[str]
) -> Trials:
    """The ended trials that say something about a point of `space`; NaN for those that broke down."""
    usable = [t for t in trials if t.state.is_finished() and space.keys() <= t.params.keys() and _is_evidence(t)]
    metrics = [t.user_attrs.get(METRICS) or {} for t in usable]
    values = {c: np.array([math.nan if m.get(c) is None else float(m[c]) for m in metrics]) for c in columns}
    return Trials([{name: t.params[name] for name in space} for t in usable], values, [t.number for t in usable])


def _is_evidence(trial: FrozenTrial) -> bool:
    status = trial.user_attrs.get(STATUS)
    return status not in NO_EVIDENCE and (status is not None or METRICS in trial.user_attrs)


class Scale:
    """The scale of a column: its logarithm if all values are above zero, else multiples of its spread."""

    def __init__(self, values: Array, limit: float | None = None) -> None:
        finite = values[np.isfinite(values)]
        self.logs = bool(len(finite)) and bool((finite > 0).all()) and (limit is None or limit > 0)
        self.unit = 1.0
        if not self.logs and len(finite):
            self.unit = 3 * (float(np.std(finite)) or abs(float(finite[0])) or 1.0)

    def of(self, value: Any) -> Any:
        """A value, or an array, on this scale."""
        return np.log(value) if self.logs else np.asarray(value, float) / self.unit

    def back(self, value: Any) -> Any:
        """The value of something on this scale: the inverse of `of`."""
        return np.exp(value) if self.logs else np.asarray(value, float) * self.unit

    def filled(self, values: Array, missing: float) -> Array:
        """All values on this scale, with `missing` (on the scale) for those that are not finite."""
        finite = np.isfinite(values)
        return np.where(finite, self.of(np.where(finite, values, 1.0)), missing)


class Posterior:
    """One goal and its bounds, after trials. At least one trial has the goal's column."""

    def __init__(self, encoding: Encoding, goal: Goal, bounds: Sequence[Bound], trials: Trials) -> None:
        self.encoding, self.goal, self.bounds, self.trials = encoding, goal, tuple(bounds), trials
        self.sign = 1 if goal.maximize else -1
        self.scale = Scale(trials.values[goal.column])
        x, n = encoding.configurations(trials.points), encoding.loads(trials.points)
        of_goal = trials.values[goal.column]
        # A trial that broke down counts as the worst of the others, far over its bounds.
        worst = np.nanmin(of_goal) if goal.maximize else np.nanmax(of_goal)
        levels = self.scale.filled(of_goal, float(self.scale.of(worst)))
        bends = self.sign if self.scale.logs else 0
        self._goal = _gaussian_process(hyperparameters_of_goal, x, n, levels, bends)
        self._by_littles_law: list[tuple[Bound, GaussianProcess, Scale]] = []
        self._independent: list[tuple[Bound, GaussianProcess, Scale]] = []
        for bound in self.bounds:
            scale = Scale(trials.values[bound.column], bound.limit)
            far = float(scale.of(bound.limit)) + _FAILED * (1 if bound.upper else -1)
            values = scale.filled(trials.values[bound.column], far)
            both_logs = scale.logs and self.scale.logs
            bends = -self.sign if both_logs else 0
            independent = _gaussian_process(hyperparameters_of_goal, x, n, values, bends)
            offset = _gaussian_process(hyperparameters_of_offset, x, n, levels + values - n, 0) if both_logs else None
            if offset is not None and offset.evidence >= independent.evidence:
                self._by_littles_law.append((bound, offset, scale))
            else:
                self._independent.append((bound, independent, scale))
        count = len(self._by_littles_law)
        draws = np.random.default_rng(1).standard_normal((4 * _NODES, count))
        self._draws = _QUANTILES[:, None] if count == 1 else draws

    @cached_property
    def tried(self) -> list[Point]:
        """The points that were tried, without repetitions."""
        return list({tuple(point.values()): point for point in self.trials.points}.values())

    @cached_property
    def recommended(self) -> Point | None:
        """The best point of those tried that are sure enough to keep the bounds; None if there is none."""
        return self.under(self.bounds)

    def under(self, bounds: Sequence[Bound]) -> Point | None:
        """The point that is recommended with other limits of the same bounds."""
        merit = self.merit(self.tried, bounds)
        best = int(np.argmax(merit))
        return self.tried[best] if math.isfinite(merit[best]) else None

    def merit(self, points: Sequence[Point], bounds: Sequence[Bound] | None = None) -> Array:
        """The merit of recommending each point; -inf if it is not sure enough to keep the bounds."""
        return self.at(points, bounds).merit(
            self.scale.unit
        ) - WORTH_OF_LIGHTNESS / self.scale.unit * self.encoding.loads(points)

    def at(self, points: Sequence[Point], bounds: Sequence[Bound] | None = None) -> Outlook:
        """What is believed of these points; `bounds` have other limits of the same bounds."""
        limits = {_name(b): b.limit for b in (self.bounds if bounds is None else bounds)}
        x, n = self.encoding.configurations(points), self.encoding.loads(points)
        mean, variance = self._goal.predict(x, n)
        low = np.full((len(self._draws), len(points)), -np.inf)
        high = np.full((len(self._draws), len(points)), np.inf)
        for i, (bound, offset, scale) in enumerate(self._by_littles_law):
            off, spread = offset.predict(x, n)
            # log value = n - log goal + off: `edge` is the goal at which the value is at its limit
            edge = self.sign * (n + off + self._draws[:, i : i + 1] * np.sqrt(spread) - scale.of(limits[_name(bound)]))
            if bound.upper == self.goal.maximize:
                low = np.maximum(low, edge)
            else:
                high = np.minimum(high, edge)
        others = np.ones(len(points))
        for bound, process, scale in self._independent:
            value, spread = process.predict(x, n)
            z = (scale.of(limits[_name(bound)]) - value) / np.sqrt(spread)
            others *= cdf(z if bound.upper else -z)
        return Outlook(self.sign * mean, np.sqrt(variance), low, high, others)

    def acquisition(self, points: Sequence[Point]) -> Array:
        """The expected gain of a trial at each point.

        While nothing keeps the bounds: the logarithm of the probability that a point keeps them, plus its goal. By
        the probability alone, the lowest load would be chosen as soon as one trial has broken a bound.
        """
        outlook = self.at(points)
        if self.recommended is None:
            return outlook.log_feasible() + outlook.mean
        # The best counts by its merit: if it may break the bounds, a point that surely keeps them is a gain, too.
        unit = self.scale.unit
        return outlook.expected_improvement(float(self.at([self.recommended]).merit(unit)[0]) + NO_GAIN / unit)

    def expect(self, points: Sequence[Point]) -> dict[str, Array]:
        """The most likely result of a trial at each point, in the columns' units."""
        x, n = self.encoding.configurations(points), self.encoding.loads(points)
        goal = self._goal.predict(x, n)[0]
        means = {self.goal.column: self.scale.back(goal)}
        for bound, offset, scale in self._by_littles_law:
            means[bound.column] = scale.back(n - goal + offset.predict(x, n)[0])
        for bound, process, scale in self._independent:
            means[bound.column] = scale.back(process.predict(x, n)[0])
        return means


def _gaussian_process(
    hyperparameters_of: Callable[[int, Array, np.random.Generator], Hyperparameters],
    configurations: Array,
    loads: Array,
    values: Array,
    bends: int,
) -> GaussianProcess:
    shape, raw = configurations.shape, (configurations.tobytes(), loads.tobytes(), values.tobytes())
    return _same_gaussian_process(hyperparameters_of, shape, raw, bends)


@lru_cache(maxsize=8)
def _same_gaussian_process(
    hyperparameters_of: Callable[[int, Array, np.random.Generator], Hyperparameters],
    shape: tuple[int, int],
    raw: tuple[bytes, bytes, bytes],
    bends: int,
) -> GaussianProcess:
    """The answer after a trial and the proposal of the next share one posterior, which is computed once."""
    configurations, loads, values = (np.frombuffer(array) for array in raw)
    rng = np.random.default_rng(0)  # always the same samples, so that the same question has the same answer
    hyperparameters = hyperparameters_of(shape[1], loads, rng)
    return GaussianProcess(hyperparameters, configurations.reshape(shape), loads, values, bends=bends)


def _name(bound: Bound) -> tuple[str, bool]:
    return bound.column, bound.upper


@dataclass(frozen=True)
class Outlook:
    """What is believed of some points; larger goals are better.

    Attributes:
        mean, spread: of the goal, on its scale; the mean is negated if the goal is minimized.
        low, high: the range of the goal that keeps the bounds that follow from it by Little's law, shape (draws,
            points).
        others: the probability that the other bounds are kept.
    """

    mean: Array
    spread: Array
    low: Array
    high: Array
    others: Array

    def feasible(self) -> Array:
        """Probability that all bounds are kept."""
        inside = cdf((self.high - self.mean) / self.spread) - cdf((self.low - self.mean) / self.spread)
        return np.asarray(np.maximum(inside, 0).mean(axis=0) * self.others)

    def log_feasible(self) -> Array:
        """The logarithm of `feasible`, always finite."""
        return np.asarray(np.log(np.maximum(self.feasible(), _NIL)))

    def merit(self, unit: float) -> Array:
        """The merit of each point: its mean less the risk; -inf where it is not sure enough to keep the bounds.

        At the edge of a bound, half of the points that look best break it. A slightly lower goal that keeps the bound
        is the better answer.
        """
        chance = self.feasible()
        risk = WORTH_OF_CHANCE / unit * np.log(np.maximum(chance, 1e-12))
        return np.asarray(np.where(chance >= SURE_ENOUGH, self.mean + risk, -np.inf))

    def expected_improvement(self, best: float) -> Array:
        """The expected gain over `best`, counted only where the bounds are kept."""
        low = np.maximum(self.low, best)
        a, b = (low - self.mean) / self.spread, (np.maximum(self.high, low) - self.mean) / self.spread
        inside = (self.mean - best) * (cdf(b) - cdf(a)) + self.spread * (_pdf(a) - _pdf(b))
        return np.asarray(np.maximum(inside, 0).mean(axis=0) * self.others)


def _pdf(z: Array) -> Array:
    return np.asarray(np.exp(-0.5 * np.clip(z, -40, 40) ** 2) / math.sqrt(2 * math.pi))


def cdf(z: Array) -> Array:
    """The normal distribution function, to 1e-7 (Abramowitz and Stegun 26.2.17): numpy has no erf."""
    x = np.clip(z, -40, 40)
    t = 1 / (1 + 0.2316419 * np.abs(x))
    series = t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))))
    tail = _pdf(x) * series
    return np.where(x > 0, 1 - tail, tail)
