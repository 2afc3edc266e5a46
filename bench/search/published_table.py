"""Reads a published table of results: what varies in it, and the repeats of each configuration."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from optuna.distributions import BaseDistribution, CategoricalDistribution, IntDistribution

from bench.search.task import LATENCIES, THROUGHPUT, Metrics, Params

LOAD = ("num_client_procs", "num_clients_per_proc")
SETTINGS = {"f", "workload_label"}  # what the papers set for a whole figure, and no search would choose


@dataclass(frozen=True)
class TablePoint:
    """A configuration of a table, and the metrics of each of its repeats."""

    params: dict[str, Any]
    repeats: tuple[Metrics, ...]

    @cached_property
    def truth(self) -> Metrics:
        """The median of its repeats, column by column."""
        return {column: float(np.median([repeat[column] for repeat in self.repeats])) for column in self.repeats[0]}


def groups_of(table: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame, str]]:
    """A table by its settings: their text, the rows, and the output with the most requests ("": unlabelled)."""
    table = table.replace(-1, np.nan)
    settings = [c for c in _varying(table) if _is_setting(c)]
    for values, group in table.groupby(settings, dropna=False) if settings else [((), table)]:
        columns = [str(c) for c in group]
        throughputs = [c for c in columns if c.endswith(THROUGHPUT) and group[c].notna().mean() > 0.8]
        if throughputs:
            texts = (str(value) for value in (values if isinstance(values, tuple) else (values,)))
            medians = {float(group[c].median()): c for c in throughputs}
            output = medians[max(medians)].removesuffix(THROUGHPUT)
            yield (":" + ",".join(texts) if settings else ""), group, output


def _is_setting(column: str) -> bool:
    return column in SETTINGS or column.startswith("workload.")


def _varying(table: pd.DataFrame) -> list[str]:
    results = ("latency.", "throughput")
    return [c for c in map(str, table) if table[c].nunique() > 1 and not any(word in c for word in results)]


def factors_of(group: pd.DataFrame) -> list[str]:
    """The parameters that vary, without the warm-up, which follows the clients."""
    return [c for c in _varying(group) if not _is_setting(c) and "warmup" not in c]


def points_of(group: pd.DataFrame, factors: list[str], output: str) -> list[TablePoint]:
    """The configurations of a group, of the repeats that have all metrics."""
    columns = [output + column for column in (THROUGHPUT, *LATENCIES)]
    whole = group.dropna(subset=columns)
    if not factors or whole.empty:
        return []
    points = []
    for values, rows in whole.groupby(factors):
        params = {k: v.item() if isinstance(v, np.generic) else v for k, v in zip(factors, values, strict=True)}
        repeats = tuple({c: float(v) for c, v in zip(columns, row, strict=True)} for row in rows[columns].to_numpy())
        points.append(TablePoint(params, repeats))
    return points


def distribution_of(column: pd.Series[Any]) -> BaseDistribution:
    """An integer range if all values of it occur, else categories in order."""
    values = sorted(column.dropna().unique().tolist())
    if all(isinstance(v, int) and not isinstance(v, bool) for v in values) and values == list(
        range(values[0], values[-1] + 1)
    ):
        return IntDistribution(values[0], values[-1])
    return CategoricalDistribution(values)


def loops_of(group: pd.DataFrame) -> Callable[[Params], float]:
    """The closed loops of a point of a group."""
    usual = {name: float(group[name].iloc[0]) for name in LOAD}
    return lambda params: math.prod(float(params.get(name, usual[name])) for name in LOAD)
