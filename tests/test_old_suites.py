"""Suites that an earlier fpray made (`tests/recorded/suites/`) are shown, read, and continued by the same command."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from fpray_analysis import recorder, results
from tests.conftest import cli, run

RECORDED = Path(__file__).parent / "recorded" / "suites"
# What all commands had, but for --local: a Ray that runs is quicker, and a suite is not of its Ray.
SHORT = (
    "unreplicated", "--set", "warmup_duration=50ms", "--set", "warmup_timeout=5s", "--set", "duration=100ms",
    "--set", "timeout=5s",
)  # fmt: skip
SWEEP = ("sweep", *SHORT, "--vary", "num_clients_per_proc=1,2,3")
SEARCH = (
    "search", *SHORT, "--maximize", "measured.throughput", "--subject-to", "measured.latency.p99_ms<=1000",
    "--space", "num_clients_per_proc=1..8", "--seed", "1", "--budget-trials", "4", "--confirm", "2",
)  # fmt: skip
COLUMNS = "throughput /s median ms p99 ms status"

# Lines of `fpray show SUITE`, blanks apart: rows of trials, and what the recommendation of a search comes to.
SHOWN = {
    "sweep_with_a_crash": (
        f"trial jvm_heap_size {COLUMNS}",
        "001 100m 33,360 0.02354 1 finished",
        "002 100f - - - crashed",
        "Invalid initial heap size: -Xms100f",
        "1 finished, 1 crashed",
    ),
    "sweep_half_done": (
        f"trial num_clients_per_proc {COLUMNS}",
        "001 1 36,960 0.02076 0.4939 finished",
        "002 2 - - - interrupted",
        "1 finished, 2 to go",
    ),
    "search": (
        f"trial num_clients_per_proc repeat {COLUMNS}",
        "001 5 0 124,980 0.02601 0.2554 finished",
        "003 8 1 197,460 0.02454 0.2623 finished",
        "best: measured.throughput 197,800 (171,100 to 228,800) at num_clients_per_proc=8",
        "measured.latency.p99_ms 0.2611 (0.26 to 0.2623)",
        "<= 500 to <= 2000: 197,800 at num_clients_per_proc=8",
        "4 finished",
    ),
    "search_half_done": (
        "002 8 0 210,060 0.02255 0.4304 finished",
        "003 8 1 - - - interrupted",
        "best: measured.throughput 196,500 (150,900 to 255,900) at num_clients_per_proc=8",
        "2 finished, 1 begun",
    ),
    "pilot_and_rerun": (
        "001 1 37,960 0.02221 0.4259 finished",
        "002 2 13,860 0.03725 3.932 finished",
        "2 finished",
    ),
}
# What `fpray status --json` says of each: state, trials done, trials in all, failed.
STANDING = {
    "sweep_with_a_crash": ("finished", 2, 2, 1),
    "sweep_half_done": ("stopped", 1, 3, 0),
    "search": ("finished", 4, 4, 0),
    "search_half_done": ("stopped", 2, 4, 0),
    "pilot_and_rerun": ("finished", 2, 2, 0),
}


def _old(name: str, directory: Path) -> Path:
    """A copy of an old suite, below `directory`/suites as if it had been made there."""
    (original,) = (RECORDED / name).iterdir()
    suite = directory / "suites" / original.name
    shutil.copytree(original, suite)
    return suite


def _print(*words: str) -> list[str]:
    """The lines that a command prints, each without its leading and its repeated blanks."""
    done = cli(*words)
    assert done.exit_code == 0, done.output
    return [" ".join(line.split()) for line in done.stdout.splitlines()]


def _outcomes(suite: Path) -> dict[str, bytes]:
    return {path.parent.name: path.read_bytes() for path in sorted(suite.glob("*/outcome.json"))}


def _finished(suite: Path) -> dict[str, bytes]:
    return {number: text for number, text in _outcomes(suite).items() if json.loads(text)["status"] == "finished"}


@pytest.mark.parametrize("name", SHOWN)
def test_an_old_suite_is_shown(name: str, tmp_path: Path) -> None:
    suite = _old(name, tmp_path)
    lines = _print("show", str(suite))
    for line in SHOWN[name]:
        assert any(text.startswith(line) for text in lines), (line, lines)


@pytest.mark.parametrize("name", STANDING)
def test_the_standing_of_an_old_suite_is_listed(name: str, tmp_path: Path) -> None:
    suite = _old(name, tmp_path)
    (one,) = json.loads(cli("status", "-s", str(suite.parent), "--json").stdout)
    assert (one["state"], one["done"], one["total"], one["failed"]) == STANDING[name]
    state, done, total, _ = STANDING[name]
    (line,) = _print("status", "-s", str(suite.parent))
    assert f" {state} {done} of {total} done" in line


def test_a_trial_of_an_old_suite_is_shown_and_its_logs_are_read(tmp_path: Path) -> None:
    suite = _old("sweep_with_a_crash", tmp_path)
    suite_id = suite.name.split("_")[2][:4].lower()
    root = ("-s", str(suite.parent))
    text = _print("show", f"{suite_id}/1", *root)
    assert "process machine port exit cpu s peak MB nice" in text
    assert "server 127.0.0.1 27502 stopped 0.17 44 0" in text
    assert "measured.throughput 33,360" in text
    assert "latency.p99_ms 0.997834" in text
    crashed = " ".join(_print("show", f"{suite_id}/002", *root))
    assert "crashed" in crashed
    assert "Invalid initial heap size" in crashed
    assert _print("logs", f"{suite_id}/001", *root) == ["server", "client_0"]
    assert "Invalid initial heap size: -Xms100f" in _print("logs", f"{suite_id}/002", "server", *root)


def test_the_pilot_and_the_earlier_attempt_of_an_old_suite_are_shown(tmp_path: Path) -> None:
    suite = _old("pilot_and_rerun", tmp_path)
    pilot = _print("show", str(suite / "pilot"))
    assert "001 1 51,800 0.02157 0.2387 finished" in pilot
    assert "2 finished" in pilot
    attempt = suite / "001" / "attempts" / "1"
    assert any(str(attempt) in line for line in _print("show", f"{suite}/001"))
    assert _print("logs", str(attempt)) == ["server", "client_0"]
    assert _print("logs", str(attempt), "client_0")


@pytest.mark.heavy
def test_the_figure_of_an_old_search_is_drawn(tmp_path: Path) -> None:
    suite = _old("search", tmp_path)
    _print("show", str(suite), "--figure", str(tmp_path / "search.svg"))
    assert (tmp_path / "search.svg").stat().st_size > 1000


def test_the_tables_of_an_old_suite_are_read(tmp_path: Path) -> None:
    suite = _old("sweep_with_a_crash", tmp_path)
    rows = results(str(suite)).to_pylist()
    assert [(row["trial"], row["status"]) for row in rows] == [("001", "finished"), ("002", "crashed")]
    assert rows[0]["measured.throughput"] == 33360.0
    samples = recorder(str(suite), 1)
    assert {"start", "stop", "count", "latency_nanos", "label", "client"} <= set(samples.column_names)
    assert samples.num_rows >= rows[0]["measured.requests"]


def _carried_on(name: str, directory: Path, *words: str) -> Path:
    """An old suite after the same command; --accept-change: the jar may be of other sources, or of another JDK.

    A busy machine may answer too little in a trial of 0.1 s, which is another test's: then once more.
    """
    for attempt in range(5):
        suite = _old(name, directory / str(attempt))
        before = _finished(suite)
        done = run(*words, "--accept-change", cwd=suite.parent.parent)
        if not re.search("unserved: |overran: ", done.err):
            break
    assert done.code == 0, done.err
    assert list(suite.parent.iterdir()) == [suite], "another suite was started"
    after = _finished(suite)
    assert before.items() <= after.items(), "a finished trial has run again"
    assert after.keys() == _outcomes(suite).keys()
    for number in before:
        assert not (suite / number / "attempts").exists()
    return suite


def test_an_old_sweep_that_was_interrupted_is_carried_on(ray_address: str, tmp_path: Path) -> None:
    suite = _carried_on("sweep_half_done", tmp_path, *SWEEP, "--address", ray_address)
    assert sorted(_finished(suite)) == ["001", "002", "003"]
    assert (suite / "002" / "attempts" / "1" / "outcome.json").is_file()
    assert results(str(suite)).column("num_clients_per_proc").to_pylist() == [1, 2, 3]
    assert len((suite / "results.csv").read_text().splitlines()) == 4


def test_an_old_search_that_was_interrupted_is_carried_on(ray_address: str, tmp_path: Path) -> None:
    suite = _carried_on("search_half_done", tmp_path, *SEARCH, "--address", ray_address)
    assert sorted(_finished(suite)) == ["001", "002", "003", "004"]
    answer = json.loads((suite / "answer.json").read_text())
    assert answer["trials"] == 4
    assert 1 <= answer["best"]["params"]["num_clients_per_proc"] <= 8
    assert json.loads((suite / "suite.json").read_text())["ended"]
