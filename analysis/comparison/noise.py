"""How noisy points are: for each, how likely which standard deviation is, from its own repeats and those of others."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]

LEAST: Final = 1e-4  # a standard deviation of 0.01 %: no benchmark repeats itself more exactly than that
_MOST: Final = 10.0  # of logarithms: trials that differ by factors of thousands
_STEP: Final = 0.1
# How like one another the noises of points are: degrees of freedom of the prior, from "hardly" to "equal".
_LIKENESS: Final = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, math.inf)
_UNLIKE: Final = 0.05  # the share of points with a noise of their own, whatever the others have
_STUDENT: Final = np.arange(-3.0, 9.0, 0.04)  # ln of a standard deviation that is estimated to be 1
# Press et al., "Numerical Recipes" (3rd edition, 6.2.2): erfc, with a relative error below 1.2e-7.
_ERFC: Final = (
    -1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398, 1.48851587, -0.82215223,
    0.17087277,
)  # fmt: skip

GRID: Final[Numbers] = np.arange(math.log(LEAST), math.log(_MOST), _STEP)  # ln of standard deviations


def noise_of_points(variances: Sequence[float], degrees: Sequence[float]) -> Numbers:
    """How likely each standard deviation of `GRID` is for each point.

    variances: of each point, about the means of its two sides; of logarithms, so 0.01 is a noise of 10 %.
    degrees: the degrees of freedom of each; 0 where a point has no repeats, and its variance is not read.

    Returns: points x `GRID`; each row has the sum 1.

    The noises of points come from one distribution: standard deviations of any size, more or less like one another (an
    inverse gamma distribution of variances), and a twentieth of the points unlike the others. How large and how alike
    the noises are is averaged over all that fits the repeats of these points. So even noise is estimated from all
    points together, and where noises differ, each point relies on its own repeats. With a single point nothing is
    borrowed, and its test is Student's. Sources: Smyth, "Linear models and empirical Bayes methods" (2004), with unlike
    points as in Phipson et al., "Robust hyperparameter estimation protects against hypervariable genes" (2016), and
    averaged as in Ignatiadis and Sen, "Empirical partially Bayes multiple testing" (2025).
    """
    priors, log_weights = _PRIORS
    likelihood = _likelihood(np.asarray(variances, float), np.asarray(degrees, float), GRID)
    evidence = np.maximum(likelihood @ priors.T, 1e-300)  # points x priors
    log_posterior = np.log(evidence).sum(axis=0) + log_weights
    posterior = np.exp(log_posterior - log_posterior.max())
    weights = likelihood * ((posterior / evidence) @ priors)
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))


def student_noise(degrees: float) -> tuple[Numbers, Numbers]:
    """Weights and standard deviations of an estimate of 1 with these degrees of freedom: what Student's t averages."""
    weights = _likelihood(np.ones(1), np.array([degrees]), _STUDENT)
    return weights / weights.sum(), np.exp(_STUDENT)


def chance_beyond(distance: Numbers, weights: Numbers, deviations: Numbers) -> Numbers:
    """How often an estimate is off by at least `distance`, to either side, where nothing differs: a P value.

    distance: of each point. weights, deviations: points x standard deviations.
    """
    return np.asarray((weights * _beyond(distance[:, None] / deviations)).sum(axis=1))


def half_width(level: Numbers, weights: Numbers, deviations: Numbers) -> Numbers:
    """The distance that is exceeded with a chance of `level`, of each point: half an interval. Shapes as above."""
    low, high = np.full(len(weights), -16.0), np.full(len(weights), 16.0)
    for _ in range(32):  # to a relative error below 1e-8
        middle = (low + high) / 2
        is_beyond = chance_beyond(np.exp(middle), weights, deviations) > level
        low, high = np.where(is_beyond, middle, low), np.where(is_beyond, high, middle)
    return np.asarray(np.exp(high))


def _likelihood(variances: Numbers, degrees: Numbers, log_deviations: Numbers) -> Numbers:
    """Chi-squared likelihoods of variances, up to a factor for each point: points x standard deviations."""
    ratio = np.maximum(variances, LEAST**2)[:, None] * np.exp(-2 * log_deviations)
    logs = degrees[:, None] / 2 * (np.log(ratio) - ratio)
    return np.asarray(np.exp(logs - logs.max(axis=1, keepdims=True)))


def _priors() -> tuple[Numbers, Numbers]:
    """Distributions of noise, each with a mass for every value of the grid, and the logarithms of their weights."""
    rows, log_weights = list[Any](), list[float]()
    for degrees in _LIKENESS:
        for middle in GRID:
            ratio = np.exp(2 * (middle - GRID))
            if math.isinf(degrees):
                mass = (middle == GRID).astype(float)
            else:
                mass = np.exp(degrees / 2 * (np.log(ratio) - ratio + 1))
            rows.append((1 - _UNLIKE) * mass / mass.sum() + _UNLIKE / len(GRID))
            # Likeness has to be shown by the points: the more it claims, the less it weighs beforehand.
            log_weights.append(-math.log(min(degrees, 128.0)) / 2)
    return np.array(rows), np.array(log_weights)


def _beyond(distance: Numbers) -> Numbers:
    """Both tails of the normal distribution."""
    x = distance / math.sqrt(2)
    t = 1 / (1 + x / 2)
    series = np.zeros_like(t)
    for coefficient in reversed(_ERFC):
        series = series * t + coefficient
    return t * np.exp(series - x * x)


_PRIORS: Final = _priors()
