"""The rolling one-second throughput of many clients, with their rows merged in the order of their starts."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

import numpy as np

from fpray.recorder.columns import STATISTICS
from fpray.recorder.parquet_reader import Label, RowGroup, RowGroups
from fpray.recorder.quantiles import Floats, Histogram, interpolated, merged, ranks_of, values_at
from fpray.recorder.schema import Int64s

SECOND = 1_000_000_000
_BATCH_ROWS = 1 << 17
_LAST = 2**63 - 1


class Throughput:
    """The sum of the counts in the second before each row, for the rows of one label."""

    def __init__(self, label: Label) -> None:
        self._unlabelled = label is None
        self._starts = np.zeros(0, np.int64)  # of the last second; their counts are one number while all agree
        self._counts: Int64s | int | None = None
        self._first: int | None = None
        self._rows = 0
        self._rates = Histogram()
        self._early: list[Floats] = []

    def add(self, starts: Int64s, counts: Int64s | int) -> None:
        """The next rows, by ascending starts; no two calls share a start. `counts`: one number if all are the same."""
        before = len(self._starts)
        all_starts = np.concatenate((self._starts, starts))
        first = _searchsorted(all_starts, starts - SECOND)  # the window is (t - 1 s, t]
        keep = int(np.searchsorted(all_starts, starts[-1] - SECOND, side="right"))
        if isinstance(counts, int) and (
            self._counts is None or (isinstance(self._counts, int) and self._counts == counts)
        ):
            rates = np.arange(before + 1, len(all_starts) + 1) - first
            if counts != 1:
                rates *= counts
            self._counts = counts
        else:
            if not isinstance(self._counts, np.ndarray):
                self._counts = np.full(before, self._counts or 0)
            all_counts = np.concatenate((self._counts, np.broadcast_to(counts, len(starts))))
            sums = np.concatenate(([0], np.cumsum(all_counts)))
            rates = sums[before + 1 :] - sums[first]
            self._counts = all_counts[keep:]
        self._starts = all_starts[keep:]
        self._count(starts, rates)

    def _count(self, starts: Int64s, rates: Int64s) -> None:
        self._first = int(starts[0]) if self._first is None else self._first
        full = int(np.searchsorted(starts, self._first + SECOND, side="right" if self._unlabelled else "left"))
        skipped = max(0, 100 - self._rows) if self._unlabelled else 0
        if self._unlabelled and skipped < full:
            # Rows until now divided by the time until now, in whole microseconds; of equal starts the last row counts.
            rows = self._rows + np.searchsorted(starts, starts[skipped:full], side="right")
            self._early.append(rows / np.maximum((starts[skipped:full] - self._first) // 1000, 1) * 1e6)
        self._rates.add(Histogram(rates[max(full, skipped) :]))
        self._rows += len(starts)

    def statistics(self) -> dict[str, float | None]:
        """In requests per second; None (nan in FrankenPaxos) if the rows span less than a second."""
        rates, rows = merged([self._rates.distribution(), *((e, np.ones(len(e), np.int64)) for e in self._early)])
        if not len(rates):
            return dict.fromkeys(STATISTICS)
        total = int(rows.sum())
        quantiles = interpolated(values_at((rates, rows), ranks_of(total)), total)
        mean = float((rates * (rows / total)).sum())
        return {"mean": mean, "min": float(rates[0]), "max": float(rates[-1]), **quantiles}


def rolling_throughput(table: RowGroups, label: Label) -> Throughput:
    """The throughput of all rows of a label."""
    throughput = Throughput(label)
    for starts, counts in _in_time_order(table, table.of(label)):
        throughput.add(starts, counts)
    return throughput


def _in_time_order(table: RowGroups, groups: Sequence[RowGroup]) -> Iterator[tuple[Int64s, Int64s | int]]:
    """All starts and counts, ascending.

    Rows that start before the first start of all groups that are not read yet are complete.
    """
    waiting: list[tuple[Int64s, Int64s | int]] = []
    for group, following in itertools.zip_longest(groups, groups[1:]):
        waiting.append(_sorted([_starts(table, group)]))
        complete = _LAST if following is None else following.start.min_raw
        left = sum(_before(complete, waiting))
        while left >= (1 if following is None else _BATCH_ROWS):
            ends = _before(min(complete, _batch_end(waiting)), waiting)
            left -= sum(ends)
            yield _sorted([_cut(piece, slice(0, end)) for piece, end in zip(waiting, ends, strict=True)])
            pieces = [_cut(piece, slice(end, None)) for piece, end in zip(waiting, ends, strict=True)]
            waiting = [piece for piece in pieces if len(piece[0])]


def _batch_end(pieces: Sequence[tuple[Int64s, Int64s | int]]) -> int:
    """A time before which there is at least one row, and at most a batch of rows."""
    share = _BATCH_ROWS // len(pieces)
    ends = [int(starts[share]) for starts, _ in pieces if len(starts) > share]
    return max(min(ends, default=_LAST), min(int(starts[0]) for starts, _ in pieces) + 1)


def _before(end: int, pieces: Sequence[tuple[Int64s, Int64s | int]]) -> list[int]:
    """The number of rows of each piece that start before `end`."""
    return [int(np.searchsorted(starts, end)) for starts, _ in pieces]


def _starts(table: RowGroups, group: RowGroup) -> tuple[Int64s, Int64s | int]:
    if group.uniform:
        return table.read(group, ["start"])["start"], int(group.count.min)
    columns = table.read(group, ["start", "count"])
    return columns["start"], columns["count"]


def _cut(piece: tuple[Int64s, Int64s | int], part: slice) -> tuple[Int64s, Int64s | int]:
    starts, counts = piece
    return starts[part], counts if isinstance(counts, int) else counts[part]


def _sorted(pieces: Sequence[tuple[Int64s, Int64s | int]]) -> tuple[Int64s, Int64s | int]:
    """All starts, ascending, with their counts: one number if all are the same."""
    starts = np.concatenate([starts for starts, _ in pieces])
    uniform = {counts for _, counts in pieces if isinstance(counts, int)}
    if len(uniform) == 1 and all(isinstance(counts, int) for _, counts in pieces):
        starts.sort()
        return starts, uniform.pop()
    order = np.argsort(starts, kind="stable")
    counts = [np.full(len(starts), c) if isinstance(c, int) else c for starts, c in pieces]
    return starts[order], np.concatenate(counts)[order]


def _searchsorted(values: Int64s, wanted: Int64s) -> Int64s:
    """`searchsorted(values, wanted, side="right")` for ascending `wanted`, in pieces that fit the cache."""
    piece = 2048
    edges = np.searchsorted(values, [*wanted[::piece], wanted[-1]], side="right").tolist()
    places = np.empty(len(wanted), np.int64)
    for i, (low, high) in enumerate(itertools.pairwise(edges)):
        part = slice(i * piece, (i + 1) * piece)
        places[part] = values[low:high].searchsorted(wanted[part], side="right") + low
    return places
