"""A client's own time for each request, from the end of one to the start of its loop's next: estimated from its rows.

Rows do not say which loop made them. Three estimates need no loops; each is right for some clients, and low for others:
- from a stop to the next start of any loop: right where one thread serves all loops, or there is one loop;
- the most requests that were ever under way, less their mean: right where all loops are under way at times;
- from the variance: where loops are independent, each is idle for a share p of the time, so that the number of
  requests under way has the variance p times its mean. It alone may be too high, where loops move in step; so it
  counts only where the maximum lies as far above the mean as it does for independent loops.
Loops that stand still for good, and long pauses, are in none of them: medians over short slices of time are taken.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from fpray.recorder.parquet_reader import RowGroup, RowGroups
from fpray.recorder.schema import Int64s

# A healthy client takes 5 to 100 us; one that takes longer than this is no closed loop as it is meant.
MOST_NS = 250_000.0
_MOST_CLIENTS = 4  # that are looked at; they are all alike
_FEWEST_ROWS, _SAMPLE_ROWS = 50, 20_000  # of a client
_SLICE_ROWS, _SLICE_ROWS_PER_LOOP = 256, 64
_MOMENTS = 0.0005  # a share of the time
_INDEPENDENT = 2.5  # standard deviations from the mean to the maximum
_SECOND = 1_000_000_000


def own_time_s(table: RowGroups) -> float | None:
    """The mean own time of all clients for a request, in seconds; None where rows stand for several requests."""
    times, rates = [], []
    clients = sorted({group.client for group in table.groups})
    for client in clients[:: max(1, -(-len(clients) // _MOST_CLIENTS))]:
        groups = [group for group in table.groups if group.client == client]
        if any(group.count.max > 1 for group in groups):
            return None
        begin, end = min(group.start.min_raw for group in groups), max(group.stop.max_raw for group in groups)
        rows = sum(group.rows for group in groups)
        if rows >= _FEWEST_ROWS and end > begin:
            times.append(own_time_ns(*_sample(table, groups)))
            rates.append(rows / (end - begin))
    return float(np.average(times, weights=rates)) / _SECOND if times else None


def _sample(table: RowGroups, groups: Sequence[RowGroup]) -> tuple[Int64s, Int64s]:
    """The starts and stops of a client's requests that were under way while the middle of its rows was written."""
    largest = max(groups, key=lambda group: group.rows).label
    of_label = [group for group in groups if group.label == largest]
    middle = of_label[len(of_label) // 2]
    begin, end = middle.stop.min_raw, middle.stop.max_raw
    end = begin + (end - begin) * min(_SAMPLE_ROWS, middle.rows) // middle.rows
    starts, stops = [], []
    for group in groups:
        if group.start.min_raw <= end and group.stop.max_raw >= begin:
            columns = table.read(group, ["start", "stop"])
            mask = (columns["start"] <= end) & (columns["stop"] >= begin)
            starts.append(columns["start"][mask])
            stops.append(columns["stop"][mask])
    return np.concatenate(starts), np.concatenate(stops)


def own_time_ns(starts: Int64s, stops: Int64s) -> float:
    """One client's own time for a request, at most MOST_NS.

    starts, stops: of all requests that were under way in some time, by the wall clock; in any order.
    """
    starts, stops = np.sort(starts), np.sort(stops)
    following = np.searchsorted(starts, stops)
    has_next = following < len(starts)
    gaps = starts[following[has_next]] - stops[has_next]
    at = np.concatenate((stops, starts))  # of equal times, the stops come first
    order = np.argsort(at, kind="stable")
    is_stop = order < len(stops)
    under_way = np.cumsum(np.where(is_stop, -1, 1))[:-1].astype(np.float64)
    times = np.diff(at[order]).astype(np.float64)
    if not len(gaps) or not times.sum():
        return 0.0
    by_maximum, by_variance = _of_slices(under_way, times, is_stop[:-1], _most(under_way, times))
    return float(min(max(float(np.median(gaps)), by_maximum, by_variance), MOST_NS))


def _most(under_way: Any, times: Any) -> float:
    """The most requests that were under way at a time, but for moments."""
    order = np.argsort(-under_way, kind="stable")
    share = np.cumsum(times[order]) / times.sum()
    return float(under_way[order][np.searchsorted(share, _MOMENTS)])


def _of_slices(under_way: Any, times: Any, is_stop: Any, most: float) -> tuple[float, float]:
    """The two estimates from the number of requests under way, each the median over slices of time."""
    rows = max(_SLICE_ROWS, int(_SLICE_ROWS_PER_LOOP * most))
    edges = np.linspace(0, len(times), max(1, len(times) // (2 * rows)) + 1).astype(np.int64).tolist()
    by_maximum, by_variance = [0.0], [0.0]
    for begin, end in itertools.pairwise(edges):
        part, weights = under_way[begin:end], times[begin:end]
        seconds, ends = weights.sum(), int(is_stop[begin:end].sum())
        if not seconds or not ends:
            continue
        mean = (part * weights).sum() / seconds
        variance = ((part - mean) ** 2 * weights).sum() / seconds
        by_maximum.append((most - mean) * seconds / ends)
        independent = variance > 0 and most - mean > _INDEPENDENT * variance**0.5
        share = min(variance / mean, 0.99) if independent and mean > 0 else 0.0
        by_variance.append(mean * seconds / ends * share / (1 - share))
    return float(np.median(by_maximum[1:] or by_maximum)), float(np.median(by_variance[1:] or by_variance))
