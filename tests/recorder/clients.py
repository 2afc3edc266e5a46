"""Readings of clients that were never run, and their summaries."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from fpray.recorder.csv_reader import Reading
from fpray.recorder.schema import SCHEMA
from fpray.recorder.summary import Summary, summarize
from tests.support.recorder_file import write_recorder

BASE = 1_795_321_380_000_000_000
S = 1_000_000_000


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


def closed_loop(name: str, begin: int, end: int, latency: int = 10_000_000, loops: int = 3, **row: Any) -> Reading:
    """A client with loops that are never idle, from `begin` until `end`."""
    rows = [
        {"start": at, "stop": at + latency, "label": "write", **row}
        for at in range(begin, end, latency)
        for _ in range(loops)
    ]
    return client(name, rows)


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
    write_recorder(clients, tmp_path / "recorder.parquet")
    result = summarize(tmp_path / "recorder.parquet", outputs=outputs, **more)
    json.dumps(dataclasses.asdict(result), allow_nan=False)
    return result
