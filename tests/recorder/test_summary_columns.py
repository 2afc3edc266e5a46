"""The summary's columns are those of a plain pandas computation."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from fpray.recorder import parquet_writer, time_order
from fpray.recorder.csv_reader import Reading
from tests.recorder.clients import random_clients, summed_up

NAMES = ("mean", "median", "min", "max", "p90", "p95", "p99")


def frame(clients: list[Reading]) -> Any:
    df = pd.concat([c.table.to_pandas() for c in clients], ignore_index=True)
    return df.set_index("start").sort_index(kind="stable")


def statistics(values: Any) -> dict[str, float | None]:
    if values.empty:
        return dict.fromkeys(NAMES)
    numbers = [values.mean(), values.median(), values.min(), values.max()]
    numbers += [float(values.quantile(q)) for q in (0.9, 0.95, 0.99)]
    return dict(zip(NAMES, map(float, numbers), strict=True))


def labelled_rates(df: Any) -> Any:
    rates = df["count"].rolling("1000ms").sum()
    return rates[rates.index >= rates.index[0] + pd.Timedelta(seconds=1)]


def unlabelled_rates(df: Any) -> Any:
    """Row by row: the first second extrapolated from its beginning, the first 100 rows dropped."""
    rates = pd.Series(1, index=df.index).rolling("1000ms").sum()
    numbers = rates.to_numpy().copy()
    first = df.index[0]
    for i, at in enumerate(df.index):
        if at <= first + pd.Timedelta(seconds=1) and i >= 99:
            elapsed = (at - first) // pd.Timedelta(microseconds=1) / 1e6
            numbers[df.index == at] = (i + 1) / elapsed if elapsed else np.nan
    return pd.Series(numbers[100:])


def near(numbers: Mapping[str, float | None], rel: float = 1e-9, **more: Any) -> Any:
    """Null compares as nan."""
    numbers = {k: float("nan") if v is None else v for k, v in numbers.items()}
    return pytest.approx(numbers, rel=rel, nan_ok=True, **more)


def with_nan(numbers: Mapping[str, float | None]) -> dict[str, float]:
    return {k: float("nan") if v is None else v for k, v in numbers.items()}


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("group_size", [1, 10])
def test_labelled_columns_are_those_of_pandas(
    tmp_path: Path, seed: int, group_size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(seed)
    monkeypatch.setattr(parquet_writer, "_ROW_GROUP_ROWS", int(rng.integers(1, 300)))
    monkeypatch.setattr(time_order, "_BATCH_ROWS", int(rng.integers(1, 300)))
    clients = random_clients(rng, ["read", "write"], group_size)
    result = summed_up(tmp_path, clients, {"read": "read_output.", "write": ""}, group_size=group_size)
    df = frame(clients)
    expected: dict[str, float | None] = {}
    for label, prefix in (("read", "read_output."), ("write", "")):
        mine = df[df["label"] == label]
        if mine.empty:
            expected |= dict.fromkeys((f"{prefix}latency.{n}_ms" for n in NAMES), -1.0)
            expected |= dict.fromkeys((f"{prefix}start_throughput_1s.{n}" for n in NAMES), -1.0)
            continue
        latencies = statistics(mine["latency_nanos"] / 1e6)
        expected |= {f"{prefix}latency.{n}_ms": v for n, v in latencies.items()}
        expected |= {f"{prefix}start_throughput_1s.{n}": v for n, v in statistics(labelled_rates(mine)).items()}
    assert list(result.columns) == list(expected)
    exact = {k: v for k, v in expected.items() if group_size == 1 or "throughput" not in k}
    assert {k: v for k, v in with_nan(result.columns).items() if k in exact} == near(exact)
    # Among equal starts with different counts the order, and with it the sums between, is anyone's.
    assert with_nan(result.columns) == near(expected, rel=0.02, abs=2 * group_size)


@pytest.mark.parametrize("seed", range(8))
def test_unlabelled_columns_are_those_of_pandas(tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(100 + seed)
    monkeypatch.setattr(parquet_writer, "_ROW_GROUP_ROWS", int(rng.integers(1, 300)))
    monkeypatch.setattr(time_order, "_BATCH_ROWS", int(rng.integers(1, 300)))
    clients = random_clients(rng, [None], 1)
    result = summed_up(tmp_path, clients, {None: ""})
    df = frame(clients)
    expected = {f"latency.{n}_ms": v for n, v in statistics(df["latency_nanos"] / 1e6).items()}
    expected |= {f"start_throughput_1s.{n}": v for n, v in statistics(unlabelled_rates(df)).items()}
    assert with_nan(result.columns) == near(expected)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("group_size", [1, 10])
def test_measured_is_what_stops_in_the_common_window(tmp_path: Path, seed: int, group_size: int) -> None:
    clients = random_clients(np.random.default_rng(200 + seed), ["read", "write"], group_size)
    duration_s = 2.0
    result = summed_up(
        tmp_path, clients, {"read": "r.", "write": "w."}, group_size=group_size, duration_s=duration_s, closed_loops=7
    )
    df = pd.concat([c.table.to_pandas() for c in clients])
    begins = df.groupby("client", observed=True)["start"].min()
    window = begins.max(), begins.min() + pd.Timedelta(seconds=duration_s)
    inside = df[(df["stop"] >= window[0]) & (df["stop"] < window[1])]
    if window[1] <= window[0]:
        assert result.window_ns is None
        assert set(result.measured.values()) == {None}
        return
    window_s = (window[1] - window[0]).total_seconds()
    assert result.measured["measured.window_s"] == pytest.approx(window_s, abs=1e-6)
    assert result.measured["measured.requests"] == result.requests == inside["count"].sum()
    for label, prefix in (("read", "r."), ("write", "w.")):
        metrics = {k.removeprefix(prefix): v for k, v in result.measured.items() if k.startswith(prefix)}
        if not (df["label"] == label).any():
            assert set(metrics.values()) == {None}
            continue
        mine = inside[inside["label"] == label]
        assert metrics["measured.throughput"] == pytest.approx(mine["count"].sum() / window_s, rel=1e-5)
        quantiles: dict[str, float | None] = dict.fromkeys(("median", "p90", "p95", "p99", "max"))
        mean = None
        if len(mine):
            mean = float((mine["latency_nanos"] * mine["count"]).sum() / mine["count"].sum() / 1e6)
            if group_size == 1:
                quantiles = {n: v for n, v in statistics(mine["latency_nanos"] / 1e6).items() if n in quantiles}
        assert metrics["measured.latency.mean_ms"] == (None if mean is None else pytest.approx(mean, rel=1e-9))
        for name, value in quantiles.items():
            assert metrics[f"measured.latency.{name}_ms"] == (None if value is None else pytest.approx(value, rel=1e-9))
