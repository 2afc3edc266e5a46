"""Which suite a command continues; `--dry-run -s SUITE` looks at it, and changes nothing in it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fpray.files.paths import short_path
from fpray.testing.fake_machines import FakeMachines
from tests.conftest import cli
from tests.support.sweeps import finished, run_on
from tests.test_old_suites import RECORDED, SEARCH, SWEEP

WITHOUT = "without --dry-run, this command continues the sweep in"


def _recorded(name: str) -> Path:
    (suite,) = (RECORDED / name).iterdir()
    return suite


def _files(suite: Path) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in suite.rglob("*")}


@pytest.mark.parametrize("words", [SWEEP, ("sweep", "unreplicated")])
def test_a_sweep_says_how_far_its_suite_is_and_what_is_left(words: tuple[str, ...]) -> None:
    suite = _recorded("sweep_half_done")
    before = _files(suite)
    done = cli(*words, "-s", str(suite), "--dry-run")
    assert done.exit_code == 0, done.output
    first, second = done.stdout.splitlines()
    assert first == f"{WITHOUT} {short_path(suite)} (1 of 3 trials are done)"
    assert second.startswith("2 trials · 2 processes each · 1 machine · about ")
    assert _files(suite) == before


def test_a_suite_without_anything_left_says_no_more(tmp_path: Path) -> None:
    suite = _recorded("sweep_with_a_crash")
    done = cli("sweep", "unreplicated", "-s", str(suite), "--dry-run")
    assert done.stdout == f"{WITHOUT} {short_path(suite)} (2 of 2 trials are done)\n"
    rerun = cli("sweep", "unreplicated", "-s", str(suite), "--rerun", "failed", "--dry-run")
    assert rerun.stdout.startswith(f"{WITHOUT} {short_path(suite)} (1 of 2 trials are done)\n1 trial · ")
    new = cli("sweep", "unreplicated", "-s", str(tmp_path), "--dry-run")
    assert "continues the sweep" not in new.stdout


def test_a_search_says_how_far_its_suite_is() -> None:
    suite = _recorded("search_half_done")
    done = cli(*SEARCH, "-s", str(suite), "--dry-run")
    assert done.exit_code == 0, done.output
    first, second = done.stdout.splitlines()
    assert first == f"{WITHOUT} {short_path(suite)} (2 of at most 4 trials are done)"
    assert second.startswith("maximize measured.throughput, subject to ")


@pytest.mark.parametrize(
    ("words", "suite", "sentence"),
    [
        (("sweep", "unreplicated"), "search_half_done", "has the results of a search"),
        (("sweep", "craq"), "sweep_half_done", "has results of unreplicated, not of craq"),
        ((*SWEEP, "--new"), "sweep_half_done", "starts a new suite (directory of results), but -s names an old one"),
        ((*SEARCH, "--space", "num_client_procs=1..2"), "search_half_done", "when this search began"),
    ],
)
def test_a_suite_that_cannot_be_continued_is_refused(words: tuple[str, ...], suite: str, sentence: str) -> None:
    done = cli(*words, "-s", str(_recorded(suite)), "--dry-run")
    assert done.exit_code == 2
    assert sentence in " ".join(done.output.split())


def test_a_suite_whose_driver_was_killed_behind_its_last_trial_is_continued_and_gets_its_tables(tmp_path: Path) -> None:
    """H6: the same command began another suite, and the trial that had ended last was in no table."""
    machines = FakeMachines(["10.0.0.1"])
    suite = run_on(machines, finished, tmp_path, loops=2).suite
    progress, table = suite / "progress.json", suite / "results.csv"
    progress.write_text(json.dumps({**json.loads(progress.read_text()), "state": "running"}))
    whole = table.read_bytes()
    table.write_bytes(b"".join(whole.splitlines(keepends=True)[:-1]))
    (suite / ".home-abc").mkdir()  # files from another machine were arriving
    (suite / ".home-abc" / "client_0_out.txt").touch()
    second = run_on(machines, finished, tmp_path, loops=2)
    assert (second.suite, second.exit_code) == (suite, 0)
    assert table.read_bytes() == whole
    assert json.loads(progress.read_text())["state"] == "finished"
    assert not list(suite.glob(".home-*"))
    assert run_on(machines, finished, tmp_path, loops=2).suite != suite


def test_a_suite_that_cannot_be_read_is_not_continued_and_that_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With --new no suite is continued, so there is nothing to say."""
    machines = FakeMachines(["10.0.0.1"])
    suite = run_on(machines, finished, tmp_path, loops=1).suite
    (suite / "suite.json").write_text("{")
    assert run_on(machines, finished, tmp_path, loops=1).suite != suite
    note = "note: one earlier suite cannot be read, so this command does not continue it; trials that it has may run"
    assert note in capsys.readouterr().err
    run_on(machines, finished, tmp_path, loops=1, new=True)
    assert "one earlier suite" not in capsys.readouterr().err
