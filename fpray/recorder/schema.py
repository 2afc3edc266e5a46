"""The Arrow schema of recorder tables, and columns made and read without pandas."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Int64s = npt.NDArray[np.int64]
TIME = pa.timestamp("ns", "UTC")
NAME = pa.dictionary(pa.int32(), pa.string())
# Columns without nulls say so: writing their definition levels would take an eighth of the time.
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


def table_of(columns: Mapping[str, Any], rows: int) -> Any:
    """A table of SCHEMA. Columns of it that `columns` does not have are null."""
    arrays = [columns[f.name] if f.name in columns else pa.nulls(rows, f.type) for f in SCHEMA]
    return pa.Table.from_arrays(arrays, schema=SCHEMA)


# Not pa.array, np.asarray, empty_table or to_numpy: they import pandas, which takes a quarter of a second.
def nanoseconds(column: Any) -> Int64s:
    """A column of 64-bit timestamps or integers without nulls, as int64; not copied if it has one chunk."""
    if isinstance(column, pa.ChunkedArray):
        column = column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
    if not len(column):
        return np.zeros(0, np.int64)
    return np.frombuffer(column.buffers()[1], np.int64, len(column), 8 * column.offset)


def numbers(values: npt.NDArray[Any], column: str) -> Any:
    """64-bit integers as a column of SCHEMA, not copied."""
    return _array(SCHEMA.field(column).type, values)


def constant(name: str | None, rows: int) -> Any:
    """A dictionary column that has the same name (or null) in all rows."""
    names = pa.nulls(1, pa.string())
    if name is not None:
        text = name.encode()
        ends = np.array([0, len(text)], np.int32)
        names = pa.Array.from_buffers(pa.string(), 1, [None, pa.py_buffer(ends), pa.py_buffer(text)])
    codes = _array(pa.int32(), np.zeros(rows, np.int32))
    return pa.DictionaryArray.from_arrays(codes, names, safe=False)


def _array(kind: Any, values: npt.NDArray[Any]) -> Any:
    return pa.Array.from_buffers(kind, len(values), [None, pa.py_buffer(values)])


def chosen_rows(table: Any, mask: npt.NDArray[np.bool_]) -> Any:
    """The rows of a table that are chosen, in their order; the labels of its dictionary in that of their first rows."""
    bits = pa.py_buffer(np.packbits(mask, bitorder="little"))
    rows = table.filter(pa.Array.from_buffers(pa.bool_(), len(mask), [None, bits]))
    labels = rows["label"].combine_chunks().cast(pa.string()).dictionary_encode()
    return rows.set_column(4, SCHEMA.field(4), labels)


def by_label(table: Any) -> Iterator[tuple[str | None, Any]]:
    """Each label with its rows, in their order."""
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
        part = table.slice(0, len(rows))  # labelled rows differ in numbers only: other columns need no copy
        for i, (name, values) in enumerate(columns.items()):
            part = part.set_column(i, SCHEMA.field(i), numbers(values[rows], name))
        yield names[code], part.set_column(4, SCHEMA.field(4), constant(names[code], len(rows)))
