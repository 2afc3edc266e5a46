"""`fpray search`: a search as the main loop runs it, and the answer that it leaves behind."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import optuna

from fpray.driver.request import check
from fpray.driver.resume import WorkList, choose_suite
from fpray.driver.session import SweepResult, drive, ready_jar
from fpray.errors import Refused
from fpray.plan.cluster import Cluster
from fpray.plan.plan import Trial
from fpray.searching.recommendation import Answer
from fpray.searching.request import SearchRequest
from fpray.searching.search_record import check_same_search
from fpray.searching.source import SearchSource
from fpray.searching.storage import delete_study, open_study
from fpray.store.outcome import Outcome


@dataclass
class SearchResult(SweepResult):
    """What a search found.

    Attributes:
        answer: the best configuration, how certain that is, and the alternatives; None before any trial.
        ended: why it ended; "" if it was interrupted.
        study: the Optuna study, for its plots and its importances.
    """

    answer: Answer | None = None
    ended: str = ""
    study: optuna.Study | None = None

    @property
    def exit_code(self) -> int:
        """0: a configuration meets the bounds; 1: none that is known does; 130: interrupted."""
        if self.interrupted:
            return 130
        return 0 if self.answer is not None and self.answer.feasible else 1


def run_search(
    request: SearchRequest,
    *,
    on_trial: Callable[[str, Trial[Any], Outcome], None] = lambda _number, _trial, _outcome: None,
) -> SearchResult:
    """Check everything, take or make the suite, and ask, run and tell until the search is over.

    Raises:
        Refused: nothing was started.
        FprayError: it could not go on; what was finished stays finished.
    """
    protocol, study, _ = check(request)
    problem = request.problem()
    jar = ready_jar(request, protocol)
    suite = choose_suite(request, jar, study)
    with suite.held():
        recorded = suite.record.search or {}
        if not suite.fresh:
            check_same_search(recorded, problem, request)
        try:
            optuna_study = open_study(recorded["storage"], suite.path, problem.goals)
        except Refused:
            suite.remove_if_empty()
            raise
        source = SearchSource(problem, suite, optuna_study, recorded["sampler"], recorded["seed"])
        todo = WorkList(source.planned(), study, [request.points], [])
        before = {d.number: outcome for d, _, outcome in suite.outcomes() if outcome is not None}
        result = SearchResult(suite.path, source.most(), before, study=optuna_study)

        def begin(cluster: Cluster) -> str:
            source.open(cluster)
            return ""

        def conclude(_: SweepResult) -> Sequence[str]:
            lines = source.close()
            result.ended, result.planned, result.answer = source.ended, source.most(), source.answer()
            return lines

        try:
            drive(
                request, protocol, suite, jar=jar, todo=todo, asker=source, result=result, on_trial=on_trial,
                conclude=conclude, arrange=begin,
            )  # fmt: skip
        finally:
            if not suite.path.exists():
                delete_study(optuna_study)
    return result
