"""`fpray search`: a search in its suite, from where an earlier run of the same command stopped."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from fpray.driver.experiment import Experiment
from fpray.driver.held_suite import held_suite
from fpray.driver.record_entries import record_entries
from fpray.driver.resume import WorkList
from fpray.driver.run import SuiteRun, run
from fpray.driver.run_listeners import OnTrial
from fpray.driver.session import REAL, Backend
from fpray.errors import Refused
from fpray.files.secret import Secret
from fpray.report.text import say
from fpray.searching.experiment import SearchExperiment
from fpray.searching.result import SearchResult
from fpray.searching.search_record import check_same_search
from fpray.searching.source import SearchSource
from fpray.searching.storage import delete_study, open_study
from fpray.searching.suite_entries import SearchEntries, search_entries
from fpray.store.suite import Suite, remove_if_empty


def run_search(
    request: SearchExperiment,
    *,
    on_trial: OnTrial | None = None,
    backend: Backend = REAL,
    leave_terminal: Callable[[Path], None] | None = None,
) -> SearchResult:
    """Take or make the suite, and ask, run and tell until the search is over.

    Raises:
        Refused: nothing was started.
        FprayError: it could not go on; what was finished stays finished.
    """
    with held_suite(request, _has_not_ended) as (experiment, suite):
        source = _source(experiment, suite)
        for line in source.remarks:
            say(f"note: {line}")
        result = SearchResult(suite.path, source.trial_limit(), study=source.study)
        source.result = result
        work = WorkList(
            source.planned(), experiment.study, [experiment.recorded_selection], [], record_entries(experiment, suite)
        )
        try:
            run(SuiteRun(experiment, suite, work, source, result, on_trial, backend, leave_terminal))
        finally:
            if not suite.path.exists():
                delete_study(source.study)
    return result


def _source(experiment: SearchExperiment, suite: Suite) -> SearchSource:
    """The source of trials over the suite's Optuna study.

    Raises:
        Refused: the suite is of another search, or its study cannot be opened.
    """
    record, problem = search_entries(suite).search, experiment.problem
    if not suite.fresh:
        check_same_search(record, problem)
    try:
        study = open_study(problem.storage or Secret(record["storage"]), suite.path, problem.goals)
    except Refused:
        remove_if_empty(suite)
        raise
    return SearchSource(problem, suite, study, record["sampler"], record["seed"])


def _has_not_ended(suite: Suite, _: Experiment) -> bool:
    """Whether a search goes on: its trials are not known in advance, so the suite says when it has ended."""
    entries = SearchEntries.of(suite)
    return entries is not None and not entries.ended
