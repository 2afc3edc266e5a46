"""Trials that were profiled are in no figure, table or comparison, unless `--profiled` is given; each says how many."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

import fpray
from fpray_analysis import compare
from tests.analysis.report.reading import ReadPage
from tests.conftest import cli

pytestmark = pytest.mark.heavy

NAMES = ("num_client_procs", "num_clients_per_proc", "profiled", "latency.median_ms", "latency.p99_ms",
         "start_throughput_1s.p90")  # fmt: skip


def _file(path: Path, *, plain: int = 3, profiled: int = 1) -> Path:
    """At three loads, trials that were not profiled, and profiled ones that are half as fast."""
    with path.open("w", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(NAMES)
        for load in (1, 10, 100):
            for number in range(plain + profiled):
                is_profiled = number >= plain
                speed = load * (500.0 if is_profiled else 1000.0) + number
                writer.writerow([1, load, is_profiled, 1 / speed, 2 / speed, speed])
    return path


@pytest.fixture
def both(tmp_path: Path) -> Path:
    return _file(tmp_path / "both.csv")


def test_a_figure_leaves_them_out(both: Path) -> None:
    left_out = (
        "3 of 12 trials of both.csv were profiled, which changes figures, and are left out: --profiled takes them"
    )
    svg = both.with_name("figure.svg")
    done = cli("plot", str(both), "-o", str(svg))
    assert (done.exit_code, left_out in done.stdout) == (0, True), done.output
    assert "profiled" not in svg.read_text(), "and so no series is named after it"
    done = cli("plot", str(both), "-o", str(svg), "--profiled")
    assert (done.exit_code, "left out" in done.stdout) == (0, False), done.output
    assert "profiled" in svg.read_text()
    done = cli("plot", str(both), "-o", str(svg), "--where", "profiled=true")
    assert (done.exit_code, "left out" in done.stdout) == (0, False), done.output


def test_a_table_leaves_them_out(both: Path) -> None:
    done = cli("table", str(both), "--format", "csv")
    assert len(done.stdout.splitlines()) == 2
    assert "3 of 12 trials of both.csv were profiled" in done.stderr
    done = cli("table", str(both), "--format", "csv", "--profiled")
    assert len(done.stdout.splitlines()) == 3
    assert "left out" not in done.stderr


def test_a_comparison_leaves_them_out(both: Path, tmp_path: Path) -> None:
    plain = _file(tmp_path / "plain.csv", profiled=0)
    comparison = compare(plain, both)
    assert [note for note in comparison.notes if note.startswith("3 of 12 trials of both.csv were profiled")]
    assert {len(pair.b) for pair in comparison.pairs} == {3}
    done = cli("compare", str(plain), str(both), "--json", "--profiled")
    assert not [note for note in json.loads(done.stdout)["notes"] if "left out" in note]


def test_a_history_leaves_them_out(tmp_path: Path) -> None:
    files = [str(_file(tmp_path / f"v{number}.csv", profiled=number == 3)) for number in range(5)]
    done = cli("compare", "--history", *files)
    assert done.exit_code == 0, done.output
    assert "3 of 12 trials of v3.csv were profiled" in done.stdout


def test_a_report_lists_them_and_draws_the_others(both: Path, tmp_path: Path) -> None:
    output = tmp_path / "report.html"
    done = cli("report", str(both), "-o", str(output))
    assert "3 of 12 trials of both.csv were profiled" in done.stdout
    assert len(ReadPage(output).rows) == 13


@pytest.mark.parametrize("command", ["plot", "table"])
def test_if_all_were_profiled_the_option_is_named(command: str, tmp_path: Path) -> None:
    file = _file(tmp_path / "all.csv", plain=0, profiled=2)
    words = ["-o", str(tmp_path / "figure.svg")] if command == "plot" else []
    done = cli(command, str(file), *words)
    assert done.exit_code == 2
    assert "--profiled is needed: all trials were profiled" in done.stderr
    assert cli(command, str(file), *words, "--profiled").exit_code == 0


def test_what_is_loaded_has_them(both: Path) -> None:
    assert fpray.load(both).trials.num_rows == 12
