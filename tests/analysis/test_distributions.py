"""Distributions of latencies, from the rows of trials: `fpray plot --kind ecdf` and `--kind hdr`."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure

import fpray
from fpray.files import layout
from fpray_analysis.figures import ecdf, hdr
from fpray_analysis.latency_counts import latency_counts
from tests.conftest import cli
from tests.recorder.clients import S, client
from tests.support.recorder_file import write_recorder

pytestmark = pytest.mark.heavy

RECORDED = Path(__file__).parents[1] / "recorded" / "suites"
MS = 1_000_000


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    """One trial with rows: nine of ten requests took 10 ms, and one took 20 ms."""
    (original,) = (RECORDED / "sweep_with_a_crash").iterdir()
    copy = tmp_path / "suite"
    shutil.copytree(original, copy)
    rows = [
        {"start": at * MS, "stop": at * MS + 1, "latency": (20 if at % 10 == 0 else 10) * MS, "label": "write"}
        for at in range(0, 10_000)
    ]
    write_recorder([client("client_0", rows)], copy / "001" / layout.RECORDER)
    return copy


def test_the_share_of_requests_within_a_latency(suite: Path) -> None:
    axes = Figure().subplots()
    (line,) = ecdf(fpray.load(suite), axes, where={"trial": ["001"]}).get_lines()
    x, y = np.asarray(line.get_xdata(), float), np.asarray(line.get_ydata(), float)
    assert y[np.searchsorted(x, 10.2) - 1] == pytest.approx(0.9, abs=0.001)
    assert y[np.searchsorted(x, 9.8)] == 0
    assert y[-1] == 1
    assert x[-1] == pytest.approx(20, rel=0.01)


def test_a_line_of_percentiles_ends_where_requests_do(suite: Path) -> None:
    axes = Figure().subplots()
    (line,) = hdr(fpray.load(suite), axes, where={"trial": ["001"]}).get_lines()
    x, y = np.asarray(line.get_xdata(), float), np.asarray(line.get_ydata(), float)
    assert 1 - 1 / x[-1] == pytest.approx(1 - 10 / 10_000, abs=1e-5)
    assert y[np.searchsorted(x, 1 / (1 - 0.89))] == pytest.approx(10, rel=0.01)
    assert y[-1] == pytest.approx(20, rel=0.01)
    assert [tick.get_text() for tick in axes.get_xticklabels()] == ["0 %", "90 %", "99 %"]


def test_only_requests_of_the_common_time_count(suite: Path) -> None:
    early = [{"start": at * MS, "stop": at * MS + 1, "latency": 500 * MS, "label": "write"} for at in range(100)]
    late = [{"start": S + at * MS, "stop": S + at * MS + 1, "latency": 10 * MS, "label": "write"} for at in range(100)]
    path = suite / "001" / layout.RECORDER
    write_recorder([client("a", early + late), client("b", late)], path)
    counts = latency_counts([fpray.load(suite).rows_of({"trial": "001"})])
    assert counts.up_to()[0].max() == pytest.approx(10, rel=0.01)
    assert counts.total == 2 * 99, "the last one stops after the end"


@pytest.mark.parametrize("kind", ["ecdf", "hdr"])
def test_trials_without_rows_are_left_out_or_refused(kind: str, suite: Path, tmp_path: Path) -> None:
    figure = tmp_path / "figure.svg"
    done = cli("plot", str(suite), "--kind", kind, "-o", str(figure))
    assert done.exit_code == 0, done.output
    assert "rows of all repeats together" in figure.read_text()
    (suite / "001" / layout.RECORDER).unlink()
    done = cli("plot", str(suite), "--kind", kind, "-o", str(figure))
    assert done.exit_code == 2
    assert "needs the rows that clients recorded, and these trials have none" in done.stderr
    done = cli("plot", str(suite), "--kind", kind, "--x", "duration", "-o", str(figure))
    assert f"--x has no meaning for --kind {kind}: leave it out" in done.stderr
