"""A client's CSV file as Arrow tables, in pieces that are parsed on all cores.

A client writes `start,stop,count,latency_nanos,label` (labelled) or `start,stop,latency_nanos,host,port`
(unlabelled). Both become SCHEMA. Whatever is odd about a file is said in a note, a plain sentence that names the
file and the numbers; nothing here raises for what a client did or failed to do.
"""

from __future__ import annotations

import os
import re
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from io import FileIO
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv

from fpray.recorder import fast_csv
from fpray.recorder.clock_check import Clock
from fpray.recorder.schema import SCHEMA, by_label, constant, numbers, table_of

_LABELLED: tuple[str, ...] = ("start", "stop", "count", "latency_nanos", "label")
_UNLABELLED: tuple[str, ...] = ("start", "stop", "latency_nanos", "host", "port")
_BLOCK_BYTES = (
    8 << 20
)  # long enough that threads seldom wait for each other; bounds memory: a few blocks and their tables are alive at once
_TIME = r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z)"
_INSTANT = f'(?:{_TIME}|"{_TIME}")'
_INTEGER = r'(?:-?\d{1,18}|"-?\d{1,18}")'
_TEXT = r'(?:"[^"]*"|[^",]*)'
_PORT = r'(?:\d{1,9}|"\d{1,9}")'
_ROW = {
    _LABELLED: re.compile(f"{_INSTANT},{_INSTANT},{_INTEGER},{_INTEGER},{_TEXT}".encode()),
    _UNLABELLED: re.compile(f"{_INSTANT},{_INSTANT},{_INTEGER},{_TEXT},{_PORT}".encode()),
}
_WORKERS = min(os.cpu_count() or 1, 8)
_MOST_BLOCKS = 2 * _WORKERS  # under way


@dataclass(frozen=True)
class Reading:
    """One client's whole table: SCHEMA rows (each label's in file order), notes, `error` if the file is not usable."""

    client: str
    table: Any
    notes: tuple[str, ...] = ()
    error: str | None = None

    def __iter__(self) -> Iterator[Any]:
        """The table, in one piece."""
        yield self.table


class ClientFile:
    """Streams one client's CSV as tables of SCHEMA, parsing on all cores with bounded memory.

    A table holds the rows of one label in a piece of the file, in file order.

    `notes` and `error` are complete once the iteration has ended. `error` says that the file is missing, not
    readable or has another header; then there are no tables.
    """

    def __init__(self, path: str | os.PathLike[str], client: str) -> None:
        """Opens nothing yet."""
        self.path = Path(path)
        self.client = client
        self.notes: list[str] = []
        self.error: str | None = None
        self.following: ClientFile | None = None  # begun as soon as there is nothing left to begin of this one
        self._blocks: _Blocks | None = None

    def __iter__(self) -> Iterator[Any]:
        """Tables of SCHEMA, of about 50,000 rows for all labels together."""
        self._begin(_MOST_BLOCKS)
        blocks, self._blocks = self._blocks, None
        if blocks is not None:
            try:
                yield from self._tables(blocks)
            except OSError as e:
                self._fail(e)
            finally:
                blocks.end()

    def _begin(self, most: int) -> None:
        """Parse the first blocks, unless that has begun."""
        if self._blocks is None:
            self.notes, self.error = [], None
            try:
                file = self.path.open("rb", buffering=0)
                header = file.readline(4096)
            except OSError as e:
                self._fail(e)
                return
            columns = self._columns(header)
            if columns is None:
                file.close()
                return
            self._blocks = _Blocks(file, len(header), columns, self.client)
        self._blocks.begin(most)

    def _fail(self, error: OSError) -> None:
        self.error = f"{self.path}: cannot be read: {error.strerror}."

    def _note(self, text: str) -> None:
        self.notes.append(f"{self.path}: {text}")

    def _columns(self, header: bytes) -> tuple[str, ...] | None:
        text = header.decode("utf-8", "replace").strip().replace('"', "")
        columns = tuple(name.strip() for name in text.split(","))
        if not header:
            self._note("empty (0 bytes): nothing was recorded.")
        elif not header.endswith(b"\n") and any(",".join(c).startswith(text) for c in _ROW):
            self._note(f"ends inside its header ({_shown(header)}): nothing was recorded.")
        elif columns not in (_LABELLED, _UNLABELLED):
            known = f"{','.join(_LABELLED)} or {','.join(_UNLABELLED)}"
            self.error = f"{self.path}: the header is {_shown(header)}, not {known}."
        else:
            return columns
        return None

    def _tables(self, blocks: _Blocks) -> Iterator[Any]:
        clock, garbage, rows = Clock(), list[tuple[int, bytes]](), 0
        for block in blocks:
            if blocks.under_way < _MOST_BLOCKS and self.following is not None:
                self.following._begin(_MOST_BLOCKS - blocks.under_way)
            garbage += block.garbage
            if block.torn:
                self._note(
                    f"the last line has no end ({len(block.torn)} bytes: {_shown(block.torn)}): the client was "
                    "stopped while it wrote; the line is left out."
                )
            for label, table in block.tables:
                rows += table.num_rows
                clock.see(label, table)
                yield table
        if garbage:
            shown = "; ".join(f"line {_line_number(blocks.file, at)}: {_shown(text)}" for at, text in garbage[:3])
            self._note(f"{len(garbage)} lines are no rows and are left out: {shown}.")
        for note in clock.notes():
            self._note(note)
        if not rows:
            self._note("no rows: nothing was recorded.")


def read_client(path: str | os.PathLike[str], client: str) -> Reading:
    """One client's CSV as one table; see ClientFile. Memory: the table, 50 bytes a row."""
    file = ClientFile(path, client)
    tables = list(file)
    table = pa.concat_tables(tables) if tables else table_of({}, 0)
    return Reading(client, table, tuple(file.notes), file.error)


@cache
def cores() -> ThreadPoolExecutor:
    """A thread for each core. One pool for all: what a thread has freed, malloc keeps for that thread."""
    return ThreadPoolExecutor(_WORKERS, "rows")


@dataclass(frozen=True)
class _Block:
    """What a piece of a CSV file holds: rows, lines left out as (offset, text), an unfinished last line."""

    tables: list[tuple[str | None, Any]]  # one for each label
    garbage: list[tuple[int, bytes]]
    torn: bytes


class _Blocks:
    """A file's blocks, in order, parsed on all cores with a few under way at most."""

    def __init__(self, file: FileIO, begin: int, columns: tuple[str, ...], client: str) -> None:
        self.file = file
        size = os.fstat(file.fileno()).st_size
        many = -(-size // _BLOCK_BYTES)
        step = -(-size // (many + many % 2))  # an even number: two cores end together
        self._left = ((file, at, min(at + step, size), columns, client) for at in range(begin, size, step))
        self._under_way: deque[Future[_Block]] = deque()

    @property
    def under_way(self) -> int:
        return len(self._under_way)

    def begin(self, most: int) -> None:
        """Parse the next ones, as long as not so many are under way."""
        while len(self._under_way) < most and (block := next(self._left, None)):
            self._under_way.append(cores().submit(_parse, *block))

    def __iter__(self) -> Iterator[_Block]:
        while self._under_way:
            block = self._under_way.popleft().result()
            self.begin(_MOST_BLOCKS)
            yield block

    def end(self) -> None:
        """Close the file when nothing reads it any more."""
        wait([block for block in self._under_way if not block.cancel()])
        self.file.close()


def _parse(file: FileIO, begin: int, end: int, columns: tuple[str, ...], client: str) -> _Block:
    fd = file.fileno()
    if columns == _LABELLED and (usual := fast_csv.read(fd, begin, end)):
        return _Block([(rows.label, _usual_table(rows, client)) for rows in usual], [], b"")
    offset = begin - 1  # in the file; a header is longer
    data = os.pread(fd, end + 4096 - offset, offset)
    while (last := data.find(b"\n", end - 1 - offset)) < 0:
        more = os.pread(fd, _BLOCK_BYTES, offset + len(data))
        if not more:
            break
        data += more
    stop = (last if last >= 0 else data.rfind(b"\n")) + 1
    first = data.find(b"\n") + 1
    if not first:  # inside a line that began before
        return _Block([], [], b"")
    stop = max(first, stop)
    torn = data[stop:] if last < 0 else b""
    quoted = b'"' in data
    try:
        table = _table(pa.py_buffer(data).slice(first, stop - first), columns, client, quoted)
        return _Block(list(by_label(table)), [], torn)
    except pa.ArrowInvalid:
        rows = list[tuple[int, bytes]]()
        garbage = list[tuple[int, bytes]]()
        for line in data[first:stop].splitlines(keepends=True):
            (rows if _is_row(line, columns) else garbage).append((offset + first, line))
            first += len(line)
        table = _table(pa.py_buffer(b"".join(line for _, line in rows)), columns, client, quoted)
        return _Block(list(by_label(table)), [(at, line) for at, line in garbage if line.strip()], torn)


def _is_row(line: bytes, columns: tuple[str, ...]) -> bool:
    match = _ROW[columns].fullmatch(line.rstrip(b"\r\n"))
    try:
        line.decode()
        years = [datetime.fromisoformat(text.decode()).year for text in match.groups() if text] if match else [0]
    except ValueError:
        return False
    return all(1678 <= year <= 2261 for year in years)  # those in which nanoseconds fit 64 bits


def _usual_table(rows: fast_csv.Rows, client: str) -> Any:
    given = {
        "start": numbers(rows.start, "start"),
        "stop": numbers(rows.stop, "stop"),
        "count": numbers(np.full(len(rows.start), rows.count), "count"),
        "latency_nanos": numbers(rows.latency_nanos, "latency_nanos"),
        "label": constant(rows.label, len(rows.start)),
        "client": constant(client, len(rows.start)),
    }
    return table_of(given, len(rows.start))


def _table(data: Any, columns: tuple[str, ...], client: str, quoted: bool) -> Any:
    if not data.size:
        return table_of({}, 0)
    parsed = pa.csv.read_csv(
        pa.BufferReader(data),
        read_options=pa.csv.ReadOptions(use_threads=False, block_size=2 * data.size, column_names=columns),
        parse_options=pa.csv.ParseOptions(quote_char='"' if quoted else False),  # without, it is faster
        convert_options=pa.csv.ConvertOptions(
            column_types={name: SCHEMA.field(name).type for name in columns}, null_values=[]
        ),
    )
    given = {name: parsed[name] for name in columns} | {"client": constant(client, parsed.num_rows)}
    if "count" not in columns:
        given["count"] = numbers(np.ones(parsed.num_rows, np.int64), "count")
    return table_of(given, parsed.num_rows)


def _line_number(file: FileIO, offset: int) -> int:
    """Counts from 1."""
    fd = file.fileno()
    blocks = range(0, offset, _BLOCK_BYTES)
    return 1 + sum(os.pread(fd, min(_BLOCK_BYTES, offset - at), at).count(b"\n") for at in blocks)


def _shown(text: bytes) -> str:
    shown = repr(text[:60].decode("utf-8", "replace").strip())
    return shown + ("..." if len(text) > 60 else "")
