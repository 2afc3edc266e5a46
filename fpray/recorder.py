"""The recorder table: what clients measured, one Arrow schema, from their CSV files to one Parquet file.

A client writes `start,stop,count,latency_nanos,label` (labelled) or `start,stop,latency_nanos,host,port`
(unlabelled). Both become SCHEMA. Whatever is odd about a file is said in a note, a plain sentence that names the
file and the numbers; nothing here raises for what a client did or failed to do.
"""

from __future__ import annotations

import json
import os
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

TIME = pa.timestamp("ns", "UTC")
NAME = pa.dictionary(pa.int32(), pa.string())
SCHEMA = pa.schema(
    [
        ("start", TIME),  # of the request, or of the first one of a group
        ("stop", TIME),  # of the request, or of the last one of a group
        ("count", pa.int64()),  # requests in the group; 1 in the unlabelled set
        ("latency_nanos", pa.int64()),  # by the client's monotonic clock; a group's is its integer mean
        ("label", NAME),  # null in the unlabelled set
        ("host", NAME),  # host and port are null in the labelled set
        ("port", pa.int32()),
        ("client", NAME),  # label of the process, such as client_0
    ]
)
CLIENTS_KEY = b"fpray.clients"  # in the Parquet footer: a JSON list of ClientFacts
ROW_GROUPS_KEY = b"fpray.row_groups"  # and a JSON list of each row group's [client, label]

_LABELLED: tuple[str, ...] = ("start", "stop", "count", "latency_nanos", "label")
_UNLABELLED: tuple[str, ...] = ("start", "stop", "latency_nanos", "host", "port")
_NUMBERS = ("start", "stop", "count", "latency_nanos")
_BLOCK_BYTES = 4 << 20  # bounds memory: a few blocks and their tables are alive at once
_ROW_GROUP_ROWS = 1 << 17
_CLOCK_TOLERANCE_NS = 1_000_000
_INSTANT = r'"?(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z)"?'
_INTEGER = r'"?-?\d{1,18}"?'
_TEXT = r'(?:"[^"]*"|[^",]*)'
_ROW = {
    _LABELLED: re.compile(f"{_INSTANT},{_INSTANT},{_INTEGER},{_INTEGER},{_TEXT}".encode()),
    _UNLABELLED: re.compile(f'{_INSTANT},{_INSTANT},{_INTEGER},{_TEXT},"?\\d{{1,9}}"?'.encode()),
}
Int64s = npt.NDArray[np.int64]
Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True)
class Reading:
    """One client's whole table: SCHEMA rows in file order, notes, and `error` if the file is not usable."""

    client: str
    table: Any
    notes: tuple[str, ...] = ()
    error: str | None = None

    def __iter__(self) -> Iterator[Any]:
        """The table, in one piece."""
        yield self.table


@dataclass(frozen=True)
class ClientFacts:
    """What one client's rows come to. Times: nanoseconds since the epoch by its clock, None without rows."""

    client: str
    rows: int = 0
    requests: int = 0
    first_start_ns: int | None = None
    last_start_ns: int | None = None
    last_stop_ns: int | None = None
    notes: tuple[str, ...] = ()
    error: str | None = None


class ClientFile:
    """Streams one client's CSV as tables of SCHEMA, in file order, parsing on all cores with bounded memory.

    `notes` and `error` are complete once the iteration has ended. `error` says that the file is missing, not
    readable or has another header; then there are no tables.
    """

    def __init__(self, path: str | os.PathLike[str], client: str) -> None:
        """Opens nothing yet."""
        self.path = Path(path)
        self.client = client
        self.notes: list[str] = []
        self.error: str | None = None

    def __iter__(self) -> Iterator[Any]:
        """Tables of SCHEMA, of about 50,000 rows."""
        self.notes, self.error = [], None
        try:
            with self.path.open("rb", buffering=0) as file:
                header = file.readline(4096)
                columns = self._columns(header)
                if columns is not None:
                    yield from self._tables(file.fileno(), len(header), columns)
        except OSError as e:
            self.error = f"{self.path}: cannot be read: {e.strerror}."

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

    def _tables(self, fd: int, begin: int, columns: tuple[str, ...]) -> Iterator[Any]:
        size = os.fstat(fd).st_size
        clock, garbage, rows = _Clock(), list[tuple[int, bytes]](), 0
        blocks = in_order(
            lambda at: _parse(fd, at, min(at + _BLOCK_BYTES, size), columns, self.client),
            range(begin, size, _BLOCK_BYTES),
        )
        for block in blocks:
            garbage += block.garbage
            if block.torn:
                self._note(
                    f"the last line has no end ({len(block.torn)} bytes: {_shown(block.torn)}): the client was "
                    "stopped while it wrote; the line is left out."
                )
            if block.table.num_rows:
                rows += block.table.num_rows
                clock.see(block.table)
                yield block.table
        if garbage:
            shown = "; ".join(f"line {_line_number(fd, at)}: {_shown(text)}" for at, text in garbage[:3])
            self._note(f"{len(garbage)} lines are no rows and are left out: {shown}.")
        for note in clock.notes():
            self._note(note)
        if not rows:
            self._note("no rows: nothing was recorded.")


def read_client(path: str | os.PathLike[str], client: str) -> Reading:
    """One client's CSV as one table; see ClientFile. Memory: the table, 50 bytes a row."""
    file = ClientFile(path, client)
    tables = list(file)
    table = pa.concat_tables(tables) if tables else SCHEMA.empty_table()
    return Reading(client, table, tuple(file.notes), file.error)


class Gatherer:
    """Appends clients to one Parquet file that appears under its name, complete, when the context ends well.

    A client's rows are contiguous. A row group holds one client's rows of one label, in file order. The footer
    carries the ClientFacts and what each row group holds.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        """Writes beside `path`, under a temporary name."""
        self.path = Path(path)
        self.clients: list[ClientFacts] = []
        self._row_groups: list[tuple[str, str | None]] = []
        self._pool = ThreadPoolExecutor(1)  # writes while the next tables are parsed or fetched
        self._writes: deque[Future[None]] = deque()
        self._temporary = self.path.with_name(f".{self.path.name}.{os.getpid()}.tmp")
        numbers = ("start", "stop", "latency_nanos")
        self._writer = pq.ParquetWriter(
            self._temporary,
            SCHEMA,
            compression="none",
            # Close numbers in a row: their differences take a third of the bytes.
            column_encoding=dict.fromkeys(numbers, "DELTA_BINARY_PACKED"),
            use_dictionary=[name for name in SCHEMA.names if name not in numbers],
            write_statistics=["start", "stop", "count"],  # others cost as much as the column, and nobody asks
        )

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def add(self, client: Reading | ClientFile) -> ClientFacts:
        """Appends one client's rows, table by table, and tells what they come to."""
        seen: list[tuple[int, int, int, int, int]] = []
        for table in client:
            if table.num_rows:
                starts, stops = nanoseconds(table["start"]), nanoseconds(table["stop"])
                requests = int(nanoseconds(table["count"]).sum())
                seen.append((len(starts), requests, int(starts.min()), int(starts.max()), int(stops.max())))
                self._finish_writes(leaving=2)
                self._writes.append(self._pool.submit(self._write, client.client, table))
        facts = ClientFacts(client.client)
        if seen:
            rows, counts, first_starts, last_starts, last_stops = zip(*seen, strict=True)
            times = min(first_starts), max(last_starts), max(last_stops)
            facts = ClientFacts(client.client, sum(rows), sum(counts), *times)
        self.clients.append(replace(facts, notes=tuple(client.notes), error=client.error))
        return self.clients[-1]

    def _write(self, client: str, table: Any) -> None:
        for label, part in _by_label(table):
            self._writer.write_table(part, row_group_size=part.num_rows)
            self._row_groups.append((client, label))

    def _finish_writes(self, leaving: int) -> None:
        while len(self._writes) > leaving:
            self._writes.popleft().result()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Renames the file into place, or removes it if something was raised."""
        try:
            self._finish_writes(leaving=0)
            clients = json.dumps([asdict(c) for c in self.clients])
            row_groups = json.dumps(self._row_groups)
            self._writer.add_key_value_metadata({CLIENTS_KEY: clients, ROW_GROUPS_KEY: row_groups})
            self._writer.close()
            if kind is None:
                self._temporary.replace(self.path)
        finally:
            self._pool.shutdown()
            self._temporary.unlink(missing_ok=True)


def gather(clients: Iterable[Reading | ClientFile], path: str | os.PathLike[str]) -> tuple[ClientFacts, ...]:
    """Writes the clients' rows to the Parquet file `path`, holding one of `clients` at a time."""
    with Gatherer(path) as gatherer:
        for client in clients:
            gatherer.add(client)
    return tuple(gatherer.clients)


def clients_of(metadata: Mapping[bytes, bytes] | None) -> tuple[ClientFacts, ...]:
    """The ClientFacts in a Parquet file's key-value metadata; raises KeyError if no Gatherer wrote it."""
    facts = json.loads((metadata or {})[CLIENTS_KEY])
    return tuple(ClientFacts(**{**f, "notes": tuple(f["notes"])}) for f in facts)


def in_order(work: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
    """`map(work, items)` on all cores, in order, with a few items under way at most."""
    workers = min(os.cpu_count() or 1, 8)
    with ThreadPoolExecutor(workers) as pool:
        under_way: deque[Future[Result]] = deque()
        for item in items:
            under_way.append(pool.submit(work, item))
            if len(under_way) > 2 * workers:
                yield under_way.popleft().result()
        while under_way:
            yield under_way.popleft().result()


def nanoseconds(column: Any) -> Int64s:
    """A column of timestamps or integers as int64."""
    return np.asarray(column.cast(pa.int64()))


@dataclass(frozen=True)
class _Block:
    """What a piece of a CSV file holds: rows, lines left out as (offset, text), an unfinished last line."""

    table: Any
    garbage: list[tuple[int, bytes]]
    torn: bytes


def _parse(fd: int, begin: int, end: int, columns: tuple[str, ...], client: str) -> _Block:
    """The lines that begin in [begin, end). One without a newline is torn, even if it looks like a row."""
    data = os.pread(fd, end - begin + 1 + 4096, begin - 1)
    while (last := data.find(b"\n", end - begin)) < 0:
        more = os.pread(fd, _BLOCK_BYTES, begin - 1 + len(data))
        if not more:
            break
        data += more
    stop = (last if last >= 0 else data.rfind(b"\n")) + 1
    first = data.find(b"\n", 0, stop) + 1
    torn = data[max(stop, first) :] if last < 0 else b""
    quoted = b'"' in data
    try:
        return _Block(_table(pa.py_buffer(data).slice(first, stop - first), columns, client, quoted), [], torn)
    except pa.ArrowInvalid:
        rows = list[tuple[int, bytes]]()
        garbage = list[tuple[int, bytes]]()
        for line in data[first:stop].splitlines(keepends=True):
            (rows if _is_row(line, columns) else garbage).append((begin - 1 + first, line))
            first += len(line)
        table = _table(pa.py_buffer(b"".join(line for _, line in rows)), columns, client, quoted)
        return _Block(table, [(at, line) for at, line in garbage if line.strip()], torn)


def _is_row(line: bytes, columns: tuple[str, ...]) -> bool:
    match = _ROW[columns].fullmatch(line.rstrip(b"\r\n"))
    try:
        years = [datetime.fromisoformat(text.decode()).year for text in match.groups()] if match else [0]
    except ValueError:
        return False
    return all(1678 <= year <= 2261 for year in years)  # those in which nanoseconds fit 64 bits


def _table(data: Any, columns: tuple[str, ...], client: str, quoted: bool) -> Any:
    if not data.size:
        return SCHEMA.empty_table()
    parsed = pa.csv.read_csv(
        pa.BufferReader(data),
        read_options=pa.csv.ReadOptions(use_threads=False, block_size=2 * data.size, column_names=columns),
        parse_options=pa.csv.ParseOptions(quote_char='"' if quoted else False),  # without, it is faster
        convert_options=pa.csv.ConvertOptions(
            column_types={name: SCHEMA.field(name).type for name in columns}, null_values=[]
        ),
    )
    rows = parsed.num_rows
    given = {name: parsed[name] for name in columns} | {"client": _constant(client, rows)}
    if "count" not in columns:
        given["count"] = pa.array(np.ones(rows, np.int64))
    arrays = [given[f.name] if f.name in given else pa.nulls(rows, f.type) for f in SCHEMA]
    return pa.Table.from_arrays(arrays, schema=SCHEMA)


def _constant(name: str | None, rows: int) -> Any:
    return pa.DictionaryArray.from_arrays(pa.array(np.zeros(rows, np.int32)), pa.array([name], pa.string()))


def _codes(table: Any) -> tuple[npt.NDArray[np.int32], dict[int, str | None]]:
    """Each row's label as a number, and the labels that occur by number."""
    labels = table["label"].combine_chunks()
    codes = labels.indices.fill_null(len(labels.dictionary)).to_numpy(zero_copy_only=False)
    names = [*labels.dictionary.to_pylist(), None]
    return codes, {int(c): names[c] for c in np.flatnonzero(np.bincount(codes))}


def _by_label(table: Any) -> Iterator[tuple[str | None, Any]]:
    """Pieces of at most _ROW_GROUP_ROWS rows of one label."""
    for begin in range(0, table.num_rows, _ROW_GROUP_ROWS):
        piece = table.slice(begin, _ROW_GROUP_ROWS)
        codes, labels = _codes(piece)
        for code, label in labels.items():
            if len(labels) == 1:
                yield label, piece
                continue
            rows = np.flatnonzero(codes == code)
            part = piece.slice(0, len(rows))  # labelled rows differ in numbers only; to copy the rest would cost
            for i, name in enumerate(_NUMBERS):
                part = part.set_column(i, SCHEMA.field(i), piece[name].take(pa.array(rows)))
            yield label, part.set_column(4, SCHEMA.field(4), _constant(label, len(rows)))


def _line_number(fd: int, offset: int) -> int:
    """Counts from 1."""
    blocks = range(0, offset, _BLOCK_BYTES)
    return 1 + sum(os.pread(fd, min(_BLOCK_BYTES, offset - at), at).count(b"\n") for at in blocks)


class _Clock:
    """Looks for a wall clock that was set back: rows are written when they stop, so stops must not fall."""

    def __init__(self) -> None:
        self._previous = SCHEMA.empty_table()
        self._last_stop: int | None = None
        self._reversed, self._reversed_by = 0, 0  # rows that stop before they start, nanoseconds
        self._falls, self._falls_by = 0, 0  # rows that stop before the one above, nanoseconds
        self._negative = 0

    def see(self, table: Any) -> None:
        """The file's next rows."""
        stops = nanoseconds(table["stop"])
        spans = stops - nanoseconds(table["start"])
        if spans.min() < 0:
            self._reversed += int((spans < 0).sum())
            self._reversed_by = max(self._reversed_by, -int(spans.min()))
        before = stops[0] if self._last_stop is None else self._last_stop
        if np.diff(stops, prepend=before).min() < -_CLOCK_TOLERANCE_NS:
            self._see_labels(table)
        latencies = nanoseconds(table["latency_nanos"])
        self._negative += int((latencies < 0).sum())
        self._previous, self._last_stop = table, int(stops[-1])

    def _see_labels(self, table: Any) -> None:
        """A client's last act is to write each label's unfinished group: only stops of one label are in order."""
        both = pa.concat_tables([self._previous, table])
        codes, labels = _codes(both)
        stops = nanoseconds(both["stop"])
        for code in labels:
            rows = np.flatnonzero(codes == code)
            steps = np.diff(stops[rows])[rows[1:] >= self._previous.num_rows]
            falls = steps[steps < -_CLOCK_TOLERANCE_NS]
            self._falls += len(falls)
            self._falls_by = max(self._falls_by, -int(falls.min(initial=0)))

    def notes(self) -> Iterator[str]:
        """Sentences without the file's name."""
        if self._reversed:
            yield (
                f"{self._reversed} rows stop before they start, by up to {self._reversed_by / 1e6:.3f} ms: "
                "the wall clock was set back; the rows are kept, their latency is by another clock."
            )
        if self._falls:
            yield (
                f"the wall clock goes back {self._falls} times, by up to {self._falls_by / 1e6:.3f} ms, "
                "between rows that are written in the order of their stops; the rows are kept."
            )
        if self._negative:
            yield f"{self._negative} rows have a negative latency; they are kept."


def _shown(text: bytes) -> str:
    shown = repr(text[:60].decode("utf-8", "replace").strip())
    return shown + ("..." if len(text) > 60 else "")
