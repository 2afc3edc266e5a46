"""The recorder table: what clients measured, one Arrow schema for labelled and unlabelled sets of columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Int64s = npt.NDArray[np.int64]
TIME = pa.timestamp("ns", "UTC")
NAME = pa.dictionary(pa.int32(), pa.string())
# What is never null says so: its levels would cost an eighth of the writing.
SCHEMA = pa.schema(
    [
        pa.field("start", TIME, nullable=False),  # of the request, or of the first one of a group
        pa.field("stop", TIME, nullable=False),  # of the request, or of the last one of a group
        pa.field("count", pa.int64(), nullable=False),  # requests in the group; 1 in the unlabelled set
        pa.field(
            "latency_nanos", pa.int64(), nullable=False
        ),  # by the client's monotonic clock; a group's is its integer mean
        ("label", NAME),  # null in the unlabelled set
        ("host", NAME),  # host and port are null in the labelled set
        ("port", pa.int32()),
        pa.field("client", NAME, nullable=False),  # label of the process, such as client_0
    ]
)


def table_of(given: Mapping[str, Any], rows: int) -> Any:
    """A table of SCHEMA; columns that are not given are null."""
    arrays = [given[f.name] if f.name in given else pa.nulls(rows, f.type) for f in SCHEMA]
    return pa.Table.from_arrays(arrays, schema=SCHEMA)


# Not pa.array and np.asarray, nor empty_table and to_numpy: these import pandas, a quarter of a second.
def nanoseconds(column: Any) -> Int64s:
    """A column of timestamps or integers of 64 bits without nulls as int64, not copied if it is in one piece."""
    if isinstance(column, pa.ChunkedArray):
        column = column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
    if not len(column):
        return np.zeros(0, np.int64)
    return np.frombuffer(column.buffers()[1], np.int64, len(column), 8 * column.offset)


def numbers(values: npt.NDArray[Any], column: str) -> Any:
    """int64 as a column of SCHEMA, not copied."""
    return _array(SCHEMA.field(column).type, values)


def constant(name: str | None, rows: int) -> Any:
    """A column of one name."""
    names = pa.nulls(1, pa.string())
    if name is not None:
        text = name.encode()
        ends = np.array([0, len(text)], np.int32)
        names = pa.Array.from_buffers(pa.string(), 1, [None, pa.py_buffer(ends), pa.py_buffer(text)])
    codes = _array(pa.int32(), np.zeros(rows, np.int32))
    return pa.DictionaryArray.from_arrays(codes, names, safe=False)


def _array(kind: Any, values: npt.NDArray[Any]) -> Any:
    return pa.Array.from_buffers(kind, len(values), [None, pa.py_buffer(values)])


def by_label(table: Any) -> Iterator[tuple[str | None, Any]]:
    """The rows of each label, in the order in which they are."""
    labels = table["label"].combine_chunks()
    names = [*labels.dictionary.to_pylist(), None]
    if len(names) == 2 and not labels.null_count:
        yield names[0], table
        return
    codes = nanoseconds(labels.indices.fill_null(len(names) - 1).cast(pa.int64()))
    present = np.flatnonzero(np.bincount(codes)).tolist()
    if len(present) == 1:
        yield names[present[0]], table
        return
    columns = {name: nanoseconds(table[name]) for name in ("start", "stop", "count", "latency_nanos")}
    for code in present:
        rows = np.flatnonzero(codes == code)
        part = table.slice(0, len(rows))  # labelled rows differ in numbers only; to copy the rest would cost
        for i, (name, values) in enumerate(columns.items()):
            part = part.set_column(i, SCHEMA.field(i), numbers(values[rows], name))
        yield names[code], part.set_column(4, SCHEMA.field(4), constant(names[code], len(rows)))
