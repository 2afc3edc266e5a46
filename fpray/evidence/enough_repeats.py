"""Whether a point has repeats enough: how exactly its mean throughput is known.

To stop as soon as an interval is narrow is to stop too often where the repeats happen to agree: a Student interval of
95 % would cover the truth in 90.6 % only. So the interval is one of 97.5 %, and covers it in 94 % or more (Chow and
Robbins, "On the asymptotic theory of fixed-width sequential confidence intervals for the mean", 1965; the level is by
simulation, `bench/adaptive.py`).
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from typing import Final

from fpray.evidence.student import student_t
from fpray.recorder.columns import THROUGHPUT

_LEVEL: Final = 0.975


def half_width(values: Sequence[float]) -> float:
    """Half of the interval of the mean, as a share of the mean; infinite with one value, and where nothing answered."""
    mean = statistics.fmean(values) if len(values) > 1 else 0.0
    if mean <= 0:
        return math.inf
    return student_t(len(values) - 1, _LEVEL) * statistics.stdev(values) / math.sqrt(len(values)) / mean


def widest(repeats: Sequence[Mapping[str, float]]) -> float:
    """The largest half width over the outputs that answered anything; infinite where it is for one of them.

    repeats: the numbers of each trial of a point that finished.
    """
    names = dict.fromkeys(
        name for numbers in repeats for name, value in numbers.items() if name.endswith(THROUGHPUT) and value > 0
    )
    widths = [half_width([numbers[name] for numbers in repeats if name in numbers]) for name in names]
    return max(widths, default=math.inf)
