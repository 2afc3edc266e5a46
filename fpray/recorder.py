"""The recorder table: what clients measured, one Arrow schema, from their CSV files to one Parquet file.

A client writes `start,stop,count,latency_nanos,label` (labelled) or `start,stop,latency_nanos,host,port`
(unlabelled). Both become SCHEMA. Whatever is odd about a file is said in a note, a plain sentence that names
the file and the numbers; nothing here raises for what a client did or failed to do.
"""

from __future__ import annotations

import io
import json
import os
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self, TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
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

_LABELLED: tuple[str, ...] = ("start", "stop", "count", "latency_nanos", "label")
_UNLABELLED: tuple[str, ...] = ("start", "stop", "latency_nanos", "host", "port")
_BLOCK_BYTES = 8 << 20  # bounds memory: a few blocks and their tables are alive at once
_ROW_GROUP_ROWS = 1 << 17
_CLOCK_TOLERANCE_NS = 1_000_000
_INSTANT = r'"?\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z"?'
_INTEGER = r'"?-?\d{1,18}"?'
_TEXT = r'(?:"[^"]*"|[^",]*)'
_ROW = {
    _LABELLED: re.compile(f"({_INSTANT}),({_INSTANT}),{_INTEGER},{_INTEGER},{_TEXT}".encode()),
    _UNLABELLED: re.compile(f'({_INSTANT}),({_INSTANT}),{_INTEGER},{_TEXT},"?\\d{{1,9}}"?'.encode()),
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
        """The table, as the only piece."""
        yield self.table


@dataclass(frozen=True)
class ClientFacts:
    """What one client's rows come to. Times: nanoseconds since the epoch by its clock, None without rows."""

    client: str
    rows: int
    requests: int
    first_start_ns: int | None
    last_start_ns: int | None
    last_stop_ns: int | None
    notes: tuple[str, ...] = ()
    error: str | None = None


class _Block(NamedTuple):
    """One parsed piece of a CSV file: its table, and the lines left out as (line in the block, text)."""

    table: Any
    garbage: list[tuple[int, bytes]]


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
        """Tables of SCHEMA, a few hundred thousand rows each at most."""
        self.notes, self.error = [], None
        try:
            with self.path.open("rb", buffering=0) as file:
                header = file.readline()
                columns = self._columns(header)
                if columns is not None:
                    yield from self._tables(file, columns)
        except OSError as e:
            self.error = f"{self.path}: cannot be read: {e.strerror}."

    def _columns(self, header: bytes) -> tuple[str, ...] | None:
        if not header:
            self.notes.append(f"{self.path}: empty (0 bytes): nothing was recorded.")
            return None
        if not header.endswith(b"\n"):
            self.notes.append(
                f"{self.path}: ends inside its header ({_shown(header)}): nothing was recorded."
            )
            return None
        columns = tuple(name.strip(' "') for name in header.decode("utf-8", "replace").strip().split(","))
        if columns in (_LABELLED, _UNLABELLED):
            return columns
        known = f"{','.join(_LABELLED)} or {','.join(_UNLABELLED)}"
        self.error = f"{self.path}: the header is {_shown(header)}, not {known}."
        return None

    def _tables(self, file: io.FileIO, columns: tuple[str, ...]) -> Iterator[Any]:
        rows, garbage, lines = 0, _Garbage(), 1
        clock = _Clock()
        blocks = self._blocks(file)
        for data, block in in_order(lambda data: (data, _parse(data, columns, self.client)), blocks):
            for line, text in block.garbage:
                garbage.add(lines + line, text)
            lines += data.count(b"\n")
            if block.table.num_rows:
                rows += block.table.num_rows
                clock.see(block.table)
                yield block.table
        self.notes += [f"{self.path}: {note}" for note in (*garbage.notes(), *clock.notes())]
        if rows == 0:
            self.notes.append(f"{self.path}: only a header: nothing was recorded.")

    def _blocks(self, file: io.FileIO) -> Iterator[bytes]:
        """Pieces of whole lines. A last line without its newline is torn, even if it looks like a row."""
        rest = b""
        while piece := file.read(_BLOCK_BYTES):
            end = piece.rfind(b"\n") + 1
            if end:
                yield rest + piece[:end]
                rest = piece[end:]
            else:
                rest += piece
        if rest:
            self.notes.append(
                f"{self.path}: the last line has no end ({len(rest)} bytes: {_shown(rest)}): "
                "the client was stopped while writing; the line is left out."
            )


def read_client(path: str | os.PathLike[str], client: str) -> Reading:
    """One client's CSV as one table; see ClientFile. Memory: the table, 50 bytes a row."""
    file = ClientFile(path, client)
    tables = list(file)
    table = pa.concat_tables(tables) if tables else SCHEMA.empty_table()
    return Reading(client, table, tuple(file.notes), file.error)


class Gatherer:
    """Appends clients to one Parquet file that appears under its name, complete, when the context ends well.

    A client's rows are contiguous and no row group holds two clients. The footer carries the ClientFacts.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        """Writes beside `path`, under a temporary name."""
        self.path = Path(path)
        self.clients: list[ClientFacts] = []
        self._temporary = self.path.with_name(f".{self.path.name}.{os.getpid()}.tmp")
        # Times and latencies are runs of close numbers: deltas take a third of the bytes.
        deltas = dict.fromkeys(("start", "stop", "latency_nanos"), "DELTA_BINARY_PACKED")
        names = ["count", "label", "host", "port", "client"]
        self._writer = pq.ParquetWriter(
            self._temporary, SCHEMA, compression="none", use_dictionary=names, column_encoding=deltas
        )

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def add(self, client: Reading | ClientFile) -> ClientFacts:
        """Appends one client's rows, table by table, and tells what they come to."""
        rows = requests = 0
        first_start = last_start = last_stop = None
        for table in client:
            if table.num_rows == 0:
                continue
            starts = nanoseconds(table["start"])
            low, high = int(starts.min()), int(starts.max())
            stop = int(nanoseconds(table["stop"]).max())
            rows, requests = rows + table.num_rows, requests + int(pc.sum(table["count"]).as_py())
            first_start = low if first_start is None else min(first_start, low)
            last_start = high if last_start is None else max(last_start, high)
            last_stop = stop if last_stop is None else max(last_stop, stop)
            self._writer.write_table(table, row_group_size=_ROW_GROUP_ROWS)
        notes = tuple(client.notes)
        facts = ClientFacts(
            client.client, rows, requests, first_start, last_start, last_stop, notes, client.error
        )
        self.clients.append(facts)
        return facts

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Renames the file into place, or removes it if something was raised."""
        self._writer.add_key_value_metadata({CLIENTS_KEY: json.dumps([asdict(c) for c in self.clients])})
        self._writer.close()
        if kind is None:
            self._temporary.replace(self.path)
        else:
            self._temporary.unlink()


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
            if len(under_way) > workers:
                yield under_way.popleft().result()
        while under_way:
            yield under_way.popleft().result()


def _parse(data: bytes, columns: tuple[str, ...], client: str) -> _Block:
    try:
        return _Block(_table(data, columns, client), [])
    except pa.ArrowInvalid:
        lines = data.split(b"\n")[:-1]
        good = [_is_row(line, columns) for line in lines]
        rows = b"".join(line + b"\n" for line, ok in zip(lines, good, strict=True) if ok)
        garbage = [(i, lines[i - 1]) for i, ok in enumerate(good, 1) if not ok and lines[i - 1].strip()]
        return _Block(_table(rows, columns, client), garbage)


def _is_row(line: bytes, columns: tuple[str, ...]) -> bool:
    match = _ROW[columns].fullmatch(line.rstrip(b"\r"))
    if match is None:
        return False
    try:
        years = [datetime.fromisoformat(text.decode().strip('"')).year for text in match.groups()]
    except ValueError:
        return False
    return all(1678 <= year <= 2261 for year in years)  # those in which nanoseconds fit 64 bits


def _table(data: bytes, columns: tuple[str, ...], client: str) -> Any:
    if not data.strip():
        return SCHEMA.empty_table()
    parsed = pa.csv.read_csv(
        pa.BufferReader(data),
        read_options=pa.csv.ReadOptions(use_threads=False, block_size=1 << 20, column_names=columns),
        convert_options=pa.csv.ConvertOptions(
            column_types={name: SCHEMA.field(name).type for name in columns}, null_values=[]
        ),
    )
    constants = {"count": pa.scalar(1, pa.int64()), "client": pa.scalar(client, pa.string())}
    arrays = []
    for field in SCHEMA:
        if field.name in columns:
            arrays.append(parsed[field.name])
        elif field.name == "client":
            zeros = pa.array(np.zeros(parsed.num_rows, np.int32))
            arrays.append(pa.DictionaryArray.from_arrays(zeros, pa.array([client])))
        elif field.name == "count":
            arrays.append(pa.repeat(constants["count"], parsed.num_rows))
        else:
            arrays.append(pa.nulls(parsed.num_rows, field.type))
    return pa.Table.from_arrays(arrays, schema=SCHEMA)


class _Garbage:
    """The lines of a file that are no rows."""

    def __init__(self) -> None:
        self.lines = 0
        self.first: list[str] = []

    def add(self, line: int, text: bytes) -> None:
        self.lines += 1
        if self.lines <= 3:
            self.first.append(f"line {line}: {_shown(text)}")

    def notes(self) -> list[str]:
        if not self.lines:
            return []
        return [f"{self.lines} lines are no rows and are left out: {'; '.join(self.first)}."]


class _Clock:
    """Looks for a wall clock that was set back: rows are written when they stop, so stops must not fall."""

    def __init__(self) -> None:
        self._last_stop: dict[Any, int] = {}
        self._reversed, self._reversed_by = 0, 0
        self._falls, self._fall = 0, 0
        self._negative = 0

    def see(self, table: Any) -> None:
        start, stop = nanoseconds(table["start"]), nanoseconds(table["stop"])
        span = stop - start
        if span.min() < 0:
            self._reversed += int((span < 0).sum())
            self._reversed_by = max(self._reversed_by, -int(span.min()))
        self._negative += int((np.asarray(table["latency_nanos"]) < 0).sum())
        self._see_stops(table["label"].combine_chunks(), stop)

    def _see_stops(self, labels: Any, stop: Int64s) -> None:
        """Per label, because a client's last act is to write each label's unfinished group, out of order."""
        codes = labels.indices.fill_null(-1).to_numpy(zero_copy_only=False)
        for code in np.unique(codes):
            label = labels.dictionary[int(code)].as_py() if code >= 0 else None
            own = stop[codes == code]
            steps = np.diff(own, prepend=self._last_stop.get(label, own[0]))
            falls = steps < -_CLOCK_TOLERANCE_NS
            self._falls += int(falls.sum())
            self._fall = max(self._fall, -int(steps.min()) if falls.any() else 0)
            self._last_stop[label] = int(own[-1])

    def notes(self) -> list[str]:
        notes = []
        if self._reversed:
            notes.append(
                f"{self._reversed} rows stop before they start, by up to {self._reversed_by / 1e6:.3f} ms: "
                "the wall clock was set back; the rows are kept, their latency is by another clock."
            )
        if self._falls:
            notes.append(
                f"the wall clock goes back {self._falls} times, by up to {self._fall / 1e6:.3f} ms, between "
                "rows that are written in the order of their stops; the rows are kept."
            )
        if self._negative:
            notes.append(f"{self._negative} rows have a negative latency; they are kept.")
        return notes


def nanoseconds(column: Any) -> Int64s:
    """A timestamp column as int64 nanoseconds since the epoch."""
    return np.asarray(column.cast(pa.int64()))


def _shown(text: bytes) -> str:
    shown = text[:80].decode("utf-8", "replace").strip()
    return repr(shown) + ("..." if len(text) > 80 else "")
