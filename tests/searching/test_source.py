"""What a search asks, with trials that are measured by a formula: repeats, budgets, resuming after any broken write."""

from __future__ import annotations

import math
import os
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna.storages.journal import JournalFileBackend
from optuna.trial import TrialState

from fpray.errors import FprayError
from fpray.files.layout import OPTUNA_JOURNAL
from fpray.plan.plan import Trial
from fpray.searching import storage
from fpray.searching.experiment import SearchExperiment, check_search
from fpray.searching.figures.draw import draw
from fpray.searching.source import SearchSource
from fpray.searching.storage import mend, open_study
from fpray.store.outcome import Outcome, Reason, Status
from fpray.store.suite import Suite
from fpray.store.suite_record import JarRecord, SuiteRecord

GOAL, P99 = "measured.throughput", "measured.latency.p99_ms"


def _measured(trial: Trial[Any]) -> Outcome:
    """A server that answers 30,000 requests per second at most, and one in 0.2 ms when it is idle."""
    loops = trial.protocol.loops(trial.params) * trial.params.num_client_procs
    throughput = 1 / (1 / (5000 * loops) + 1 / 30_000) * (1 + 0.01 * (trial.repeat % 3 - 1))
    results = {GOAL: throughput, P99: 3 * 1000 * loops / throughput, "measured.window_s": 2.0}
    return Outcome(Status.FINISHED, results=results, wall_s=30.0)


def _request(protocol: str = "unreplicated", **words: Any) -> SearchExperiment:
    usual: dict[str, Any] = {
        "maximize": (GOAL,),
        "subject_to": (f"{P99}<=5",),
        "space": {"num_clients_per_proc": "1..200:log"},
        "stop_at": 0.0,
        "seed": 7,
    }
    return check_search(protocol, {**usual, **words})


def _suite(root: Path, request: SearchExperiment) -> Suite:
    jar: JarRecord = {"name": "reference", "path": "", "sha256": "", "version": ""}
    points, kind = [request.selection.to_json()], request.kind
    record = SuiteRecord(protocol=request.selection.protocol, points=points, jar=jar, kind=kind, **request.record)
    return Suite.create(root, "search", {}, record)


def _asker(
    suite: Suite, request: SearchExperiment, where: str = "journal", clock: Callable[[], float] = time.monotonic
) -> SearchSource:
    problem = request.problem
    return SearchSource(
        problem, suite, open_study(where, suite.path, problem.goals), request.options["sampler"], 7, clock=clock
    )


def _go(
    asker: SearchSource, suite: Suite, measure: Callable[[Trial[Any]], Outcome] = _measured, most: int = 10**6
) -> Iterator[Trial[Any]]:
    """The main loop without processes: what was run, in order."""
    for _ in range(most):
        if (trial := asker.ask()) is None:
            return
        directory = suite.directory(trial)
        outcome = directory.outcome()
        if outcome is None:
            outcome = measure(trial)
            directory.begin(trial, {})
            directory.commit(outcome)
            yield trial
        asker.tell(trial, outcome)


def _told(suite: Suite) -> list[optuna.trial.FrozenTrial]:
    return open_study("journal", suite.path, _request().problem.goals).trials


def test_the_best_has_run_often_enough_when_the_budget_is_spent(tmp_path: Path) -> None:
    request = _request(budget_trials=8, confirm=3)
    suite = _suite(tmp_path, request)
    asker = _asker(suite, request)
    ran = list(_go(asker, suite))
    assert len(ran) == 8
    assert asker.ended == "the budget of 8 trials is spent"
    best = asker.answer().best
    assert best is not None
    runs = [t for t in ran if t.params.num_clients_per_proc == best.params["num_clients_per_proc"]]
    assert [t.repeat for t in runs] == list(range(len(runs)))
    assert len(runs) >= 3


def test_no_likely_gain_ends_it_before_the_budget(tmp_path: Path) -> None:
    request = _request(budget_trials=50, stop_at=0.1)
    suite = _suite(tmp_path, request)
    asker = _asker(suite, request)
    ran = list(_go(asker, suite))
    assert len(ran) < 25
    assert asker.ended == "no gain above 10 % is likely any more"
    assert (
        asker.summary_line().endswith("no gain above 10 % is likely · at most 0 trials left")
        or "likely" in asker.summary_line()
    )


def test_a_bound_that_nothing_can_keep_ends_it_soon(tmp_path: Path) -> None:
    request = _request(subject_to=(f"{P99}<=0.2",), budget_trials=50, stop_at=0.02)  # an idle server takes 0.6 ms
    suite = _suite(tmp_path, request)
    asker = _asker(suite, request)
    ran = list(_go(asker, suite))
    assert len(ran) <= 6
    assert min(t.params.num_clients_per_proc for t in ran) == 1
    assert asker.ended == "no point is likely to keep the bounds any more"
    assert asker.answer().best is None


@pytest.mark.parametrize(
    ("words", "trials"),
    [
        ({"budget_minutes": 2.0}, 4),
        ({"budget_dollars": 0.05, "price_per_machine_hour": 1.0}, 2),
        ({"budget_minutes": 2.0, "budget_dollars": 100.0, "price_per_machine_hour": 1.0}, 4),
    ],
)
def test_time_and_money(tmp_path: Path, words: dict[str, Any], trials: int) -> None:
    """Trials of half a minute on three machines."""
    request = _request(**words, confirm=1)
    suite = _suite(tmp_path, request)
    suite.record.runs = [{"machines": {"a": {}, "b": {}, "c": {}}}]
    now = 0.0

    def measure(trial: Trial[Any]) -> Outcome:
        nonlocal now
        now += 31
        return _measured(trial)

    asker = _asker(suite, request, clock=lambda: now)
    # The first trials are planned at what their schedule says; what they took is known afterwards.
    assert trials <= len(list(_go(asker, suite, measure))) <= trials + 1
    assert "leaves no room for another trial" in asker.ended


def test_time_side_by_side_counts_once(tmp_path: Path) -> None:
    """Four trials of half a minute at a time, two minutes: twelve or a few more, none of them for nothing."""
    request = _request(budget_minutes=2.0, confirm=1, sampler="random", budget_trials=100)
    suite = _suite(tmp_path, request)
    now = 0.0
    asker = _asker(suite, request, clock=lambda: now)
    running: list[tuple[float, Trial[Any]]] = []
    ran = 0
    while True:
        while len(running) < 4 and (trial := asker.ask()) is not None:
            assert now + 30 <= 120 + 2, "asked for what cannot end in time"
            running.append((now + 30, trial))
            now += 0.5
        if not running:
            break
        end, trial = running.pop(0)
        now = max(now, end)
        suite.directory(trial).commit(_measured(trial))
        asker.tell(trial, _measured(trial))
        ran += 1
    assert 12 <= ran <= 16
    assert sum(t.user_attrs["spent_s"] for t in _told(suite)) == pytest.approx(now, rel=0.1)
    assert "leaves no room" in asker.ended


def test_time_side_by_side_counts_once_after_a_kill_as_well(tmp_path: Path) -> None:
    """Four trials of half a minute ended together, and the driver died before it told the study."""
    request = _request(budget_minutes=10.0, confirm=1, sampler="random", budget_trials=100)
    suite = _suite(tmp_path, request)
    asker = _asker(suite, request)
    for trial in [asker.ask() for _ in range(4)]:
        assert trial is not None
        suite.directory(trial).begin(trial, {})
        suite.directory(trial).commit(_measured(trial))
    _asker(suite, request)
    told = _told(suite)
    assert len(told) == 4
    assert sum(t.user_attrs["spent_s"] for t in told) == pytest.approx(30, abs=5)


class _Killed(BaseException):
    """The driver is gone."""


@pytest.mark.parametrize("after", [False, True], ids=["before the write", "after the write"])
def test_a_driver_that_dies_at_any_write_loses_nothing_and_asks_nothing_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after: bool
) -> None:
    monkeypatch.setattr(os, "fsync", lambda _fd: None)  # most of the time
    append = JournalFileBackend.append_logs
    request = _request(budget_trials=3, sampler="random", confirm=1)
    whole = _suite(tmp_path, request)
    writes = 0

    def counted(self: JournalFileBackend, logs: list[dict[str, Any]]) -> None:
        nonlocal writes
        writes += 1
        append(self, logs)

    monkeypatch.setattr(JournalFileBackend, "append_logs", counted)
    expected = [t.id for t in _go(_asker(whole, request), whole)]
    assert len(expected) == 3
    for last in range(2, writes + 1):  # the first one makes the study
        suite = _suite(tmp_path, request)
        left = last

        def dying(self: JournalFileBackend, logs: list[dict[str, Any]]) -> None:
            nonlocal left
            left -= 1
            if left == 0 and not after:
                raise _Killed
            append(self, logs)
            if left == 0:
                raise _Killed

        monkeypatch.setattr(JournalFileBackend, "append_logs", dying)
        ran: list[str] = []
        try:
            ran += [t.id for t in _go(_asker(suite, request), suite)]
        except _Killed:
            pass
        monkeypatch.setattr(JournalFileBackend, "append_logs", append)
        again = Suite(suite.path)
        ran = [d.trial()["id"] for d in again.directories().values() if d.outcome()]  # type: ignore[index]
        asker = _asker(again, request)
        more = [t.id for t in _go(asker, again)]
        assert [*ran, *more] == expected, f"killed at write {last} of {writes}"
        told = _told(again)
        assert [t.user_attrs.get("fpray_trial") for t in told if t.state is TrialState.COMPLETE] == expected
        assert [t for t in told if not t.state.is_finished()] == []
        assert asker.ended == "the budget of 3 trials is spent"


def test_a_driver_that_dies_with_a_confirmation_enqueued_asks_for_it_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words: dict[str, Any] = {"space": {"num_clients_per_proc": "1..200"}, "confirm": 3, "sampler": "random"}
    request, larger = _request(**words, budget_trials=5), _request(**words, budget_trials=8)
    enqueue = optuna.Study.enqueue_trial

    def dying(self: optuna.Study, *args: Any, **more: Any) -> None:
        enqueue(self, *args, **more)
        raise _Killed

    ran: list[list[str]] = []
    for killed in (False, True):
        suite = _suite(tmp_path, request)
        if killed:
            monkeypatch.setattr(optuna.Study, "enqueue_trial", dying)
            with pytest.raises(_Killed):
                list(_go(_asker(suite, request), suite))
            monkeypatch.setattr(optuna.Study, "enqueue_trial", enqueue)
        for each in (request, larger):
            again = Suite(suite.path)
            list(_go(_asker(again, each), again))
        ran.append([t["id"] for _, t, _ in again.outcomes()])
        assert [t for t in _told(again) if not t.state.is_finished()] == []
    assert len(ran[0]) == 8
    assert ran[1] == ran[0]


def test_half_a_line_at_the_end_of_the_journal_is_cut_off(tmp_path: Path) -> None:
    request = _request(budget_trials=2, confirm=1)
    suite = _suite(tmp_path, request)
    list(_go(_asker(suite, request), suite))
    journal = suite.path / OPTUNA_JOURNAL
    whole = journal.read_bytes()
    journal.write_bytes(whole + b'{"op_code":4,"worker')
    mend(journal)
    assert journal.read_bytes() == whole
    assert list(_go(_asker(Suite(suite.path), request), suite)) == []


@pytest.mark.timeout(30)
def test_the_lock_of_a_driver_that_was_killed_holds_nobody_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage, "_DEAD_S", 0.1)
    monkeypatch.chdir(tmp_path)
    request = _request(budget_trials=1, confirm=1)
    suite = _suite(Path("suites"), request)
    asker = _asker(suite, request)
    trial = asker.ask()
    assert trial is not None
    lock = suite.path / f"{OPTUNA_JOURNAL}.lock"
    lock.symlink_to(lock.absolute())
    assert [t.id for t in _go(_asker(Suite(suite.path), request), suite)] == [trial.id]
    assert not lock.is_symlink()


def test_a_study_that_is_gone_ends_the_search_in_a_sentence(tmp_path: Path) -> None:
    request = _request(budget_trials=4, confirm=1)
    suite = _suite(tmp_path, request)
    asker = _asker(suite, request)
    list(_go(asker, suite, most=2))
    trial = asker.ask()
    assert trial is not None
    journal = suite.path / OPTUNA_JOURNAL
    journal.rename(suite.path / "away")
    journal.mkdir()
    for cannot in (lambda: asker.tell(trial, _measured(trial)), asker.ask, asker.summary_line, asker.keep_answer):
        with pytest.raises(
            FprayError, match=r"study cannot be reached any more: \[Errno 21\].*the same command carries on"
        ):
            cannot()
    journal.rmdir()
    (suite.path / "away").rename(journal)
    assert len(list(_go(_asker(Suite(suite.path), request), suite))) == 2


def test_a_disk_that_fills_up_while_a_point_is_chosen_is_not_the_studys_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = _request(budget_trials=1, confirm=1)
    suite = _suite(tmp_path, request)
    asker = _asker(suite, request)
    append = JournalFileBackend.append_logs

    def full(self: JournalFileBackend, logs: list[dict[str, Any]]) -> None:
        if any("param_name" in log for log in logs):
            raise OSError(28, "No space left on device")
        append(self, logs)

    monkeypatch.setattr(JournalFileBackend, "append_logs", full)
    with pytest.raises(FprayError, match=r"study cannot be reached any more: \[Errno 28\]"):
        asker.ask()


def test_a_study_that_was_in_memory_is_made_anew_from_the_suite(tmp_path: Path) -> None:
    request = _request(budget_trials=5, confirm=1)
    suite = _suite(tmp_path, request)
    first = _asker(suite, request, "memory")
    ran = list(_go(first, suite, most=3))
    asked = first.ask()
    assert asked is not None
    number = suite.directory(asked).number
    again = Suite(suite.path)
    second = _asker(again, request, "memory")
    assert [t.id for t in second.planned()] == [*(t.id for t in ran), asked.id]
    assert second.trial_limit() == 5
    trial = second.ask()
    assert trial is not None
    assert (trial.id, again.directory(trial).number) == (asked.id, number), "what was asked runs under its number"
    second.tell(trial, _measured(trial))
    assert second.answer().trials == 4


def test_a_column_that_no_trial_has_ends_the_search_in_a_sentence(tmp_path: Path) -> None:
    request = _request(maximize=("start_throughput_1s.p90",))
    suite = _suite(tmp_path, request)
    asker = _asker(suite, request)
    assert len(list(_go(asker, suite))) == 3
    assert asker.ended.startswith("start_throughput_1s.p90 has no value in any of 3 finished trials")


def test_a_lost_trial_is_not_told_and_runs_again(tmp_path: Path) -> None:
    request = _request(budget_trials=3, confirm=1)
    suite = _suite(tmp_path, request)
    asker = _asker(suite, request)
    lost = Outcome(Status.LOST, "a machine went away", Reason.INFRASTRUCTURE)
    ran = list(
        _go(
            asker,
            suite,
            lambda trial: lost if trial.repeat == 0 and len(suite.directories()) == 2 else _measured(trial),
        )
    )
    assert len(ran) == 3
    assert asker.ended == "", "the search is not over: one trial is to run again"
    again = Suite(suite.path)
    assert [t.id for t in _go(_asker(again, request), again)] == [ran[1].id]


def test_points_that_the_protocol_refuses_are_passed_over(tmp_path: Path) -> None:
    """Two or more batchers where there are any: one is told as infeasible, and never becomes a trial."""
    space = {"num_batchers": "0..2", "num_clients_per_proc": "1..50:log"}
    words = {"maximize": ("write_output.measured.throughput",), "subject_to": (), "space": space}
    request = _request(protocol="multipaxos", **words, sampler="random", budget_trials=12, confirm=1)
    suite = _suite(tmp_path, request)
    finished = Outcome(Status.FINISHED, results={"write_output.measured.throughput": 5.0}, wall_s=1)
    ran = list(_go(_asker(suite, request), suite, lambda _: finished))
    assert len(ran) == 12
    assert {t.params.num_batchers for t in ran} == {0, 2}
    refused = [t for t in _told(suite) if t.user_attrs["status"] == "refused"]
    assert refused
    assert all(t.values == [-math.inf] and t.params["num_batchers"] == 1 for t in refused)
    assert len(suite.directories()) == 12


def test_several_trials_may_be_under_way(tmp_path: Path) -> None:
    request = _request(budget_trials=6, confirm=1)
    suite = _suite(tmp_path, request)
    asker = _asker(suite, request)
    waiting: list[Trial[Any]] = []
    told = 0
    while True:
        while len(waiting) < 3 and (trial := asker.ask()) is not None:
            waiting.append(trial)
        if not waiting:
            break
        trial = waiting.pop(0)
        suite.directory(trial).commit(_measured(trial))
        asker.tell(trial, _measured(trial))
        told += 1
    assert told == 6
    assert len({t.user_attrs["fpray_trial"] for t in _told(suite)}) == 6
    assert asker.ended == "the budget of 6 trials is spent"


def _drawn(suite: Suite, file: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        draw(Suite(suite.path), file)
    assert file.stat().st_size > 1000


def test_a_search_whose_range_moves_is_drawn(tmp_path: Path) -> None:
    study = tmp_path / "mine.py"
    study.write_text(
        "from fpray import Search\n"
        "def suggest(trial):\n"
        "    return {'num_clients_per_proc': trial.suggest_int('num_clients_per_proc', 1, 50 + trial.number)}\n"
        f"STUDY = Search('mine', 'unreplicated', maximize=['{GOAL}'], suggest=suggest)\n"
    )
    words: dict[str, Any] = {"maximize": (), "subject_to": (), "space": {}}
    request = _request(study=str(study), **words, budget_trials=4, confirm=1)
    suite = _suite(tmp_path, request)
    assert len(list(_go(_asker(suite, request), suite))) == 4
    _drawn(suite, tmp_path / "search.svg")


@pytest.mark.parametrize("value", [None, -1.0, math.nan])
def test_a_search_that_measured_nothing_is_drawn(tmp_path: Path, value: float | None) -> None:
    request = _request(space={"num_clients_per_proc": "1..9", "num_client_procs": "1..3"})
    suite = _suite(tmp_path, request)
    nothing = Outcome(Status.FINISHED, results={GOAL: value, P99: 1.0}, wall_s=1)
    list(_go(_asker(suite, request), suite, lambda _: nothing))
    _drawn(suite, tmp_path / "search.svg")
