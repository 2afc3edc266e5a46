"""Detects in a client's rows that its wall clock was set back."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from fpray.recorder.schema import Int64s, nanoseconds

_TOLERANCE_NS = 1_000_000
_PER_LOOP = 2  # rows of one loop in a run of late rows: more of them were not only written late
_KEPT = (
    "The rows are kept. Their latencies are right, because another clock measures them; the measured time, from which"
    " the throughput is computed, can be wrong by as many ms. If this happens often, check the time synchronization"
    " (NTP) of that machine."
)


@dataclass
class _Run:
    """Consecutive rows of a label that stop before an earlier row did; `front` is the latest stop before them.

    `loops` is the most requests that were under way at a time.
    """

    front: int
    loops: int = 1
    rows: int = 0
    behind: int = 0  # nanoseconds
    reversed: bool = False

    @property
    def set_back(self) -> bool:
        """Whether the clock was set back before these rows.

        Threads that wait between the end of their request and its row write late, but each only one row: with its next
        request it is at the front again.
        """
        return self.behind > _TOLERANCE_NS and (self.reversed or self.rows > _PER_LOOP * self.loops)


class ClockCheck:
    """Detects that a wall clock was set back: rows are written soon after their requests stop."""

    def __init__(self) -> None:
        """Before the first row."""
        self._runs: dict[str | None, _Run] = {}
        self._reversed, self._reversed_by = 0, 0  # rows that stop before they start, nanoseconds
        self._falls, self._falls_by = 0, 0  # times that the clock was set back between rows, nanoseconds

    def add(self, label: str | None, table: Any) -> None:
        """The next rows of a label.

        Rows are in order only within a label: at its end, a client writes the unfinished group of each label.
        """
        starts, stops = nanoseconds(table["start"]), nanoseconds(table["stop"])
        spans = stops - starts
        if spans.min() < 0:
            self._reversed += int((spans < 0).sum())
            self._reversed_by = max(self._reversed_by, -int(spans.min()))
        run = self._runs.setdefault(label, _Run(int(stops[0])))
        if not run.rows and np.diff(stops, prepend=run.front).min() >= 0:  # as of most clients
            run.front = int(stops[-1])
            return
        fronts = np.maximum(np.maximum.accumulate(stops), run.front)
        behind = fronts - stops
        if run.rows or behind.max() > _TOLERANCE_NS:
            run.loops = max(run.loops, _most_under_way(starts, stops))
            self._follow(run, behind, spans < 0)
        run.front = int(fronts[-1])

    def _follow(self, run: _Run, behind: Int64s, reversed_: Any) -> None:
        """Follow runs of late rows through the rows of a table."""
        late = behind > _TOLERANCE_NS
        edges = [0, *(np.flatnonzero(np.diff(late)) + 1).tolist(), len(late)]
        for begin, end in itertools.pairwise(edges):
            if late[begin]:
                run.rows += end - begin
                run.behind = max(run.behind, int(behind[begin:end].max()))
                run.reversed = run.reversed or bool(reversed_[begin:end].any())
            else:
                self._end(run)

    def _end(self, run: _Run) -> None:
        if run.set_back:
            self._falls, self._falls_by = self._falls + 1, max(self._falls_by, run.behind)
        run.rows, run.behind, run.reversed = 0, 0, False

    def notes(self) -> Iterator[str]:
        """Sentences that do not name the file, after the last row."""
        for run in self._runs.values():
            self._end(run)
        if self._reversed:
            yield (
                f"the wall clock of the client's machine was set back: {self._reversed} rows stop before they start,"
                f" by up to {self._reversed_by / 1e6:.3f} ms. {_KEPT}"
            )
        if self._falls:
            yield (
                f"the wall clock of the client's machine was set back {self._falls} times: some rows have a stop time"
                f" that is up to {self._falls_by / 1e6:.3f} ms earlier than the stop time of a row before them. {_KEPT}"
            )


def _most_under_way(starts: Int64s, stops: Int64s) -> int:
    """The most requests that were under way at a time."""
    begins, ends = np.sort(starts), np.sort(np.maximum(starts, stops))
    return int((np.arange(1, len(begins) + 1) - np.searchsorted(ends, begins, side="right")).max())
