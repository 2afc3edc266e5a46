"""Rows of results: a suite's outcomes as `results.csv` (FrankenPaxos's columns) and `results.parquet` (all)."""

from __future__ import annotations

import csv
import enum
import io
import os
from collections.abc import Iterable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from fpray.protocol.params import flatten, from_json
from fpray.protocol.protocol import Protocol
from fpray.store.outcome import Outcome, Status
from fpray.store.suite import Suite, write_text

Row = dict[str, Any]
_STATISTICS = (
    *(f"latency.{name}_ms" for name in ("mean", "median", "min", "max", "p90", "p95", "p99")),
    *(f"start_throughput_1s.{name}" for name in ("mean", "median", "min", "max", "p90", "p95", "p99")),
)
_MEASURED = (
    "measured.throughput",
    *(f"measured.latency.{name}_ms" for name in ("mean", "median", "p90", "p95", "p99", "max")),
)


def output_columns(protocol: Protocol[Any]) -> list[str]:
    """FrankenPaxos's output columns of a protocol, in its order."""
    return [f"{prefix}{name}" for prefix in protocol.outputs.values() for name in _STATISTICS]


def measured_columns(protocol: Protocol[Any]) -> list[str]:
    """fpray's own numeric columns of a protocol; docs/measuring.md says what each means and when it is null."""
    own = [f"{prefix}{name}" for prefix in protocol.outputs.values() for name in _MEASURED]
    return [*own, "measured.window_s", "measured.requests", "measured.littles_law"]


def input_columns(params: Any) -> dict[str, Any]:
    """The input columns of a row, as FrankenPaxos writes them: `0:00:02`, `DistributionScheme.HASH`."""
    return {name: _as_frankenpaxos(value) for name, value in flatten(params).items()}


def csv_row(protocol: Protocol[Any], params: Any, outcome: Outcome) -> Row:
    """FrankenPaxos's row of a trial: inputs, then outputs; -1.0 where nothing was recorded."""
    return _csv_row(protocol, input_columns(params), outcome)


def _csv_row(protocol: Protocol[Any], inputs: Row, outcome: Outcome) -> Row:
    return inputs | {name: outcome.results.get(name, -1.0) for name in output_columns(protocol)}


def full_row(protocol: Protocol[Any], number: str, trial: Mapping[str, Any], outcome: Outcome) -> Row:
    """Everything known of a trial in one row: FrankenPaxos's columns, `measured.*`, status, jar, hosts."""
    return _full_row(number, trial, input_columns(from_json(protocol.params, trial["params"])), outcome)


def _full_row(number: str, trial: Mapping[str, Any], inputs: Row, outcome: Outcome) -> Row:
    return {
        "trial": number,
        "id": trial["id"],
        "repeat": trial["repeat"],
        **inputs,
        **outcome.results,
        "status": outcome.status.value,
        "reason": outcome.reason.value,
        "detail": outcome.detail,
        "doubts": "; ".join(outcome.doubts),
        "jvm_args": trial["provenance"].get("jvm_args", ""),
        "flags": trial["provenance"].get("flags", ""),
        "jar": trial["provenance"].get("jar", ""),
        "hosts": " ".join(outcome.hosts),
        "wall_s": outcome.wall_s,
    }


def append_csv(suite: Suite, row: Row) -> None:
    """Add one finished trial to `results.csv`, so that it can be watched growing."""
    header, line = _csv_text([row]).encode().split(b"\r\n", 1)
    file = os.open(suite.path / "results.csv", os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o666)
    try:
        known = os.pread(file, len(header) + 2, 0)
        if not known:
            os.write(file, header + b"\r\n" + line)
        elif known == header + b"\r\n":
            os.write(file, line)
        # Else other columns (another kind of workload): all rows are written anew at the end.
    finally:
        os.close(file)


def write_results(suite: Suite, protocol: Protocol[Any], params: Mapping[str, Any] | None = None) -> None:
    """Write both files anew from the outcomes on disk: what they hold is what finished, once each.

    Rows are in the order in which trials ended. params: trial id -> parameters, where they are at hand: of thousands of
    trials, reading them takes seconds.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    known = params or {}
    finished, everything = [], []
    ended = [(directory, trial, outcome) for directory, trial, outcome in suite.outcomes() if outcome is not None]
    for directory, trial, outcome in sorted(ended, key=lambda each: each[0].ended_ns()):
        own = known[trial["id"]] if trial["id"] in known else from_json(protocol.params, trial["params"])
        inputs = input_columns(own)
        everything.append(_full_row(directory.number, trial, inputs, outcome))
        if outcome.status is Status.FINISHED:
            finished.append(_csv_row(protocol, inputs, outcome))
    if not everything:
        return
    if finished:
        write_text(suite.path / "results.csv", _csv_text(finished))
    columns = _columns(everything)
    table = pa.table([_column([row.get(name) for row in everything]) for name in columns], names=columns)
    partial = suite.path / f".results.parquet.{os.getpid()}.partial"
    pq.write_table(table, partial)
    partial.replace(suite.path / "results.parquet")


def _csv_text(rows: Iterable[Row]) -> str:
    rows = list(rows)
    text = io.StringIO(newline="")
    # Points with different kinds of workload have different columns: blank where a row lacks one.
    writer = csv.DictWriter(text, _columns(rows), restval="")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _columns(rows: Iterable[Row]) -> list[str]:
    return list(dict.fromkeys(name for row in rows for name in row))


def _column(values: list[Any]) -> Any:
    """An Arrow column of what rows hold; not by pa.array, which imports pandas: a quarter of a second."""
    import numpy as np
    import pyarrow as pa

    kinds = {type(value) for value in values if value is not None}
    if not kinds:
        return pa.nulls(len(values))
    if kinds <= {int, float}:
        numbers = np.array([0 if v is None else v for v in values], float if float in kinds else np.int64)
        known = np.packbits([v is not None for v in values], bitorder="little")
        return pa.Array.from_buffers(
            pa.float64() if float in kinds else pa.int64(), len(values), [pa.py_buffer(known), pa.py_buffer(numbers)]
        )
    texts = pa.lib.StringBuilder()
    texts.append_values([None if v is None else str(v) for v in values])
    column = texts.finish()
    return column.cast(pa.bool_()) if kinds == {bool} else column


def _as_frankenpaxos(value: Any) -> Any:
    if isinstance(value, enum.Enum | timedelta):
        return str(value)
    return value


def read_results(path: Path) -> Any:
    """A suite's `results.parquet` as an Arrow table.

    Raises:
        FileNotFoundError: no trial of it has ended.
    """
    import pyarrow.parquet as pq

    return pq.read_table(path / "results.parquet")
