"""What a row of a client's file is: the one definition, for a line alone and for all lines of a block.

A row is a line of at most LONGEST_LINE bytes in UTF-8, with the fields of its header:
instants as Java writes them (`2026-11-22T04:23:17.209748401Z`, 0 to 9 digits after the second, an existing day of the
years 1970 to 2199), integers of 1 to 18 digits with `-` before them or nothing, text without quotes, commas and line
ends. A field may be in double quotes; text in quotes may hold commas. Nothing depends on the other lines of the file.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from fpray.recorder.schema import Int64s

LABELLED: tuple[str, ...] = ("start", "stop", "count", "latency_nanos", "label")
UNLABELLED: tuple[str, ...] = ("start", "stop", "latency_nanos", "host", "port")
LONGEST_LINE = 4096  # bytes, without its end
# In these years, differences of instants in nanoseconds fit 64 bits.
FIRST_YEAR, LAST_YEAR = 1970, 2199

# Rows that no client can have measured. They are left out, too.
MOST_REQUESTS = 10**9 - 1  # of one row
LONGEST_NS = 100 * 86_400 * 10**9
IMPOSSIBLE = "a count below 1 or above 999,999,999, or a latency below 0 or above 100 days"

_DAY = r"(?:19[7-9]\d|2[01]\d\d)-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])"
_TIME = rf"{_DAY}T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{{1,9}})?Z"
_INSTANT = f'(?:{_TIME}|"{_TIME}")'
_INTEGER = r'(?:-?\d{1,18}|"-?\d{1,18}")'
_TEXT = r'(?:"[^"\r\n]*"|[^",\r\n]*)'
_PORT = r'(?:\d{1,9}|"\d{1,9}")'
_FIELDS = {
    LABELLED: (_INSTANT, _INSTANT, _INTEGER, _INTEGER, _TEXT),
    UNLABELLED: (_INSTANT, _INSTANT, _INTEGER, _TEXT, _PORT),
}
_LINE = {columns: re.compile(",".join(fields), re.ASCII) for columns, fields in _FIELDS.items()}
# The same for RE2, which reads lines with their ends.
_LINES = {columns: "^(?:" + ",".join(fields) + r")\r?\n$" for columns, fields in _FIELDS.items()}
_DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d)T")


def is_row(line: bytes, columns: tuple[str, ...]) -> bool:
    """Whether a line, with or without its end, is a row."""
    line = line.removesuffix(b"\n").removesuffix(b"\r")
    try:
        text = line.decode()
        if len(line) > LONGEST_LINE or not _LINE[columns].fullmatch(text):
            return False
        for year, month, day in _DATE.findall(",".join(text.split(",", 2)[:2])):
            date(int(year), int(month), int(day))
    except ValueError:
        return False
    return True


class Lines:
    """The lines of a block, each with its end; they share the block's memory."""

    def __init__(self, data: bytes, first: int, stop: int) -> None:
        """data[first:stop]: whole lines."""
        ends = np.flatnonzero(np.frombuffer(data, np.uint8, stop - first, first) == ord("\n"))
        self.offsets: Int64s = np.concatenate(([0], ends + 1))  # of each line, and of the end
        buffer = pa.py_buffer(data).slice(first, stop - first)
        self.array = pa.Array.from_buffers(pa.large_string(), len(ends), [None, pa.py_buffer(self.offsets), buffer])
        self._buffer = buffer

    def text(self, line: int) -> bytes:
        """A line."""
        begin, end = self.offsets[line : line + 2].tolist()
        return bytes(self._buffer.slice(begin, end - begin))

    def look_like_rows(self, columns: tuple[str, ...]) -> npt.NDArray[np.bool_]:
        """Which lines are rows, but for days that do not exist and what is no UTF-8: a parser notices those."""
        import pyarrow.compute as pc  # 10 MB, and seldom needed

        matches = pc.match_substring_regex(self.array, pattern=_LINES[columns])
        short = np.diff(self.offsets) <= LONGEST_LINE + 2
        return _booleans(matches) & short

    def are_rows(self, columns: tuple[str, ...]) -> npt.NDArray[np.bool_]:
        """Which lines are rows."""
        return np.array([is_row(self.text(line), columns) for line in range(len(self.array))], np.bool_)

    def joined(self, mask: npt.NDArray[np.bool_]) -> Any:
        """The chosen lines, one after the other, as a buffer."""
        if mask.all():
            return self._buffer
        text = self._buffer.to_pybytes()
        edges = self.offsets.tolist()
        return pa.py_buffer(b"".join(text[edges[i] : edges[i + 1]] for i in np.flatnonzero(mask).tolist()))

    def blank(self, lines: Sequence[int]) -> list[bool]:
        """Which of these lines hold nothing but white space."""
        return [not self.text(line).strip() for line in lines]


def _booleans(array: Any) -> npt.NDArray[np.bool_]:
    bits = np.frombuffer(array.buffers()[1], np.uint8)
    return np.unpackbits(bits, count=array.offset + len(array), bitorder="little")[array.offset :].astype(np.bool_)


def impossible(counts: Int64s | int, latencies: Int64s) -> npt.NDArray[np.bool_] | None:
    """Which rows are IMPOSSIBLE; None if none is. counts: one number if all are the same."""
    few, most = (counts, counts) if isinstance(counts, int) else (int(counts.min()), int(counts.max()))
    if few >= 1 and most <= MOST_REQUESTS and latencies.min() >= 0 and latencies.max() <= LONGEST_NS:
        return None
    wrong = (latencies < 0) | (latencies > LONGEST_NS)
    return wrong | (np.asarray(counts) < 1) | (np.asarray(counts) > MOST_REQUESTS)
