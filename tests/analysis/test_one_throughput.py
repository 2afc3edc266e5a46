"""What is called throughput is `measured.throughput`, wherever it stands; FrankenPaxos's has its own name."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure

import fpray
from fpray.plan.plan import Trial
from fpray.report.outcome_lines import values_line
from fpray.store.outcome import Outcome, Status
from fpray.study.registry import find_protocol
from fpray_analysis.figures import lt
from tests.analysis.report.reading import ReadPage
from tests.conftest import cli

pytestmark = pytest.mark.heavy

RECORDED = Path(__file__).parents[1] / "recorded" / "suites" / "pilot_and_rerun"
MEASURED, PUBLISHED = "measured.throughput", "start_throughput_1s.p90"


@pytest.fixture(scope="module")
def suite() -> Path:
    (path,) = (path for path in RECORDED.iterdir() if path.is_dir())
    return path


@pytest.fixture(scope="module")
def throughputs(suite: Path) -> dict[str, float]:
    """Trial -> its measured throughput, as its directory has it."""
    outcomes = {path.parent.name: json.loads(path.read_text()) for path in sorted(suite.glob("[0-9]*/outcome.json"))}
    return {number: outcome["results"][MEASURED] for number, outcome in outcomes.items()}


def _shown(value: float) -> str:
    """As a table shows it."""
    return f"{float(f'{value:.4g}'):,.0f}"


def test_what_is_shown_is_measured(suite: Path, throughputs: dict[str, float]) -> None:
    text = cli("show", str(suite)).stdout
    assert "throughput /s" in text
    for value in throughputs.values():
        assert _shown(value) in text


def test_the_report_agrees(suite: Path, throughputs: dict[str, float], tmp_path: Path) -> None:
    output = tmp_path / "report.html"
    assert cli("report", str(suite), "-o", str(output)).exit_code == 0
    head, *rows = ReadPage(output).rows
    column = head.index("throughput /s")
    assert sorted(row[column] for row in rows) == sorted(map(_shown, throughputs.values()))


def test_figures_and_the_table_agree(suite: Path, throughputs: dict[str, float]) -> None:
    (axes,) = [lt(fpray.load(suite), Figure().subplots())]
    values = {float(x) for line in axes.get_lines() for x in np.asarray(line.get_xdata(), float)}
    assert {*throughputs.values()} <= values
    assert PUBLISHED not in axes.get_xlabel()
    (_, row) = csv.reader(cli("table", str(suite), "--format", "csv").stdout.splitlines())
    assert str(max(throughputs.values())) in row


def test_the_line_of_a_trial_agrees() -> None:
    protocol = find_protocol("unreplicated")
    trial = Trial(protocol, protocol.params())
    both = {MEASURED: 1000.0, PUBLISHED: 1890.0, "measured.latency.median_ms": 1.0, "latency.median_ms": 2.0}
    line = values_line(trial, Outcome(Status.FINISHED, results=both), (), protocol.outputs)
    assert "'measured.throughput': '1000'" in line
    assert PUBLISHED not in line


def test_a_published_one_is_named_as_that(tmp_path: Path) -> None:
    file = tmp_path / "results.csv"
    file.write_text(f"num_client_procs,latency.median_ms,latency.p99_ms,{PUBLISHED}\n1,1,2,100\n2,3,4,150\n")
    axes = lt(fpray.load(file), Figure().subplots())
    assert PUBLISHED in axes.get_xlabel().replace("\n", " ")
    assert PUBLISHED in cli("table", str(file), "--format", "csv").stdout
    assert cli("report", str(file), "-o", str(tmp_path / "r.html")).exit_code == 0
    assert PUBLISHED in ReadPage(tmp_path / "r.html").rows[0]
