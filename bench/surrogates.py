"""Search tasks with a known best: published trials that are drawn again, noise and all, and queueing models.

The data are FrankenPaxos's published results, cut down to what varies and four metrics (`tests/data/search/`; its
README says where they are from). Four kinds of task:
- a **table**: its configurations are the only points there are. Each evaluation draws one of the repeats that were
  run of that configuration, so that noise, outliers and collapsed runs are real. The truth is their median.
- a **curve**: one configuration under growing load, drawn as straight lines through the medians in logarithms; each
  evaluation takes the deviations of one of the repeats at the nearest load that was measured.
- a **line**: the same of a configuration in a table that was run under many loads.
- a **model**: closed loops that pass through stages that queue, in closed form.

A sampler sees a task as it sees a real system: a space, what is allowed in it, the metrics of what it asked for.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from optuna.distributions import BaseDistribution, CategoricalDistribution, IntDistribution

from fpray.peak_sampler.goals import Bound, Goal

DATA = Path(__file__).resolve().parent.parent / "tests" / "data" / "search"
THROUGHPUT, LATENCIES = "start_throughput_1s.p90", ("latency.mean_ms", "latency.median_ms", "latency.p99_ms")
LOAD = ("num_client_procs", "num_clients_per_proc")
# What the papers set for a whole figure, and no search would choose.
SETTINGS = {"f", "workload_label"}
# Bounds: quantiles, over the configurations, of the bounded column.
MEDIAN_QUANTILES, P99_QUANTILES = (0.25, 0.5, 0.75), (0.5,)
FEWEST_POINTS = {"table": 16, "curve": 6}
_TOLERANCE = 1e-9
CURVE_SHARE = 0.03  # a curve is solved within this share of its best
# Where the loads that solve a curve span less than this factor, the bound is the very latency of one measured point
# of a line that dips there: no trial could tell.
NARROWEST = 1.03

Params = Mapping[str, Any]
Metrics = dict[str, float]


@dataclass(frozen=True)
class Point:
    """A configuration of a table: what it is, and the metrics of each of its repeats."""

    params: dict[str, Any]
    repeats: tuple[Metrics, ...]

    @cached_property
    def truth(self) -> Metrics:
        """The median of its repeats, column by column."""
        return {column: float(np.median([repeat[column] for repeat in self.repeats])) for column in self.repeats[0]}


@dataclass(frozen=True)
class Task:
    """Something to search, and what is true of it.

    Attributes:
        name: unique; `<data>/<settings>/<bound>`.
        family: the data that it is of, for keeping whole families out while tuning.
        kind: table, curve, line or model.
        space: parameters and their distributions; numbers that are no full range are categories in order.
        loops: closed loops of a point.
        points: everything that there is (tables and curves' loads), or what the truth is looked for in (models).
        measure: the metrics of one trial of a point of `space` that is allowed.
        expect: its true metrics.
        finite: whether nothing but `points` can be run.
    """

    name: str
    family: str
    kind: str
    space: dict[str, BaseDistribution]
    goal: Goal
    bound: Bound
    loops: Callable[[Params], float]
    points: tuple[dict[str, Any], ...]
    measure: Callable[[Params, np.random.Generator], Metrics]
    expect: Callable[[Params], Metrics]
    finite: bool

    def allowed(self, params: Params) -> bool:
        """Whether a point can be run; a real plan refuses others before anything is launched."""
        return not self.finite or self._key(params) in self._keys

    def feasible(self, params: Params) -> bool:
        """Whether it truly keeps the bound."""
        return self.bound.excess(self.expect(params)[self.bound.column]) <= _TOLERANCE

    def regret(self, params: Params | None) -> float:
        """By which share it is below the best that keeps the bound; infinite where it does not keep it."""
        if params is None or not self.feasible(params):
            return math.inf
        return 1 - self.expect(params)[self.goal.column] / self.best

    @cached_property
    def best(self) -> float:
        """The highest true goal of the points that truly keep the bound."""
        return max((self.expect(p)[self.goal.column] for p in self.points if self.feasible(p)), default=math.nan)

    def nearest(self, params: Params) -> dict[str, Any]:
        """The point that can be run nearest to one that cannot, by the ranks of its values."""
        if self.allowed(params):
            return dict(params)
        own = np.array([_unit(self.space[name], params[name]) for name in self.space])
        return dict(self.points[int(np.argmin(np.abs(self._units - own).sum(axis=1)))])

    @cached_property
    def _units(self) -> np.ndarray:
        return np.array([[_unit(self.space[name], point[name]) for name in self.space] for point in self.points])

    @cached_property
    def _keys(self) -> frozenset[tuple[Any, ...]]:
        return frozenset(self._key(point) for point in self.points)

    def _key(self, params: Params) -> tuple[Any, ...]:
        return tuple(params[name] for name in self.space)


def _unit(distribution: BaseDistribution, value: Any) -> float:
    if isinstance(distribution, CategoricalDistribution):
        return distribution.choices.index(value) / max(1, len(distribution.choices) - 1)
    assert isinstance(distribution, IntDistribution)
    return float(value - distribution.low) / max(1, distribution.high - distribution.low)


@lru_cache(maxsize=1)
def tasks() -> dict[str, Task]:
    """Every task of the bench, by name."""
    found = [*_published(), *models()]
    return {task.name: task for task in found}


def _published() -> Iterator[Task]:
    for path in sorted(DATA.glob("table_*.csv")):
        name = path.stem.removeprefix("table_").removesuffix("_hyperparameters")
        yield from table_tasks(path, name)
        yield from curves_of_table(path, f"{name}:line")
    for path in sorted(DATA.glob("curve_*.csv")):
        yield from curve_tasks(path, path.stem.removeprefix("curve_"))


def table_tasks(path: Path, name: str) -> Iterator[Task]:
    """The tasks of a published table of results, at each bound; `path` may be an original with all its columns."""
    for setting, group, output in _groups(pd.read_csv(path, low_memory=False)):
        factors = _factors(group)
        points = _points(group, factors, output)
        if len(points) >= FEWEST_POINTS["table"] and factors:
            space = {factor: _distribution(group[factor]) for factor in factors}
            yield from _table(f"{name}{setting}", space, points, output, _loops(group))


def curve_tasks(path: Path, name: str) -> Iterator[Task]:
    """The load-only tasks of a published curve, at each bound."""
    for setting, group, output in _groups(pd.read_csv(path, low_memory=False)):
        yield from curves(f"{name}{setting}", group, output, "curve")


def curves_of_table(path: Path, name: str) -> Iterator[Task]:
    """The load-only tasks of a table: each configuration that was run under many loads."""
    for setting, group, output in _groups(pd.read_csv(path, low_memory=False)):
        others = [factor for factor in _factors(group) if factor not in LOAD]
        for values, curve in group.groupby(others) if others else []:
            yield from curves(f"{name}{setting},{'-'.join(map(str, values))}", curve, output, "line")


def curves(name: str, group: pd.DataFrame, output: str, kind: str) -> Iterator[Task]:
    """The tasks of one curve: rows of one configuration under several loads."""
    group = group.assign(clients=group[list(LOAD)].prod(axis=1))
    points = _points(group, ["clients"], output)
    if len(points) >= FEWEST_POINTS["curve"]:
        yield from _curve(name, sorted(points, key=lambda point: point.params["clients"]), output, kind)


def _groups(table: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame, str]]:
    """A table by its settings, and whether what counts in each is reads, writes, or neither (unlabelled)."""
    table = table.replace(-1, np.nan)
    settings = [c for c in _varying(table) if _is_setting(c)]
    for values, group in table.groupby(settings, dropna=False) if settings else [((), table)]:
        columns = [str(c) for c in group]
        measured = [c for c in columns if c.endswith(THROUGHPUT) and group[c].notna().mean() > 0.8]
        if measured:
            words = (str(value) for value in (values if isinstance(values, tuple) else (values,)))
            medians = {float(group[c].median()): c for c in measured}
            output = medians[max(medians)].removesuffix(THROUGHPUT)
            yield (":" + ",".join(words) if settings else ""), group, output


def _is_setting(column: str) -> bool:
    return column in SETTINGS or column.startswith("workload.")


def _varying(table: pd.DataFrame) -> list[str]:
    measured = ("latency.", "throughput")
    return [c for c in map(str, table) if table[c].nunique() > 1 and not any(word in c for word in measured)]


def _factors(group: pd.DataFrame) -> list[str]:
    """What varies, without what only follows the clients (their warm-up)."""
    return [c for c in _varying(group) if not _is_setting(c) and "warmup" not in c]


def _points(group: pd.DataFrame, factors: list[str], output: str) -> list[Point]:
    columns = [output + column for column in (THROUGHPUT, *LATENCIES)]
    whole = group.dropna(subset=columns)
    if not factors or whole.empty:
        return []
    found = []
    for values, rows in whole.groupby(factors):
        params = {k: v.item() if isinstance(v, np.generic) else v for k, v in zip(factors, values, strict=True)}
        repeats = tuple({c: float(v) for c, v in zip(columns, row, strict=True)} for row in rows[columns].to_numpy())
        found.append(Point(params, repeats))
    return found


def _distribution(column: pd.Series[Any]) -> BaseDistribution:
    values = sorted(column.dropna().unique().tolist())
    if all(isinstance(v, int) and not isinstance(v, bool) for v in values) and values == list(
        range(values[0], values[-1] + 1)
    ):
        return IntDistribution(values[0], values[-1])
    return CategoricalDistribution(values)


def _loops(group: pd.DataFrame) -> Callable[[Params], float]:
    usual = {name: float(group[name].iloc[0]) for name in LOAD}
    return lambda params: math.prod(float(params.get(name, usual[name])) for name in LOAD)


def _bounds(points: Sequence[Point], output: str) -> Iterator[tuple[str, Bound]]:
    for column, quantiles in (("latency.median_ms", MEDIAN_QUANTILES), ("latency.p99_ms", P99_QUANTILES)):
        for quantile in quantiles:
            limit = float(np.quantile([point.truth[output + column] for point in points], quantile))
            yield f"{column.removeprefix('latency.').removesuffix('_ms')}@{quantile:g}", Bound(output + column, limit)


def _table(
    name: str, space: dict[str, BaseDistribution], points: list[Point], output: str, loops: Callable[[Params], float]
) -> Iterator[Task]:
    by_key = {tuple(point.params[factor] for factor in space): point for point in points}

    def find(params: Params) -> Point:
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


def _curve(name: str, points: list[Point], output: str, kind: str) -> Iterator[Task]:
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


def models() -> Iterator[Task]:
    """Closed loops through stages that queue: each answer of `_steady` is the model's, up to a bisection."""
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
        # 3 % on throughput; latency follows it, as it must in a closed loop, and has some of its own.
        shared, own = rng.normal(0, 0.03), rng.normal(0, 0.04)
        true = expect(params)
        return {c: v * math.exp(shared if c == THROUGHPUT else own - shared) for c, v in true.items()}

    grid = (_values(distribution) for distribution in space.values())
    return Task(
        name=f"model_{name}/median@{limit:g}ms",
        family=f"model_{name}",
        kind="model",
        space=space,
        goal=Goal(THROUGHPUT),
        bound=Bound("latency.median_ms", limit),
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
    if distribution.log:  # 1 % apart: no optimum is sharper than that
        return sorted({round(v) for v in np.geomspace(distribution.low, distribution.high, 700)})
    return list(range(distribution.low, distribution.high + 1))


def _steady(leaders: int, replicas: int, batch: int, clients: int) -> tuple[float, float]:
    """Requests per second and mean latency in ms of a closed loop through a leader, proxy leaders and replicas.

    Each stage is M/M/1 with a service time that batching shares out; a batch also waits until it is full. Throughput
    x latency grows with throughput, so the only X with X R(X) = clients is found by bisection.
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
