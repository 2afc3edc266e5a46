"""A figure over two parameters: `fpray plot --kind heat`."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure

import fpray
from fpray_analysis.figures import heat
from tests.conftest import cli

pytestmark = pytest.mark.heavy

NAMES = ("num_client_procs", "num_proxy_leaders", "num_replicas", "state_machine")
OUTPUTS = ("latency.median_ms", "start_throughput_1s.p90")


def _file(path: Path, trials: Sequence[tuple[int, int, str, float]]) -> Path:
    with path.open("w", newline="") as out:
        writer = csv.writer(out)
        writer.writerow([*NAMES, *OUTPUTS])
        writer.writerows([1, leaders, replicas, machine, 1.0, rate] for leaders, replicas, machine, rate in trials)
    return path


@pytest.fixture
def grid(tmp_path: Path) -> Path:
    """Two by three configurations with three repeats each; one of the six was not run."""
    pairs = [(leaders, replicas) for leaders in (2, 10) for replicas in (2, 3, 4)][:-1]
    return _file(tmp_path / "grid.csv", [(a, b, "Noop", 1000.0 * a * b + 10 * k) for a, b in pairs for k in (0, 1, 2)])


def test_a_cell_is_the_median_of_its_repeats(grid: Path) -> None:
    axes = heat(fpray.load(grid), Figure().subplots())
    (image,) = axes.get_images()
    values: Any = np.ma.filled(np.ma.asarray(image.get_array()), np.nan)
    assert values[:, 0].tolist() == [4010, 6010, 8010]
    assert values[:2, 1].tolist() == [20010, 30010]
    assert np.isnan(values[2, 1]), "not run"
    assert [label.get_text() for label in axes.get_xticklabels()] == ["2", "10"], "by size"
    assert [text.get_text() for text in axes.texts][:2] == ["4.01k", "6.01k"]


def test_two_numbers_that_vary_make_a_heat_map(grid: Path, tmp_path: Path) -> None:
    output = tmp_path / "figure.svg"
    done = cli("plot", str(grid), "-o", str(output))
    assert "is drawn (heat)" in done.stdout
    texts = re.findall(r"<text[^>]*>([^<]*)</text>", output.read_text())
    assert {"Number of proxy leaders", "Number of replicas"} <= set(texts)
    assert any("15 trials" in text for text in texts)


def test_more_than_two_parameters_are_refused(tmp_path: Path) -> None:
    file = _file(tmp_path / "more.csv", [(a, b, m, 1.0) for a in (1, 2) for b in (1, 2) for m in ("Noop", "Append")])
    done = cli("plot", str(file), "--kind", "heat", "--x", "num_replicas", "--y", "num_proxy_leaders")
    assert done.exit_code == 2
    text = " ".join(done.stderr.split())
    assert "beside those that are named these vary: state_machine" in text
    assert "--where COLUMN=VALUE" in text
