"""Writes recorder.parquet: the rows of all clients of a trial, and the facts of each client."""

from __future__ import annotations

import json
import os
from collections import deque
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pyarrow as pa
import pyarrow.parquet as pq

from fpray.recorder.csv_reader import ClientFile, Reading
from fpray.recorder.schema import SCHEMA, by_label, nanoseconds
from fpray.recorder.sums import exact_sum

CLIENTS_KEY = b"fpray.clients"  # in the Parquet footer: a JSON list of ClientFacts
ROW_GROUPS_KEY = b"fpray.row_groups"  # in the footer: a JSON list of each row group's [client, label]

_ROW_GROUP_ROWS = 1 << 17


@dataclass(frozen=True)
class ClientFacts:
    """The numbers of rows and requests of one client, and their times.

    Times are nanoseconds since the epoch by the client's clock; None without rows.
    """

    client: str
    rows: int = 0
    requests: int = 0
    first_start_ns: int | None = None
    last_start_ns: int | None = None
    last_stop_ns: int | None = None
    notes: tuple[str, ...] = ()
    error: str | None = None


class RecorderWriter:
    """Appends clients to one Parquet file. The complete file appears under its name when the context ends well.

    A client's rows are contiguous. A row group holds rows of one client and one label, in file order. The footer
    holds the ClientFacts, and the client and the label of each row group.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        """Writes under a temporary name in the directory of `path`."""
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
            # Successive numbers are close: their differences take a third of the bytes.
            column_encoding=dict.fromkeys(numbers, "DELTA_BINARY_PACKED"),
            use_dictionary=[name for name in SCHEMA.names if name not in numbers],
            write_statistics=["start", "stop", "count"],  # others take as long as their column, and nothing reads them
        )

    def __enter__(self) -> Self:
        """The writer."""
        return self

    def add(self, client: Reading | ClientFile) -> ClientFacts:
        """Append one client's rows, table by table; the client's facts."""
        facts_of_tables: list[tuple[int, int, int, int, int]] = []
        for table in client:
            if table.num_rows:
                starts, stops = nanoseconds(table["start"]), nanoseconds(table["stop"])
                requests = exact_sum(nanoseconds(table["count"]))
                times = int(starts.min()), int(starts.max()), int(stops.max())
                facts_of_tables.append((len(starts), requests, *times))
                self._finish_writes(leaving=2)
                self._writes.append(self._pool.submit(self._write, client.client, table))
        facts = ClientFacts(client.client)
        if facts_of_tables:
            rows, counts, first_starts, last_starts, last_stops = zip(*facts_of_tables, strict=True)
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
        """Rename the file into place, or remove it after an exception."""
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


def clients_of(metadata: Mapping[bytes, bytes] | None) -> tuple[ClientFacts, ...]:
    """The ClientFacts in a Parquet file's key-value metadata.

    Raises:
        KeyError: no RecorderWriter wrote the file.
    """
    facts = json.loads((metadata or {})[CLIENTS_KEY])
    return tuple(ClientFacts(**{**f, "notes": tuple(f["notes"])}) for f in facts)
