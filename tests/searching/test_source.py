"""What a search asks for and learns: several trials at once, lost ones, points that the protocol refuses."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any

import optuna
import pytest

from fpray.errors import FprayError
from fpray.plan.plan import Trial
from fpray.store.outcome import Outcome, Reason, Status
from fpray.store.suite import Suite
from tests.searching.simulation import (
    measured,
    run_trials,
    search_request,
    search_suite,
    source_of,
    study_trials,
)


def test_several_trials_may_be_under_way(tmp_path: Path) -> None:
    request = search_request(budget_trials=6, confirm=1)
    suite = search_suite(tmp_path, request)
    source = source_of(suite, request)
    waiting: list[Trial[Any]] = []
    count = 0
    while True:
        while len(waiting) < 3 and (trial := source.ask()) is not None:
            waiting.append(trial)
        if not waiting:
            break
        trial = waiting.pop(0)
        suite.directory(trial).commit(measured(trial))
        source.tell(trial, measured(trial))
        count += 1
    assert count == 6
    assert len({t.user_attrs["fpray_trial"] for t in study_trials(suite)}) == 6
    assert source.ended.startswith("the budget of 6 trials is spent")


def test_a_lost_trial_teaches_nothing_and_runs_again(tmp_path: Path) -> None:
    request = search_request(budget_trials=3, confirm=1)
    suite = search_suite(tmp_path, request)
    source = source_of(suite, request)
    lost = Outcome(Status.LOST, "a machine went away", Reason.INFRASTRUCTURE)
    ran = list(
        run_trials(
            source,
            suite,
            lambda trial: lost if trial.repeat == 0 and len(suite.directories()) == 2 else measured(trial),
        )
    )
    assert len(ran) == 3
    assert source.ended == "", "the search is not over: one trial is to run again"
    copy = Suite(suite.path)
    assert [t.id for t in run_trials(source_of(copy, request), copy)] == [ran[1].id]


def test_a_grid_has_all_values_of_a_short_range_also_of_a_logarithmic_one(tmp_path: Path) -> None:
    request = search_request(sampler="grid", space={"num_clients_per_proc": "1..8:log"}, confirm=1)
    suite = search_suite(tmp_path, request)
    source = source_of(suite, request)
    ran = [trial.params.num_clients_per_proc for trial in run_trials(source, suite)]
    assert sorted(ran) == list(range(1, 9))
    assert source.ended == "every combination of values was tried"


def test_a_search_that_finds_no_allowed_point_ends_with_the_rule_that_forbids_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fpray.searching.source._MAX_REFUSED", 1)
    words = {"maximize": ("write_output.measured.throughput",), "subject_to": (), "space": {"num_batchers": "0..2"}}
    request = search_request(protocol="multipaxos", **words, sampler="random", budget_trials=40, confirm=1)
    suite = search_suite(tmp_path, request)
    finished = Outcome(Status.FINISHED, results={"write_output.measured.throughput": 5.0}, wall_s=1)
    source = source_of(suite, request)
    list(run_trials(source, suite, lambda _: finished))
    start, rule = source.ended.split(". It refused the last one for this reason: ")
    assert start == "multipaxos refused each of the last 1 combinations of values"
    assert rule.startswith("num_batchers=1 ")
    assert rule.endswith(". Write other values in --space")


SUGGEST = """
from fpray import Search
def suggest(trial):
    return {"num_batchers": trial.suggest_int("num_batchers", 0, 1)}
STUDY = Search("mine", "multipaxos", maximize="write_output.measured.throughput", suggest=suggest)
"""


def test_a_study_that_chooses_its_points_is_what_to_correct(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is refused together with --space."""
    monkeypatch.setattr("fpray.searching.source._MAX_REFUSED", 1)
    (tmp_path / "mine.py").write_text(SUGGEST)
    words: dict[str, Any] = {"study": str(tmp_path / "mine.py"), "maximize": (), "subject_to": (), "space": {}}
    request = search_request(protocol="multipaxos", **words, sampler="random", budget_trials=40, confirm=1)
    suite = search_suite(tmp_path, request)
    finished = Outcome(Status.FINISHED, results={"write_output.measured.throughput": 5.0}, wall_s=1)
    source = source_of(suite, request)
    list(run_trials(source, suite, lambda _: finished))
    assert source.ended.endswith(". Correct suggest(trial) of study mine, which chose them")


def test_a_suggest_that_fails_ends_the_search_and_says_how_to_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine.py").write_text(SUGGEST)
    words: dict[str, Any] = {"study": str(tmp_path / "mine.py"), "maximize": (), "subject_to": (), "space": {}}
    request = search_request(protocol="multipaxos", **words, sampler="random", budget_trials=40, confirm=1)
    source = source_of(search_suite(tmp_path, request), request)
    monkeypatch.setattr(optuna.Trial, "suggest_int", lambda *_: 1 // 0)
    sentence = "the function suggest(trial) of study mine failed with ZeroDivisionError: "
    with pytest.raises(FprayError, match=re.escape(sentence) + ".* Correct the function; to continue, run the same"):
        source.ask()


def test_points_that_the_protocol_refuses_are_passed_over(tmp_path: Path) -> None:
    """The protocol takes no batcher, or two or more: one batcher is infeasible, and never becomes a trial."""
    space = {"num_batchers": "0..2", "num_clients_per_proc": "1..50:log"}
    words = {"maximize": ("write_output.measured.throughput",), "subject_to": (), "space": space}
    request = search_request(protocol="multipaxos", **words, sampler="random", budget_trials=12, confirm=1)
    suite = search_suite(tmp_path, request)
    finished = Outcome(Status.FINISHED, results={"write_output.measured.throughput": 5.0}, wall_s=1)
    ran = list(run_trials(source_of(suite, request), suite, lambda _: finished))
    assert len(ran) == 12
    assert {t.params.num_batchers for t in ran} == {0, 2}
    refused = [t for t in study_trials(suite) if t.user_attrs["status"] == "refused"]
    assert refused
    assert all(t.values == [-math.inf] and t.params["num_batchers"] == 1 for t in refused)
    assert len(suite.directories()) == 12
