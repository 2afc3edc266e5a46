"""What the words of `fpray plot` come to: the options of a figure, and the name of its file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from fpray.errors import Cause, Problem, only_reading, refuse_if_any
from fpray_analysis.figures.options import FigureOptions
from fpray_analysis.result_set import Results
from fpray_analysis.word_pairs import where_words, word_pairs


def figure_options(words: Mapping[str, Any]) -> FigureOptions:
    """The options, by their names on the command line.

    Raises:
        Refused: a pair has no `=`; all of them at once.
    """
    problems = list[Problem]()
    where = where_words(words["where"], problems)
    labels = word_pairs(words["label"], "--label", "SUITE=NAME", problems, has_value=True)
    twice = [name for name, texts in labels.items() if len(texts) > 1]
    problems += [Problem(f"--label {name}", "is given twice: write one name", Cause.FIGURE) for name in twice]
    with only_reading():
        refuse_if_any(problems)
    return FigureOptions(
        kind=words["kind"],
        baseline=words["baseline"],
        x=words["x"],
        y=words["y"],
        by=list(dict.fromkeys(words["by"])) or None,
        where=where,
        labels={name: texts[0] for name, texts in labels.items()},
        log=words["log"] or "",
        title=words["title"],
        width=words["width"] or 0.0,
        paper=words["paper"],
        profiled=words["profiled"],
    )


def column_values(texts: Iterable[str]) -> dict[str, list[str]]:
    """The words of `--where` as column -> values.

    Raises:
        Refused: one of them has no `=`.
    """
    problems = list[Problem]()
    where = where_words(texts, problems)
    with only_reading():
        refuse_if_any(problems)
    return where


def file_name(results: Results) -> str:
    """The name of a figure that has none: that of the suite, or of the file and its directory."""
    name = next(iter(results.provenance))
    return re.sub(r"[^\w.-]+", "_", name.removesuffix(".csv")).lstrip(".") + ".png"
