"""Repeats that differ by more than their noise allows are doubted, also in published tables."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from fpray_analysis import load
from tests.data.published_repeats import REPEATS

COLUMN = "start_throughput_1s.p90"


def _load(directory: Path, rows: list[tuple[int, float]]) -> list[str | None]:
    """The doubts of a published file of unreplicated trials: closed loops, throughput."""
    path = directory / "results.csv"
    lines = [f"num_client_procs,num_clients_per_proc,latency.median_ms,{COLUMN}"]
    path.write_text("\n".join([*lines, *(f"1,{loops},1.0,{throughput}" for loops, throughput in rows)]) + "\n")
    doubts: list[str | None] = load(path).trials["doubts"].to_pylist()
    return doubts


def test_repeats_a_fifth_apart_are_doubted_and_no_others(tmp_path: Path) -> None:
    doubts = _load(tmp_path, [(1, 100), (1, 121), (1, 110), (2, 200), (2, 210), (3, 1)])
    assert [bool(doubt) for doubt in doubts] == [True] * 3 + [False] * 3
    assert doubts[0] == (
        f"the 3 repeats of this configuration differ by 21% in {COLUMN} (100 to 121), more than the 20% that noise"
        " allows. Look at what differs between these trials, or repeat more often"
    )


def test_where_the_others_are_quiet_less_is_enough(tmp_path: Path) -> None:
    quiet = [(loops, 100 * loops * factor) for loops in range(1, 8) for factor in (1, 1.005, 0.995)]
    doubts = _load(tmp_path, [*quiet, (9, 900), (9, 1000)])
    assert [at for at, doubt in enumerate(doubts) if doubt] == [21, 22]


def test_noise_that_all_configurations_have_is_rarely_doubted(tmp_path: Path) -> None:
    random = np.random.default_rng(3)
    rows = [(loops, float(100 * loops * np.exp(random.normal(0, 0.03)))) for loops in range(1, 201) for _ in range(3)]
    assert sum(bool(doubt) for doubt in _load(tmp_path, rows)) <= 0.03 * len(rows)


def test_published_configurations_with_repeats_far_apart_are_doubted(tmp_path: Path) -> None:
    """About 7 % of them differ by more than 20 %."""
    configurations = doubted = apart = 0
    for repeats in json.loads(REPEATS.read_text())["tables"].values():
        doubts = iter(_load(tmp_path, [(at, value) for at, values in enumerate(repeats, 1) for value in values]))
        for values in repeats:
            has_doubt = [bool(next(doubts)) for _ in values]
            assert len(set(has_doubt)) == 1, "all repeats of a configuration, or none"
            far = max(values) > 1.2 * min(values)
            assert has_doubt[0] or not far
            configurations, doubted, apart = configurations + 1, doubted + has_doubt[0], apart + far
    assert 0.05 < apart / configurations < 0.09
    assert apart <= doubted <= 1.5 * apart


@pytest.mark.parametrize(("requests", "is_drawn"), [(367, False), (368, True)])
def test_a_quantile_of_too_few_requests_is_not_drawn(requests: int, is_drawn: bool) -> None:
    from fpray_analysis.choice import without_thin_quantiles

    row = {"write_output.measured.throughput": requests / 2, "measured.window_s": 2.0}
    row["write_output.measured.latency.p99_ms"] = row["write_output.measured.latency.median_ms"] = 1.0
    blanked = without_thin_quantiles(row)
    assert (blanked["write_output.measured.latency.p99_ms"] is not None) is is_drawn
    assert blanked["write_output.measured.latency.median_ms"] == 1.0
