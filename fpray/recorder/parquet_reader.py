"""Reads recorder.parquet by row groups, each with the statistics in the footer."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow.parquet as pq

from fpray.recorder.parquet_writer import ROW_GROUPS_KEY
from fpray.recorder.schema import SCHEMA, Int64s, nanoseconds

Label = str | None
Window = tuple[int, int]  # [begin, end) in nanoseconds since the epoch


class RowGroups:
    """The row groups of a recorder table, in the order of their first starts."""

    def __init__(self, path: str | os.PathLike[str], metadata: Any) -> None:
        self._path, self._metadata = path, metadata
        self._open = threading.local()  # a ParquetFile belongs to one thread
        at = [SCHEMA.get_field_index(name) for name in ("start", "stop", "count")]
        groups = [
            RowGroup(number, client, label, *(metadata.row_group(number).column(i).statistics for i in at))
            for number, (client, label) in enumerate(json.loads(metadata.metadata[ROW_GROUPS_KEY]))
        ]
        self.groups = sorted(groups, key=lambda group: group.start.min_raw)
        self.labels = {group.label for group in groups}

    def of(self, label: Label) -> list[RowGroup]:
        """The groups of one label."""
        return [group for group in self.groups if group.label == label]

    def read(self, group: RowGroup, columns: Sequence[str]) -> dict[str, Int64s]:
        """Columns of a group, as integers."""
        if not hasattr(self._open, "file"):
            self._open.file = pq.ParquetFile(self._path, metadata=self._metadata, pre_buffer=False)
        table = self._open.file.read_row_group(group.number, columns=list(columns), use_threads=False)
        return {name: nanoseconds(table[name]) for name in columns}

    def first_starts_after(self, after: Mapping[str, int]) -> dict[str, int]:
        """Each client's first start at or after its time; without the clients that have none."""
        firsts: dict[str, int] = {}
        for group in self.groups:
            starts = self.read(group, ["start"])["start"]
            later = starts[starts >= after[group.client]]
            if len(later):
                firsts[group.client] = min(int(later.min()), firsts.get(group.client, int(later.min())))
        return firsts


@dataclass(frozen=True)
class RowGroup:
    """Rows of one client and one label, and the statistics of their columns."""

    number: int
    client: str
    label: Label
    start: Any
    stop: Any
    count: Any

    @property
    def rows(self) -> int:
        """The number of rows."""
        return int(self.start.num_values)

    @property
    def uniform(self) -> bool:
        """Whether all rows have the same count."""
        return bool(self.count.min == self.count.max)

    def inside(self, window: Window | None) -> bool | None:
        """Whether all (True) or none (False) of the rows stop inside the window; None if only some do."""
        if window is None or self.stop.max_raw < window[0] or self.stop.min_raw >= window[1]:
            return False
        return True if window[0] <= self.stop.min_raw and self.stop.max_raw < window[1] else None
