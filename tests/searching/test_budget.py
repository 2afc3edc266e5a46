"""Budgets of trials, time and money, also of trials that run in parallel."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fpray.plan.plan import Trial
from fpray.store.outcome import Outcome
from tests.searching.simulation import (
    measured,
    run_trials,
    search_request,
    search_suite,
    source_of,
    study_trials,
)


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
    request = search_request(**words, confirm=1)
    suite = search_suite(tmp_path, request)
    suite.record.runs = [{"machines": {"a": {}, "b": {}, "c": {}}}]
    now = 0.0

    def measure(trial: Trial[Any]) -> Outcome:
        nonlocal now
        now += 31
        return measured(trial)

    source = source_of(suite, request, clock=lambda: now)
    # The first trials are planned at what their schedule says; what they took is known afterwards.
    assert trials <= len(list(run_trials(source, suite, measure))) <= trials + 1
    assert "leaves no room for another trial" in source.ended


def test_time_side_by_side_counts_once(tmp_path: Path) -> None:
    """Four trials of half a minute at a time, two minutes: twelve or a few more, none of them for nothing."""
    request = search_request(budget_minutes=2.0, confirm=1, sampler="random", budget_trials=100)
    suite = search_suite(tmp_path, request)
    now = 0.0
    source = source_of(suite, request, clock=lambda: now)
    running: list[tuple[float, Trial[Any]]] = []
    ran = 0
    while True:
        while len(running) < 4 and (trial := source.ask()) is not None:
            assert now + 30 <= 120 + 2, "asked for what cannot end in time"
            running.append((now + 30, trial))
            now += 0.5
        if not running:
            break
        end, trial = running.pop(0)
        now = max(now, end)
        suite.directory(trial).commit(measured(trial))
        source.tell(trial, measured(trial))
        ran += 1
    assert 12 <= ran <= 16
    assert sum(t.user_attrs["spent_s"] for t in study_trials(suite)) == pytest.approx(now, rel=0.1)
    assert "leaves no room" in source.ended


def test_time_side_by_side_counts_once_after_a_kill_as_well(tmp_path: Path) -> None:
    """Four trials of half a minute ended together, and the driver died before the study learned of them."""
    request = search_request(budget_minutes=10.0, confirm=1, sampler="random", budget_trials=100)
    suite = search_suite(tmp_path, request)
    source = source_of(suite, request)
    for trial in [source.ask() for _ in range(4)]:
        assert trial is not None
        suite.directory(trial).begin(trial, {})
        suite.directory(trial).commit(measured(trial))
    source_of(suite, request)
    trials = study_trials(suite)
    assert len(trials) == 4
    assert sum(t.user_attrs["spent_s"] for t in trials) == pytest.approx(30, abs=60)
