"""The sampler that knows closed loops: load, knee and Little's law, as an Optuna sampler."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState

from fpray.peak_sampler.candidates import Allowed, Candidates, Point
from fpray.peak_sampler.distributions import at
from fpray.peak_sampler.goals import Bound, Goal
from fpray.peak_sampler.posterior import FEWEST, NO_GAIN, Belief, Trials, gather
from fpray.peak_sampler.prior import Encoding, Loops, middle

SAME_LOAD = 0.02  # nepers: loads that are as good as one
REPEATS = 2  # trials of one point before it is confirmed by somebody who asks for that
CREEPING = 0.15  # nepers of load: two steps in a row that are smaller, and keep the bounds, are too small
LOAD_MAY_DO = 0.2  # probability that some load keeps the bounds, from which on loads are tried before configurations
_LOOKED_AROUND = 6


class PeakSampler(BaseSampler):
    """Finds the configuration and load with the best goal that keeps the bounds, in few trials.

    It keeps nothing between asks but caches: what it knows is in the study's trials (their user attribute `metrics`,
    column -> number or null), so a resumed study goes on as if nothing had happened. It may ask for a point again.
    Trials that run are taken to end as expected, so that several at once spread out.
    """

    def __init__(
        self,
        goals: Sequence[Goal],
        bounds: Sequence[Bound],
        *,
        loops: Loops | None = None,
        seed: int | None = None,
        allowed: Allowed | None = None,
    ) -> None:
        """A sampler for these goals and bounds.

        Args:
            goals: at least one; several: each ask weighs them anew, so that the trials spread along the front.
            bounds: what a point must keep.
            loops: closed loops of a point; None if unknown. What it depends on is the load.
            seed: for choices among many points.
            allowed: whether a point of the space can be run at all; None: all can. Must be cheap (10 µs).
        """
        if not goals:
            raise ValueError("a search needs a goal")
        self._goals, self._bounds, self._loops, self._allowed = tuple(goals), tuple(bounds), loops, allowed
        self._seed = int(np.random.SeedSequence(seed).generate_state(1)[0])
        self._spaces: dict[str, tuple[Encoding, Candidates]] = {}

    def infer_relative_search_space(self, study: Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        """What all trials so far have in common; those that ended, if any did."""
        others = [t for t in study.get_trials(deepcopy=False) if t.number != trial.number and t.distributions]
        ended = [t for t in others if t.state.is_finished()] or others
        common = dict(ended[0].distributions) if ended else {}
        for other in ended[1:]:
            common = {n: d for n, d in common.items() if other.distributions.get(n) == d}
        return {name: distribution for name, distribution in sorted(common.items()) if not distribution.single()}

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """The point that is believed to gain most."""
        if not search_space:
            return {}
        trials = study.get_trials(deepcopy=False)
        running = [
            {name: t.params[name] for name in search_space}
            for t in trials
            if t.state is TrialState.RUNNING and t.number != trial.number and search_space.keys() <= t.params.keys()
        ]
        return self.propose(gather(trials, search_space, self._columns()), running, search_space, trial.number)

    def sample_independent(
        self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        """The middle for the first trial that has the parameter, then a value at random."""
        before = study.get_trials(deepcopy=False)
        if not any(param_name in t.params for t in before if t.number != trial.number):
            return middle(param_distribution)
        rng = np.random.default_rng([self._seed, trial.number, *param_name.encode()])
        return at(param_distribution, rng.random())

    def propose(
        self, trials: Trials, running: Sequence[Point], space: Mapping[str, BaseDistribution], number: int
    ) -> Point:
        """The next point, from what ended and what runs.

        Args:
            trials: what ended, over `space`.
            running: points of trials that run.
            number: of the trial that is asked for: with the seed, it decides every random choice.
        """
        encoding, candidates = self._space(space)
        rng = np.random.default_rng([self._seed, number])
        goal, trials = self._one_goal(trials, rng)
        if not np.isfinite(trials.values[goal.column]).any():
            return self._spread_out([*trials.points, *running], candidates, encoding, rng)
        belief = Belief(encoding, goal, self._bounds, trials)
        if running:
            belief = Belief(encoding, goal, self._bounds, trials.with_expected(running, belief.expect(running)))
        best = belief.recommended
        counts = Counter(self._place(point, encoding) for point in belief.trials.points)
        points = candidates.scattered(rng)
        if candidates.whole is None:
            tried = belief.tried[-_LOOKED_AROUND:] if best is None else [best]
            first = belief.worth(points)
            top = [points[i] for i in np.argsort(-first)[:_LOOKED_AROUND]]
            points = [*points, *candidates.around([*tried, *top], encoding.load, rng)]
        worth = belief.worth(points)
        if best is None and self._bounds and len(trials.points) >= FEWEST and number % 2:
            # Nothing keeps the bounds: half of the trials look for the nearest there is, or the lowest load.
            loads = encoding.loads(points)
            worth = belief.at(points).log_feasible() - 1e-6 * (loads - loads.min())
        elif best is None and self._bounds:
            worth = np.where(self._load_first(belief, points), worth, -math.inf)
        elif best is not None and len(trials.points) >= FEWEST and number % 2 == 0:
            # Half of the trials try what would be recommended if it had been tried: an answer needs evidence.
            merit = belief.merit([best, *points])
            new = np.array([not counts[self._place(point, encoding)] for point in points])
            merit[1:] = np.where(new, merit[1:], -math.inf)
            if merit[1:].max() > merit[0] + NO_GAIN / belief.scale.unit:
                worth = merit[1:]
        often = np.array([counts[self._place(point, encoding)] >= REPEATS for point in points])
        if not often.all():
            worth = np.where(often, -math.inf, worth)
        chosen = points[int(np.argmax(worth))]
        stride = None if best is None else self._stride(chosen, best, belief, trials, candidates)
        return stride if stride is not None and counts[self._place(stride, encoding)] < REPEATS else chosen

    def _stride(
        self, chosen: Point, best: Point, belief: Belief, trials: Trials, candidates: Candidates
    ) -> Point | None:
        """Instead of another small step up in load, one of twice the last, after two in a row that kept the bounds.

        Where the bounded latency hardly grows with load each small step is sure to gain a little: the search creeps.
        """
        load = belief.encoding.load
        if len(load) != 1 or _without(chosen, load) != _without(best, load):
            return None
        top, steps = -math.inf, [math.inf]
        for i, (point, n) in enumerate(zip(trials.points, belief.encoding.loads(trials.points), strict=True)):
            if _without(point, load) == _without(best, load):
                kept = all(bound.met({bound.column: trials.values[bound.column][i]}) for bound in self._bounds)
                steps.append(n - top if kept and n > top else 0.0)
                top = max(top, n) if kept else top
        here, there = belief.encoding.loads([best, chosen])
        least = top + 2 * steps[-1]
        if not all(0 < step < CREEPING for step in steps[-2:]) or not here < there < least:
            return None
        line = candidates.line(best, load[0])
        loads = belief.encoding.loads(line)
        nearest = int(np.argmin(np.where(loads >= least, loads, math.inf)))
        return line[nearest] if loads[nearest] >= least else None

    def _load_first(self, belief: Belief, points: Sequence[Point]) -> NDArray[np.bool_]:
        """Which points may be asked for: while one configuration has broken the bounds, itself under other loads.

        Unless that is unlikely to keep them: what a load does is known better than what another configuration does.
        """
        every = np.ones(len(points), bool)
        load = belief.encoding.load
        tried, *others = {_without(point, load) for point in belief.trials.points}
        if others or not load:
            return every
        line = np.array([_without(point, load) == tried for point in points])
        kept = belief.at(points).feasible()
        return line if np.where(line, kept, 0.0).max() >= LOAD_MAY_DO else every

    def _place(self, point: Point, encoding: Encoding) -> tuple[Any, ...]:
        """What counts as one point: loads that are nearer to one another than trials can tell are one."""
        if len(encoding.load) != 1:
            return tuple(point.values())
        return (*_without(point, encoding.load), round(float(encoding.loads([point])[0]) / SAME_LOAD))

    def _columns(self) -> list[str]:
        return list(dict.fromkeys([*(g.column for g in self._goals), *(b.column for b in self._bounds)]))

    def _space(self, space: Mapping[str, BaseDistribution]) -> tuple[Encoding, Candidates]:
        key = repr(sorted(space.items()))
        if key not in self._spaces:
            self._spaces[key] = Encoding(space, self._loops), Candidates(space, self._allowed)
        return self._spaces[key]

    def _one_goal(self, trials: Trials, rng: np.random.Generator) -> tuple[Goal, Trials]:
        """One goal as it is; of several, one that weighs them at random (augmented Chebyshev, as in ParEGO)."""
        if len(self._goals) == 1:
            return self._goals[0], trials
        weights = rng.dirichlet(np.ones(len(self._goals)))
        if len(trials.points) % 3 == 1:  # the ends of the front are nobody's compromise
            weights = np.eye(len(self._goals))[len(trials.points) // 3 % len(self._goals)]
        shares = []
        for goal, weight in zip(self._goals, weights, strict=True):
            column = trials.values[goal.column] * (1 if goal.maximize else -1)
            known = column[np.isfinite(column)]
            if not len(known):
                return goal, trials
            shares.append(weight * (column - known.min()) / (float(np.ptp(known)) or 1.0))
        mixed = np.min(shares, axis=0) + 0.05 * np.sum(shares, axis=0)
        name = "+".join(goal.column for goal in self._goals)
        return Goal(name), replace(trials, values={**trials.values, name: mixed})

    def _spread_out(
        self, tried: Sequence[Point], candidates: Candidates, encoding: Encoding, rng: np.random.Generator
    ) -> Point:
        """Nothing is known: the middle of the space first, then what is farthest from all that was tried."""
        points = candidates.scattered(rng)
        scaled = Encoding(encoding.space, None).configurations
        centre = scaled([encoding.central()])
        if not tried:
            return points[int(np.argmin(np.abs(scaled(points) - centre).sum(axis=1)))]
        distance = np.abs(scaled(points)[:, None] - scaled(tried)[None]).sum(axis=2).min(axis=1)
        return points[int(np.argmax(distance))]


def _without(point: Point, names: Sequence[str]) -> tuple[Any, ...]:
    return tuple(value for name, value in point.items() if name not in names)
