"""A client's CSV file as Arrow tables.

A client writes `start,stop,count,latency_nanos,label` (labelled) or `start,stop,latency_nanos,host,port`
(unlabelled). Both become SCHEMA. Everything unusual in a file becomes a note: a plain sentence with the file's name
and the numbers. Nothing here raises an exception for what a client did or failed to do.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from fpray.recorder.clock_check import ClockCheck
from fpray.recorder.columns import NOTHING
from fpray.recorder.csv_blocks import MOST_LABELS, Block, Blocks, LeftOut, line_number
from fpray.recorder.row import IMPOSSIBLE, LABELLED, UNLABELLED
from fpray.recorder.schema import by_label, chosen_rows, nanoseconds, table_of

_WITHOUT = "The other rows are used."


@dataclass(frozen=True)
class Reading:
    """One client's whole table.

    Attributes:
        client: its label.
        table: rows of SCHEMA; the rows of a label are in file order.
        notes: what is unusual about the file.
        error: why the file is not usable; None if it is usable.
    """

    client: str
    table: Any
    notes: tuple[str, ...] = ()
    error: str | None = None

    def __iter__(self) -> Iterator[Any]:
        """The table, as one piece."""
        yield self.table


class ClientFile:
    """Streams one client's CSV as tables of SCHEMA: parsed on all cores, in bounded memory.

    A table holds the rows of one label in one block of the file, in file order.

    `notes` and `error` are complete after the iteration. `error` says that the file is missing, is not readable or
    has another header; then there are no tables.
    """

    def __init__(self, path: str | os.PathLike[str], client: str) -> None:
        """Does not open the file yet."""
        self.path = Path(path)
        self.client = client
        self.notes: list[str] = []
        self.error: str | None = None

    def __iter__(self) -> Iterator[Any]:
        """Tables of SCHEMA; those of one block have about 100,000 rows together."""
        blocks = self._open()
        if blocks is not None:
            try:
                yield from self._tables(blocks)
            except OSError as e:
                self._fail(e)
            finally:
                blocks.end()

    def _open(self) -> Blocks | None:
        """The blocks of the file; None if it has no row."""
        self.notes, self.error = [], None
        try:
            # A pipe would be waited for.
            file = FileIO(os.open(self.path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK))
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                file.close()
                what = "a pipe or a device is at this path: let the client write an ordinary file there"
                raise OSError(errno.EINVAL, what)
            header = file.readline(4096)
        except OSError as e:
            self._fail(e)
            return None
        columns = self._columns(header)
        if columns is None:
            file.close()
            return None
        return Blocks(file, len(header), columns, self.client)

    def _fail(self, error: OSError) -> None:
        self.error = f"{self.path}: cannot be read: {error.strerror}."

    def _note(self, text: str) -> None:
        self.notes.append(f"{self.path}: {text}")

    def _columns(self, header: bytes) -> tuple[str, ...] | None:
        text = header.decode("utf-8", "replace").strip().replace('"', "")
        columns = tuple(name.strip() for name in text.split(","))
        if not header:
            self._note("the file is empty (0 bytes): nothing was recorded.")
        elif not header.endswith(b"\n") and any(",".join(c).startswith(text) for c in (LABELLED, UNLABELLED)):
            self._note(
                f"the file ends inside its header ({_shown(header)}), because the client ended while it wrote it:"
                " nothing was recorded."
            )
        elif columns not in (LABELLED, UNLABELLED):
            headers = f"{','.join(LABELLED)} or {','.join(UNLABELLED)}"
            fault = f"{self.path}: its first line is {_shown(header)}, but must be {headers}"
            self.error = f"{fault}. Correct the client, which wrote this file."
        else:
            return columns
        return None

    def _tables(self, blocks: Blocks) -> Iterator[Any]:
        clock, labels, rows = ClockCheck(), _Labels(), 0
        not_rows, impossible = LeftOut(), LeftOut()
        for block in blocks:
            not_rows.add(block.not_rows)
            impossible.add(block.impossible)
            if block.torn:
                self._note(
                    f"the last line has no end ({len(block.torn)} bytes: {_shown(block.torn)}), because the client"
                    " ended while it wrote it; the line is left out."
                )
            for label, table in labels.tables(block):
                rows += table.num_rows
                clock.add(label, table)
                yield table
        if not_rows.count:
            self._note(
                f"{not_rows.count} lines cannot be read as rows and are left out, such as {_lines(blocks, not_rows)}."
                f" {_WITHOUT} Correct the client that writes such lines: each must have the fields that the first line"
                " of the file names, with times such as 2026-11-22T04:23:17.209Z."
            )
        if impossible.count:
            where = _lines(blocks, impossible)
            self._note(
                f"{impossible.count} rows have impossible values and are left out ({IMPOSSIBLE})."
                f" The first of these rows: {where}. {_WITHOUT} Correct the client that writes such rows."
            )
        if labels.left_out:
            self._note(
                f"the file has more than {MOST_LABELS} different labels: the {labels.left_out} rows with further labels"
                f" are left out. {_WITHOUT} Let the client write fewer labels."
            )
        for note in clock.notes():
            self._note(note)
        if not rows:
            self._note(NOTHING)


class _Labels:
    """The labels of a file: the rows of its first MOST_LABELS ones, since each costs memory; `left_out`: the others."""

    def __init__(self) -> None:
        self._names: set[str | None] = set()
        self.left_out = 0

    def tables(self, block: Block) -> Iterator[tuple[str | None, Any]]:
        """Each label of a block with its rows."""
        for label, table in block.tables if block.crowded is None else by_label(self._uncrowded(block.crowded)):
            if self._is_known(label):
                yield label, table
            else:
                self.left_out += table.num_rows

    def _is_known(self, label: str | None) -> bool:
        if label not in self._names and len(self._names) < MOST_LABELS:
            self._names.add(label)
        return label in self._names

    def _uncrowded(self, table: Any) -> Any:
        labels = table["label"].combine_chunks()
        codes = nanoseconds(labels.indices.cast(pa.int64()))
        names = labels.dictionary.to_pylist()
        present = np.zeros(len(names), np.bool_)
        present[codes] = True
        is_name = np.array([is_used and self._is_known(name) for name, is_used in zip(names, present, strict=True)])
        mask = is_name[codes]
        self.left_out += len(mask) - int(mask.sum())
        return chosen_rows(table, mask)


def _lines(blocks: Blocks, left_out: LeftOut) -> str:
    return "; ".join(f"line {line_number(blocks.file, at)}: {_shown(text)}" for at, text in left_out.first)


def read_client(path: str | os.PathLike[str], client: str) -> Reading:
    """One client's CSV as one table; see ClientFile. Needs 50 bytes of memory for each row."""
    file = ClientFile(path, client)
    tables = list(file)
    table = pa.concat_tables(tables) if tables else table_of({}, 0)
    return Reading(client, table, tuple(file.notes), file.error)


def _shown(text: bytes) -> str:
    start = repr(text[:60].decode("utf-8", "replace").strip())
    return start + ("..." if len(text) > 60 else "")
