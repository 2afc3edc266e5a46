"""When the warm-up of a trial ended, judged from its rows: the time from which its throughput is steady."""

from __future__ import annotations

from typing import Any

from fpray.recorder.pace import SLICES
from fpray.recorder.steadiness import FEWEST_REQUESTS, SHORTEST_S, longest_stall, warmup_end
from fpray_analysis.row_pace import pace_of_rows
from fpray_analysis.windows import common_window

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
    pace = pace_of_rows(rows, window).pace
    requests = pace.requests.sum(axis=0)
    slice_s = pace.seconds / SLICES
    if requests.sum() < FEWEST_REQUESTS or longest_stall(requests, slice_s)[1]:
        return None
    end = warmup_end(requests, pace.mean_latency, slice_s)
    return window[0] + end * (window[1] - window[0]) // SLICES if end else None
