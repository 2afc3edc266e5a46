"""Builds the table of a trial's metrics, series by series, and writes it as `metrics.parquet`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from fpray.files.atomic import replacing
from fpray.metrics.schema import SCHEMA
from fpray.metrics.series_text import NAME, labels_text

# Labels with a column of their own, and those that `fpray.load` knows of the suite.
_COLUMNS = ("role", "label", "instance")
_OF_SUITE = ("suite", "trial")


class MetricsTable:
    """The rows of a trial; the samples of a series are together, in the order in which they were added."""

    def __init__(self) -> None:
        self._texts: dict[str, dict[str, int]] = {name: {} for name in SCHEMA.names if name not in ("time", "value")}
        self._codes: dict[str, list[int]] = {name: [] for name in self._texts}
        self._counts: list[int] = []
        self._times: list[Any] = []
        self._values: list[Any] = []

    def add(self, series: Mapping[str, str], times_ns: Sequence[int], values: Sequence[float]) -> None:
        """Add samples of a series: its labels, with the metric as `__name__`. Those that are no number are left out.

        Prometheus marks the end of a series by such a value, and an empty summary has it as its quantiles.
        """
        times, numbers = np.asarray(times_ns, np.int64), np.asarray(values, np.float64)
        numeric = ~np.isnan(numbers)
        if not numeric.any():
            return
        rest = {name: value for name, value in series.items() if name not in (NAME, *_COLUMNS, *_OF_SUITE)}
        words = {"metric": series[NAME], "labels": labels_text(rest)}
        words |= {name: series.get(name, "") for name in _COLUMNS}
        for name, texts in self._texts.items():
            self._codes[name].append(texts.setdefault(words[name], len(texts)))
        self._counts.append(int(numeric.sum()))
        self._times.append(times[numeric])
        self._values.append(numbers[numeric])

    def write(self, path: Path) -> None:
        """Write the file, whole or not at all.

        Raises:
            OSError: it cannot be written.
        """
        with replacing(path) as partial:
            pq.write_table(self._table(), partial, compression="zstd")

    def _table(self) -> Any:
        columns: dict[str, Any] = {
            "time": pa.array(np.concatenate([np.zeros(0, np.int64), *self._times]), SCHEMA.field("time").type),
            "value": pa.array(np.concatenate([np.zeros(0), *self._values])),
        }
        for name, texts in self._texts.items():
            codes = np.repeat(np.asarray(self._codes[name], np.int32), self._counts)
            columns[name] = pa.DictionaryArray.from_arrays(pa.array(codes, pa.int32()), pa.array(texts, pa.string()))
        return pa.Table.from_arrays([columns[name] for name in SCHEMA.names], schema=SCHEMA)
