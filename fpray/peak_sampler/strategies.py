"""How the next point is chosen from candidates: strategies, each for the situations that it applies to."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fpray.peak_sampler.candidates import Candidates, Point
from fpray.peak_sampler.encoding import Array, Encoding
from fpray.peak_sampler.posterior import FEWEST, NO_GAIN, Posterior, Trials

SAME_LOAD = 0.02  # log units: loads that are nearer than this count as one
REPEATS = 2  # trials of one point; more of them only where the caller asks to confirm it
CREEPING = 0.15  # log units of load: two successive steps that are smaller, and keep the bounds, are too small
LOAD_MAY_DO = 0.2  # probability that some load keeps the bounds, from which on loads are tried before configurations
_LOOKED_AROUND = 6  # points that contribute their neighbours


@dataclass(frozen=True)
class Situation:
    """What is known when a point is asked for.

    Attributes:
        trials: the ended trials.
        posterior: what they say, and what running trials are expected to give.
        number: of the trial that is asked for.
    """

    trials: Trials
    posterior: Posterior
    number: int

    @property
    def best(self) -> Point | None:
        """The recommended point of those that were tried; None if none keeps the bounds."""
        return self.posterior.recommended

    @property
    def has_evidence(self) -> bool:
        """Whether enough trials have ended to act on what they say of the bounds."""
        return len(self.trials.points) >= FEWEST

    def place(self, point: Point) -> tuple[Any, ...]:
        """What identifies a point: loads that are nearer to one another than trials can tell apart are one place."""
        encoding = self.posterior.encoding
        if len(encoding.load) != 1:
            return tuple(point.values())
        return (*_without(point, encoding.load), round(float(encoding.loads([point])[0]) / SAME_LOAD))

    @cached_property
    def _counts(self) -> Counter[tuple[Any, ...]]:
        return Counter(self.place(point) for point in self.posterior.trials.points)

    def count(self, point: Point) -> int:
        """The number of trials of a point, ended and running."""
        return self._counts[self.place(point)]


Strategy = Callable[[Situation, Sequence[Point]], Array | None]


def nearest_feasible(situation: Situation, points: Sequence[Point]) -> Array | None:
    """While nothing keeps the bounds, half of the trials try the point that most probably keeps them.

    Of equally probable points, the one with the lowest load.
    """
    posterior = situation.posterior
    if situation.best is not None or not posterior.bounds or not situation.has_evidence or not situation.number % 2:
        return None
    loads = posterior.encoding.loads(points)
    return np.asarray(posterior.at(points).log_feasible() - 1e-6 * (loads - loads.min()))


def less_load(situation: Situation, points: Sequence[Point]) -> Array | None:
    """Nothing keeps the bounds and one configuration was tried: try it under other loads before other configurations.

    Unless it is unlikely to keep the bounds: the effect of load is better known than that of a configuration.
    """
    posterior = situation.posterior
    if situation.best is not None or not posterior.bounds:
        return None
    load = posterior.encoding.load
    configuration, *others = {_without(point, load) for point in posterior.trials.points}
    if others or not load:
        return None
    same: NDArray[np.bool_] = np.array([_without(point, load) == configuration for point in points])
    if np.where(same, posterior.at(points).feasible(), 0.0).max() < LOAD_MAY_DO:
        return None
    return np.where(same, posterior.acquisition(points), -math.inf)


def exploit(situation: Situation, points: Sequence[Point]) -> Array | None:
    """Half of the trials try the point that would be recommended if it had been tried: an answer needs evidence."""
    posterior, best = situation.posterior, situation.best
    if best is None or not situation.has_evidence or situation.number % 2:
        return None
    merit = posterior.merit([best, *points])
    new = np.array([not situation.count(point) for point in points])
    merit[1:] = np.where(new, merit[1:], -math.inf)
    return merit[1:] if merit[1:].max() > merit[0] + NO_GAIN / posterior.scale.unit else None


def explore(situation: Situation, points: Sequence[Point]) -> Array | None:
    """The point at which a trial has the largest expected gain; always applies."""
    return situation.posterior.acquisition(points)


STRATEGIES: tuple[Strategy, ...] = (nearest_feasible, less_load, exploit, explore)  # the first that applies decides


def choose(situation: Situation, candidates: Candidates, rng: np.random.Generator) -> Point:
    """The next point, by the first strategy that applies; then `stride`."""
    points = _compared(situation, candidates, rng)
    scores = next(s for strategy in STRATEGIES if (s := strategy(situation, points)) is not None)
    often = np.array([situation.count(point) >= REPEATS for point in points])
    if not often.all():
        scores = np.where(often, -math.inf, scores)
    best_point = points[int(np.argmax(scores))]
    longer = stride(situation, best_point, candidates)
    return longer if longer is not None and situation.count(longer) < REPEATS else best_point


def _compared(situation: Situation, candidates: Candidates, rng: np.random.Generator) -> list[Point]:
    """The points that are compared: all of a small space; else random ones, and neighbours of the best."""
    posterior = situation.posterior
    points = candidates.scattered(rng)
    if candidates.whole is not None:
        return points
    around = posterior.tried[-_LOOKED_AROUND:] if situation.best is None else [situation.best]
    top = [points[i] for i in np.argsort(-posterior.acquisition(points))[:_LOOKED_AROUND]]
    return [*points, *candidates.around([*around, *top], posterior.encoding.load, rng)]


def stride(situation: Situation, proposal: Point, candidates: Candidates) -> Point | None:
    """A larger step up in load than `proposal` is: twice the last step, after two small steps that kept the bounds.

    Where the bounded latency hardly grows with load, each small step surely gains a little, and the search creeps.
    """
    posterior, best = situation.posterior, situation.best
    load = posterior.encoding.load
    if best is None or len(load) != 1 or _without(proposal, load) != _without(best, load):
        return None
    top, steps = _steps_up(situation, best)
    load_of_best, load_of_chosen = posterior.encoding.loads([best, proposal])
    least = top + 2 * steps[-1]
    if not all(0 < step < CREEPING for step in steps[-2:]) or not load_of_best < load_of_chosen < least:
        return None
    line = candidates.line(best, load[0])
    loads = posterior.encoding.loads(line)
    nearest = int(np.argmin(np.where(loads >= least, loads, math.inf)))
    return line[nearest] if loads[nearest] >= least else None


def _steps_up(situation: Situation, best: Point) -> tuple[float, list[float]]:
    """The highest load of one configuration that kept the bounds, and the step of each of its ended trials.

    A step is in log units; 0 for a trial that broke the bounds or did not go up.
    """
    trials, encoding, bounds = situation.trials, situation.posterior.encoding, situation.posterior.bounds
    top, steps = -math.inf, [math.inf]
    for i, (point, n) in enumerate(zip(trials.points, encoding.loads(trials.points), strict=True)):
        if _without(point, encoding.load) == _without(best, encoding.load):
            feasible = all(bound.kept_by({bound.column: trials.values[bound.column][i]}) for bound in bounds)
            steps.append(n - top if feasible and n > top else 0.0)
            top = max(top, n) if feasible else top
    return top, steps


def spread_out(earlier: Sequence[Point], candidates: Candidates, encoding: Encoding, rng: np.random.Generator) -> Point:
    """Nothing was measured yet: the middle of the space first, then the point that is farthest from those tried."""
    points = candidates.scattered(rng)
    scaled = Encoding(encoding.space, None).configurations
    centre = scaled([encoding.central()])
    if not earlier:
        return points[int(np.argmin(np.abs(scaled(points) - centre).sum(axis=1)))]
    distance = np.abs(scaled(points)[:, None] - scaled(earlier)[None]).sum(axis=2).min(axis=1)
    return points[int(np.argmax(distance))]


def _without(point: Point, names: Sequence[str]) -> tuple[Any, ...]:
    return tuple(value for name, value in point.items() if name not in names)
