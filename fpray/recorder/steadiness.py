"""Whether a trial was steady, judged from its rows alone: warm-up, drift, stalls, and a client far from the others.

What is judged is the pace (`pace.py`) of a window of at least 10 s with at least 400 requests. Each judgement needs two
things: a size that matters, and evidence that chance would rarely give (in about one trial in fifty, at most). Pauses
and waves that last longer than a twentieth of the window are not chance here: they are what is looked for.
docs/measuring.md says how often each is right in made trials, and `bench/doubts.py` measures it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from fpray.recorder.pace import SLICES, Pace

SHORTEST_S, FEWEST_REQUESTS = 10.0, 400
_BATCHES = 20  # means of so many batches of slices are nearly independent
# Student's t of 18 and 19 degrees of freedom: two-sided 2 %, one-sided 0.1 %.
_DRIFT_T, _FAR_T = 2.552, 3.579
DRIFT_SIZE = 0.05  # of the mean, from the beginning to the end
STALL_SHARE, _STALL_PACE = 0.05, 0.2  # of the window, and of the median pace
_WARMUP_T, WARMUP_SIZE = 4.0, 0.05
_FIRST_ROUND = 3.0  # mean latencies: at its beginning, a window has requests, and no answers yet
FAR_RATIO, _FAR_LEAST = 1.25, 1.1  # of the others' latency, and what it is tested against
_FEWEST_OF_CLIENT = 200

Series = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Steadiness:
    """What is not steady in a trial; a part that is steady, or could not be judged, has its default.

    Attributes:
        warmup_s: seconds from the begin of the window to the end of the warm-up; 0: none is seen.
        warmup_change: by how much the pace rose after it, as a share of the pace after it; negative: it fell.
        settled_throughput: requests per second after the warm-up.
        drift: from the begin of the window (or of what follows the warm-up) to its end, as a share of the mean.
        stalled_s: seconds of the longest stall. stalled_at_s: from the begin of the window to its begin.
        far: the client that is far from the others. far_ratio: its mean latency over theirs.
    """

    warmup_s: float = 0.0
    warmup_change: float = 0.0
    settled_throughput: float = 0.0
    drift: float = 0.0
    stalled_s: float = 0.0
    stalled_at_s: float = 0.0
    far: str = ""
    far_ratio: float = 1.0


def steadiness_of(pace: Pace) -> Steadiness | None:
    """What the pace says; None where the window is too short, or has too few requests, to say it."""
    total = pace.requests.sum(axis=0)
    if pace.seconds < SHORTEST_S or total.sum() < FEWEST_REQUESTS:
        return None
    slice_s = pace.seconds / SLICES
    far, ratio = _far_client(pace)
    at, length = longest_stall(total)
    if length:
        return Steadiness(stalled_s=length * slice_s, stalled_at_s=at * slice_s, far=far, far_ratio=ratio)
    end = warmup_end(total, pace.mean_latency)
    rest = total[end:]
    return Steadiness(
        warmup_s=end * slice_s,
        warmup_change=1 - float(total[:end].mean() / rest.mean()) if end else 0.0,
        settled_throughput=float(rest.mean() / slice_s),
        drift=drift(rest),
        far=far,
        far_ratio=ratio,
    )


def drift(series: Series) -> float:
    """The line through the means of 20 batches: its change over the series, as a share of the mean; 0: none is seen.

    The method of batch means (Schmeiser 1982) makes nearly independent values of autocorrelated ones.
    """
    means = _batches(series, _BATCHES)
    middle = np.arange(_BATCHES) - (_BATCHES - 1) / 2
    slope = float((means * middle).sum() / (middle**2).sum())
    noise = float(((means - means.mean() - slope * middle) ** 2).sum() / (_BATCHES - 2))
    change = slope * _BATCHES / float(means.mean())
    sure = abs(slope) > _DRIFT_T * (noise / float((middle**2).sum())) ** 0.5
    return change if sure and abs(change) >= DRIFT_SIZE else 0.0


def longest_stall(series: Series) -> tuple[int, int]:
    """The begin and the length of the longest run of slices with at most a fifth of the median; (0, 0): none."""
    median = float(np.median(series))
    slow = np.concatenate(([False], series <= _STALL_PACE * median, [False]))
    edges = np.flatnonzero(slow[1:] != slow[:-1])
    begins, lengths = edges[::2], edges[1::2] - edges[::2]
    if not len(lengths) or lengths.max() < STALL_SHARE * len(series):
        return 0, 0
    longest = int(lengths.argmax())
    return int(begins[longest]), int(lengths[longest])


def warmup_end(series: Series, latency: float) -> int:
    """How many slices at the beginning belong to the warm-up; 0: the series is steady from its beginning.

    latency: the mean one, in slices. What ends within three of them is no warm-up: the first answers are on their way.

    The end is where the marginal standard error is least (MSER, White 1997), within the first half. A warm-up is
    believed only if its mean differs from the mean of the rest by four standard errors of batch means.
    """
    backward = series[::-1]
    lengths = np.arange(1, len(series) + 1)
    means = np.cumsum(backward) / lengths
    errors = (np.cumsum(backward**2) / lengths - means**2) / lengths  # of the last 1, 2, ... slices
    end = int(errors[::-1][: len(series) // 2].argmin())
    if end <= math.ceil(_FIRST_ROUND * latency):
        return 0
    warm, rest = float(series[:end].mean()), series[end:]
    batch = len(rest) // 10
    noise = float(_batches(rest, 10).std(ddof=1)) * (batch / end + (batch / len(rest) if end > batch else 0.0)) ** 0.5
    mean = float(rest.mean())
    return end if abs(warm - mean) > max(_WARMUP_T * noise, WARMUP_SIZE * mean) else 0


def _far_client(pace: Pace) -> tuple[str, float]:
    """The client with the highest latency, and its ratio to the median of the others; ("", 1.0): none is far."""
    many = [i for i in range(len(pace.clients)) if pace.requests[i].sum() >= _FEWEST_OF_CLIENT]
    if len(many) < 2:
        return "", 1.0
    requests = np.array([_batches(pace.requests[i], _BATCHES) for i in many])
    sums = np.array([_batches(pace.latency_ns[i], _BATCHES) for i in many])
    served = (requests > 0).all(axis=0)  # in a batch in which a client had no answer, no latency is known
    if served.sum() < _BATCHES // 2:
        return "", 1.0
    latencies = sums[:, served] / requests[:, served]
    farthest = int((sums.sum(axis=1) / requests.sum(axis=1)).argmax())
    others = np.median(np.delete(latencies, farthest, axis=0), axis=0)
    logs = np.log(np.maximum(latencies[farthest], 1.0) / np.maximum(others, 1.0))
    ratio, error = float(np.exp(logs.mean())), float(logs.std(ddof=1) / len(logs) ** 0.5)
    sure = float(logs.mean()) - _FAR_T * error > np.log(_FAR_LEAST)
    return (pace.clients[many[farthest]], ratio) if sure and ratio >= FAR_RATIO else ("", 1.0)


def _batches(series: Series, count: int) -> Series:
    """The means of so many batches of equal length; a rest at the end is left out."""
    length = len(series) // count
    means: Any = series[: length * count].reshape(count, length).mean(axis=1)
    return np.asarray(means, np.float64)
