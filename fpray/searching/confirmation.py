"""When the best configuration runs again: it must have run several times before a search ends."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import optuna

from fpray.searching.problem import SearchProblem
from fpray.searching.search_trials import SearchTrials


class Confirmation:
    """The runs that the best configuration still needs."""

    def __init__(self, problem: SearchProblem, trials: SearchTrials) -> None:
        self._problem, self._trials = problem, trials

    def unconfirmed(self, running: Collection[optuna.Trial]) -> Mapping[str, Any] | None:
        """The point of the best configuration if it needs more runs; of several goals, no configuration is the best."""
        best = self._trials.recommendation().best if len(self._problem.goals) == 1 else None
        if best is None:
            return None
        point: Mapping[str, Any] = self._trials.all()[best.trials[0]].params
        return point if self.missing(point, running) > 0 else None

    def missing(self, point: Mapping[str, Any], running: Collection[optuna.Trial]) -> int:
        """How many more runs a point needs until it counts as confirmed."""
        runs = sum(t.params == point for t in [*self._trials.finished(), *running])
        return self._problem.study.confirm - runs

    def due(self, remaining: int, searched: bool, running: Collection[optuna.Trial]) -> Mapping[str, Any] | None:
        """The point that must run again now.

        remaining: trials that the budget still allows; searched: whether nothing else is worth a trial.
        """
        if not searched and remaining > self._problem.study.confirm:
            return None
        point = self.unconfirmed(running)
        if point is None or searched or remaining <= self.missing(point, running):
            return point
        return None
