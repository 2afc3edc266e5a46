"""Blocks of a client's CSV file, parsed on all cores: tables of SCHEMA, and the lines that are left out."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, wait
from dataclasses import dataclass, field, replace
from io import FileIO
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv

from fpray.recorder import fast_csv
from fpray.recorder.row import LABELLED, LONGEST_LINE, Lines, impossible
from fpray.recorder.schema import SCHEMA, Int64s, by_label, chosen_rows, constant, nanoseconds, numbers, table_of
from fpray.recorder.threads import WORKERS, cores

# Long blocks, so that threads seldom wait for each other. Memory is bounded: few blocks and their tables exist at once.
_BLOCK_BYTES = 8 << 20
_MOST_PENDING = 2 * WORKERS  # blocks of a file that are being parsed, or wait for their consumer
MOST_LABELS = 64  # of a file; each costs memory of its own
_SHOWN = 3  # lines of each kind that are left out


@dataclass
class LeftOut:
    """Lines that are left out: how many, and the first of them as (offset in the file, text)."""

    count: int = 0
    first: list[tuple[int, bytes]] = field(default_factory=list)

    def add(self, other: LeftOut) -> None:
        """Add those of a later block."""
        self.count += other.count
        self.first = (self.first + other.first)[:_SHOWN]


@dataclass(frozen=True)
class Block:
    """What one block of a CSV file holds.

    Attributes:
        tables: a label and its rows, for each label.
        crowded: the rows in place of `tables`, where these have more than MOST_LABELS labels; else None.
        not_rows: the lines that are not rows.
        impossible: the rows that no client can have measured.
        torn: a last line without a newline; empty if there is none.
    """

    tables: list[tuple[str | None, Any]] = field(default_factory=list)
    crowded: Any = None
    not_rows: LeftOut = field(default_factory=LeftOut)
    impossible: LeftOut = field(default_factory=LeftOut)
    torn: bytes = b""


class Blocks:
    """A file's blocks, in order. They are parsed on all cores, at most _MOST_PENDING ahead of their consumer."""

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
        self._ranges = ((file, at, min(at + step, size), columns, client) for at in range(begin, size, step))
        self._pending: deque[Future[Block]] = deque()

    def __iter__(self) -> Iterator[Block]:
        self._begin()
        while self._pending:
            block = self._pending.popleft().result()
            self._begin()
            yield block

    def _begin(self) -> None:
        """Start parsing the next blocks, until _MOST_PENDING of them are pending."""
        while len(self._pending) < _MOST_PENDING and (block := next(self._ranges, None)):
            self._pending.append(cores().submit(_parse, *block))

    def end(self) -> None:
        """Close the file once no thread reads it."""
        wait([block for block in self._pending if not block.cancel()])
        self.file.close()


def _parse(file: FileIO, begin: int, end: int, columns: tuple[str, ...], client: str) -> Block:
    """The block of the lines that begin in [begin, end)."""
    fd = file.fileno()
    usual = fast_csv.read(fd, begin, end) if columns == LABELLED else None
    if usual and all(impossible(rows.count, rows.latency_nanos) is None for rows in usual):
        return Block([(rows.label, _table_of_rows(rows, client)) for rows in usual])
    offset = begin - 1  # of `data` in the file; not negative, because the header comes first
    data = os.pread(fd, end + LONGEST_LINE + 2 - offset, offset)
    first = data.find(b"\n") + 1
    if not first:  # the block lies within a line that began before it
        return Block()
    last = data.find(b"\n", end - 1 - offset)
    stop = max(first, (last if last >= 0 else data.rfind(b"\n")) + 1)
    block = _block(Lines(data, first, stop), offset + first, columns, client)
    if last < 0 and (rest := data[stop:]):
        if len(rest) <= LONGEST_LINE:
            return replace(block, torn=rest)
        block.not_rows.add(LeftOut(1, [(offset + stop, rest[:LONGEST_LINE])]))
    return block


def _block(lines: Lines, offset: int, columns: tuple[str, ...], client: str) -> Block:
    """The block of whole lines, of which the first begins at an offset in the file."""
    mask = lines.look_like_rows(columns)
    try:
        table = _table(lines.joined(mask), columns, client)
    except pa.ArrowInvalid:
        mask = lines.are_rows(columns)
        table = _table(lines.joined(mask), columns, client)
    not_rows = _left_out(lines, np.flatnonzero(~mask), offset, blank=False)
    if not table.num_rows:
        return Block(not_rows=not_rows)
    wrong = impossible(nanoseconds(table["count"]), nanoseconds(table["latency_nanos"]))
    left_out = LeftOut()
    if wrong is not None:
        left_out = _left_out(lines, np.flatnonzero(mask)[wrong], offset, blank=True)
        table = chosen_rows(table, ~wrong)
        if not table.num_rows:
            return Block(not_rows=not_rows, impossible=left_out)
    if len(table["label"].combine_chunks().dictionary) > MOST_LABELS:
        return Block(crowded=table, not_rows=not_rows, impossible=left_out)
    return Block(list(by_label(table)), not_rows=not_rows, impossible=left_out)


def _left_out(lines: Lines, numbers: Int64s, offset: int, *, blank: bool) -> LeftOut:
    """Lines by their numbers in a block that begins at an offset; blank: those without text, too."""
    selection = numbers if blank else numbers[~np.array(lines.blank(numbers.tolist()), np.bool_)]
    return LeftOut(
        len(selection),
        [(offset + int(lines.offsets[number]), lines.text(number)) for number in selection[:_SHOWN].tolist()],
    )


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


def _table(data: Any, columns: tuple[str, ...], client: str) -> Any:
    if not data.size:
        return table_of({}, 0)
    has_quotes = b'"' in data.to_pybytes()
    rows = pa.csv.read_csv(
        pa.BufferReader(data),
        read_options=pa.csv.ReadOptions(use_threads=False, block_size=2 * data.size, column_names=columns),
        parse_options=pa.csv.ParseOptions(quote_char='"' if has_quotes else False),  # False is faster
        convert_options=pa.csv.ConvertOptions(
            column_types={name: SCHEMA.field(name).type for name in columns}, null_values=[]
        ),
    )
    values = {name: rows[name] for name in columns} | {"client": constant(client, rows.num_rows)}
    if "count" not in columns:
        values["count"] = numbers(np.ones(rows.num_rows, np.int64), "count")
    return table_of(values, rows.num_rows)


def line_number(file: FileIO, offset: int) -> int:
    """The number of the line that begins at an offset, from 1."""
    fd = file.fileno()
    blocks = range(0, offset, _BLOCK_BYTES)
    return 1 + sum(os.pread(fd, min(_BLOCK_BYTES, offset - at), at).count(b"\n") for at in blocks)
