"""How fast each client was at which time of the measured window: requests and latencies in short, equal slices of time.

Memory holds 200 slices for each client, whatever the number of rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from fpray.recorder.parquet_reader import RowGroups, Window
from fpray.recorder.schema import Int64s

SLICES = 200


@dataclass(frozen=True)
class Pace:
    """What clients measured over time.

    Attributes:
        clients: their labels.
        seconds: of the measured window, which has SLICES slices.
        requests: (clients, SLICES): how many stopped in a slice.
        latency_ns: (clients, SLICES): the sum of their latencies, in nanoseconds.
    """

    clients: Sequence[str]
    seconds: float
    requests: npt.NDArray[np.float64]
    latency_ns: npt.NDArray[np.float64]

    @property
    def mean_latency(self) -> float:
        """Of all requests, in slices."""
        return float(self.latency_ns.sum()) / float(self.requests.sum()) / 1e9 / self.seconds * SLICES


def pace_of(table: RowGroups, window: Window) -> Pace:
    """The pace of all clients that recorded rows; a row stands for `count` requests, which stop at its stop."""
    clients = sorted({group.client for group in table.groups})
    requests, latency = np.zeros((len(clients), SLICES)), np.zeros((len(clients), SLICES))
    for group in table.groups:
        if group.inside(window) is False:
            continue
        columns = table.read(group, ["stop", "latency_nanos", *([] if group.uniform else ["count"])])
        counts: Any = group.count.min if group.uniform else columns["count"]
        slices, mask = _slices(columns["stop"], window, all_inside=group.inside(window) is True)
        row = clients.index(group.client)
        latencies = columns["latency_nanos"][mask].astype(np.float64)
        weights = np.full(len(slices), float(counts)) if group.uniform else counts[mask].astype(np.float64)
        requests[row] += np.bincount(slices, weights, SLICES)
        latency[row] += np.bincount(slices, weights * latencies, SLICES)
    return Pace(clients, (window[1] - window[0]) / 1e9, requests, latency)


def _slices(stops: Int64s, window: Window, *, all_inside: bool) -> tuple[Any, Any]:
    """The slice of each row inside the window, and which rows these are."""
    mask: Any = slice(None) if all_inside else (stops >= window[0]) & (stops < window[1])
    share = (stops[mask] - window[0]) / (window[1] - window[0])
    return np.minimum((share * SLICES).astype(np.int64), SLICES - 1), mask
