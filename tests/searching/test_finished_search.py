"""One search by the command line: its suite, its Optuna study, its answer, its figure, and a larger budget."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from optuna.trial import TrialState

from tests.conftest import QUICK, CommandResult, cli, run
from tests.searching.front_door import LOAD, SPACE, study_trials
from tests.support.suites import only_suite


@pytest.fixture(scope="module")
def load_only(ray_address: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, CommandResult]:
    """One finished search over load that several tests look at."""
    directory = tmp_path_factory.mktemp("load")
    words = ["search", "unreplicated", *QUICK, *LOAD, *SPACE, "--budget-trials", "7", "--seed", "1", "--stop-at", "0%"]
    return directory, run(*words, "--address", ray_address, "--json", cwd=directory)


def test_a_search_is_an_ordinary_suite(load_only: tuple[Path, CommandResult]) -> None:
    directory, done = load_only
    assert done.code == 0, done.err
    suite = only_suite(directory)
    table = pq.read_table(suite / "results.parquet")
    assert table.num_rows == 7
    assert set(table["status"].to_pylist()) == {"finished"}
    assert [json.loads(line)["trial"] for line in done.out.splitlines()] == [f"{n:03}" for n in range(1, 8)]
    assert len((suite / "results.csv").read_text().splitlines()) == 8
    assert not list(suite.glob("*/attempts"))


def test_the_study_is_read_without_fpray(load_only: tuple[Path, CommandResult]) -> None:
    suite = only_suite(load_only[0])
    trials = study_trials(suite)
    assert [t.state for t in trials] == [TrialState.COMPLETE] * 7
    for trial in trials:
        outcome = json.loads((suite / trial.user_attrs["number"] / "outcome.json").read_text())
        assert trial.values == [outcome["results"]["measured.throughput"]]
        p99 = outcome["results"]["measured.latency.p99_ms"]
        assert trial.constraints == {"measured.latency.p99_ms <= 1000": pytest.approx(p99 / 1000 - 1)}
        assert trial.user_attrs["metrics"]["measured.latency.p99_ms"] == p99
        assert trial.user_attrs["status"] == "finished"
        assert trial.user_attrs["closed_loops"] == trial.params["num_clients_per_proc"] + 1
        identity = json.loads((suite / trial.user_attrs["number"] / "trial.json").read_text())
        assert (identity["id"], identity["repeat"]) == (trial.user_attrs["fpray_trial"], trial.user_attrs["repeat"])


def test_the_best_is_confirmed_by_repeats_and_the_answer_is_kept(load_only: tuple[Path, CommandResult]) -> None:
    directory, done = load_only
    suite = only_suite(directory)
    answer = json.loads((suite / "answer.json").read_text())
    best = answer["best"]
    trials = study_trials(suite)
    # On a noisy machine the best may be another one after the last trial; then the last trial was a repeat.
    assert len(best["trials"]) >= 3 or trials[-1].user_attrs.get("confirmation")
    runs = [t for t in trials if t.params == best["params"]]
    assert sorted(t.user_attrs["repeat"] for t in runs) == list(range(len(runs)))
    assert len({t.user_attrs["configuration"] for t in runs}) == 1
    low, high = (best["goals"]["measured.throughput"][end] for end in ("low", "high"))
    values = [t.values[0] for t in trials]  # of one configuration, one run may have had much CPU and others none
    assert min(values) / 3 < low < high < max(values) * 3
    lines = done.err.splitlines()
    (first,) = [line for line in lines if line.startswith("best: measured.throughput ")]
    assert f"num_clients_per_proc={best['params']['num_clients_per_proc']}" in first
    assert any(line.startswith("ended: the budget of 7 trials is spent") for line in lines)
    assert any("best so far throughput" in line and "at most 3 trials left" in line for line in lines)
    page = run("show", suite.name, cwd=directory)
    assert first in page.out
    assert "repeat" in page.out


@pytest.mark.parametrize("kind", ["png", "svg", "html"])
def test_a_search_is_drawn(load_only: tuple[Path, CommandResult], kind: str, tmp_path: Path) -> None:
    directory, _ = load_only
    file = tmp_path / f"search.{kind}"
    done = run("show", str(only_suite(directory)), "--figure", str(file), cwd=directory)
    assert done.code == 0, done.err
    content = file.read_bytes()
    if kind == "png":
        assert content.startswith(b"\x89PNG")
    else:
        assert b"<svg" in content
        assert (b"best: measured.throughput" in content) is (kind == "html")


@pytest.mark.slow
def test_a_named_suite_goes_on_with_a_larger_budget(
    load_only: tuple[Path, CommandResult], ray_address: str, tmp_path: Path
) -> None:
    directory, _ = load_only
    suite = only_suite(directory)
    before = {path: path.stat().st_mtime_ns for path in suite.glob("*/outcome.json")}
    words = ["search", "unreplicated", *QUICK, *LOAD, *SPACE, "--seed", "1", "--stop-at", "0%", "-s", str(suite)]
    done = run(*words, "--budget-trials", "8", "--address", ray_address, cwd=directory)
    assert done.code == 0, done.err
    assert f"continuing {suite.relative_to(directory)} (7 of at most 8 finished; at most 1 to go" in done.err
    assert "ended: the budget of 8 trials is spent" in cli("show", str(suite)).output
    assert len(study_trials(suite)) == 8
    assert all(path.stat().st_mtime_ns == then for path, then in before.items())
    other = run(*words, "--subject-to", "measured.latency.mean_ms<=3", cwd=directory)
    assert other.code == 2
    assert "when this search began" in other.err
    twice = run(*words, "--set", "num_client_procs=2", cwd=directory)
    assert twice.code == 2, "its trials would count as repeats of others"
    began = "but the search began with num_client_procs=1: to continue it, use the old value (--set num_client_procs=1)"
    assert began in re.sub(r" +", " ", twice.err)
    sweep = run("sweep", "unreplicated", "-s", str(suite), cwd=directory)
    assert (
        "has the results of a search: to continue it, use fpray search; to start a new suite (directory of"
        " results), name another directory with -s"
    ) in sweep.err
