"""The goals of a search, columns to maximize or minimize, and its bounds, limits that columns must keep."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

Metrics = Mapping[str, float | None]


@dataclass(frozen=True)
class Goal:
    """A column of the results that is maximized or minimized."""

    column: str
    maximize: bool = True

    @property
    def direction(self) -> Literal["maximize", "minimize"]:
        """Optuna's word for it."""
        return "maximize" if self.maximize else "minimize"

    def __str__(self) -> str:
        return f"{self.direction} {self.column}"


@dataclass(frozen=True)
class Bound:
    """A limit that a column must keep: `value <= limit` where `upper`, else `value >= limit`."""

    column: str
    limit: float
    upper: bool = True

    def excess(self, value: float | None) -> float:
        """The excess of a value over the limit, as a share of the limit.

        At most 0 if the value keeps the bound; infinite without a value; in the column's units if the limit is 0. A
        share, so that bounds in different units have the same weight in Optuna's sums.
        """
        if value is None or math.isnan(value):
            return math.inf
        over = value - self.limit if self.upper else self.limit - value
        return over / abs(self.limit) if self.limit else over

    def kept_by(self, metrics: Metrics) -> bool:
        """Whether a trial with these metrics keeps the bound."""
        return self.excess(metrics.get(self.column)) <= 0

    def __str__(self) -> str:
        return f"{self.column} {'<=' if self.upper else '>='} {self.limit:.15g}"  # enough digits to be read back


def columns_of(goals: Iterable[Goal], bounds: Iterable[Bound]) -> list[str]:
    """The columns of goals and bounds, each once."""
    return list(dict.fromkeys([*(goal.column for goal in goals), *(bound.column for bound in bounds)]))
