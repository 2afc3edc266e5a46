"""The conditions of `--fail-if`, under which `fpray compare` has the exit code 1."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from fpray.errors import Cause, Problem, nearest
from fpray.files.shown import in_brief
from fpray_analysis.comparison.comparison import Comparison, Estimate

_FORM: Final = re.compile(
    r"\s*(?P<any>any:)?\s*(?P<column>[^<>=\s:]+)\s*(?P<sign><=|>=|<|>)\s*(?P<limit>\d+\.?\d*|\.\d+)\s*"
)
_EXAMPLE: Final = "--fail-if 'measured.throughput<0.95'"


@dataclass(frozen=True)
class Condition:
    """A bound on a ratio.

    Attributes:
        text: as it was written.
        column: the figure.
        is_below: whether the ratio must lie below the limit, else above it.
        limit: of the ratio B/A.
        of_any_pair: whether it is about each pair; else it is about the mean over all.
    """

    text: str
    column: str
    is_below: bool
    limit: float
    of_any_pair: bool

    def is_met(self, comparison: Comparison) -> bool:
        """Whether an interval lies wholly on this side of the limit."""
        return any(map(self._holds_for, self._estimates(comparison)))

    def is_open(self, comparison: Comparison) -> bool:
        """Whether there is no interval that could decide it."""
        return all(estimate.low is None for estimate in self._estimates(comparison))

    def _estimates(self, comparison: Comparison) -> list[Estimate]:
        metrics = [pair.metrics for pair in comparison.pairs] if self.of_any_pair else [comparison.overall]
        return [own[self.column] for own in metrics if self.column in own]

    def _holds_for(self, estimate: Estimate) -> bool:
        if estimate.low is None or estimate.high is None:
            return False
        return estimate.high < self.limit if self.is_below else estimate.low > self.limit


def read_conditions(texts: Iterable[str]) -> tuple[list[Condition], list[Problem]]:
    """The conditions, and what is wrong with them."""
    conditions, problems = [], []
    for text in texts:
        match = _FORM.fullmatch(text)
        if match is None:
            sentence = f"must be a column, < or >, and a ratio B/A, in quotes, such as {_EXAMPLE}"
            problems.append(Problem(f"--fail-if {in_brief(text)}", sentence, Cause.OPTION))
        else:
            is_below = match["sign"].startswith("<")
            limit = float(match["limit"])
            conditions.append(Condition(text, match["column"], is_below, limit, match["any"] is not None))
    return conditions, problems


def unknown_columns(conditions: Sequence[Condition], comparison: Comparison) -> list[Problem]:
    """A problem for each condition about a column that was not compared."""
    names = list(comparison.pairs[0].metrics)
    return [
        Problem(
            f"--fail-if {in_brief(one.text)}",
            f"{in_brief(one.column)} is not compared{nearest(one.column, names)}; compared are {', '.join(names)}",
            Cause.OPTION,
        )
        for one in conditions
        if one.column not in names
    ]
