"""Searches without processes: their trials are measured by a formula."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import optuna

from fpray.files.secret import Secret
from fpray.plan.plan import Trial
from fpray.searching.experiment import SearchExperiment, check_search
from fpray.searching.source import SearchSource
from fpray.searching.storage import open_study
from fpray.store.outcome import Outcome, Status
from fpray.store.suite import Suite
from fpray.store.suite_record import JarRecord, SuiteRecord

GOAL, P99 = "measured.throughput", "measured.latency.p99_ms"


def measured(trial: Trial[Any]) -> Outcome:
    """A server that answers 30,000 requests per second at most, and one in 0.2 ms when it is idle."""
    loops = trial.protocol.closed_loops(trial.params)
    throughput = 1 / (1 / (5000 * loops) + 1 / 30_000) * (1 + 0.01 * (trial.repeat % 3 - 1))
    results = {GOAL: throughput, P99: 3 * 1000 * loops / throughput, "measured.window_s": 2.0}
    return Outcome(Status.FINISHED, results=results, wall_s=30.0)


def search_request(protocol: str = "unreplicated", **words: Any) -> SearchExperiment:
    """A search over the load of a protocol, by the options of `fpray.search`."""
    usual: dict[str, Any] = {
        "maximize": (GOAL,),
        "subject_to": (f"{P99}<=5",),
        "space": {"num_clients_per_proc": "1..200:log"},
        "stop_at": 0.0,
        "seed": 7,
    }
    return check_search(protocol, {**usual, **words})


def search_suite(root: Path, request: SearchExperiment) -> Suite:
    """A new suite of a search."""
    jar: JarRecord = {"name": "reference", "path": "", "sha256": "", "version": ""}
    points, kind = [request.selection.to_json()], request.kind
    record = SuiteRecord(protocol=request.selection.protocol, points=points, jar=jar, kind=kind)
    record.of_source = dict(request.record)
    return Suite.create(root, "search", {}, record)


def source_of(
    suite: Suite, request: SearchExperiment, storage: str = "journal", clock: Callable[[], float] = time.monotonic
) -> SearchSource:
    """The source of a search's trials, as a new driver opens it."""
    problem, study = request.problem, open_study(Secret(storage), suite.path, request.problem.goals)
    return SearchSource(problem, suite, study, problem.sampler, 7, clock=clock)


def run_trials(
    source: SearchSource, suite: Suite, measure: Callable[[Trial[Any]], Outcome] = measured, most: int = 10**6
) -> Iterator[Trial[Any]]:
    """The main loop without processes: what was run, in order."""
    for _ in range(most):
        if (trial := source.ask()) is None:
            return
        directory = suite.directory(trial)
        outcome = directory.outcome()
        if outcome is None:
            outcome = measure(trial)
            directory.begin(trial, {})
            directory.commit(outcome)
            yield trial
        source.tell(trial, outcome)


def study_trials(suite: Suite) -> list[optuna.trial.FrozenTrial]:
    return open_study(Secret("journal"), suite.path, search_request().problem.goals).trials


class Killed(BaseException):
    """The driver was killed."""
