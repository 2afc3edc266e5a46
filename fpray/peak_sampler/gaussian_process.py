"""The Gaussian processes that predict goals and latencies at points that were not tried.

Throughput is predicted by load and configuration, latency by Little's law. In a closed loop of N clients, throughput x
mean latency = N. So the logarithm of a latency is `log N - log throughput + d`. The offset d (between a median or a p99
and the mean) varies little: goal and bound need one large surface and one small one. Throughput grows with N, more
slowly than N, because queues are shared and batches grow. At some load a stage saturates; beyond it, throughput is the
capacity of the configuration. The surface is therefore `-a log(1/N + 1/K)` (K: the knee) plus three Gaussian processes:
the effect of a configuration under high load, under low load, and the rest.

Few trials cannot determine the smoothness, the knee and the noise. Instead of a fit, a hundred samples of these
hyperparameters are drawn from ranges that suit published measurements, and weighted by how well they explain the
trials. This needs no optimizer, changes little from trial to trial, and takes milliseconds.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

import numpy as np

from fpray.peak_sampler.encoding import Array

SAMPLES = 96
_WIDE = 4.0  # log units: the scale of an unknown level
_JITTER = 1e-8
_NEGLIGIBLE = 0.003  # weight of a sample, as a share of the best one's
_TAILS = 3.0  # degrees of freedom of the noise (Student's t): one trial in thirty is far off


@dataclass(frozen=True)
class Hyperparameters:
    """Samples of what shapes a surface, one in each row. Lengths are in widths of the space, scales in log units.

    A log unit is a difference of 1 between natural logarithms: a factor of 2.7.

    Attributes:
        knee: log loops at which the surface bends; +inf: it does not bend.
        slope: of log throughput over log load, below the knee.
        high, low, rest: scales of the effect of a configuration under high load, under low load, and of the rest.
        lengths: of each column, shape (samples, columns).
        load_length: of the rest, in log units of load.
        noise: of one trial.
    """

    knee: Array
    slope: Array
    high: Array
    low: Array
    rest: Array
    lengths: Array
    load_length: Array
    noise: Array


def hyperparameters_of_goal(columns: int, loads: Array, rng: np.random.Generator) -> Hyperparameters:
    """Samples for a goal, from the ranges under which the published trials are most likely."""
    lowest, highest = (float(loads.min()) - 1, float(loads.max()) + 1) if len(loads) else (0.0, 0.0)
    return Hyperparameters(
        knee=rng.uniform(lowest, highest, SAMPLES),
        slope=rng.uniform(0.4, 1.0, SAMPLES),
        high=_log_uniform(rng, 0.15, 0.8),
        low=_log_uniform(rng, 0.1, 0.8),
        rest=_log_uniform(rng, 0.03, 0.4),
        lengths=np.exp(rng.normal(math.log(1.0), 0.7, (SAMPLES, columns))),
        load_length=_log_uniform(rng, 0.2, 1.5),
        noise=_log_uniform(rng, 0.01, 0.15),
    )


def hyperparameters_of_offset(columns: int, loads: Array, rng: np.random.Generator) -> Hyperparameters:
    """Samples for the distance of a latency from Little's law: small for a median, larger and noisier for a p99."""
    return Hyperparameters(
        knee=np.full(SAMPLES, np.inf),
        slope=np.ones(SAMPLES),
        high=np.zeros(SAMPLES),
        low=np.zeros(SAMPLES),
        rest=_log_uniform(rng, 0.05, 0.8),
        lengths=np.exp(rng.normal(math.log(1.0), 0.7, (SAMPLES, columns))),
        load_length=_log_uniform(rng, 0.4, 4.0),
        noise=_log_uniform(rng, 0.005, 0.2),
    )


def _log_uniform(rng: np.random.Generator, low: float, high: float) -> Array:
    return np.exp(rng.uniform(math.log(low), math.log(high), SAMPLES))


class GaussianProcess:
    """A Gaussian process under many hyperparameters at a time; all have the same trials."""

    weights: Array
    _inverse: Array
    _alpha: Array

    def __init__(
        self, hyperparameters: Hyperparameters, configurations: Array, loads: Array, values: Array, *, bends: float
    ) -> None:
        """Weight the samples by the trials.

        Args:
            hyperparameters: the samples to average.
            configurations: of the trials, shape (trials, columns).
            loads: log loops of the trials.
            values: the measured values, in log units.
            bends: 1 if the values grow with load up to the knee (throughput), -1 if they grow from the knee on
                (latency), 0 for neither.
        """
        self._hyperparameters, self._x, self._n, self._bends = hyperparameters, configurations, loads, bends
        self._centre = float(np.median(values))
        residuals = values - self._centre - self._mean(loads)
        kernel = self._kernel(configurations, loads, configurations, loads)
        noise = np.broadcast_to(hyperparameters.noise[:, None] ** 2, residuals.shape)
        self._solve(kernel, noise, residuals)
        # Noise has heavy tails, and a collapsed run says nothing about its neighbours: the more unlikely a trial is
        # according to the others, the less it counts (one step towards Student's t).
        off, spread = self._leave_one_out()
        self._solve(kernel, noise * (_TAILS + (off / spread) ** 2) / (_TAILS + 1), residuals)
        self._drop_unlikely()

    def predict(self, configurations: Array, loads: Array) -> tuple[Array, Array]:
        """Mean and variance of the true value at points, averaged over the samples."""
        mean, variance = self.predict_by_sample(configurations, loads)
        total = self.weights @ mean
        return total, self.weights @ (variance + (mean - total) ** 2)

    def predict_by_sample(self, configurations: Array, loads: Array) -> tuple[Array, Array]:
        """Mean and variance under every sample that remains, both of shape (samples, points)."""
        kernel = self._kernel(configurations, loads, self._x, self._n)
        mean = self._centre + self._mean(loads) + np.einsum("hij,hj->hi", kernel, self._alpha)
        explained = np.einsum("hij,hij->hi", kernel @ self._inverse, kernel)
        return mean, np.maximum(self._prior_variance(loads) - explained, 1e-10)

    def _drop_unlikely(self) -> None:
        """Drop the samples of negligible weight: the time of a prediction is proportional to their number."""
        likely = self.weights >= _NEGLIGIBLE * self.weights.max()
        self.weights = self.weights[likely] / self.weights[likely].sum()
        self._inverse, self._alpha = self._inverse[likely], self._alpha[likely]
        self._hyperparameters = Hyperparameters(
            **{f.name: getattr(self._hyperparameters, f.name)[likely] for f in fields(Hyperparameters)}
        )

    def _solve(self, kernel: Array, noise: Array, residuals: Array) -> None:
        count = residuals.shape[1]
        covariance = kernel + (noise + _JITTER)[:, :, None] * np.eye(count)
        self._inverse = np.asarray(np.linalg.inv(covariance), np.float64)
        self._alpha = np.einsum("hij,hj->hi", self._inverse, residuals)
        evidence = -0.5 * ((residuals * self._alpha).sum(axis=1) + np.linalg.slogdet(covariance)[1])
        self.evidence = float(np.log(np.mean(np.exp(evidence - evidence.max()))) + evidence.max())
        weights = np.exp(evidence - evidence.max())
        self.weights = np.asarray(weights / weights.sum(), np.float64)

    def _leave_one_out(self) -> tuple[Array, Array]:
        """The distance of each trial from the prediction by the others, and its standard deviation."""
        precision = np.einsum("hii->hi", self._inverse)
        off = self.weights @ (self._alpha / precision)
        return off, np.sqrt(self.weights @ (1 / precision))

    def _mean(self, loads: Array) -> Array:
        knee = self._hyperparameters.knee[:, None]
        if not self._bends or not np.isfinite(knee).all():
            return np.zeros((len(knee), len(loads)))
        throughput = -np.logaddexp(-loads, -knee) * self._hyperparameters.slope[:, None]
        return throughput if self._bends > 0 else loads - throughput

    def _saturation(self, loads: Array) -> Array:
        return 1 / (1 + np.exp(np.clip(self._hyperparameters.knee[:, None] - loads, -50, 50)))

    def _kernel(self, x: Array, n: Array, other_x: Array, other_n: Array) -> Array:
        g = self._hyperparameters
        alike = _matern(x, other_x, g.lengths)
        close = np.exp(-0.5 * ((n[:, None] - other_n) / g.load_length[:, None, None]) ** 2)
        kernel = _WIDE**2 + (g.rest**2)[:, None, None] * alike * close
        if g.high.any():
            s, t = self._saturation(n), self._saturation(other_n)
            kernel = kernel + (g.high**2)[:, None, None] * alike * s[:, :, None] * t[:, None, :]
            kernel = kernel + (g.low**2)[:, None, None] * alike * (1 - s)[:, :, None] * (1 - t)[:, None, :]
        return kernel

    def _prior_variance(self, loads: Array) -> Array:
        g = self._hyperparameters
        s = self._saturation(loads)
        return _WIDE**2 + (g.rest**2)[:, None] + (g.high**2)[:, None] * s**2 + (g.low**2)[:, None] * (1 - s) ** 2


def _matern(x: Array, other: Array, lengths: Array) -> Array:
    """Matern 5/2, shape (samples, points, others): allows a peak where the bottleneck moves to another stage."""
    if not x.shape[1]:
        return np.ones((len(lengths), len(x), len(other)))
    squares = np.einsum("hc,ijc->hij", 1 / lengths**2, (x[:, None] - other[None]) ** 2)
    distance = np.sqrt(5 * squares)
    alike: Array = (1 + distance + distance**2 / 3) * np.exp(-distance)
    return alike
