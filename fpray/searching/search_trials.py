"""The trials of a search in its Optuna study: asks for one, labels it, tells its outcome; recommends."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import optuna
from optuna.trial import FrozenTrial, TrialState

from fpray.peak_sampler.trial_attributes import METRICS, STATUS
from fpray.plan.plan import Trial
from fpray.searching.problem import SearchProblem
from fpray.searching.recommend import recommend
from fpray.searching.recommendation import Recommendation
from fpray.searching.repeats import configuration
from fpray.searching.sampler_factory import SamplerPerTrial
from fpray.searching.trial_attributes import (
    CLOSED_LOOPS,
    CONFIGURATION,
    CONFIRMATION,
    DETAIL,
    FPRAY_TRIAL,
    REPEAT,
    SPENT_S,
    WALL_S,
)
from fpray.store.outcome import Outcome, Status

# Optuna's samplers learn most from a trial that did not finish if it is complete, has the worst value there is, and
# exceeds each bound by ten times its limit. If it were told as failed, they would forget it and suggest it again.
FAILED_EXCESS = 10.0


class SearchTrials:
    """The Optuna study of a search. Everything that a search knows is in here and in the suite."""

    def __init__(self, study: optuna.Study, problem: SearchProblem, samplers: SamplerPerTrial) -> None:
        self._study, self._problem, self._samplers = study, problem, samplers
        self._recommendation: Recommendation | None = None

    def all(self, *states: TrialState) -> list[FrozenTrial]:
        """All trials, or those in some states; not to be changed."""
        return self._study.get_trials(deepcopy=False, states=states or None)

    def ended(self) -> list[FrozenTrial]:
        """Trials that ran, with an outcome that the study knows."""
        return [t for t in self.all(TrialState.COMPLETE, TrialState.FAIL) if t.user_attrs.get(FPRAY_TRIAL)]

    def finished(self) -> list[FrozenTrial]:
        """Trials that finished, and so have all their figures."""
        return [t for t in self.ended() if t.user_attrs.get(STATUS) == Status.FINISHED.value]

    def recommendation(self) -> Recommendation:
        """What the trials so far say."""
        if self._recommendation is None:
            problem = self._problem
            loops, allowed = problem.point_facts.loops, problem.allowed
            self._recommendation = recommend(self.all(), problem.goals, problem.bounds, loops, allowed)
        return self._recommendation

    def use_sampler(self, number: int) -> None:
        """Have the trial of a number, from 0, chosen by its sampler."""
        self._study.sampler = self._samplers.sampler(number)

    def ask(self, confirm: Mapping[str, Any] | None = None) -> optuna.Trial:
        """A new trial: of the point that is to be confirmed, or of the point that the sampler chooses."""
        if confirm is not None and not self.all(TrialState.WAITING):  # the driver may have died before it asked
            self._study.enqueue_trial(dict(confirm), user_attrs={CONFIRMATION: True})
        return self._study.ask()

    def reopen(self, frozen: FrozenTrial) -> optuna.Trial:
        """A trial that an earlier run asked for and did not tell."""
        self.use_sampler(frozen.number)
        return optuna.Trial(self._study, frozen._trial_id)

    def restore(self, frozen: FrozenTrial) -> None:
        """Add a trial that the study has lost."""
        self._study.add_trial(frozen)

    def attributes(self, trial: Trial[Any]) -> dict[str, Any]:
        """What the study records about an fpray trial; its id is last, so a trial that has the id has everything."""
        return {
            CLOSED_LOOPS: float(trial.protocol.closed_loops(trial.params)),
            REPEAT: trial.repeat,
            CONFIGURATION: configuration(trial),
            FPRAY_TRIAL: trial.id,
        }

    def tell(self, suggestion: optuna.Trial, outcome: Outcome, since_s: float) -> None:
        """Tell the study how a trial ended, `since_s` seconds after the end of the trial before it.

        The time during which several trials ran counts once, for the first of them that ends.
        """
        numbers = outcome.numbers
        metrics = {name: numbers.get(name) for name in outcome.results}
        if not outcome.status.comparable:
            metrics |= dict.fromkeys(self._problem.columns)
        suggestion.set_user_attr(WALL_S, outcome.wall_s)
        suggestion.set_user_attr(SPENT_S, min(outcome.wall_s, since_s))
        self._end(suggestion, outcome.status, outcome.detail, metrics)

    def refuse(self, suggestion: optuna.Trial, why: str) -> None:
        """Tell the study that the protocol refuses a point."""
        self._end(suggestion, Status.REFUSED, why, {})

    def last_refusal(self) -> str:
        """Why the protocol refused the last point that it refused."""
        return str(next(t.user_attrs[DETAIL] for t in reversed(self.all()) if _is_refused(t)))

    def _end(self, suggestion: optuna.Trial, status: Status, detail: str, metrics: Mapping[str, float | None]) -> None:
        problem = self._problem
        metrics = {**dict.fromkeys(problem.columns), **metrics}
        for name, value in ((METRICS, metrics), (STATUS, status.value), (DETAIL, detail)):
            suggestion.set_user_attr(name, value)
        for bound in problem.bounds:
            excess = bound.excess(metrics[bound.column])
            suggestion.set_constraint(str(bound), excess if math.isfinite(excess) else FAILED_EXCESS)
        self._recommendation = None
        try:
            self._study.tell(suggestion, self._values(metrics))
        except (RuntimeError, KeyError):
            # At the end of their list, samplers that list points stop Optuna's own loop; fpray does not use that loop.
            if not self.all()[suggestion.number].state.is_finished():
                raise

    def _values(self, metrics: Mapping[str, float | None]) -> Sequence[float]:
        """The goals' values; the worst one in place of a value that is missing."""
        values = ((metrics[goal.column], -math.inf if goal.maximize else math.inf) for goal in self._problem.goals)
        return [worst if value is None else value for value, worst in values]


def _is_refused(trial: FrozenTrial) -> bool:
    return trial.user_attrs.get(STATUS) == Status.REFUSED.value
