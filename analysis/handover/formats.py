"""The formats of `fpray export`: the trials of a store, or its rows, as CSV, Parquet or JSON."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from fpray.errors import Cause, Refused, refuse
from fpray.files import layout
from fpray.files.atomic import replacing, write_json, write_text
from fpray.recorder.columns import ABSENT, is_measured
from fpray.store import columns
from fpray.store.outcome import Status
from fpray.store.result_table import Row
from fpray.store.results import csv_text, ended_trials, frankenpaxos_rows
from fpray.store.suite import Suite
from fpray.study.registry import find_protocol
from fpray_analysis.column_kinds import OUTPUT
from fpray_analysis.handover.data_csv import write_data_csv
from fpray_analysis.handover.row_lines import joined, texts, times
from fpray_analysis.handover.scan import batches
from fpray_analysis.loaded import Store
from fpray_analysis.result_set import Results

CSV, PARQUET, JSON = "csv", "parquet", "json"
ENDINGS: Final[Mapping[str, str]] = {".csv": CSV, ".parquet": PARQUET, ".json": JSON, ".jsonl": JSON}
_NUMBERS: Final = ("start", "stop", "latency_nanos")  # successive ones are close
_GROUP_ROWS: Final = 1 << 20


def write_trials(store: Store, form: str, file: Path) -> int:
    """Write the trials of a store to a file; returns how many.

    CSV has FrankenPaxos's columns in its order, and the trials that finished, as `results.csv` has. The other formats
    have all columns of `fpray.load`, and all trials that ended; JSON is one array.

    Raises:
        Refused: there is no such trial.
        OSError: the file cannot be written.
    """
    import pyarrow.parquet as pq

    rows = _frankenpaxos_rows(store) if form == CSV else store.trials.to_pylist()
    if not rows:
        what = "finished, and a CSV file has only trials that finished" if form == CSV else "ended"
        raise refuse(store.name, f"has nothing to export: no trial of it has {what}", Cause.SUITE)
    if form == CSV:
        write_text(file, csv_text(rows))
    elif form == JSON:
        write_json(file, [{name: _plain(value) for name, value in row.items()} for row in rows])
    else:
        with replacing(file) as partial:
            pq.write_table(store.trials, partial)
    return len(rows)


def _frankenpaxos_rows(store: Store) -> list[Row]:
    """The rows of `results.csv`, made from the trials themselves: the file may be damaged, or not be there yet."""
    if (store.path / layout.SUITE).exists() and store.directories:
        suite = Suite(store.path)
        try:
            protocol = find_protocol(suite.record.protocol)
        except Refused:  # it is not installed here, so the table says which columns there are
            pass
        else:
            return frankenpaxos_rows(ended_trials(suite, protocol), protocol)
    outputs = [name for name in store.trials.column_names if OUTPUT.search(name) and not is_measured(name)]
    names = [name for name in store.trials.column_names if name in {*store.inputs, *outputs}]
    table = store.trials.select([*names, columns.STATUS]).to_pylist()
    finished = [row for row in table if row.pop(columns.STATUS) == Status.FINISHED.value]
    # FrankenPaxos writes -1.0 where nothing was recorded.
    return [row | dict.fromkeys((name for name in outputs if row[name] is None), ABSENT) for row in finished]


def write_rows(store: Store, form: str, path: Path) -> int:
    """Write the rows that clients recorded, in bounded memory; returns how many.

    CSV: a directory with FrankenPaxos's `data.csv` of each trial that has rows, since its columns do not say of which
    trial a row is. Parquet, and JSON with one object in each line: one file, with the trial and what is varied.

    Raises:
        Refused: there are none, or they are damaged.
        OSError: a file cannot be written.
    """
    results = Results([store])
    try:
        dataset = results.recorder()
    except FileNotFoundError as error:
        raise refuse(store.name, f"has no rows to export: {error}", Cause.SUITE) from None
    if form == CSV:
        return sum(_write_trial(path / trial, rows) for trial, rows in _trials_with_rows(store, results))
    with replacing(path) as partial:
        return _write_parquet(dataset, partial) if form == PARQUET else _write_lines(dataset, partial)


def _trials_with_rows(store: Store, results: Results) -> Iterator[tuple[str, Any]]:
    for trial in store.trials.select([columns.TRIAL]).to_pylist():
        if (rows := results.rows_of(trial)) is not None:
            yield trial[columns.TRIAL], rows


def _write_trial(directory: Path, rows: Any) -> int:
    directory.mkdir(parents=True, exist_ok=True)
    with replacing(directory / layout.DATA_CSV) as partial, open(partial, "wb") as file:  # noqa: PTH123
        return write_data_csv(rows, file)


def _write_parquet(dataset: Any, partial: str) -> int:
    import pyarrow as pa
    import pyarrow.parquet as pq

    count, waiting, waiting_rows = 0, list[Any](), 0
    others = [name for name in dataset.schema.names if name not in _NUMBERS]
    encoding = dict.fromkeys(_NUMBERS, "DELTA_BINARY_PACKED")
    with pq.ParquetWriter(partial, dataset.schema, use_dictionary=others, column_encoding=encoding) as writer:
        for batch in batches(dataset):
            waiting.append(batch)
            waiting_rows += batch.num_rows
            if waiting_rows >= _GROUP_ROWS:
                writer.write_table(pa.Table.from_batches(waiting))
                count, waiting, waiting_rows = count + waiting_rows, [], 0
        if waiting_rows or not count:
            writer.write_table(pa.Table.from_batches(waiting, dataset.schema))
    return count + waiting_rows


def _write_lines(dataset: Any, partial: str) -> int:
    count = 0
    with open(partial, "wb") as file:  # noqa: PTH123
        for batch in batches(dataset):
            names = [f"{', ' if place else '{'}{json.dumps(name)}: " for place, name in enumerate(batch.schema.names)]
            columns = map(_json_texts, batch.columns)
            file.write(joined(*itertools.chain.from_iterable(zip(names, columns, strict=True)), "}\n"))
            count += batch.num_rows
    return count


def _json_texts(column: Any) -> Any:
    """A column as values of JSON; times as clients write them, `2026-11-22T04:23:17.209748401Z`."""
    import pyarrow as pa

    if pa.types.is_timestamp(column.type):
        return times(column, '"%Y-%m-%dT%H:%M:%SZ"')
    return texts(column, lambda value: json.dumps(_plain(value)))


def _plain(value: Any) -> Any:
    """A value of JSON, which has only finite numbers."""
    return None if isinstance(value, float) and not math.isfinite(value) else value
