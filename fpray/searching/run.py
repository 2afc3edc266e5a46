"""`fpray search`: a search as the main loop runs it, and the answer that it leaves behind."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import optuna

from fpray.driver.request import check
from fpray.driver.resume import WorkList, choose_suite
from fpray.driver.session import SweepResult, drive, ready_jar
from fpray.errors import Problem, Refused
from fpray.plan.cluster import Cluster
from fpray.plan.plan import Trial
from fpray.searching.recommendation import Answer
from fpray.searching.request import SearchRequest
from fpray.searching.source import SearchSource
from fpray.searching.storage import open_study, storage_problems
from fpray.store.outcome import Outcome
from fpray.store.suite import Suite


@dataclass
class SearchResult(SweepResult):
    """What a search came to.

    Attributes:
        answer: the best configuration, how sure that is, and what else there is; None before any trial.
        ended: why it ended; "" where it was interrupted.
        study: the Optuna study, for its plots and its importances.
    """

    answer: Answer | None = None
    ended: str = ""
    study: optuna.Study | None = None

    @property
    def exit_code(self) -> int:
        """0: a configuration meets the bounds; 1: none does, that is known of; 130: interrupted."""
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
    quest = request.quest()
    jar = ready_jar(request, protocol)
    suite = choose_suite(request, jar, study)
    with suite.held():
        kept = _same_search(suite, request)
        try:
            optuna_study = open_study(kept["storage"], suite.path, quest.goals)
        except Refused:
            suite.remove_if_empty()
            raise
        asker = SearchSource(quest, suite, optuna_study, kept["sampler"], kept["seed"])
        todo = WorkList(asker.planned(), study, [request.points], [])
        before = {d.number: outcome for d, _, outcome in suite.outcomes() if outcome is not None}
        result = SearchResult(suite.path, asker.most(), before, study=optuna_study)

        def begin(_: Cluster) -> str:
            suite.record.ended = ""  # it may have been, by a smaller budget
            asker.keep_answer()
            return ""

        def conclude(_: SweepResult) -> Sequence[str]:
            result.ended = asker.ended
            result.planned = asker.most()
            suite.write_inputs(asker.planned())
            result.answer = asker.answer()
            suite.record.ended = asker.ended
            suite.save()
            return asker.keep_answer()

        try:
            drive(
                request, protocol, suite, jar=jar, todo=todo, asker=asker, result=result, on_trial=on_trial,
                conclude=conclude, arrange=begin,
            )  # fmt: skip
        finally:
            if not suite.path.exists():  # nothing ran: no study stays behind in a database, either
                with contextlib.suppress(Exception):
                    optuna.delete_study(study_name=optuna_study.study_name, storage=optuna_study._storage)
    return result


def _same_search(suite: Suite, request: SearchRequest) -> dict[str, Any]:
    """What the suite keeps of its search, where that is this request's.

    Raises:
        Refused: it looks for something else, or elsewhere.
    """
    kept: dict[str, Any] = suite.record.search or {}
    now = request.keeps()["search"]
    names = {"goals": "--maximize", "bounds": "--subject-to", "space": "--space", "sampler": "--sampler"}
    wrong = [
        Problem(
            names[key], f"is {_words(now[key])}, and this suite's search has {_words(kept[key])}: --new starts another"
        )
        for key in names
        if now[key] != kept[key] and not suite.fresh
    ]
    # To the study, points of one space are alike, whatever else their trials were run with.
    start = kept.get("start", now["start"])
    wrong += [
        Problem(f"{key}={now['start'].get(key)}", f"was {start.get(key)} in this suite's trials: --new starts another")
        for key in {**start, **now["start"]}
        if start.get(key) != now["start"].get(key)
    ]
    if request.storage not in (None, kept["storage"]):
        said = f"this suite's study is in {kept['storage']}: leave it out (--new starts another)"
        wrong.append(Problem(f"--storage {request.storage}", said))
    wrong += storage_problems(kept["storage"])
    if wrong:
        raise Refused(*wrong)
    return kept


def _words(value: Any) -> str:
    if isinstance(value, dict):
        return " ".join(f"{key}={each}" for key, each in value.items()) or "none"
    return str(value) if isinstance(value, str) else ", ".join(map(str, value)) or "none"
