"""All rows of a label by ascending starts, from row groups that overlap, in bounded memory."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

import numpy as np

from fpray.recorder.parquet_reader import RowGroup, RowGroups
from fpray.recorder.schema import Int64s

_BATCH_ROWS = 1 << 17
_SAMPLE_ROWS = 1 << 12
_LAST = 2**63 - 1
# Row groups that may wait for each other: some of each client, and those that begin with a request that took long.
_GROUPS_PER_CLIENT, _MORE_GROUPS = 2, 32


def in_time_order(table: RowGroups, groups: Sequence[RowGroup]) -> Iterator[tuple[Int64s, Int64s | int]]:
    """All starts and counts, ascending.

    Rows that start before the first start of all groups that are not read yet are complete.
    """
    if _most_overlapping(groups) > _MORE_GROUPS + _GROUPS_PER_CLIENT * len({group.client for group in groups}):
        yield from _by_slices(table, groups)
        return
    waiting: list[tuple[Int64s, Int64s | int]] = []
    for group, following in itertools.zip_longest(groups, groups[1:]):
        waiting.append(_sorted([_starts(table, group)]))
        complete = _LAST if following is None else following.start.min_raw
        remaining = sum(_before(complete, waiting))
        while remaining >= (1 if following is None else _BATCH_ROWS):
            ends = _before(min(complete, _batch_end(waiting)), waiting)
            remaining -= sum(ends)
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


def _most_overlapping(groups: Sequence[RowGroup]) -> int:
    """How many groups at most have a common start."""
    begins = np.array([group.start.min_raw for group in groups], np.int64)
    ends = np.sort(np.array([group.start.max_raw for group in groups], np.int64))
    return int((np.arange(1, len(groups) + 1) - np.searchsorted(ends, begins)).max(initial=0))


def _by_slices(table: RowGroups, groups: Sequence[RowGroup]) -> Iterator[tuple[Int64s, Int64s | int]]:
    """The same where one odd start would let all groups wait: slice by slice, each read from all groups anew."""
    samples = np.sort(np.concatenate([np.sort(_starts(table, group)[0])[::_SAMPLE_ROWS] for group in groups]))
    edges = np.unique(samples[:: max(1, _BATCH_ROWS // _SAMPLE_ROWS)]).tolist()
    for begin, end in itertools.pairwise([*edges, _LAST]):
        pieces = []
        for group in groups:
            if group.start.min_raw < end and group.start.max_raw >= begin:
                starts, counts = _starts(table, group)
                mask = (starts >= begin) & (starts < end)
                if mask.any():
                    pieces.append((starts[mask], counts if isinstance(counts, int) else counts[mask]))
        if pieces:
            yield _sorted(pieces)
