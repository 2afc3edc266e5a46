"""What the words of `fpray plot` come to: the options of a figure, and the name of its file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from fpray.errors import Cause, Problem, only_reading, refuse_if_any
from fpray.files.shown import in_brief
from fpray_analysis.figures.draw import FigureOptions
from fpray_analysis.result_set import Results


def figure_options(words: Mapping[str, Any]) -> FigureOptions:
    """The options, by their names on the command line.

    Raises:
        Refused: a pair has no `=`; all of them at once.
    """
    problems = list[Problem]()
    where = _pairs(words["where"], "--where", "COLUMN=VALUE", problems)
    labels = _pairs(words["label"], "--label", "SUITE=NAME", problems)
    twice = [name for name, texts in labels.items() if len(texts) > 1]
    problems += [Problem(f"--label {name}", "is given twice: write one name", Cause.FIGURE) for name in twice]
    with only_reading():
        refuse_if_any(problems)
    return FigureOptions(
        kind=words["kind"],
        x=words["x"],
        y=words["y"],
        by=list(dict.fromkeys(words["by"])) or None,
        where=_values(where),
        labels={name: texts[0] for name, texts in labels.items()},
        log=words["log"] or "",
        title=words["title"],
        width=words["width"] or 0.0,
        paper=words["paper"],
    )


def column_values(texts: Iterable[str]) -> dict[str, list[str]]:
    """The words of `--where` as column -> values.

    Raises:
        Refused: one of them has no `=`.
    """
    problems = list[Problem]()
    where = _pairs(texts, "--where", "COLUMN=VALUE", problems)
    with only_reading():
        refuse_if_any(problems)
    return _values(where)


def file_name(results: Results) -> str:
    """The name of a figure that has none: that of the suite, or of the file and its directory."""
    name = next(iter(results.provenance))
    return re.sub(r"[^\w.-]+", "_", name.removesuffix(".csv")).lstrip(".") + ".png"


def _values(where: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    return {name: [value for text in texts for value in text.split(",")] for name, texts in where.items()}


def _pairs(texts: Iterable[str], option: str, form: str, problems: list[Problem]) -> dict[str, list[str]]:
    pairs: dict[str, list[str]] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not (name and equals) or (option == "--label" and not value):
            problems.append(Problem(f"{option} {in_brief(text)}", f"must be {form}", Cause.FIGURE))
        pairs.setdefault(name, []).append(value)
    return pairs
