"""The options of `fpray plot` as what a figure needs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from fpray.errors import Cause, Problem, only_reading, refuse_if_any
from fpray.files.shown import in_brief
from fpray_analysis.figures.draw import FigureOptions


def figure_options(words: Mapping[str, Any]) -> FigureOptions:
    """The options, by their names on the command line.

    Raises:
        Refused: a pair has no `=`; all of them at once.
    """
    problems = list[Problem]()
    where = _pairs(words["where"], "--where", "COLUMN=VALUE", problems)
    labels = _pairs(words["label"], "--label", "SUITE=NAME", problems)
    with only_reading():
        refuse_if_any(problems)
    return FigureOptions(
        kind=words["kind"],
        x=words["x"],
        y=words["y"],
        by=list(words["by"]) or None,
        where={name: text.split(",") for name, text in where.items()},
        labels=labels,
        log=words["log"] or "",
        title=words["title"],
        width=words["width"] or 0.0,
        paper=words["paper"],
    )


def _pairs(texts: Iterable[str], option: str, form: str, problems: list[Problem]) -> dict[str, str]:
    pairs = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not (name and equals and value):
            problems.append(Problem(f"{option} {in_brief(text)}", f"must be {form}", Cause.FIGURE))
        pairs[name] = value
    return pairs
