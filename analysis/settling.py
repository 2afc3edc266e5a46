"""When the warm-up of a trial ended, judged from its rows: the time from which its throughput is steady."""

from __future__ import annotations

from typing import Any

import numpy as np

from fpray.recorder.pace import SLICES
from fpray.recorder.schema import nanoseconds
from fpray.recorder.steadiness import FEWEST_REQUESTS, SHORTEST_S, longest_stall, warmup_end
from fpray_analysis.windows import batches, common_window

_SECOND = 1_000_000_000


def warmup_end_ns(rows: Any) -> int | None:
    """The end of a warm-up that the rows of one trial show; None where they show none, or too little to judge it.

    The method is that of `fpray.recorder.steadiness` (MSER), over the time in which all clients measured: from the
    latest of their first requests to the earliest of their last ones. A warm-up that clients have recorded belongs to
    that time.

    Args:
        rows: a dataset of Arrow; it is read twice, one piece after the other.

    Returns:
        Nanoseconds since the epoch, by the clients' clocks.
    """
    window = common_window(rows)
    if window is None or (window[1] - window[0]) / _SECOND < SHORTEST_S:
        return None
    requests, latency = _requests_by_slice(rows, window)
    if requests.sum() < FEWEST_REQUESTS or longest_stall(requests)[1]:
        return None
    end = warmup_end(requests, latency * SLICES / (window[1] - window[0]))
    return window[0] + end * (window[1] - window[0]) // SLICES if end else None


def _requests_by_slice(rows: Any, window: tuple[int, int]) -> tuple[Any, float]:
    """How many requests stopped in each of SLICES equal slices of the window, and their mean latency in nanoseconds."""
    requests, latency = np.zeros(SLICES), 0.0
    for batch in batches(rows, ["stop", "count", "latency_nanos"]):
        stops, counts, latencies = (nanoseconds(batch[name]) for name in ("stop", "count", "latency_nanos"))
        inside = (stops >= window[0]) & (stops < window[1])
        slices = (stops[inside] - window[0]) * SLICES // (window[1] - window[0])
        weights = counts[inside].astype(np.float64)
        requests += np.bincount(slices, weights, SLICES)
        latency += float(weights @ latencies[inside].astype(np.float64))
    return requests, latency / max(requests.sum(), 1.0)
