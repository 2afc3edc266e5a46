"""Why a search ends before its budget is spent."""

from __future__ import annotations

import json
import math

from fpray.peak_sampler.distributions import size
from fpray.peak_sampler.trial_attributes import METRICS
from fpray.searching.problem import SearchProblem
from fpray.searching.sampler_factory import LISTING, grid_values
from fpray.searching.search_trials import SearchTrials

_ENOUGH_TO_KNOW = 3  # finished trials without a column that a goal or bound needs


class EndConditions:
    """Whether another trial can still help."""

    def __init__(self, problem: SearchProblem, trials: SearchTrials, sampler: str) -> None:
        self._problem, self._trials, self._sampler = problem, trials, sampler

    def searched(self) -> bool:
        """Whether no new point is worth a trial; the best one may still need repeats."""
        return self._settled() or self._exhausted()

    def why_searched(self) -> str:
        """Why no new point is worth a trial."""
        if not self._settled():
            return "every combination of values was tried"
        if self._trials.recommendation().best is None:
            return (
                "no combination of values is likely to keep your bounds, so the search stopped before its budget"
                " was spent: try a weaker bound (--subject-to), or other values (--space)"
            )
        return f"no gain above {100 * self._problem.study.stop_at:g} % is likely any more"

    def why_useless(self) -> str | None:
        """A sentence about a column of a goal or bound that no finished trial has a value of; None if there is none."""
        trials = self._trials.finished()
        for column in self._problem.columns:
            if len(trials) >= _ENOUGH_TO_KNOW and all(t.user_attrs[METRICS].get(column) is None for t in trials):
                return (
                    f"{column} has no value in any of {len(trials)} finished trials, so the search cannot"
                    f" continue. Start another search with --new: without {column} in its goals and bounds, or with"
                    " other parameters, so that trials measure it (docs/measuring.md says when a value is missing)"
                )
        return None

    def _settled(self) -> bool:
        """Whether no gain that is worth a trial is likely any more."""
        share = self._problem.study.stop_at
        return share > 0 and bool(self._trials.ended()) and self._trials.recommendation().likely_gain < share

    def _exhausted(self) -> bool:
        """Whether a sampler that lists all points has come to the end of its list."""
        space = self._problem.space
        if self._sampler not in LISTING or space is None:
            return False
        points: float
        if self._sampler == "grid":
            points = math.prod(len(values) for values in grid_values(space).values())
        else:
            points = math.prod(size(distribution) for distribution in space.values())
        return len({json.dumps(t.params, sort_keys=True) for t in self._trials.all()}) >= points
