"""Lines of text from columns of rows, made by Arrow: a hundred million rows are too many for Python."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def joined(*parts: Any, separator: str = "") -> Any:
    """The texts of each row, joined, as the bytes of one buffer. parts: columns of texts, or texts for all rows."""
    import pyarrow.compute as pc

    lines = pc.binary_join_element_wise(*parts, separator)
    offsets = memoryview(lines.buffers()[1]).cast("i")
    begin, end = offsets[lines.offset], offsets[lines.offset + len(lines)]
    return lines.buffers()[2].slice(begin, end - begin)


def texts(column: Any, as_text: Callable[[Any], str]) -> Any:
    """A column as texts, of which each distinct value is written once; a missing one is `as_text(None)`."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_integer(column.type):
        return pc.fill_null(column.cast(pa.string()), as_text(None))
    codes = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    values = pa.array([as_text(value) for value in codes.dictionary.to_pylist()], pa.string())
    return pc.fill_null(values.take(codes.indices), as_text(None))


def times(column: Any, form: str) -> Any:
    """Times in UTC as texts by a form of `strftime`; the seconds have nine more digits."""
    import pyarrow as pa
    import pyarrow.compute as pc

    # Without a zone, since Arrow would look that up in files, which not every system has.
    return pc.strftime(column.cast(pa.timestamp("ns")), format=form)
