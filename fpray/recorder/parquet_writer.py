"""One Parquet file from the rows of a trial's clients: recorder.parquet, with what each client's rows come to."""

from __future__ import annotations

import json
import os
from collections import deque
from collections.abc import Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pyarrow as pa
import pyarrow.parquet as pq

from fpray.recorder.csv_reader import ClientFile, Reading, read_client
from fpray.recorder.schema import SCHEMA, Int64s, by_label, nanoseconds

__all__ = [
    "SCHEMA",
    "ClientFacts",
    "ClientFile",
    "Int64s",
    "Reading",
    "RecorderWriter",
    "clients_of",
    "gather",
    "nanoseconds",
    "read_client",
]

CLIENTS_KEY = b"fpray.clients"  # in the Parquet footer: a JSON list of ClientFacts
ROW_GROUPS_KEY = b"fpray.recorder.parquet_reader"  # and a JSON list of each row group's [client, label]

_ROW_GROUP_ROWS = 1 << 17


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


class RecorderWriter:
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
        for batch in table.to_batches(max_chunksize=_ROW_GROUP_ROWS):
            self._write_piece(client, pa.Table.from_batches([batch]))

    def _write_piece(self, client: str, piece: Any) -> None:
        for label, part in by_label(piece):
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
    """Writes the clients' rows to the Parquet file `path`, holding two of `clients` at a time."""
    with RecorderWriter(path) as gatherer:
        left = iter(clients)
        client = next(left, None)
        while client is not None:
            following = next(left, None)
            if isinstance(client, ClientFile) and isinstance(following, ClientFile):
                client.following = following  # no core is idle between the two
            gatherer.add(client)
            client = following
    return tuple(gatherer.clients)


def clients_of(metadata: Mapping[bytes, bytes] | None) -> tuple[ClientFacts, ...]:
    """The ClientFacts in a Parquet file's key-value metadata; raises KeyError if no Gatherer wrote it."""
    facts = json.loads((metadata or {})[CLIENTS_KEY])
    return tuple(ClientFacts(**{**f, "notes": tuple(f["notes"])}) for f in facts)
