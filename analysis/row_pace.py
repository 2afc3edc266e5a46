"""How fast clients were at which time of a window, from rows alone: the pace of `fpray.recorder`, of any dataset."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from fpray.recorder.pace import SLICES, Pace
from fpray.recorder.schema import nanoseconds
from fpray_analysis.windows import batches


@dataclass(frozen=True)
class RowPace:
    """What the rows of one trial say of a window.

    Attributes:
        pace: of each client.
        largest_count: how many requests a row stands for, at most.
        requests_by_label: requests that stopped in the window; rows without a label have the label "".
    """

    pace: Pace
    largest_count: int
    requests_by_label: dict[str, int]

    @property
    def requests(self) -> int:
        """Requests that stopped in the window."""
        return sum(self.requests_by_label.values())


def pace_of_rows(rows: Any, window: tuple[int, int]) -> RowPace:
    """The pace of all clients; a row stands for `count` requests, which stop at its stop.

    Args:
        rows: a dataset of Arrow; it is read once, one piece after the other.
        window: begin and end, in nanoseconds since the epoch.
    """
    requests, latency = dict[str, Any](), dict[str, Any]()
    largest, labels = 1, Counter[str]()
    for batch in batches(rows, ["client", "label", "stop", "count", "latency_nanos"]):
        stops, counts, latencies = (nanoseconds(batch[name]) for name in ("stop", "count", "latency_nanos"))
        largest = max(largest, int(counts.max(initial=1)))
        inside = (stops >= window[0]) & (stops < window[1])
        slices = (stops - window[0]) * SLICES // (window[1] - window[0])
        weights = counts.astype(np.float64)
        for client, mask in _groups(batch["client"], inside):
            pace = np.bincount(slices[mask], weights[mask], SLICES)
            times = np.bincount(slices[mask], weights[mask] * latencies[mask].astype(np.float64), SLICES)
            requests[client], latency[client] = requests.get(client, 0.0) + pace, latency.get(client, 0.0) + times
        for label, mask in _groups(batch["label"], inside):
            labels[label] += int(counts[mask].sum())
    clients = sorted(requests)
    series = (np.array([of[client] for client in clients]).reshape(len(clients), SLICES) for of in (requests, latency))
    return RowPace(Pace(clients, (window[1] - window[0]) / 1e9, *series), largest, dict(labels))


def _groups(texts: Any, inside: Any) -> list[tuple[str, Any]]:
    """Each text of a column, "" for a null, and a mask of its rows that are inside."""
    encoded = texts.cast(pa.string()).fill_null("").dictionary_encode()
    indices = encoded.indices.to_numpy(zero_copy_only=False)
    return [(text, inside & (indices == place)) for place, text in enumerate(encoded.dictionary.to_pylist())]
