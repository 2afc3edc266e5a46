"""Writes tables of metrics as OpenMetrics text, from which `promtool` makes Prometheus's own files again.

Format: https://github.com/prometheus/OpenMetrics, version 1.0; each series is of the type `unknown`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from fpray.errors import first_line
from fpray.files.suite_file import Damaged
from fpray.metrics.schema import SCHEMA
from fpray.metrics.series_text import labels_text

_TEXTS = [name for name in SCHEMA.names if name not in ("time", "value")]


@dataclass
class Extent:
    """What was written: the number of samples, and the times of the first and of the last one, in ms."""

    samples: int = 0
    first_ms: int = 0
    last_ms: int = 0


def write_openmetrics(to: IO[str], trials: Iterable[tuple[str, str, Path]]) -> Extent:
    """Write the metrics of trials: suite, number, file. Each series gets the labels `suite` and `trial`.

    Of samples of a series with the same millisecond, which is all that Prometheus stores, the first one is written.

    Raises:
        Damaged: a file holds no metrics.
        OSError: the text cannot be written.
    """
    extent = Extent()
    for suite, number, file in trials:
        for series in _series(file):
            _write(to, series, {"suite": suite, "trial": number}, extent)
    to.write("# EOF\n")
    return extent


@dataclass
class _Series:
    words: dict[str, str]
    times_ms: list[int]
    values: list[float]


def _series(file: Path) -> Iterable[_Series]:
    """The series of a file; their rows are together."""
    table = _table(file)
    times = [t // 1_000_000 for t in table["time"].cast("int64").to_pylist()]
    values: list[float] = table["value"].to_pylist()
    keys = list(zip(*(table[name].to_pylist() for name in _TEXTS), strict=True))
    begin = 0
    for end in range(1, len(keys) + 1):
        if end == len(keys) or keys[end] != keys[begin]:
            yield _Series(dict(zip(_TEXTS, keys[begin], strict=True)), times[begin:end], values[begin:end])
            begin = end


def _table(file: Path) -> Any:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(file)
    except (pa.ArrowException, OSError) as error:
        raise Damaged(file, f"is damaged: {first_line(error)}") from None
    if table.schema.remove_metadata() != SCHEMA:
        raise Damaged(file, "is damaged: its columns are not those of metrics")
    return table


def _write(to: IO[str], series: _Series, labels: dict[str, str], extent: Extent) -> None:
    own = labels_text({**labels, **{name: series.words[name] for name in ("role", "label", "instance")}})
    name = f"{series.words['metric']}{{{','.join(filter(None, [own, series.words['labels']]))}}}"
    last, lines = -1, []
    for at, value in zip(series.times_ms, series.values, strict=True):
        if at > last:
            lines.append(f"{name} {_number(value)} {at // 1000}.{at % 1000:03d}\n")
            last = at
    to.write("".join(lines))
    if lines:
        first = series.times_ms[0]
        extent.first_ms = min(extent.first_ms or first, first)
        extent.last_ms = max(extent.last_ms, last)
        extent.samples += len(lines)


def _number(value: float) -> str:
    return {float("inf"): "+Inf", float("-inf"): "-Inf"}.get(value, repr(value))
