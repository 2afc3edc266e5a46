"""Tasks in closed form: closed loops that pass through stages that queue."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import cache
from itertools import product
from typing import Any

import numpy as np
from optuna.distributions import BaseDistribution, CategoricalDistribution, IntDistribution

from bench.search.task import LATENCIES, THROUGHPUT, Metrics, Params, Task
from fpray.peak_sampler.goals import Bound, Goal
from fpray.recorder.columns import latency


def models() -> Iterator[Task]:
    """A pipeline of stages, one with batches, and the load alone."""
    leaders, replicas = IntDistribution(2, 10), IntDistribution(2, 6)
    clients = IntDistribution(1, 1024, log=True)
    batches = CategoricalDistribution([1, 10, 50])
    yield _model("pipeline", {"num_proxy_leaders": leaders, "num_replicas": replicas, "clients": clients}, 1.0)
    yield _model("batching", {"num_proxy_leaders": leaders, "batch_size": batches, "clients": clients}, 2.0)
    yield _model("knee", {"clients": clients}, 0.6)


def _model(name: str, space: dict[str, BaseDistribution], limit: float) -> Task:
    @cache
    def solve(leaders: int, replicas: int, batch: int, clients: int) -> tuple[float, float]:
        return _steady(leaders, replicas, batch, clients)

    def expect(params: Params) -> Metrics:
        own = {"num_proxy_leaders": 4, "num_replicas": 3, "batch_size": 1, **params}
        throughput, latency = solve(own["num_proxy_leaders"], own["num_replicas"], own["batch_size"], own["clients"])
        return dict(zip((THROUGHPUT, *LATENCIES), (throughput, latency, 0.9 * latency, 2.5 * latency), strict=True))

    def measure(params: Params, rng: np.random.Generator) -> Metrics:
        # 3 % on throughput. The latency follows it, as it must in a closed loop, and has noise of its own.
        common, own = rng.normal(0, 0.03), rng.normal(0, 0.04)
        true = expect(params)
        return {c: v * math.exp(common if c == THROUGHPUT else own - common) for c, v in true.items()}

    grid = (_values(distribution) for distribution in space.values())
    return Task(
        name=f"model_{name}/median@{limit:g}ms",
        family=f"model_{name}",
        kind="model",
        space=space,
        goal=Goal(THROUGHPUT),
        bound=Bound(latency("median"), limit),
        loops=lambda params: float(params["clients"]),
        points=tuple(dict(zip(space, values, strict=True)) for values in product(*grid)),
        measure=measure,
        expect=expect,
        finite=False,
    )


def _values(distribution: BaseDistribution) -> list[Any]:
    if isinstance(distribution, CategoricalDistribution):
        return list(distribution.choices)
    assert isinstance(distribution, IntDistribution)
    if distribution.log:  # 1 % apart: no optimum is sharper
        return sorted({round(v) for v in np.geomspace(distribution.low, distribution.high, 700)})
    return list(range(distribution.low, distribution.high + 1))


def _steady(leaders: int, replicas: int, batch: int, clients: int) -> tuple[float, float]:
    """Requests per second and mean latency in ms of a closed loop through a leader, proxy leaders and replicas.

    Each stage is M/M/1; a batch shares its service time and waits until it is full. Throughput x latency grows with
    throughput, so bisection yields the only throughput at which it equals the number of clients.
    """
    demands = (0.004 + 0.016 / batch, (0.02 + 0.06 / batch) / leaders, (0.03 + 0.008 * replicas) / replicas)  # ms

    def latency(rate: float) -> float:
        queueing = sum(demand / (1 - rate * demand) for demand in demands)
        return 0.2 + queueing + (batch - 1) / 2 / rate

    low, high = 1e-9, (1 - 1e-9) / max(demands)  # requests per ms
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if middle * latency(middle) < clients else (low, middle)
    return low * 1000, clients / low
