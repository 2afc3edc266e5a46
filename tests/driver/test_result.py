"""What `fpray` shows of itself in Python, and of a sweep's result."""

from __future__ import annotations

import gc
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

import fpray
from fpray.plan.plan import Trial
from fpray.store.outcome import Outcome
from fpray.testing.fake_machines import FakeMachines
from tests.support.sweeps import crashed, finished, run_on


def test_the_package_lists_its_names() -> None:
    """D2: completion in a notebook asks `dir`."""
    assert {"sweep", "search", "Study", "Search", "Protocol", "Role", "Refused", "FprayError"} <= set(dir(fpray))
    assert {name for name in dir(fpray) if not name.startswith("_")} == {*fpray.__all__} - {"__version__"}


def test_a_result_is_one_short_line(tmp_path: Path) -> None:
    """D2: at the end of a notebook's cell."""
    result = run_on(FakeMachines(), finished, tmp_path, loops=3)
    assert repr(result) == f"<SweepResult: 3 finished of 3 · {result.suite}>"
    result.outcomes.clear()
    assert repr(result) == f"<SweepResult: 0 of 3 ended · {result.suite}>"


def test_the_package_can_be_run() -> None:
    """D2: `python -m fpray` is the command."""
    done = subprocess.run([sys.executable, "-m", "fpray", "--help"], capture_output=True, text=True, check=True)
    assert "Benchmark replicated protocols" in done.stdout


def test_a_run_that_is_interrupted_counts_what_had_finished_before(tmp_path: Path) -> None:
    """H6: it said that none of 3 had finished, when the first one was run again."""
    machines = FakeMachines(["10.0.0.1"])

    def first_crashes(trial: Trial[Any], hosts: Sequence[str]) -> Outcome:
        return (crashed if trial.params.num_clients_per_proc == 0 else finished)(trial, hosts)

    def interrupt(_trial: Trial[Any], _hosts: Sequence[str]) -> Outcome:
        raise KeyboardInterrupt

    run_on(machines, first_crashes, tmp_path, loops=3)
    result = run_on(machines, interrupt, tmp_path, loops=3, rerun=("failed",))
    assert result.interrupted
    assert [outcome.status.value for outcome in result.outcomes.values()].count("finished") == 2


@pytest.mark.parametrize("threshold", [700, 0, 500_000])
def test_the_garbage_collector_runs_seldom_during_a_run_and_as_before_afterwards(
    tmp_path: Path, threshold: int
) -> None:
    """A program that has switched it off (0) has it off during the run as well."""
    thresholds: list[int] = []

    def look(trial: Trial[Any], hosts: Sequence[str]) -> Outcome:
        thresholds.append(gc.get_threshold()[0])
        return finished(trial, hosts)

    before = gc.get_threshold()
    gc.set_threshold(threshold, *before[1:])
    try:
        run_on(FakeMachines(), look, tmp_path, loops=1)
        after = gc.get_threshold()
    finally:
        gc.set_threshold(*before)
    assert thresholds == [{700: 200_000}.get(threshold, threshold)]
    assert after == (threshold, *before[1:])
