"""The published numbers draw the figures of the papers."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure

import fpray
from fpray_analysis.figures import lt
from tests.conftest import cli
from tests.data.published_curves import CURVES, curve

pytestmark = pytest.mark.heavy

THROUGHPUT = "start_throughput_1s.p90"
FIRST = [name for name in json.loads(CURVES.read_text()) if name.startswith("eurosys_fig1")]
# Where the curves of figures 1 and 2 of the EuroSys submission peak, in thousands of requests per second, about.
PEAKS = {
    "eurosys_fig1_batched_multipaxos": 880,
    "eurosys_fig1_unbatched_multipaxos": 210,
    "eurosys_fig1_unbatched_coupled_multipaxos": 25,
    "eurosys_fig2_batched_mencius": 850,
}


def test_curves_of_latency_over_throughput(tmp_path: Path) -> None:
    """The peak of each curve is the paper's."""
    peaks = {}
    for name in PEAKS:
        axes = lt(fpray.load(curve(name, tmp_path)), Figure().subplots(), x=THROUGHPUT)
        lines = [np.asarray(line.get_xdata(), float) for line in axes.get_lines()]
        peaks[name] = max(xs.max() for xs in lines if len(xs)) / 1000
    assert peaks == pytest.approx(PEAKS, rel=0.1)


def test_the_whole_name_of_a_file_labels_it_though_it_is_in_another(tmp_path: Path) -> None:
    files = [curve(name, tmp_path).rename(tmp_path / f"{name.removeprefix('eurosys_fig1_')}.csv") for name in FIRST]
    words = [*map(str, files), "--kind", "lt", "--x", THROUGHPUT, "--by", "suite", "-o", str(tmp_path / "figure.svg")]
    done = cli("plot", *words, "--label", "unbatched_multipaxos=MultiPaxos")
    assert done.exit_code == 0, done.output
    text = (tmp_path / "figure.svg").read_text()
    assert ">MultiPaxos<" in text
    done = cli("plot", *words, "--label", "unreplicated=Server")
    assert done.exit_code == 2
    assert "several suites: batched_unreplicated.csv, unbatched_unreplicated.csv ·" in done.output


BY_CONFLICTS = ("--by", "f", "--by", "workload.conflict_rate")


@pytest.mark.parametrize(
    ("begin", "by"), [("eurosys_fig1", ("--by", "suite")), ("eurosys_fig2", ("--by", "suite")), ("nsdi", BY_CONFLICTS)]
)
def test_each_figure_is_drawn_by_its_command(begin: str, by: Sequence[str], tmp_path: Path) -> None:
    files = [str(curve(name, tmp_path)) for name in json.loads(CURVES.read_text()) if name.startswith(begin)]
    figure = tmp_path / "figure.svg"
    done = cli("plot", *files, "--kind", "lt", "--x", THROUGHPUT, *by, "-o", str(figure))
    assert done.exit_code == 0, done.output
    assert "requests/s" in figure.read_text()
