"""What a search runs next: a `TrialSource` over an Optuna study."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Sequence
from typing import Any

import optuna

from fpray.plan.estimate import planned_seconds
from fpray.plan.plan import Trial
from fpray.searching.budget import BudgetMeter
from fpray.searching.confirmation import Confirmation
from fpray.searching.end_conditions import EndConditions
from fpray.searching.messages import progress_line
from fpray.searching.points_file import PointsFile
from fpray.searching.problem import SearchProblem
from fpray.searching.recommendation import Recommendation
from fpray.searching.recommendation_file import write_recommendation
from fpray.searching.repeats import configuration
from fpray.searching.result import SearchResult
from fpray.searching.sampler_factory import SamplerPerTrial
from fpray.searching.search_trials import SearchTrials
from fpray.searching.storage import reachable
from fpray.searching.study_check import check_study, remarks
from fpray.searching.study_sync import catch_up
from fpray.searching.suite_entries import note_end, search_entries
from fpray.searching.trial_attributes import NUMBER, REPEAT
from fpray.store.outcome import Outcome
from fpray.store.suite import Suite

_MAX_REFUSED = 200  # points in a row


class SearchSource:
    """Asks for the trials of a search: those of an earlier run first, then what the sampler chooses, and repeats.

    Attributes:
        study: the Optuna study.
        result: what is filled when the search closes, if any.
        ended: why there is nothing to ask for any more; "" while there is.
        remarks: what was odd about the study, in sentences.
    """

    learns = True

    def __init__(
        self,
        problem: SearchProblem,
        suite: Suite,
        study: optuna.Study,
        sampler: str,
        seed: int,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._problem, self._suite = problem, suite
        self.study, self.ended = study, ""
        self.result: SearchResult | None = None
        self._running: dict[str, optuna.Trial] = {}  # fpray trial -> Optuna's
        planned_s = planned_seconds(Trial(problem.protocol, problem.start))
        self._budget = BudgetMeter(problem.study.budget_trials, problem.time, planned_s=planned_s, clock=clock)
        storage = search_entries(suite).search["storage"]
        self._study_access = functools.partial(reachable, suite.path.name, storage)
        with self._study_access():
            check_study(study, problem, suite.path, storage)
            self._trials = SearchTrials(study, problem, SamplerPerTrial(sampler, problem, seed))
            self._confirmation = Confirmation(problem, self._trials)
            self._end = EndConditions(problem, self._trials, sampler)
            self._points = PointsFile(suite.path)
            earlier = catch_up(suite, self._trials, self._points, problem.protocol)
            self.remarks = list(remarks(self._trials.all(), suite.directories(), earlier.restored, storage))
        self._trials_by_id, self._repeats, self._pending = earlier.known, earlier.repeats, earlier.pending
        if earlier.outcomes_told:
            self.keep_recommendation()

    def open(self, *, several_machines: bool) -> str:
        """Begin: the search has not ended, even if a smaller budget ended it before."""
        note_end(self._suite, "")
        self.keep_recommendation()
        return ""

    def ask(self) -> Trial[Any] | None:
        """The next trial; None if there is nothing left, or if what runs decides it."""
        with self._study_access():
            for _ in range(_MAX_REFUSED):
                if self._pending:
                    suggestion = self._pending.pop(0)
                elif (why := self._why_over()) is not None:
                    self.ended = why if not self._running else ""  # what runs, or was lost, may still change that
                    return None
                else:
                    suggestion = self._choose()
                if (trial := self._as_trial(suggestion)) is not None:
                    return trial
        self.ended = _why_refused(self._problem, self._trials.last_refusal())
        return None

    def tell(self, trial: Trial[Any], outcome: Outcome) -> None:
        """Tell the Optuna study how a trial ended, and write the recommendation so far."""
        if not outcome.status.final:
            return  # lost: the next command runs it again, until then it counts as running
        with self._study_access():
            self._trials.tell(self._running.pop(trial.id), outcome, self._budget.since_last_end_s())
            self._budget.note_end()
        self.keep_recommendation()

    def planned(self) -> Sequence[Trial[Any]]:
        """The trials that were asked for so far."""
        return list(self._trials_by_id.values())

    def representative_trials(self) -> Sequence[Trial[Any]]:
        """Trials at the ends of the space: among them are the largest that the search can ask for."""
        with self._study_access():
            if not self._pending and self._why_over() is not None:
                return []
        return self._problem.corner_trials

    def trial_limit(self) -> int:
        """How many trials the budget allows in all."""
        with self._study_access():
            count = len(self._trials.ended()) + len(self._running)
            return max(len(self._trials_by_id), count + (0 if self.ended else self._remaining()))

    def summary_line(self) -> str:
        """The best so far, in a sentence."""
        with self._study_access():
            return (
                progress_line(self._problem, self.recommendation(), self._remaining()) if self._trials.ended() else ""
            )

    def close(self) -> Sequence[str]:
        """Write what is known, and return it in sentences."""
        self._suite.write_inputs(self.planned())
        note_end(self._suite, self.ended)
        self._suite.save()
        lines = self.keep_recommendation()
        if self.result is not None:
            self.result.planned, self.result.ended = self.trial_limit(), self.ended
            self.result.answer = self.recommendation()
        return lines

    def recommendation(self) -> Recommendation:
        """What the trials so far say."""
        with self._study_access():
            return self._trials.recommendation()

    def keep_recommendation(self) -> Sequence[str]:
        """Write the recommendation so far into the suite, and return its sentences."""
        with self._study_access():
            return write_recommendation(
                self._suite.path, self._problem, self.recommendation(), self.ended, self._remaining()
            )

    def _remaining(self) -> int:
        """How many more trials the budget allows, in addition to those that run."""
        machines = max(1, len(self._suite.record.last_run.get("machines", {})))
        return self._budget.trials_left(self._trials.ended(), len(self._running), machines)

    def _why_over(self) -> str | None:
        """Why there is nothing to ask for any more; None while there is."""
        if self._remaining() <= 0:
            return self._budget.why_spent(len(self._trials_by_id))
        if (why := self._end.why_useless()) is not None:
            return why
        if self._end.searched() and self._confirmation.unconfirmed(self._running.values()) is None:
            return self._end.why_searched()
        return None

    def _choose(self) -> optuna.Trial:
        """The next Optuna trial: another run of the best if that is due, else what the sampler chooses."""
        self._trials.use_sampler(len(self._trials.all()))
        return self._trials.ask(self._confirmation.due(self._remaining(), self._end.searched(), self._running.values()))

    def _as_trial(self, suggestion: optuna.Trial) -> Trial[Any] | None:
        """The fpray trial of an Optuna trial; None if the protocol refuses its point, which the study then knows.

        The study records the trial before the suite does, so the trial runs once, wherever the driver dies.
        """
        problem = self._problem
        params, problems = problem.params(problem.point(suggestion))
        if problems:
            self._trials.refuse(suggestion, "; ".join(f"{refusal.about} {refusal.sentence}" for refusal in problems))
            return None
        first = configuration(Trial(problem.protocol, params))
        trial = Trial(problem.protocol, params, suggestion.user_attrs.get(REPEAT, self._repeats.next(first)))
        self._repeats.note(first, trial.repeat)
        for name, value in self._trials.attributes(trial).items():
            suggestion.set_user_attr(name, value)
        self._points.add(trial.id, suggestion)
        suggestion.set_user_attr(NUMBER, self._suite.directory(trial).number)
        self._running[trial.id] = suggestion
        self._trials_by_id[trial.id] = trial
        return trial


def _why_refused(problem: SearchProblem, last: str) -> str:
    """Why the search ends when the protocol refuses whatever is chosen; last: why it refused the last point."""
    remedy = (
        f"Correct suggest(trial) of study {problem.study.name}, which chose them"
        if problem.space is None
        else "Write other values in --space"
    )
    return (
        f"{problem.protocol.name} refused each of the last {_MAX_REFUSED} combinations of values. It refused the"
        f" last one for this reason: {last}. {remedy}"
    )
