"""The summary's numbers are those of a plain pandas computation, and null where nothing can be claimed."""

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from fpray.recorder import parquet_writer, throughput
from fpray.recorder.parquet_writer import SCHEMA, Reading, gather
from fpray.recorder.summary import Summary, summarize

BASE = 1_795_321_380_000_000_000
S = 1_000_000_000
NAMES = ("mean", "median", "min", "max", "p90", "p95", "p99")


def client(name: str, rows: list[dict[str, Any]], **more: Any) -> Reading:
    """Rows: start and stop in nanoseconds after BASE, latency, label, count."""
    table = pa.table(
        {
            "start": [BASE + r["start"] for r in rows],
            "stop": [BASE + r["stop"] for r in rows],
            "count": [r.get("count", 1) for r in rows],
            "latency_nanos": [r.get("latency", r["stop"] - r["start"]) for r in rows],
            "label": pa.array([r.get("label") for r in rows], pa.string()),
            "host": pa.nulls(len(rows), pa.string()),
            "port": pa.nulls(len(rows)),
            "client": [name] * len(rows),
        }
    )
    columns = [table[f.name].cast(f.type.value_type if pa.types.is_dictionary(f.type) else f.type) for f in SCHEMA]
    encoded = [c.dictionary_encode() if pa.types.is_string(c.type) else c for c in columns]
    return Reading(name, pa.table(encoded, schema=SCHEMA), **more)


def random_clients(rng: np.random.Generator, labels: list[str | None], group_size: int) -> list[Reading]:
    """Several clients with bursts, ties, gaps of more than a second, and equal latencies."""
    readings = []
    for i in range(int(rng.integers(1, 5))):
        rows: list[dict[str, Any]] = []
        at = int(rng.integers(0, S))
        for _ in range(int(rng.integers(1, 600))):
            at += int(
                rng.choice(
                    [0, 1_000_000, int(rng.integers(1, 30_000_000)), 1_500 * 1_000_000], p=[0.2, 0.4, 0.39, 0.01]
                )
            )
            latency = int(rng.choice([5_000_000, int(rng.lognormal(15, 1.5))]))
            count = group_size if rng.random() < 0.9 else int(rng.integers(1, group_size + 1))
            rows.append(
                {"start": at, "stop": at + latency, "count": count, "label": labels[int(rng.integers(len(labels)))]}
            )
        rows.sort(key=lambda r: r["stop"])
        readings.append(client(f"client_{i}", rows))
    return readings


def summed_up(tmp_path: Path, clients: list[Reading], outputs: dict[str | None, str], **more: Any) -> Summary:
    gather(clients, tmp_path / "recorder.parquet")
    result = summarize(tmp_path / "recorder.parquet", outputs=outputs, **more)
    json.dumps(dataclasses.asdict(result), allow_nan=False)
    return result


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
    monkeypatch.setattr(throughput, "_BATCH_ROWS", int(rng.integers(1, 300)))
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
    monkeypatch.setattr(throughput, "_BATCH_ROWS", int(rng.integers(1, 300)))
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
        measured = {k.removeprefix(prefix): v for k, v in result.measured.items() if k.startswith(prefix)}
        if not (df["label"] == label).any():
            assert set(measured.values()) == {None}
            continue
        mine = inside[inside["label"] == label]
        assert measured["measured.throughput"] == pytest.approx(mine["count"].sum() / window_s, rel=1e-5)
        quantiles: dict[str, float | None] = dict.fromkeys(("median", "p90", "p95", "p99", "max"))
        mean = None
        if len(mine):
            mean = float((mine["latency_nanos"] * mine["count"]).sum() / mine["count"].sum() / 1e6)
            if group_size == 1:
                quantiles = {n: v for n, v in statistics(mine["latency_nanos"] / 1e6).items() if n in quantiles}
        assert measured["measured.latency.mean_ms"] == (None if mean is None else pytest.approx(mean, rel=1e-9))
        for name, value in quantiles.items():
            assert measured[f"measured.latency.{name}_ms"] == (
                None if value is None else pytest.approx(value, rel=1e-9)
            )


def closed_loop(name: str, begin: int, end: int, latency: int = 10_000_000, loops: int = 3, **row: Any) -> Reading:
    """Loops that are never idle, from `begin` until `end`."""
    rows = [
        {"start": at, "stop": at + latency, "label": "write", **row}
        for at in range(begin, end, latency)
        for _ in range(loops)
    ]
    return client(name, rows)


def test_littles_law_is_one_for_busy_loops(tmp_path: Path) -> None:
    clients = [closed_loop("a", 0, 4 * S), closed_loop("b", S // 2, 4 * S + S // 2, loops=5)]
    result = summed_up(tmp_path, clients, {"write": ""}, closed_loops=8, duration_s=4)
    assert result.window_ns == (BASE + S // 2, BASE + 4 * S)
    assert result.measured["measured.window_s"] == 3.5
    assert result.measured["measured.littles_law"] == pytest.approx(1, abs=0.01)
    assert result.measured["measured.throughput"] == pytest.approx(800, rel=0.01)
    assert result.notes == ()


def test_silence_at_the_end_counts_against_throughput(tmp_path: Path) -> None:
    """The servers died half way: the window is the planned one, and a note says what happened."""
    result = summed_up(tmp_path, [closed_loop("a", 0, 2 * S)], {"write": ""}, closed_loops=3, duration_s=4)
    assert result.measured["measured.throughput"] == pytest.approx(150, rel=0.01)
    assert result.measured["measured.littles_law"] == pytest.approx(0.5, rel=0.02)
    assert any("a made its last answered request 2.010 s before its planned end" in n for n in result.notes)
    without = summed_up(tmp_path, [closed_loop("a", 0, 2 * S)], {"write": ""})
    assert without.measured["measured.throughput"] == pytest.approx(300, rel=0.02)


def test_clients_that_did_not_overlap(tmp_path: Path) -> None:
    clients = [closed_loop("a", 0, S), closed_loop("b", 3 * S, 4 * S)]
    result = summed_up(tmp_path, clients, {"write": ""}, closed_loops=6, duration_s=1)
    assert result.window_ns is None
    assert set(result.measured.values()) == {None}
    assert result.requests == 0
    assert any("did not measure at the same time: 2.000 s lie between" in n for n in result.notes)
    assert result.columns["latency.mean_ms"] == pytest.approx(10)


def test_nothing_recorded(tmp_path: Path) -> None:
    empty = Reading("a", SCHEMA.empty_table(), ("a.csv: empty (0 bytes): nothing was recorded.",))
    either: list[dict[str | None, str]] = [{"write": "write_output.", "read": "read_output."}, {None: ""}]
    for outputs in either:
        result = summed_up(tmp_path, [empty], outputs, closed_loops=3, duration_s=4)
        assert set(result.columns.values()) == {-1.0}
        assert len(result.columns) == 14 * len(outputs)
        assert set(result.measured.values()) == {None}
        assert result.clients[0].rows == 0
        assert result.notes[0] == empty.notes[0]


def test_a_silent_client_is_not_a_missing_one(tmp_path: Path) -> None:
    busy = closed_loop("a", 0, 4 * S)
    silent = Reading("b", SCHEMA.empty_table())
    result = summed_up(tmp_path, [busy, silent], {"write": ""}, closed_loops=6, duration_s=4)
    assert result.measured["measured.littles_law"] == pytest.approx(0.5, abs=0.01)
    assert any(n.startswith("b measured nothing") for n in result.notes)
    missing = Reading("b", SCHEMA.empty_table(), error="b.csv: cannot be read: No such file or directory.")
    result = summed_up(tmp_path, [busy, missing], {"write": ""}, closed_loops=6, duration_s=4)
    assert {k: v for k, v in result.measured.items() if v is not None} == {"measured.window_s": 4.0}
    assert any("Nothing can be claimed for the clients together" in n for n in result.notes)
    assert result.columns["latency.mean_ms"] == pytest.approx(10)


def test_groups_have_no_quantiles(tmp_path: Path) -> None:
    grouped = closed_loop("a", 0, 4 * S, count=5)
    for size in (5, 1, None):
        result = summed_up(tmp_path, [grouped], {"write": ""}, group_size=size, closed_loops=15, duration_s=4)
        assert result.measured["measured.latency.mean_ms"] == pytest.approx(10)
        assert result.measured["measured.latency.p99_ms"] is None
        assert result.measured["measured.latency.max_ms"] is None
        assert result.unrecorded == 4
        assert any("count up to 5 requests" in n for n in result.notes) == (size != 5)


def test_short_windows_do_not_decide_littles_law(tmp_path: Path) -> None:
    slow = closed_loop("a", 0, S, latency=S // 4)
    result = summed_up(tmp_path, [slow], {"write": ""}, closed_loops=3, duration_s=1)
    assert result.measured["measured.littles_law"] is None
    assert any("Little's law is not decided" in n for n in result.notes)
    assert summed_up(tmp_path, [slow], {"write": ""}, duration_s=1).measured["measured.littles_law"] is None


def test_recorded_warm_up_is_no_measurement(tmp_path: Path) -> None:
    warm, measuring = closed_loop("a", 0, 2 * S), closed_loop("a", 3 * S, 7 * S, latency=20_000_000)
    both = Reading("a", pa.concat_tables([warm.table, measuring.table]))
    result = summed_up(tmp_path, [both], {"write": ""}, closed_loops=3, duration_s=4, warmup_s=2.5)
    assert result.window_ns == (BASE + 3 * S, BASE + 7 * S)
    assert result.measured["measured.latency.max_ms"] == 20
    assert result.measured["measured.littles_law"] == pytest.approx(1, abs=0.01)
    only_warm = summed_up(tmp_path, [warm], {"write": ""}, duration_s=4, warmup_s=2.5)
    assert only_warm.window_ns is None


def test_a_clock_set_back_makes_no_negative_window(tmp_path: Path) -> None:
    rows = [{"start": 10 * S, "stop": 8 * S, "latency": 1000}, {"start": 8 * S, "stop": 9 * S}]
    result = summed_up(tmp_path, [client("a", rows)], {None: ""})
    assert result.window_ns == (BASE + 8 * S, BASE + 10 * S)
    one = summed_up(tmp_path, [client("a", rows[:1])], {None: ""})
    assert one.window_ns is None
    assert one.columns["latency.mean_ms"] == 0.001
    assert one.columns["start_throughput_1s.p90"] is None


def test_labels_that_no_output_reports_are_said(tmp_path: Path) -> None:
    result = summed_up(tmp_path, [closed_loop("a", 0, S)], {"read": "read_output."})
    assert any("300 rows are labelled 'write', which no output reports" in n for n in result.notes)


def test_extreme_latencies_are_exact(tmp_path: Path) -> None:
    latencies = [0, 1, 2, 2**31, 2**31 + 1, 2**52 + 1, 2**61]
    rows = [{"start": i, "stop": i + 1, "latency": n} for i, n in enumerate(latencies)]
    result = summed_up(tmp_path, [client("a", rows)], {None: ""})
    assert result.columns["latency.median_ms"] == 2**31 / 1e6
    assert result.columns["latency.min_ms"] == 0
    assert result.columns["latency.max_ms"] == 2**61 / 1e6
