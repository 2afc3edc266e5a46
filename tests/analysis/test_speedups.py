"""Speedups over a baseline: `fpray plot --baseline NAME`."""

from __future__ import annotations

import csv
import random
import re
from pathlib import Path

import numpy as np
import pytest
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

import fpray
from fpray_analysis.figures import speedup
from tests.conftest import cli

pytestmark = pytest.mark.heavy

NAMES = ("num_client_procs", "num_clients_per_proc", "num_replicas", "state_machine")
OUTPUTS = ("latency.median_ms", "start_throughput_1s.p90")


@pytest.fixture
def machines(tmp_path: Path) -> Path:
    """Two state machines at four loads with three repeats; the second is faster by half, but not at the lowest load."""
    path, dice = tmp_path / "machines.csv", random.Random(1)
    with path.open("w", newline="") as out:
        writer = csv.writer(out)
        writer.writerow([*NAMES, *OUTPUTS])
        for loops in (1, 10, 100, 1000):
            for machine, factor in (("Noop", 1.0), ("Register", 1.5 if loops > 1 else 1.0)):
                for _ in range(3):
                    writer.writerow([1, loops, 3, machine, 1.0, 1000 * loops * factor * dice.gauss(1, 0.01)])
    return path


def test_ratios_have_their_intervals(machines: Path) -> None:
    axes = speedup(fpray.load(machines), Figure().subplots(), baseline="Noop")
    lines = [line for line in axes.get_lines() if len(np.asarray(line.get_xdata())) == 4]
    assert np.asarray(lines[0].get_xdata(), float).tolist() == [1, 10, 100, 1000]
    assert np.asarray(lines[0].get_ydata(), float) == pytest.approx([1, 1.5, 1.5, 1.5], rel=0.03)
    intervals = [
        np.asarray(bars.get_segments()[0])[:, 1] for bars in axes.collections if isinstance(bars, LineCollection)
    ]
    assert len(intervals) == 4
    assert intervals[0][0] < 1 < intervals[0][1]
    assert all(1.3 < low < high < 1.7 for low, high in intervals[1:])
    assert axes.get_ylabel().replace("\n", " ").endswith("divided by that of Noop")


def test_the_word_baseline_makes_the_figure(machines: Path, tmp_path: Path) -> None:
    output = tmp_path / "figure.svg"
    done = cli("plot", str(machines), "--baseline", "Noop", "-o", str(output))
    assert "is drawn (speedup)" in done.stdout
    texts = " ".join(re.findall(r"<text[^>]*>([^<]*)</text>", output.read_text()))
    assert "intervals for all points at once" in texts
    assert "24 trials" in texts


def test_series_without_a_load_stand_below_one_another(machines: Path) -> None:
    where = {"num_clients_per_proc": ["100"]}
    axes = speedup(fpray.load(machines), Figure().subplots(), baseline="Noop", where=where)
    assert [label.get_text() for label in axes.get_yticklabels()] == ["Register"]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--baseline", "Nop"), "--baseline Nop is the name of no series: the series are Noop, Register"),
        (("--baseline", "Noop", "--where", "state_machine=Noop"), "--baseline Noop is the name of no series"),
        (("--kind", "speedup"), "--kind speedup needs --baseline NAME: the series by which others are divided"),
        (("--baseline", "Noop", "--kind", "bars"), "--baseline has no meaning for --kind bars: leave it out"),
    ],
)
def test_what_cannot_be_divided_is_refused(words: tuple[str, ...], sentence: str, machines: Path) -> None:
    done = cli("plot", str(machines), *words)
    assert done.exit_code == 2
    assert sentence in " ".join(done.stderr.split())
