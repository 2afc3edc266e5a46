"""Rows of results as an Arrow table, each column of one type, and such tables read from a suite."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from fpray.errors import first_line
from fpray.files import layout
from fpray.files.suite_file import Damaged

Row = dict[str, Any]


def table_of(rows: Sequence[Row], types: Mapping[str, type]) -> Any:
    """The rows as a table; a column is null where a row lacks it.

    types: of columns that are declared; what is in the others decides on their types.
    """
    import pyarrow as pa

    names = names_of(rows)
    values = zip(*aligned(rows, names, None), strict=True)
    return pa.table(
        [column_of(column, types.get(name)) for name, column in zip(names, values, strict=True)],
        names=[*map(utf8, names)],
    )


def names_of(rows: Iterable[Row]) -> list[str]:
    """The columns of all rows, in the order of the first row that has each."""
    return list(dict.fromkeys(itertools.chain.from_iterable(rows)))


def aligned(rows: Iterable[Row], names: list[str], missing: str | None) -> Iterator[Sequence[Any]]:
    """The values of each row in the order of these names."""
    return ([*row.values()] if [*row] == names else [row.get(name, missing) for name in names] for row in rows)


def column_of(values: Sequence[Any], kind: type | None) -> Any:
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
    as_utf8 = {word: word and utf8(word) for word in set(words)}  # many trials have the same
    texts.append_values([as_utf8[word] for word in words])
    column = texts.finish()
    return column.cast(pa.bool_()) if kind is bool else column


def _fit(values: Iterable[Any], types: set[type], kind: type) -> bool:
    """Whether a column of a kind can hold all values, which are of these types or None."""
    if kind not in (int, float):
        return types <= {kind}
    return types <= {int, kind} and all(value.bit_length() < 64 for value in values if type(value) is int)


def utf8(text: str) -> str:
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
