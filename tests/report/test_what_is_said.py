"""What `show` and `status` say of recorded suites."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from fpray.errors import Problem
from fpray.report.outcome_lines import values_line
from fpray.report.table import print_table
from fpray.store.outcome import Outcome, Status
from tests.conftest import cli
from tests.support.trials import a_trial

RECORDED = Path(__file__).parents[1] / "recorded" / "suites"
CRASH = RECORDED / "sweep_with_a_crash"


def test_throughput_is_one_number() -> None:
    """E1: the line of a trial has the number that `show` has; FrankenPaxos's stands under its own name."""
    trial = a_trial()
    theirs = {"latency.median_ms": 1.0, "start_throughput_1s.p90": 90.0}
    ours = {"measured.throughput": 70.0, "measured.latency.median_ms": 2.0}
    outputs = trial.protocol.outputs
    line = values_line(trial, Outcome(Status.FINISHED, results={**theirs, **ours}), (), outputs)
    assert line == "{'measured.latency.median_ms': '2', 'measured.throughput': '70'}"
    assert "start_throughput_1s.p90" in values_line(trial, Outcome(Status.FINISHED, results=theirs), (), outputs)


def test_doubts_beside_other_trials_carry_their_number(tmp_path: Path) -> None:
    """E6: which trial is doubted?"""
    (suite,) = (path for path in shutil.copytree(CRASH, tmp_path / "suites").iterdir() if path.is_dir())
    outcome = json.loads((suite / "001" / "outcome.json").read_text())
    (suite / "001" / "outcome.json").write_text(json.dumps(outcome | {"doubts": ["the machine was busy"]}))
    assert "\n001 doubt about these numbers: the machine was busy\n" in cli("show", str(suite)).output
    assert "\n    doubt about these numbers: the machine was busy\n" in cli("show", f"{suite}/001").output


def test_a_doubt_of_many_trials_is_a_sentence_once(tmp_path: Path) -> None:
    (suite,) = (path for path in shutil.copytree(CRASH, tmp_path / "suites").iterdir() if path.is_dir())
    for number in ("001", "002"):
        outcome = json.loads((suite / number / "outcome.json").read_text())
        (suite / number / "outcome.json").write_text(json.dumps(outcome | {"doubts": ["the reads are eventual"]}))
    output = cli("show", str(suite)).output
    assert output.count("the reads are eventual") == 1
    assert "\n001 doubt about these numbers: the reads are eventual · also of 002\n" in output
    assert "the reads are eventual" in cli("show", f"{suite}/002").output


def test_show_without_a_name_shows_the_newest_suite(tmp_path: Path) -> None:
    """E6: "Missing argument"."""
    assert cli("show", "-s", str(CRASH)).output == cli("show", str(next(CRASH.glob("2026*")))).output
    none = cli("show", "-s", str(tmp_path))
    assert none.exit_code == 2
    assert "has no results of fpray yet" in none.output


@pytest.mark.parametrize("width", [30, 60, 200])
def test_a_table_is_as_wide_as_the_terminal(
    width: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """E6: the table is 145 columns wide at any width of the terminal."""
    monkeypatch.setattr("fpray.report.table.terminal_width", lambda: width)
    headings = ["trial", "num_clients_per_proc", "write throughput /s", "write median ms", "write p99 ms", "status"]
    print_table(
        headings, [["001", "10", "1,234,567", "0.1234", "1.5", "stopped-early"]], left_columns=("trial", "status")
    )
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= width
    for cell in ("001", "10", "1,234,567", "0.1234", "1.5", "stopped-early"):
        assert any(cell in line for line in lines)
    if width == 200:
        assert len(lines) == 2


def test_a_problem_in_one_line_is_a_sentence() -> None:
    """E7: "leader trial 001 has no such process", "multipaxoss there is no such protocol"."""
    suite = str(next(CRASH.glob("2026*")))
    assert "leader: trial 001 has no such process" in cli("logs", f"{suite}/001", "leader").output
    assert f"099: suite {Path(suite).name} has no such trial" in cli("show", f"{suite}/099").output
    assert "multipaxoss: there is no such protocol; did you mean multipaxos?" in cli("protocols", "multipaxoss").output
    assert Problem("QKZJ", "is not a suite").in_words() == "QKZJ is not a suite"


def test_servers_that_fpray_stopped_are_no_failures() -> None:
    """E9: exit code 143 of every server looks like 14 failures."""
    output = cli("show", f"{next(CRASH.glob('2026*'))}/001").output
    assert "stopped" in output
    assert "143" not in output


def test_the_status_after_a_kill_counts_what_is_on_disk(tmp_path: Path) -> None:
    """E10: "0 of 4 done" after a kill where 1 of 4 was; the date and what is varied are named."""
    (suite,) = (path for path in shutil.copytree(CRASH, tmp_path / "suites").iterdir() if path.is_dir())
    progress = json.loads((suite / "progress.json").read_text())
    (suite / "progress.json").write_text(
        json.dumps(progress | {"state": "running", "done": 0, "failed": 0, "total": 4})
    )
    (line,) = cli("status", "-s", str(tmp_path / "suites")).output.splitlines()
    assert "2026-11-28 04:56  unreplicated smoke  died  2 of 4 done, 1 of them failed" in line
    assert line.endswith("varies jvm_heap_size")
