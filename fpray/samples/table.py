"""What role actors have read becomes a table of `fpray.samples.schema`, and a Parquet file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from fpray.files.atomic import replacing
from fpray.node.sampling.rows import NAMES, NONE, Samples
from fpray.samples.schema import SCHEMA

Part = tuple[str, str, Samples]  # role and host of an agent, and what it has read
Values = npt.NDArray[Any]


def write_table(path: Path, parts: Sequence[Part]) -> None:
    """Write all rows of a trial, in the order of time.

    Raises:
        OSError: the file cannot be written; nothing is left of it.
    """
    import pyarrow.parquet as pq

    table = table_of(parts)
    with replacing(path) as partial:
        pq.write_table(table, partial)


def table_of(parts: Sequence[Part]) -> Any:
    """The rows of all agents, in the order of time; those of one moment in that of the agents."""
    columns: dict[str, Values] = {}
    for field in SCHEMA:
        if field.name not in (*NAMES, "host", "role"):
            columns[field.name] = np.concatenate([np.asarray(samples.columns[field.name]) for _, _, samples in parts])
    names: list[str] = []
    for column in ("label", "thread", "link"):
        columns[column] = np.concatenate([_places(samples, column, names) for _, _, samples in parts])
    columns["host"] = _repeated([host for _, host, _ in parts], parts, names)
    columns["role"] = _repeated([role for role, _, _ in parts], parts, names)
    columns["role"][columns["label"] == NONE] = NONE
    order = np.argsort(columns["time"], kind="stable")
    return pa.Table.from_arrays([_array(field, columns[field.name][order], names) for field in SCHEMA], schema=SCHEMA)


def _places(samples: Samples, column: str, names: list[str]) -> Values:
    """The places of a column's names among all names, which grow."""
    begin = len(names)
    names += samples.names
    places = np.asarray(samples.columns[column]).copy()
    places[places != NONE] += begin
    return places


def _repeated(texts: Sequence[str], parts: Sequence[Part], names: list[str]) -> Values:
    begin = len(names)
    names += texts
    return np.repeat(np.arange(begin, begin + len(texts)), [len(samples) for _, _, samples in parts])


# Not pa.array: it imports pandas, which takes a quarter of a second (see `fpray.recorder.schema`).
def _array(field: Any, values: Values, names: Sequence[str]) -> Any:
    """A column of the schema; what is not known is null."""
    rows = len(values)
    if pa.types.is_dictionary(field.type):
        places = sorted({int(place) for place in values} - {NONE})
        texts = list(dict.fromkeys(names[place] for place in places))
        by_text = {text: code for code, text in enumerate(texts)}
        codes = {place: by_text[names[place]] for place in places}
        indices = np.fromiter((codes.get(int(place), NONE) for place in values), np.int32, rows)
        return pa.DictionaryArray.from_arrays(_numbers(pa.int32(), indices, indices != NONE), _texts(texts), safe=False)
    if pa.types.is_floating(field.type):
        return _numbers(field.type, values.astype(np.float32), ~np.isnan(values))
    if pa.types.is_timestamp(field.type):
        return pa.Array.from_buffers(field.type, rows, [None, pa.py_buffer(values.astype(np.int64))])
    return _numbers(field.type, values.astype(f"int{field.type.bit_width}"), values != NONE)


def _numbers(kind: Any, values: Values, valid: Values) -> Any:
    bits = pa.py_buffer(np.packbits(valid, bitorder="little"))
    return pa.Array.from_buffers(kind, len(values), [bits, pa.py_buffer(np.ascontiguousarray(values))])


def _texts(texts: Sequence[str]) -> Any:
    data = [text.encode() for text in texts]
    ends = np.cumsum([0, *map(len, data)], dtype=np.int32)
    return pa.Array.from_buffers(pa.string(), len(texts), [None, pa.py_buffer(ends), pa.py_buffer(b"".join(data))])
