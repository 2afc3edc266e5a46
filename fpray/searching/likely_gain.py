"""By how much the goal of a search can still improve."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from fpray.peak_sampler.candidates import Candidates
from fpray.peak_sampler.encoding import Array
from fpray.peak_sampler.posterior import FEWEST, Outlook, Posterior

STILL_LIKELY = 0.1  # a gain is still likely if it has at least this probability
STILL_POSSIBLE = 0.02  # if no point keeps the bounds with at least this probability, no point keeps them


def likely_gain(posterior: Posterior, candidates: Candidates) -> float:
    """The largest gain over the recommended point that some point has with probability `STILL_LIKELY`.

    As a share of the recommended point's goal: at most 1 for a positive goal that is minimized.
    """
    best = posterior.recommended
    rng = np.random.default_rng(0)
    points = candidates.scattered(rng)
    around = posterior.tried if best is None else [best]
    points = [*points, *candidates.around(around, posterior.encoding.load, rng), *posterior.tried]
    if best is None:
        enough = len(posterior.trials.points) >= FEWEST
        return 0.0 if enough and posterior.at(points).feasible().max() < STILL_POSSIBLE else math.inf
    outlook, base = posterior.at(points), float(posterior.at([best]).mean[0])
    low, high = 0.0, 3.0
    for _ in range(20):
        gain = (low + high) / 2
        low, high = (gain, high) if _beyond(outlook, base + gain).max() >= STILL_LIKELY else (low, gain)
    if posterior.scale.logs:
        return posterior.sign * math.expm1(posterior.sign * low)
    return low / abs(base) if base else math.inf


def _beyond(outlook: Outlook, level: float) -> Array:
    """The probability that a point keeps the bounds and its goal is better than a level."""
    return replace(outlook, low=np.maximum(outlook.low, level)).feasible()
