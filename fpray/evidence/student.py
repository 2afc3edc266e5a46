"""Student's t distribution, exactly: what an interval of a mean of a few repeats is made of."""

from __future__ import annotations

import math


def student_t(freedom: int, confidence: float = 0.95) -> float:
    """The value between which and its negative Student's t is with this confidence.

    freedom: degrees of freedom, at least 1. It is exact to 1e-9: the distribution has a finite sum for whole degrees of
    freedom (Abramowitz and Stegun, 26.7.3 and 26.7.4), which is solved by halving.
    """
    low, high = 0.0, 1.0
    while _inside(high, freedom) < confidence:
        high *= 2
    while high - low > 1e-10 * high:
        middle = (low + high) / 2
        low, high = (middle, high) if _inside(middle, freedom) < confidence else (low, middle)
    return (low + high) / 2


def _inside(t: float, freedom: int) -> float:
    """The chance that Student's t is between -t and t."""
    angle = math.atan2(t, math.sqrt(freedom))
    sine, cosine = math.sin(angle), math.cos(angle)
    odd = freedom % 2
    term, total = (cosine if odd else 1.0), 0.0
    for step in range(1 + odd, freedom, 2):
        total += term
        term *= cosine * cosine * step / (step + 1)
    return 2 / math.pi * (angle + sine * total) if odd else sine * total
