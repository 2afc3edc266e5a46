"""Rows of results: a suite's outcomes as `results.csv` (FrankenPaxos's columns) and `results.parquet` (all)."""

from __future__ import annotations

import csv
import functools
import io
import itertools
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from fpray.errors import first_line
from fpray.files import layout
from fpray.files.atomic import replacing, write_text
from fpray.files.suite_file import Damaged
from fpray.protocol.protocol import Protocol
from fpray.recorder.columns import ABSENT
from fpray.store import columns
from fpray.store.columns import column_types, input_columns, output_columns
from fpray.store.outcome import Outcome, Status
from fpray.store.suite import Suite
from fpray.store.suite_record import TrialRecord
from fpray.store.trial_params import flat_params, read_params

Row = dict[str, Any]


def csv_row(protocol: Protocol[Any], params: Any, outcome: Outcome) -> Row:
    """FrankenPaxos's row of a trial: inputs, then outputs; -1.0 where nothing was recorded."""
    return _csv_row(protocol, input_columns(params), outcome)


def _csv_row(protocol: Protocol[Any], inputs: Row, outcome: Outcome) -> Row:
    return inputs | {name: outcome.results.get(name, ABSENT) for name in output_columns(protocol)}


def _full_row(number: str, trial: TrialRecord, inputs: Row, outcome: Outcome) -> Row:
    """Everything known of a trial in one row: FrankenPaxos's columns, `measured.*`, status, jar, hosts."""
    return {
        columns.TRIAL: number,
        columns.ID: trial["id"],
        columns.REPEAT: trial["repeat"],
        **inputs,
        **outcome.results,
        columns.STATUS: outcome.status.value,
        columns.REASON: outcome.reason.value,
        columns.DETAIL: outcome.detail,
        columns.DOUBTS: "; ".join(outcome.doubts),
        columns.JVM_ARGS: trial["provenance"].get("jvm_args", ""),
        columns.FLAGS: trial["provenance"].get("flags", ""),
        columns.JAR: trial["provenance"].get("jar", ""),
        columns.HOSTS: " ".join(outcome.hosts),
        columns.WALL_S: outcome.wall_s,
    }


def append_csv(suite: Suite, row: Row) -> None:
    """Add one finished trial to `results.csv`, so that it can be watched growing."""
    header, line = _csv_text([row]).encode().split(b"\r\n", 1)
    file = os.open(suite.path / layout.RESULTS_CSV, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o666)
    try:
        start = os.pread(file, len(header) + 2, 0)
        if not start:
            os.write(file, header + b"\r\n" + line)
        elif start == header + b"\r\n":
            os.write(file, line)
        # Else other columns (another kind of workload): all rows are written anew at the end.
    finally:
        os.close(file)


def write_results(suite: Suite, protocol: Protocol[Any], params: Mapping[str, Any] | None = None) -> None:
    """Write both files anew from the outcomes on disk: each trial once, in the order in which trials ended.

    params: trial id -> parameters, of trials with parameters at hand; to read those of thousands takes seconds.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    params_by_id = params or {}
    columns_of = functools.cache(input_columns)  # repeats have the same
    rows, everything = [], []
    outcomes = [(directory, trial, outcome) for directory, trial, outcome in suite.outcomes() if outcome is not None]
    for directory, trial, outcome in sorted(outcomes, key=lambda entry: entry[0].ended_ns()):
        own = params_by_id[trial["id"]] if trial["id"] in params_by_id else read_params(protocol, trial)
        inputs = columns_of(own) if own is not None else flat_params(trial["params"])
        everything.append(_full_row(directory.number, trial, inputs, outcome))
        if outcome.status is Status.FINISHED:
            rows.append(_csv_row(protocol, inputs, outcome))
    if not everything:
        return
    if rows:
        write_text(suite.path / layout.RESULTS_CSV, _csv_text(rows))
    names, types = _names(everything), column_types(protocol)
    values = zip(*_aligned(everything, names, None), strict=True)
    table = pa.table(
        [_column(column, types.get(name)) for name, column in zip(names, values, strict=True)],
        names=[*map(_utf8, names)],
    )
    with replacing(suite.path / layout.RESULTS_PARQUET) as partial:
        pq.write_table(table, partial)


def _csv_text(rows: Iterable[Row]) -> str:
    rows = list(rows)
    names = _names(rows)
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(names)
    # Points with different kinds of workload have different columns: blank where a row lacks one.
    writer.writerows(_aligned(rows, names, ""))
    return _utf8(text.getvalue())


def _names(rows: Iterable[Row]) -> list[str]:
    return list(dict.fromkeys(itertools.chain.from_iterable(rows)))


def _aligned(rows: Iterable[Row], names: list[str], missing: str | None) -> Iterator[Sequence[Any]]:
    """The values of each row in the order of these names."""
    return ([*row.values()] if [*row] == names else [row.get(name, missing) for name in names] for row in rows)


def _column(values: Sequence[Any], kind: type | None) -> Any:
    """An Arrow column of what rows hold; not by pa.array, which imports pandas: a quarter of a second.

    kind: what is declared, which does not depend on the values. A column that is not declared (of an instrument, or of
    an earlier version) has numbers, all of them floats, where nothing else is in it.
    """
    import numpy as np
    import pyarrow as pa

    types = set(map(type, values)) - {type(None)}
    kind = kind or (bool if types == {bool} else float)
    # The next kind that holds all of them, so that nothing is left out: an earlier version declared something else.
    kind = next(k for k in (kind, float, str) if k is str or _fit(values, types, k))
    if kind in (int, float):
        numbers = np.array([0 if v is None else v for v in values], np.int64 if kind is int else float)
        validity = np.packbits([v is not None for v in values], bitorder="little")
        return pa.Array.from_buffers(
            pa.int64() if kind is int else pa.float64(), len(values), [pa.py_buffer(validity), pa.py_buffer(numbers)]
        )
    texts = pa.lib.StringBuilder()
    words = [None if value is None else str(value) for value in values]
    as_utf8 = {word: word and _utf8(word) for word in set(words)}  # many trials have the same
    texts.append_values([as_utf8[word] for word in words])
    column = texts.finish()
    return column.cast(pa.bool_()) if kind is bool else column


def _fit(values: Iterable[Any], types: set[type], kind: type) -> bool:
    """Whether a column of a kind can hold all values, which are of these types or None."""
    if kind not in (int, float):
        return types <= {kind}
    return types <= {int, kind} and all(value.bit_length() < 64 for value in values if type(value) is int)


def _utf8(text: str) -> str:
    """A text as a table can hold it: without halves of characters."""
    return text.encode(errors="backslashreplace").decode()


def read_results(path: Path) -> Any:
    """A suite's `results.parquet` as an Arrow table.

    Raises:
        FileNotFoundError: no trial of it has ended.
        Damaged: the file is.
    """
    return read_parquet(path / layout.RESULTS_PARQUET)


def read_parquet(file: Path) -> Any:
    """A Parquet file of a suite as an Arrow table.

    Raises:
        FileNotFoundError: there is no such file.
        Damaged: it is no Parquet file, or a piece of one.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return pq.ParquetFile(file).read()  # not read_table, which takes paths for URIs
    except FileNotFoundError:
        raise
    except (pa.ArrowException, OSError) as error:
        raise Damaged(file, f"is damaged: {first_line(error)}") from None
