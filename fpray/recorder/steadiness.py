"""Whether a trial was steady, judged from its rows alone: warm-up, drift, stalls, and a client far from the others.

What is judged is the pace (`pace.py`) of a window of at least 4 s with at least 400 requests. Each judgement needs two
things: a size that matters, and evidence that chance would rarely give (in about one trial in fifty, at most). Pauses
and waves that last longer than a twentieth of the window, and half a second, are not chance here: they are what is
looked for. A window below 10 s has fewer batches, so that each is as independent as in a longer one. It needs more
evidence, and small changes are not seen in it.
docs/measuring.md says how often each is right in made trials, and `bench/doubts.py` measures it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from fpray.recorder.pace import SLICES, Pace

SHORTEST_S, FEWEST_REQUESTS = 4.0, 400
_BATCHES, _WARMUP_BATCHES = 20, 10  # the most
_BATCH_S = 0.5  # means of batches of at least so long are nearly independent
_SLICE_S = 0.05  # of a window in which there are most batches
# Student's t by degrees of freedom: two-sided 2 %; one-sided 0.1 %; two-sided 0.3 % (4 standard errors of ten batches).
_DRIFT_T = {
    2: 6.965, 3: 4.541, 4: 3.747, 5: 3.365, 6: 3.143, 7: 2.998, 8: 2.896, 9: 2.821, 10: 2.764, 11: 2.718, 12: 2.681,
    13: 2.650, 14: 2.624, 15: 2.602, 16: 2.583, 17: 2.567, 18: 2.552,
}  # fmt: skip
_FAR_T = {
    3: 10.21, 4: 7.173, 5: 5.893, 6: 5.208, 7: 4.785, 8: 4.501, 9: 4.297, 10: 4.144, 11: 4.025, 12: 3.930, 13: 3.852,
    14: 3.787, 15: 3.733, 16: 3.686, 17: 3.646, 18: 3.610, 19: 3.579,
}  # fmt: skip
_WARMUP_T = {3: 8.782, 4: 6.372, 5: 5.332, 6: 4.765, 7: 4.412, 8: 4.173, 9: 4.0}
DRIFT_SIZE = 0.05  # of the mean, from the beginning to the end
STALL_SHARE, STALL_S, _STALL_PACE = 0.05, 0.5, 0.2  # of the window, at least, and of the median pace
WARMUP_SIZE = 0.05
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
    at, length = longest_stall(total, slice_s)
    if length:
        return Steadiness(stalled_s=length * slice_s, stalled_at_s=at * slice_s, far=far, far_ratio=ratio)
    end = warmup_end(total, pace.mean_latency, slice_s)
    rest = total[end:]
    return Steadiness(
        warmup_s=end * slice_s,
        warmup_change=1 - float(total[:end].mean() / rest.mean()) if end else 0.0,
        settled_throughput=float(rest.mean() / slice_s),
        drift=drift(rest, slice_s),
        far=far,
        far_ratio=ratio,
    )


def drift(series: Series, slice_s: float = _SLICE_S) -> float:
    """The line through the means of 20 batches, or of fewer that last 0.5 s: its change over the series, as a share of
    the mean; 0: none is seen.

    slice_s: seconds of a slice. The method of batch means (Schmeiser 1982) makes nearly independent values of
    autocorrelated ones.
    """
    count = _count(series, slice_s, _BATCHES)
    means = _batches(series, count)
    middle = np.arange(count) - (count - 1) / 2
    slope = float((means * middle).sum() / (middle**2).sum())
    noise = float(((means - means.mean() - slope * middle) ** 2).sum() / (count - 2))
    change = slope * count / float(means.mean())
    sure = abs(slope) > _DRIFT_T[count - 2] * (noise / float((middle**2).sum())) ** 0.5
    return change if sure and abs(change) >= DRIFT_SIZE else 0.0


def longest_stall(series: Series, slice_s: float = _SLICE_S) -> tuple[int, int]:
    """The begin and the length of the longest run of slices with at most a fifth of the median; (0, 0): none.

    slice_s: seconds of a slice. A shorter run than a twentieth of the series, or than half a second, is none.
    """
    median = float(np.median(series))
    slow = np.concatenate(([False], series <= _STALL_PACE * median, [False]))
    edges = np.flatnonzero(slow[1:] != slow[:-1])
    begins, lengths = edges[::2], edges[1::2] - edges[::2]
    if not len(lengths) or lengths.max() < max(STALL_SHARE * len(series), STALL_S / slice_s * (1 - 1e-9)):
        return 0, 0
    longest = int(lengths.argmax())
    return int(begins[longest]), int(lengths[longest])


def warmup_end(series: Series, latency: float, slice_s: float = _SLICE_S) -> int:
    """How many slices at the beginning belong to the warm-up; 0: the series is steady from its beginning.

    latency: the mean one, in slices; slice_s: seconds of a slice. What ends within three mean latencies is no warm-up:
    the first answers are on their way.

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
    count = _count(rest, slice_s, _WARMUP_BATCHES)
    batch = len(rest) // count
    deviation = float(_batches(rest, count).std(ddof=1))
    noise = deviation * (batch / end + (batch / len(rest) if end > batch else 0.0)) ** 0.5
    mean = float(rest.mean())
    return end if abs(warm - mean) > max(_WARMUP_T[count - 1] * noise, WARMUP_SIZE * mean) else 0


def _far_client(pace: Pace) -> tuple[str, float]:
    """The client with the highest latency, and its ratio to the median of the others; ("", 1.0): none is far."""
    many = [i for i in range(len(pace.clients)) if pace.requests[i].sum() >= _FEWEST_OF_CLIENT]
    if len(many) < 2:
        return "", 1.0
    count = _count(pace.requests[0], pace.seconds / SLICES, _BATCHES)
    requests = np.array([_batches(pace.requests[i], count) for i in many])
    sums = np.array([_batches(pace.latency_ns[i], count) for i in many])
    served = (requests > 0).all(axis=0)  # in a batch in which a client had no answer, no latency is known
    if served.sum() < count // 2:
        return "", 1.0
    latencies = sums[:, served] / requests[:, served]
    farthest = int((sums.sum(axis=1) / requests.sum(axis=1)).argmax())
    others = np.median(np.delete(latencies, farthest, axis=0), axis=0)
    logs = np.log(np.maximum(latencies[farthest], 1.0) / np.maximum(others, 1.0))
    ratio, error = float(np.exp(logs.mean())), float(logs.std(ddof=1) / len(logs) ** 0.5)
    sure = float(logs.mean()) - _FAR_T[len(logs) - 1] * error > np.log(_FAR_LEAST)
    return (pace.clients[many[farthest]], ratio) if sure and ratio >= FAR_RATIO else ("", 1.0)


def _count(series: Series, slice_s: float, most: int) -> int:
    """How many batches a series has, each of 0.5 s or longer; at least four."""
    return max(4, min(most, int(len(series) * slice_s / _BATCH_S * (1 + 1e-9))))


def _batches(series: Series, count: int) -> Series:
    """The means of so many batches of equal length; a rest at the end is left out."""
    length = len(series) // count
    means: Any = series[: length * count].reshape(count, length).mean(axis=1)
    return np.asarray(means, np.float64)
