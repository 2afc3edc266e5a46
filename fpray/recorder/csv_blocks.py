"""Blocks of a client's CSV file, parsed on all cores: tables of SCHEMA, and the lines that are not rows."""

from __future__ import annotations

import os
import re
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, wait
from dataclasses import dataclass
from datetime import datetime
from io import FileIO
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv

from fpray.recorder import fast_csv
from fpray.recorder.schema import SCHEMA, by_label, constant, numbers, table_of
from fpray.recorder.threads import WORKERS, cores

LABELLED: tuple[str, ...] = ("start", "stop", "count", "latency_nanos", "label")
UNLABELLED: tuple[str, ...] = ("start", "stop", "latency_nanos", "host", "port")
# Long blocks, so that threads seldom wait for each other. Memory is bounded: few blocks and their tables exist at once.
_BLOCK_BYTES = 8 << 20
MOST_BLOCKS = 2 * WORKERS  # pending at a time
_TIME = r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z)"
_INSTANT = f'(?:{_TIME}|"{_TIME}")'
_INTEGER = r'(?:-?\d{1,18}|"-?\d{1,18}")'
_TEXT = r'(?:"[^"]*"|[^",]*)'
_PORT = r'(?:\d{1,9}|"\d{1,9}")'
_ROW = {
    LABELLED: re.compile(f"{_INSTANT},{_INSTANT},{_INTEGER},{_INTEGER},{_TEXT}".encode()),
    UNLABELLED: re.compile(f"{_INSTANT},{_INSTANT},{_INTEGER},{_TEXT},{_PORT}".encode()),
}


@dataclass(frozen=True)
class Block:
    """What one block of a CSV file holds.

    Attributes:
        tables: a label and its rows, for each label.
        garbage: the lines that are not rows, as (offset in the file, text).
        torn: a last line without a newline; empty if there is none.
    """

    tables: list[tuple[str | None, Any]]
    garbage: list[tuple[int, bytes]]
    torn: bytes


class Blocks:
    """A file's blocks, in order. They are parsed on all cores, at most MOST_BLOCKS ahead of their consumer."""

    def __init__(self, file: FileIO, begin: int, columns: tuple[str, ...], client: str) -> None:
        """Does not start parsing yet.

        Args:
            file: the CSV file; `end` closes it.
            begin: the offset of the first row.
            columns: LABELLED or UNLABELLED.
            client: its label.
        """
        self.file = file
        size = os.fstat(file.fileno()).st_size
        many = -(-size // _BLOCK_BYTES)
        step = -(-size // (many + many % 2))  # an even number of blocks, so that two cores finish together
        self._left = ((file, at, min(at + step, size), columns, client) for at in range(begin, size, step))
        self._pending: deque[Future[Block]] = deque()

    @property
    def pending(self) -> int:
        """Blocks that are being parsed, or wait for the consumer."""
        return len(self._pending)

    def begin(self, most: int) -> None:
        """Start parsing the next blocks, until `most` of them are pending."""
        while len(self._pending) < most and (block := next(self._left, None)):
            self._pending.append(cores().submit(_parse, *block))

    def __iter__(self) -> Iterator[Block]:
        while self._pending:
            block = self._pending.popleft().result()
            self.begin(MOST_BLOCKS)
            yield block

    def end(self) -> None:
        """Close the file once no thread reads it."""
        wait([block for block in self._pending if not block.cancel()])
        self.file.close()


def _parse(file: FileIO, begin: int, end: int, columns: tuple[str, ...], client: str) -> Block:
    """The block of the lines that begin in [begin, end)."""
    fd = file.fileno()
    if columns == LABELLED and (parts := fast_csv.read(fd, begin, end)):
        return Block([(rows.label, _table_of_rows(rows, client)) for rows in parts], [], b"")
    offset = begin - 1  # of `data` in the file; not negative, because the header comes first
    data = os.pread(fd, end + 4096 - offset, offset)
    while (last := data.find(b"\n", end - 1 - offset)) < 0:
        more = os.pread(fd, _BLOCK_BYTES, offset + len(data))
        if not more:
            break
        data += more
    stop = (last if last >= 0 else data.rfind(b"\n")) + 1
    first = data.find(b"\n") + 1
    if not first:  # the block lies within a line that began before it
        return Block([], [], b"")
    stop = max(first, stop)
    torn = data[stop:] if last < 0 else b""
    quoted = b'"' in data
    try:
        table = _table(pa.py_buffer(data).slice(first, stop - first), columns, client, quoted)
        return Block(list(by_label(table)), [], torn)
    except pa.ArrowInvalid:
        rows = list[tuple[int, bytes]]()
        garbage = list[tuple[int, bytes]]()
        for line in data[first:stop].splitlines(keepends=True):
            (rows if _is_row(line, columns) else garbage).append((offset + first, line))
            first += len(line)
        table = _table(pa.py_buffer(b"".join(line for _, line in rows)), columns, client, quoted)
        return Block(list(by_label(table)), [(at, line) for at, line in garbage if line.strip()], torn)


def _is_row(line: bytes, columns: tuple[str, ...]) -> bool:
    match = _ROW[columns].fullmatch(line.rstrip(b"\r\n"))
    try:
        line.decode()
        years = [datetime.fromisoformat(text.decode()).year for text in match.groups() if text] if match else [0]
    except ValueError:
        return False
    return all(1678 <= year <= 2261 for year in years)  # in these years nanoseconds fit 64 bits


def _table_of_rows(rows: fast_csv.Rows, client: str) -> Any:
    columns = {
        "start": numbers(rows.start, "start"),
        "stop": numbers(rows.stop, "stop"),
        "count": numbers(np.full(len(rows.start), rows.count), "count"),
        "latency_nanos": numbers(rows.latency_nanos, "latency_nanos"),
        "label": constant(rows.label, len(rows.start)),
        "client": constant(client, len(rows.start)),
    }
    return table_of(columns, len(rows.start))


def _table(data: Any, columns: tuple[str, ...], client: str, quoted: bool) -> Any:
    if not data.size:
        return table_of({}, 0)
    parsed = pa.csv.read_csv(
        pa.BufferReader(data),
        read_options=pa.csv.ReadOptions(use_threads=False, block_size=2 * data.size, column_names=columns),
        parse_options=pa.csv.ParseOptions(quote_char='"' if quoted else False),  # False is faster
        convert_options=pa.csv.ConvertOptions(
            column_types={name: SCHEMA.field(name).type for name in columns}, null_values=[]
        ),
    )
    values = {name: parsed[name] for name in columns} | {"client": constant(client, parsed.num_rows)}
    if "count" not in columns:
        values["count"] = numbers(np.ones(parsed.num_rows, np.int64), "count")
    return table_of(values, parsed.num_rows)


def line_number(file: FileIO, offset: int) -> int:
    """The number of the line that begins at an offset, from 1."""
    fd = file.fileno()
    blocks = range(0, offset, _BLOCK_BYTES)
    return 1 + sum(os.pread(fd, min(_BLOCK_BYTES, offset - at), at).count(b"\n") for at in blocks)
