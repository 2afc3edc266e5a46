"""Reads the goals and the bounds of a search: `--maximize`, `--minimize` and `--subject-to`."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence

from fpray.errors import Cause, Problem
from fpray.peak_sampler.goals import Bound, Goal
from fpray.protocol.values import plain_float


def parse_goals(maximize: Sequence[str], minimize: Sequence[str]) -> tuple[list[Goal], list[Problem]]:
    """`--maximize COLUMN` and `--minimize COLUMN` as goals, in that order, and what is wrong with them."""
    goals = [Goal(column.strip(), True) for column in maximize] + [Goal(column.strip(), False) for column in minimize]
    columns = [goal.column for goal in goals]
    twice = [column for column in dict.fromkeys(columns) if columns.count(column) > 1]
    return list(dict.fromkeys(goals)), [
        Problem(column, "is named as a goal twice: remove one of the two", Cause.GOAL) for column in twice
    ]


_BOUND = re.compile(r"\s*(?P<column>[^<>=\s]+)\s*(?P<sign><=|>=|<|>)\s*(?P<limit>\S+)\s*")


def parse_bounds(options: Sequence[str], word: str = "--subject-to") -> tuple[list[Bound], list[Problem]]:
    """`--subject-to 'COLUMN<=5'` options as bounds, and what is wrong with them; `<` is read as `<=`.

    word: the name of the option, for messages.
    """
    bounds, problems = [], []
    for option in options:
        match = _BOUND.fullmatch(option)
        try:
            limit = plain_float(match["limit"]) if match else math.nan
        except ValueError:
            limit = math.nan
        if match is None or not math.isfinite(limit):
            message = f"write a column, <= or >=, and a number, in quotes, such as {word} 'measured.latency.p99_ms<=5'"
            problems.append(Problem(f"{word} {option}", message, Cause.GOAL))
        else:
            bounds.append(Bound(match["column"], limit, match["sign"].startswith("<")))
    return bounds, [*problems, *_that_nothing_keeps(bounds, word)]


def _that_nothing_keeps(bounds: Sequence[Bound], word: str) -> Iterator[Problem]:
    """A problem for each column of which the bounds exclude each other."""
    for column in dict.fromkeys(bound.column for bound in bounds):
        least = max((b for b in bounds if b.column == column and not b.upper), key=lambda b: b.limit, default=None)
        most = min((b for b in bounds if b.column == column and b.upper), key=lambda b: b.limit, default=None)
        if least is not None and most is not None and least.limit > most.limit:
            sentence = f"no trial can keep this bound and also {most}: remove or correct one of the two"
            yield Problem(f"{word} '{least}'", sentence, Cause.GOAL)
