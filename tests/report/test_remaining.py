"""The time that the rest of a sweep takes: planned seconds, corrected by how well the plan has held."""

from __future__ import annotations

import dataclasses

import pytest

from fpray.plan.estimate import planned_seconds
from fpray.plan.plan import Trial
from fpray.report.remaining import RemainingTime
from fpray.study.registry import find_protocol

PROTOCOL = find_protocol("unreplicated")
TRIALS = [
    Trial(PROTOCOL, dataclasses.replace(PROTOCOL.params(), num_clients_per_proc=count), 0) for count in range(1, 5)
]
PLANNED = planned_seconds(TRIALS[0])


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """A clock that the test sets."""
    clock = [100.0]
    monkeypatch.setattr("time.monotonic", lambda: clock[0])
    return clock


def test_before_anything_ran_it_is_what_is_planned() -> None:
    remaining = RemainingTime(TRIALS)
    assert remaining.seconds(4, []) == pytest.approx(4 * PLANNED)
    assert remaining.seconds(8, []) == pytest.approx(8 * PLANNED), "unknown trials count as those that are known"
    remaining.skip(TRIALS[0])
    assert remaining.seconds(4, []) == pytest.approx(3 * PLANNED)


def test_trials_that_take_twice_as_long_as_planned_double_the_rest(now: list[float]) -> None:
    remaining = RemainingTime(TRIALS)
    remaining.begin(TRIALS[0])
    now[0] += 2 * PLANNED
    remaining.end(TRIALS[0], final=True)
    assert remaining.seconds(4, []) == pytest.approx(3 * 2 * PLANNED)


def test_trials_in_parallel_share_the_time(now: list[float]) -> None:
    remaining = RemainingTime(TRIALS)
    running = [remaining.begin(trial) for trial in TRIALS[:2]]
    now[0] += PLANNED
    assert remaining.seconds(4, running) == pytest.approx(PLANNED)


def test_a_trial_that_runs_again_is_still_to_do(now: list[float]) -> None:
    remaining = RemainingTime(TRIALS)
    remaining.begin(TRIALS[0])
    now[0] += PLANNED
    remaining.end(TRIALS[0], final=False)
    assert remaining.seconds(4, []) == pytest.approx(4 * PLANNED)


def test_waiting_for_a_machine_is_no_time_of_the_trial(now: list[float]) -> None:
    """C6: "finished after 79 s", "+ 0:09:16?"."""
    remaining = RemainingTime(TRIALS)
    trial = remaining.begin(TRIALS[0])
    remaining.wait(trial)
    now[0] += 100
    assert trial.took() == 0
    assert remaining.seconds(4, [trial]) == pytest.approx(4 * PLANNED)
    remaining.go_on(trial)
    now[0] += PLANNED
    assert trial.took() == pytest.approx(PLANNED)
    remaining.end(TRIALS[0], final=True)
    assert remaining.seconds(4, []) == pytest.approx(3 * PLANNED)
