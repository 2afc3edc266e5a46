"""A search: its driver is killed at random moments."""

from __future__ import annotations

import os
import random
import re
import signal
import subprocess
from pathlib import Path

import optuna
import pyarrow.parquet as pq
import pytest
from optuna.trial import TrialState

from tests.conftest import OVERLAPPING, cli, run, start
from tests.searching.front_door import LOAD, study_trials
from tests.support.suites import only_suite

SEED = int(os.environ.get("FPRAY_TEST_SEED", "20261122"))


BUDGET, PARALLEL, KILLS = 12, 3, 6
WORDS = (
    "search", "unreplicated", *OVERLAPPING, *LOAD,
    "--parallel", f"{PARALLEL}", "--share-machines", "--space", "num_clients_per_proc=1..30", "--sampler", "random",
    "--seed", "5", "--stop-at", "0%", "--confirm", "1", "--budget-trials", f"{BUDGET}",
)  # fmt: skip


def _ends_within(process: subprocess.Popen[str], seconds: float) -> bool:
    """Whether a driver ends by itself in this time; if not, it is killed."""
    try:
        process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        return False
    return True


def _check_answer_so_far(suite: Path, outcomes: int) -> None:
    """Trials that ended together may not be in the study yet."""
    if outcomes <= PARALLEL:
        return
    output = cli("show", str(suite)).output
    match = re.search(r"\n  from (\d+) trials?, ", output)
    assert match, output
    assert int(match[1]) >= outcomes - PARALLEL, output
    assert "\nnot ended: at most " in output
    assert "; the search has not ended (to continue, run fpray search " in output


def _drawn_points() -> list[int]:
    """The points that a search asks for if nothing interrupts it."""
    studies = [optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=5 + n)) for n in range(BUDGET)]
    return [study.ask().suggest_int("num_clients_per_proc", 1, 30) for study in studies]


@pytest.mark.slow
def test_a_driver_that_is_killed_with_several_under_way_asks_nothing_twice_and_loses_nothing(
    ray_address: str, tmp_path: Path
) -> None:
    """Killed at random moments, the search runs the trials that it would have run, each once to its end."""
    moments = random.Random(SEED)
    words = [*WORDS, "--address", ray_address]
    outcomes: dict[str, int] = {}
    for _ in range(KILLS):
        has_ended = _ends_within(start(*words, cwd=tmp_path), 1.5 + moments.random() * 7)
        for path in (tmp_path / "suites").glob("*/*/outcome.json"):
            assert outcomes.setdefault(str(path), path.stat().st_mtime_ns) == path.stat().st_mtime_ns, f"seed {SEED}"
        if has_ended or len(outcomes) == BUDGET:  # the same command again would begin another search
            words += ["-s", str(only_suite(tmp_path))]
            break
        if outcomes:
            _check_answer_so_far(only_suite(tmp_path), len(outcomes))
    done = run(*words, cwd=tmp_path)
    assert done.code == 0, done.err
    suite = only_suite(tmp_path)
    trials = study_trials(suite)
    assert [t.params["num_clients_per_proc"] for t in trials] == _drawn_points(), f"seed {SEED}"
    assert [t.state for t in trials] == [TrialState.COMPLETE] * BUDGET
    assert [t.user_attrs["number"] for t in trials] == [f"{n:03}" for n in range(1, BUDGET + 1)]
    assert len({t.user_attrs["fpray_trial"] for t in trials}) == BUDGET
    assert all(Path(path).stat().st_mtime_ns == then for path, then in outcomes.items()), "a finished trial ran again"
    assert pq.read_table(suite / "results.parquet").num_rows == BUDGET
    assert f"\nended: the budget of {BUDGET} trials is spent" in cli("show", str(suite)).output
