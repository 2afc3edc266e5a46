"""An Optuna sampler for closed loops: it uses load, knee and Little's law."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState

from fpray.peak_sampler.candidates import Allowed, Candidates, Point
from fpray.peak_sampler.distributions import at, middle, shared_space
from fpray.peak_sampler.encoding import Encoding, Loops
from fpray.peak_sampler.goals import Bound, Goal, columns_of
from fpray.peak_sampler.posterior import Posterior, Trials, usable_trials
from fpray.peak_sampler.strategies import Situation, choose, spread_out


class PeakSampler(BaseSampler):
    """Finds the configuration and load with the best goal that keeps the bounds, in few trials.

    It has no state but caches. All it knows is in the study's trials (their user attribute `metrics`, column ->
    number or null), so a resumed study continues as if it had not stopped. It may ask for a point again. It assumes
    that running trials end as expected, so that trials that run at the same time spread out.
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
            goals: at least one. With several, each ask draws new weights: the trials spread along the Pareto front.
            bounds: limits that a point must keep.
            loops: the closed loops of a point; None if unknown. The parameters that it depends on are the load.
            seed: of all random choices.
            allowed: whether a point of the space can be run; None: all can. Must be fast (10 µs).
        """
        if not goals:
            raise ValueError("a search needs a goal")
        self._goals, self._bounds, self._loops, self._allowed = tuple(goals), tuple(bounds), loops, allowed
        self._seed = int(np.random.SeedSequence(seed).generate_state(1)[0])
        self._spaces: dict[str, tuple[Encoding, Candidates]] = {}

    def infer_relative_search_space(self, study: Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        """The parameters that the other trials share; see `shared_space`."""
        return shared_space(t for t in study.get_trials(deepcopy=False) if t.number != trial.number)

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """The next point, from the study's trials; see `propose`."""
        if not search_space:
            return {}
        trials = study.get_trials(deepcopy=False)
        running = [
            {name: t.params[name] for name in search_space}
            for t in trials
            if t.state is TrialState.RUNNING and t.number != trial.number and search_space.keys() <= t.params.keys()
        ]
        evidence = usable_trials(trials, search_space, columns_of(self._goals, self._bounds))
        return self.propose(evidence, running, search_space, trial.number)

    def sample_independent(
        self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        """The middle of the range for the first trial that has the parameter, later a random value."""
        before = study.get_trials(deepcopy=False)
        if not any(param_name in t.params for t in before if t.number != trial.number):
            return middle(param_distribution)
        rng = np.random.default_rng([self._seed, trial.number, *param_name.encode()])
        return at(param_distribution, rng.random())

    def propose(
        self, trials: Trials, running: Sequence[Point], space: Mapping[str, BaseDistribution], number: int
    ) -> Point:
        """The next point, from the trials that have ended and those that run.

        Args:
            trials: the ended trials, over `space`.
            running: the points of running trials.
            space: parameter -> distribution.
            number: of the trial that is asked for. With the seed, it determines every random choice.
        """
        encoding, candidates = self._space(space)
        rng = np.random.default_rng([self._seed, number])
        goal, trials = self._one_goal(trials, rng)
        if not np.isfinite(trials.values[goal.column]).any():
            return spread_out([*trials.points, *running], candidates, encoding, rng)
        posterior = Posterior(encoding, goal, self._bounds, trials)
        if running:
            posterior = Posterior(
                encoding, goal, self._bounds, trials.with_expected(running, posterior.expect(running))
            )
        return choose(Situation(trials, posterior, number), candidates, rng)

    def _space(self, space: Mapping[str, BaseDistribution]) -> tuple[Encoding, Candidates]:
        key = repr(sorted(space.items()))
        if key not in self._spaces:
            self._spaces[key] = Encoding(space, self._loops), Candidates(space, self._allowed)
        return self._spaces[key]

    def _one_goal(self, trials: Trials, rng: np.random.Generator) -> tuple[Goal, Trials]:
        """A single goal as it is; several goals as one with random weights (augmented Chebyshev, as in ParEGO)."""
        if len(self._goals) == 1:
            return self._goals[0], trials
        weights = rng.dirichlet(np.ones(len(self._goals)))
        if len(trials.points) % 3 == 1:  # the ends of the Pareto front: one goal alone
            weights = np.eye(len(self._goals))[len(trials.points) // 3 % len(self._goals)]
        shares = []
        for goal, weight in zip(self._goals, weights, strict=True):
            column = trials.values[goal.column] * (1 if goal.maximize else -1)
            finite = column[np.isfinite(column)]
            if not len(finite):
                return goal, trials
            shares.append(weight * (column - finite.min()) / (float(np.ptp(finite)) or 1.0))
        mixed = np.min(shares, axis=0) + 0.05 * np.sum(shares, axis=0)
        name = "+".join(goal.column for goal in self._goals)
        return Goal(name), replace(trials, values={**trials.values, name: mixed})
