"""What a search is for: columns to maximize or minimize, and bounds that other columns must keep."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from fpray.errors import Problem

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


def parse_goals(maximize: Sequence[str], minimize: Sequence[str]) -> tuple[list[Goal], list[Problem]]:
    """`--maximize COLUMN` and `--minimize COLUMN` as goals, in that order, and what is wrong with them."""
    goals = [Goal(column.strip(), True) for column in maximize] + [Goal(column.strip(), False) for column in minimize]
    columns = [goal.column for goal in goals]
    twice = [column for column in dict.fromkeys(columns) if columns.count(column) > 1]
    return list(dict.fromkeys(goals)), [Problem(column, "is a goal twice: which is meant?") for column in twice]


_BOUND = re.compile(r"\s*(?P<column>[^<>=\s]+)\s*(?P<sign><=|>=|<|>)\s*(?P<limit>\S+)\s*")


def parse_bounds(options: Sequence[str]) -> tuple[list[Bound], list[Problem]]:
    """`--subject-to 'COLUMN<=5'` options as bounds, and what is wrong with them; `<` is read as `<=`."""
    bounds, problems = [], []
    for option in options:
        match = _BOUND.fullmatch(option)
        try:
            limit = float(match["limit"]) if match else math.nan
        except ValueError:
            limit = math.nan
        if match is None or not math.isfinite(limit):
            said = "write COLUMN<=NUMBER or COLUMN>=NUMBER, in quotes: the shell takes < and > for itself"
            problems.append(Problem(f"--subject-to {option}", said))
        else:
            bounds.append(Bound(match["column"], limit, match["sign"].startswith("<")))
    return bounds, problems
