"""What a search is for: columns to maximize or minimize, and bounds that other columns must keep."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Metrics = Mapping[str, float | None]


@dataclass(frozen=True)
class Goal:
    """A column of the results that is to be as large, or as small, as it can be."""

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
        """By which share of the limit a value is over it: at most 0 where it keeps it; infinite where there is none.

        A share, so that bounds of unlike units weigh alike in Optuna's sums; plain units for a limit of 0.
        """
        if value is None or math.isnan(value):
            return math.inf
        over = value - self.limit if self.upper else self.limit - value
        return over / abs(self.limit) if self.limit else over

    def met(self, metrics: Metrics) -> bool:
        """Whether a trial with these metrics keeps it."""
        return self.excess(metrics.get(self.column)) <= 0

    def __str__(self) -> str:
        return f"{self.column} {'<=' if self.upper else '>='} {self.limit:.15g}"  # read back as it is
