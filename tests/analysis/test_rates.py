"""Throughput and quantiles over time, against a plain count of the rows."""

from __future__ import annotations

import math
from collections import defaultdict

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fpray.recorder.schema import SCHEMA
from fpray_analysis.rates import SECOND, over_time

pytestmark = pytest.mark.heavy

BEGIN = 1_600_000_000 * SECOND
Row = tuple[int, int, int, str | None]  # nanoseconds after BEGIN of the start, latency, count, label


def _table(rows: list[Row]) -> pa.Table:
    return pa.Table.from_pylist(
        [
            {"start": BEGIN + start, "stop": BEGIN + start + latency, "count": count, "latency_nanos": latency,
             "label": label, "host": None, "port": None, "client": "client_0"}
            for start, latency, count, label in rows
        ],
        SCHEMA,
    )  # fmt: skip


ROW = st.tuples(
    st.integers(0, 3 * SECOND), st.integers(1, SECOND), st.integers(1, 40), st.sampled_from([None, "read", "write"])
)


@settings(max_examples=200, deadline=None)
@given(st.lists(ROW, min_size=2, max_size=200))
def test_each_bin_has_the_requests_that_were_answered_in_it(rows: list[Row]) -> None:
    first = min(start for start, *_ in rows)
    if max(start + latency for start, latency, *_ in rows) <= first:
        return
    series = over_time(_table(rows), (0.5,), width_s=0.5)
    answered: dict[str | None, dict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
    for start, latency, count, label in rows:
        answered[label][int((start + latency - first) // (0.5 * SECOND))] += [latency] * count
    bins = max(b for of_label in answered.values() for b in of_label) + 1
    skip = 1 if bins > 3 and any(0 < b < bins - 1 for of_label in answered.values() for b in of_label) else 0
    assert [one.label for one in series] == sorted(answered, key=lambda label: label or "")
    for one in series:
        assert one.begin_ns == BEGIN + first + skip * SECOND // 2
        for place, (rate, median) in enumerate(zip(one.throughput, one.quantiles[0.5], strict=True)):
            latencies = sorted(answered[one.label][place + skip])
            assert rate == pytest.approx(len(latencies) / 0.5)
            if len(latencies) < 2:
                assert math.isnan(median)
            else:
                exact = latencies[math.ceil(len(latencies) / 2) - 1] / 1e6
                assert median == pytest.approx(exact, rel=0.0101)


def test_a_quantile_of_few_requests_is_not_there() -> None:
    """The 99th percentile needs a thousand requests: ten beyond it."""
    rows: list[Row] = [(k * 1_000_000, 500_000, 1, "write") for k in range(3000)]
    (one,) = over_time(_table(rows), (0.5, 0.99), width_s=1.0)
    assert not np.isnan(one.quantiles[0.99][:2]).any()
    (one,) = over_time(_table(rows), (0.5, 0.99), width_s=0.5)
    assert np.isnan(one.quantiles[0.99]).all()
    assert not np.isnan(one.quantiles[0.5]).any()


@pytest.mark.parametrize(("seconds", "width"), [(1, 0.01), (60, 1.0), (130, 2.0), (0.1, 0.001)])
def test_bins_have_a_round_width(seconds: float, width: float) -> None:
    end = int(seconds * SECOND)
    (one,) = over_time(_table([(0, 1000, 1, None), (end - 1000, 1000, 1, None)]))
    assert one.width_s == pytest.approx(width)


def test_nothing_was_answered() -> None:
    assert over_time(_table([])) == []


def test_too_narrow_bins_are_refused() -> None:
    with pytest.raises(ValueError, match=r"must be at least 0\.001 s wide"):
        over_time(_table([(0, 1000, 1, None), (10 * SECOND, 1000, 1, None)]), width_s=1e-4)
