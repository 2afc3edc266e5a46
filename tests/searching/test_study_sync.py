"""A search continues after any write at which its driver died, and after its Optuna study was lost."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna.storages.journal import JournalFileBackend
from optuna.trial import TrialState

from fpray.store.suite import Suite
from tests.searching.simulation import (
    Killed,
    measured,
    run_trials,
    search_request,
    search_suite,
    source_of,
    study_trials,
)


class Journal:
    """Counts the writes to a journal, and kills the driver before or after one of them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.writes = 0
        self.dies_at = 0
        self.after = False
        append = JournalFileBackend.append_logs

        def counted(journal: JournalFileBackend, logs: list[dict[str, Any]]) -> None:
            self.writes += 1
            if self.writes == self.dies_at and not self.after:
                raise Killed
            append(journal, logs)
            if self.writes == self.dies_at:
                raise Killed

        monkeypatch.setattr(JournalFileBackend, "append_logs", counted)
        monkeypatch.setattr(os, "fsync", lambda _fd: None)  # most of the time

    def kill(self, at: int, after: bool) -> None:
        self.writes, self.dies_at, self.after = 0, at, after


@pytest.mark.slow
@pytest.mark.parametrize("after", [False, True], ids=["before the write", "after the write"])
def test_a_driver_that_dies_at_any_write_loses_nothing_and_asks_nothing_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after: bool
) -> None:
    journal = Journal(monkeypatch)
    request = search_request(budget_trials=3, sampler="random", confirm=1)
    whole = search_suite(tmp_path, request)
    expected = [t.id for t in run_trials(source_of(whole, request), whole)]
    assert len(expected) == 3
    writes = journal.writes
    for last in range(2, writes + 1):  # the first one makes the study
        suite = search_suite(tmp_path, request)
        journal.kill(last, after)
        with contextlib.suppress(Killed):
            list(run_trials(source_of(suite, request), suite))
        journal.kill(0, after)
        copy = Suite(suite.path)
        ran = [d.trial()["id"] for d in copy.directories().values() if d.outcome()]  # type: ignore[index]
        source = source_of(copy, request)
        more = [t.id for t in run_trials(source, copy)]
        assert [*ran, *more] == expected, f"killed at write {last} of {writes}"
        trials = study_trials(copy)
        assert [t.user_attrs.get("fpray_trial") for t in trials if t.state is TrialState.COMPLETE] == expected
        assert [t for t in trials if not t.state.is_finished()] == []
        assert source.ended.startswith("the budget of 3 trials is spent")


@pytest.mark.heavy
def test_a_driver_that_dies_with_a_confirmation_enqueued_asks_for_it_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words: dict[str, Any] = {"space": {"num_clients_per_proc": "1..200"}, "confirm": 3, "sampler": "random"}
    request, larger = search_request(**words, budget_trials=5), search_request(**words, budget_trials=8)
    enqueue = optuna.Study.enqueue_trial

    def dying(self: optuna.Study, *args: Any, **more: Any) -> None:
        enqueue(self, *args, **more)
        raise Killed

    ran: list[list[str]] = []
    for with_kill in (False, True):
        suite = search_suite(tmp_path, request)
        if with_kill:
            monkeypatch.setattr(optuna.Study, "enqueue_trial", dying)
            with pytest.raises(Killed):
                list(run_trials(source_of(suite, request), suite))
            monkeypatch.setattr(optuna.Study, "enqueue_trial", enqueue)
        for budget in (request, larger):
            copy = Suite(suite.path)
            list(run_trials(source_of(copy, budget), copy))
        ran.append([t["id"] for _, t, _ in copy.outcomes()])
        assert [t for t in study_trials(copy) if not t.state.is_finished()] == []
    assert len(ran[0]) == 8
    assert ran[1] == ran[0]


def test_a_study_that_was_in_memory_is_made_anew_from_the_suite(tmp_path: Path) -> None:
    request = search_request(budget_trials=5, confirm=1)
    suite = search_suite(tmp_path, request)
    first = source_of(suite, request, "memory")
    ran = list(run_trials(first, suite, most=3))
    suggestion = first.ask()
    assert suggestion is not None
    number = suite.directory(suggestion).number
    copy = Suite(suite.path)
    second = source_of(copy, request, "memory")
    assert [t.id for t in second.planned()] == [*(t.id for t in ran), suggestion.id]
    assert second.trial_limit() == 5
    trial = second.ask()
    assert trial is not None
    assert (trial.id, copy.directory(trial).number) == (suggestion.id, number), "what was asked runs under its number"
    second.tell(trial, measured(trial))
    assert second.recommendation().trials == 4
