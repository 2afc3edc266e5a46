"""The rolling one-second throughput of many clients, with their rows merged in the order of their starts."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np

from fpray.recorder.columns import STATISTICS
from fpray.recorder.parquet_reader import Label, RowGroups
from fpray.recorder.quantiles import (
    Floats,
    Histogram,
    Quantiles,
    bins_of,
    interpolated,
    merged,
    piece_counts,
    ranks_of,
    values_at,
)
from fpray.recorder.schema import Int64s
from fpray.recorder.time_order import in_time_order

SECOND = 1_000_000_000
_MOST_RATES = 1 << 22  # a longer histogram takes too much memory
Throughput = dict[str, float | None]  # statistics, in requests per second


class _Rolling:
    """The sum of the counts in the second before each row, for the rows of one label."""

    def __init__(self, label: Label, rates: Callable[[Int64s], None]) -> None:
        """rates: is called with the sums."""
        self._unlabelled = label is None
        self._starts = np.zeros(0, np.int64)  # of the last second; their counts are one number while all agree
        self._counts: Int64s | int | None = None
        self._first: int | None = None
        self._rows = 0
        self._rates = rates
        self.early: list[Floats] = []  # of the first second, where rows have no labels

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
        lead_in = max(0, 100 - self._rows) if self._unlabelled else 0
        if self._unlabelled and lead_in < full:
            # Rows until now divided by the time until now, in whole microseconds; of equal starts the last row counts.
            rows = self._rows + np.searchsorted(starts, starts[lead_in:full], side="right")
            self.early.append(rows / np.maximum((starts[lead_in:full] - self._first) // 1000, 1) * 1e6)
        self._rates(rates[max(full, lead_in) :])
        self._rows += len(starts)


def rolling_throughput(table: RowGroups, label: Label) -> Throughput:
    """The throughput of all rows of a label; None (nan in FrankenPaxos) if the rows span less than a second."""
    histogram, wide = Histogram(), False

    def add(rates: Int64s) -> None:
        nonlocal wide
        wide = wide or (label is not None and histogram.span_with(rates) > _MOST_RATES)
        if not wide:
            histogram.add(Histogram(rates))

    early = _roll(table, label, add)
    if wide:
        return _of_wide_rates(table, label)
    rates, rows = merged([histogram.distribution(), *((e, np.ones(len(e), np.int64)) for e in early)])
    if not len(rates):
        return dict.fromkeys(STATISTICS)
    total = int(rows.sum())
    quantiles = interpolated(values_at((rates, rows), ranks_of(total)), total)
    mean = float((rates * (rows / total)).sum())
    return {"mean": mean, "min": float(rates[0]), "max": float(rates[-1]), **quantiles}


def _roll(table: RowGroups, label: Label, rates: Callable[[Int64s], None]) -> list[Floats]:
    """One pass over a label's rows in time order; the rates of the first second that `rates` does not get."""
    rolling = _Rolling(label, rates)
    for starts, counts in in_time_order(table, table.of(label)):
        rolling.add(starts, counts)
    return rolling.early


def _of_wide_rates(table: RowGroups, label: Label) -> Throughput:
    """The same for rates of which a histogram would be too long: in several passes."""
    quantiles = Quantiles()
    _roll(table, label, lambda rates: quantiles.add(piece_counts(rates)))
    while quantiles.open:
        _roll(table, label, lambda rates: quantiles.count(rates, bins_of(rates)))
        quantiles.narrow()
    mean = quantiles.sum / quantiles.rows
    return {"mean": mean, "min": float(quantiles.min), "max": float(quantiles.max), **quantiles.quantiles()}


def _searchsorted(values: Int64s, targets: Int64s) -> Int64s:
    """`searchsorted(values, targets, side="right")` for ascending `targets`, in pieces that fit the cache."""
    piece = 2048
    edges = np.searchsorted(values, [*targets[::piece], targets[-1]], side="right").tolist()
    places = np.empty(len(targets), np.int64)
    for i, (low, high) in enumerate(itertools.pairwise(edges)):
        part = slice(i * piece, (i + 1) * piece)
        places[part] = values[low:high].searchsorted(targets[part], side="right") + low
    return places
