"""Tasks from FrankenPaxos's published results: the repeats are drawn again.

The data are cut down to what varies and four metrics (`tests/data/search/`; its README names the sources). Three kinds:
- a **table**: its configurations are the only points. Each evaluation draws one of the repeats of a configuration, so
  that noise, outliers and collapsed runs are real. The true value is the median of the repeats.
- a **curve**: one configuration under growing load, as straight lines through the medians in logarithms. Each
  evaluation takes the deviations of one of the repeats at the nearest measured load.
- a **line**: a curve of a configuration in a table that was run under many loads.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from optuna.distributions import BaseDistribution, IntDistribution

from bench.search.published_table import LOAD, TablePoint, distribution_of, factors_of, groups_of, loops_of, points_of
from bench.search.task import CURVE_SHARE, THROUGHPUT, Metrics, Params, Task
from fpray.peak_sampler.goals import Bound, Goal
from fpray.recorder.columns import latency

# Bounds: quantiles, over the configurations, of the bounded column.
MEDIAN_QUANTILES, P99_QUANTILES = (0.25, 0.5, 0.75), (0.5,)
FEWEST_POINTS = {"table": 16, "curve": 6}
# If the loads that solve a curve span less than this factor, the bound is the latency of one measured point where the
# line dips: no trial can tell.
NARROWEST = 1.03


def table_tasks(path: Path, name: str) -> Iterator[Task]:
    """The tasks of a published table of results, one for each bound; `path` may be an original with all columns."""
    for setting, group, output in groups_of(pd.read_csv(path, low_memory=False)):
        factors = factors_of(group)
        points = points_of(group, factors, output)
        if len(points) >= FEWEST_POINTS["table"] and factors:
            space = {factor: distribution_of(group[factor]) for factor in factors}
            yield from _table(f"{name}{setting}", space, points, output, loops_of(group))


def curve_tasks(path: Path, name: str) -> Iterator[Task]:
    """The load-only tasks of a published curve, one for each bound."""
    for setting, group, output in groups_of(pd.read_csv(path, low_memory=False)):
        yield from curves(f"{name}{setting}", group, output, "curve")


def curves_of_table(path: Path, name: str) -> Iterator[Task]:
    """The load-only tasks of a table: its configurations that were run under many loads."""
    for setting, group, output in groups_of(pd.read_csv(path, low_memory=False)):
        others = [factor for factor in factors_of(group) if factor not in LOAD]
        for values, curve in group.groupby(others) if others else []:
            yield from curves(f"{name}{setting},{'-'.join(map(str, values))}", curve, output, "line")


def curves(name: str, group: pd.DataFrame, output: str, kind: str) -> Iterator[Task]:
    """The tasks of one curve: rows of one configuration under several loads."""
    group = group.assign(clients=group[list(LOAD)].prod(axis=1))
    points = points_of(group, ["clients"], output)
    if len(points) >= FEWEST_POINTS["curve"]:
        yield from _curve(name, sorted(points, key=lambda point: point.params["clients"]), output, kind)


def _bounds(points: Sequence[TablePoint], output: str) -> Iterator[tuple[str, Bound]]:
    for column, quantiles in ((latency("median"), MEDIAN_QUANTILES), (latency("p99"), P99_QUANTILES)):
        for quantile in quantiles:
            limit = float(np.quantile([point.truth[output + column] for point in points], quantile))
            yield f"{column.removeprefix('latency.').removesuffix('_ms')}@{quantile:g}", Bound(output + column, limit)


def _table(
    name: str,
    space: dict[str, BaseDistribution],
    points: list[TablePoint],
    output: str,
    loops: Callable[[Params], float],
) -> Iterator[Task]:
    by_key = {tuple(point.params[factor] for factor in space): point for point in points}

    def find(params: Params) -> TablePoint:
        return by_key[tuple(params[factor] for factor in space)]

    def measure(params: Params, rng: np.random.Generator) -> Metrics:
        repeats = find(params).repeats
        return dict(repeats[rng.integers(len(repeats))])

    for bound_name, bound in _bounds(points, output):
        yield Task(
            name=f"{name}/{bound_name}",
            family=name,
            kind="table",
            space=space,
            goal=Goal(output + THROUGHPUT),
            bound=bound,
            loops=loops,
            points=tuple(point.params for point in points),
            measure=measure,
            expect=lambda params: find(params).truth,
            finite=True,
        )


def _curve(name: str, points: list[TablePoint], output: str, kind: str) -> Iterator[Task]:
    loads = np.log([float(point.params["clients"]) for point in points])
    lines = {column: np.log([point.truth[column] for point in points]) for column in points[0].truth}
    low, high = int(points[0].params["clients"]), int(points[-1].params["clients"])

    def expect(params: Params) -> Metrics:
        load = math.log(params["clients"])
        return {column: float(np.exp(np.interp(load, loads, line))) for column, line in lines.items()}

    def measure(params: Params, rng: np.random.Generator) -> Metrics:
        point = points[int(np.argmin(np.abs(loads - math.log(params["clients"]))))]
        repeat = point.repeats[rng.integers(len(point.repeats))]
        return {column: value * repeat[column] / point.truth[column] for column, value in expect(params).items()}

    for bound_name, bound in _bounds(points, output):
        task = Task(
            name=f"{name}/{bound_name}",
            family=name,
            kind=kind,
            space={"clients": IntDistribution(low, high, log=True)},
            goal=Goal(output + THROUGHPUT),
            bound=bound,
            loops=lambda params: float(params["clients"]),
            points=tuple({"clients": clients} for clients in range(low, high + 1)),
            measure=measure,
            expect=expect,
            finite=False,
        )
        solutions = [point["clients"] for point in task.points if task.regret(point) <= CURVE_SHARE]
        if max(solutions) >= NARROWEST * min(solutions):
            yield task
