"""Whether a trial was steady, judged from made rows; how often it is right is measured by bench/doubts.py."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fpray.recorder.pace import SLICES, Pace, pace_of
from fpray.recorder.parquet_reader import RowGroups
from fpray.recorder.steadiness import Steadiness, drift, longest_stall, steadiness_of, warmup_end
from tests.recorder.clients import BASE, S, client, closed_loop, summed_up
from tests.support.recorder_file import write_recorder

LEVEL = np.random.default_rng(5).normal(1000, 20, SLICES)


def _pace(*clients: object, seconds: float = 20.0, latency: float = 1e6) -> Pace:
    requests = np.array(clients or [LEVEL], float)
    return Pace([f"client_{i}" for i in range(len(requests))], seconds, requests, requests * latency)


def test_a_steady_trial_has_nothing_but_its_throughput() -> None:
    steady = steadiness_of(_pace())
    assert steady is not None
    assert steady == Steadiness(settled_throughput=steady.settled_throughput)
    assert steady.settled_throughput == pytest.approx(LEVEL.sum() / 20)


def test_too_short_or_too_few_is_not_judged() -> None:
    assert steadiness_of(_pace(seconds=3.9)) is None
    assert steadiness_of(_pace(np.ones(SLICES))) is None


@pytest.mark.parametrize("size", [-0.3, -0.1, 0.1, 0.3])
def test_a_drift_has_its_size_and_direction(size: float) -> None:
    assert drift(LEVEL * (1 + size * (np.arange(SLICES) / SLICES - 0.5))) == pytest.approx(size, abs=0.03)
    assert drift(LEVEL) == 0


def test_a_large_drift_is_seen_in_a_short_window_too() -> None:
    slow = LEVEL * (1 + 0.4 * (np.arange(SLICES) / SLICES - 0.5))
    steady = steadiness_of(_pace(slow, seconds=4.0))
    assert steady is not None
    assert steady.drift == pytest.approx(0.4, abs=0.05)


def test_a_pause_below_half_a_second_is_no_stall() -> None:
    """A collection of garbage is no more than that, in a short window as well."""
    series = LEVEL.copy()
    series[50:70] = 0
    assert longest_stall(series, 4 / SLICES) == (0, 0)
    assert longest_stall(series, 5 / SLICES) == (50, 20)


def test_a_stall_has_its_begin_and_length() -> None:
    series = LEVEL.copy()
    series[50:70] = 0
    assert longest_stall(series) == (50, 20)
    steady = steadiness_of(_pace(series))
    assert steady is not None
    assert (steady.stalled_at_s, steady.stalled_s, steady.warmup_s, steady.drift) == (5.0, 2.0, 0, 0)
    assert longest_stall(np.where(np.arange(SLICES) < 9, 0, LEVEL)) == (0, 0), "less than a twentieth"


def test_a_warmup_has_its_end_and_the_throughput_after_it() -> None:
    series = np.where(np.arange(SLICES) < 30, 0.5, 1.0) * LEVEL
    assert warmup_end(series, 0.1) == 30
    assert warmup_end(series, 10.0) == 0, "three latencies: the first answers"
    steady = steadiness_of(_pace(series))
    assert steady is not None
    assert (steady.warmup_s, steady.drift) == (3.0, 0)
    assert steady.warmup_change == pytest.approx(0.5, abs=0.02)
    assert steady.settled_throughput == pytest.approx(LEVEL[30:].mean() * 10)


def test_a_client_that_is_far_is_named() -> None:
    near, far = _pace(LEVEL, LEVEL, latency=1e6), _pace(LEVEL / 1.5, latency=1.5e6)
    pace = Pace(
        ["a", "b", "c"], 20.0, np.vstack([near.requests, far.requests]), np.vstack([near.latency_ns, far.latency_ns])
    )
    steady = steadiness_of(pace)
    assert steady is not None
    assert steady.far == "c"
    assert steady.far_ratio == pytest.approx(1.5)


_PIECES = st.lists(st.tuples(st.integers(1, SLICES), st.integers(0, 10**12)), min_size=1, max_size=8)


@settings(max_examples=100, deadline=None)
@given(st.lists(_PIECES, min_size=1, max_size=3), st.floats(10, 1e6))
def test_any_series_is_judged_without_an_error(clients: list[list[tuple[int, int]]], seconds: float) -> None:
    series = [np.resize(np.concatenate([np.full(length, level) for length, level in c]), SLICES) for c in clients]
    with np.errstate(all="raise", under="ignore"):
        steady = steadiness_of(_pace(*series, seconds=seconds))
    if steady is not None:
        values = [value for value in vars(steady).values() if isinstance(value, float)]
        assert np.isfinite(values).all()


def test_the_pace_counts_requests_where_they_stop(tmp_path: Path) -> None:
    def rows(*seconds: float) -> list[dict[str, int]]:
        return [{"start": round(at * S) - 7_000, "stop": round(at * S), "count": 2} for at in seconds]

    path = tmp_path / "recorder.parquet"
    write_recorder([client("a", rows(0, 10, 10.09)), client("b", rows(19.99, 20, 21))], path)
    pace = pace_of(RowGroups(path, pq.read_metadata(path)), (BASE, BASE + 20 * S))
    assert (pace.clients, pace.seconds) == (["a", "b"], 20.0)
    assert {at: pace.requests[0, at] for at in pace.requests[0].nonzero()[0]} == {0: 2, SLICES // 2: 4}
    assert {at: pace.requests[1, at] for at in pace.requests[1].nonzero()[0]} == {SLICES - 1: 2}
    assert pace.latency_ns.sum() == 8 * 7_000


def test_a_summary_says_what_was_not_steady(tmp_path: Path) -> None:
    result = summed_up(tmp_path, [closed_loop("a", 0, 20 * S), closed_loop("b", 0, 20 * S, 30_000_000)], {"write": ""})
    assert result.steadiness is not None
    assert result.steadiness.far == "b"
    assert result.steadiness.far_ratio == pytest.approx(3)
