"""The corners of a grid run first, short."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fpray.driver.means import check_sweep
from fpray.driver.result import SweepResult
from fpray.driver.session import Backend
from fpray.driver.sweep import run_sweep
from fpray.plan.plan import Trial
from fpray.store.outcome import Outcome
from fpray.store.trial_directory import TrialDirectory
from fpray.testing.fake_machines import FakeMachines
from fpray.trial.context import TrialContext
from tests.support.sweeps import crashed, finished, statuses, stub_jar


def _piloted(directory: Path, loops: int, bad: Callable[[Any], bool], **more: Any) -> tuple[SweepResult, list[Any]]:
    """A sweep of a grid of two dimensions with a pilot, and the params of what ran, in order."""
    points: list[Any] = []

    def run(trial: Trial[Any], directory: TrialDirectory, setting: TrialContext) -> Outcome:
        directory.begin(trial, {})
        points.append(trial.params)
        return (crashed if bad(trial.params) else finished)(trial, [])

    vary = {"num_clients_per_proc": list(range(loops)), "num_client_procs": [1, 2, 3]}
    options = {"vary": vary, "set": {"duration": "7s", "timeout": "60s"}, "repeat": 2, "jar": stub_jar(directory)}
    options |= {"order": "grid", "suite_directory": directory / "suites", **more}
    backend = Backend(lambda _address, _local: FakeMachines(["a"]), run)
    return run_sweep(check_sweep("unreplicated", options), backend=backend), points


def test_a_pilot_runs_the_corners_short_and_apart(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    result, points = _piloted(tmp_path, 4, lambda _: False, pilot=True)
    at = [(p.num_clients_per_proc, p.num_client_procs, p.duration.total_seconds()) for p in points[:4]]
    assert at == [(0, 1, 2.0), (0, 3, 2.0), (3, 1, 2.0), (3, 3, 2.0)]
    assert {p.duration.total_seconds() for p in points[4:]} == {7.0}
    assert (len(points), statuses(result)) == (4 + 24, ["finished"] * 24)
    assert len(list((result.suite / "pilot").glob("[0-9]*/outcome.json"))) == 4
    assert len((result.suite / "results.csv").read_text().splitlines()) == 1 + 24, "a pilot is no result"
    assert "pilot: all 4 short test trials finished" in capsys.readouterr().err


def test_a_corner_that_fails_stops_before_the_sweep(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    result, points = _piloted(tmp_path, 4, lambda p: p.num_clients_per_proc == 3, pilot=True)
    output = capsys.readouterr().err
    assert (len(points), result.exit_code, result.outcomes) == (4, 1, {})
    assert "pilot: 2 of 4 short test trials, at the lowest and highest values of the grid, failed:" in output
    assert "  num_client_procs=1 num_clients_per_proc=3: crashed: server exited with 1" in output
    assert "the sweep was not started" in output
    second, points = _piloted(tmp_path, 4, lambda _: False, pilot=True)
    assert (second.suite, second.exit_code) == (result.suite, 0)
    assert len(points) == 2 + 24, "what failed runs again, then the grid"


def test_keep_going_begins_the_sweep_whatever_the_pilot_says(tmp_path: Path) -> None:
    result, points = _piloted(tmp_path, 2, lambda p: p.num_clients_per_proc == 1, pilot=True, keep_going=True)
    assert (len(points), statuses(result).count("finished")) == (4 + 12, 6)
