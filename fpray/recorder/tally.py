"""The latencies and requests of one label, of all its rows and of those in the measured window."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from fpray.recorder.parquet_reader import Label, RowGroup, RowGroups, Window
from fpray.recorder.quantiles import BINS, Quantiles, bins_of, piece_counts
from fpray.recorder.schema import Int64s
from fpray.recorder.sums import exact_product_sum, exact_sum
from fpray.recorder.threads import cores
from fpray.recorder.throughput import Throughput, rolling_throughput


@dataclass
class Tally:
    """What is known of one label's latencies, of all rows and of those in the window.

    Attributes:
        all: of all rows.
        window: of the rows that stop in the window.
        requests: in the window.
        weighted: the sum of count x latency in the window, nanoseconds.
        largest_count: of one row.
    """

    all: Quantiles = field(default_factory=Quantiles)
    window: Quantiles = field(default_factory=Quantiles)
    requests: int = 0
    weighted: int = 0
    largest_count: int = 1


def tally_labels(table: RowGroups, window: Window | None) -> dict[Label, tuple[Tally, Throughput]]:
    """Each label with its numbers, computed on all cores: labels and columns are independent."""
    throughputs = {label: cores().submit(rolling_throughput, table, label) for label in table.labels}
    tallies = {label: cores().submit(_tally, table, label, window) for label in table.labels}
    return {label: (tally.result(), throughputs[label].result()) for label, tally in tallies.items()}


def _tally(table: RowGroups, label: Label, window: Window | None) -> Tally:
    tally = Tally()
    for group in table.of(label):
        _count(table, group, window, tally)
    while any([tally.all.open, tally.window.open]):
        bins = np.zeros(BINS, np.bool_)
        bins[[*tally.all.bins(), *tally.window.bins()]] = True
        for group in table.of(label):
            _count_again(table, group, window, tally, bins)
        tally.all.narrow()
        tally.window.narrow()
    return tally


def _count(table: RowGroups, group: RowGroup, window: Window | None, tally: Tally) -> None:
    """First pass over a group."""
    inside = group.inside(window)
    names = ["latency_nanos"] + ["count"] * (not group.uniform) + ["stop"] * (inside is None)
    columns = table.read(group, names)
    latencies = columns["latency_nanos"]
    mask = _in_window(columns, inside, window)
    all_ = piece_counts(latencies)
    inner = all_ if inside else piece_counts(latencies[mask])
    tally.all.add(all_)
    tally.window.add(inner)
    tally.largest_count = max(tally.largest_count, group.count.max)
    if inner is None:
        return
    if group.uniform:
        tally.requests += group.count.min * inner.rows
        tally.weighted += group.count.min * inner.sum
    else:
        counts = columns["count"][mask]
        tally.requests += exact_sum(counts)
        tally.weighted += exact_product_sum(counts, latencies[mask])


def _count_again(
    table: RowGroups, group: RowGroup, window: Window | None, tally: Tally, needed_bins: npt.NDArray[np.bool_]
) -> None:
    """Further pass over a group."""
    inside = group.inside(window)
    columns = table.read(group, ["latency_nanos"] + ["stop"] * (inside is None))
    latencies = columns["latency_nanos"]
    bins = bins_of(latencies)
    mask_of_bins = needed_bins.take(bins)
    latencies, bins = latencies[mask_of_bins], bins[mask_of_bins]
    tally.all.count(latencies, bins)
    if inside:
        tally.window.count(latencies, bins)
    elif inside is None:
        mask = _in_window(columns, inside, window)[mask_of_bins]
        tally.window.count(latencies[mask], bins[mask])


def _in_window(columns: Mapping[str, Int64s], inside: bool | None, window: Window | None) -> Any:
    """The index of the rows that stop in the window; `inside` as in `RowGroup.inside`."""
    if inside is not None or window is None:
        return slice(None) if inside else slice(0)
    return (columns["stop"] >= window[0]) & (columns["stop"] < window[1])
