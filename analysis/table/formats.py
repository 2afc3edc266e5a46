"""A table as LaTeX, Markdown or CSV; whatever is in a suite's texts, they have no effect in the document."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import fpray
from fpray.files.printable import printable
from fpray_analysis.figures.quantities import quantity
from fpray_analysis.table.digits import in_digits
from fpray_analysis.table.estimate import MEAN, Estimate
from fpray_analysis.table.peaks import Peak, PeakTable

_NONE: Final = "-"
_LATEX: Final = {
    "\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "<": r"\textless{}",
    ">": r"\textgreater{}", "|": r"\textbar{}", '"': r"\textquotedbl{}", "[": "{[}", "]": "{]}", "*": "{*}",
    **{character: f"\\{character}" for character in "&%$#_{}"},
}  # fmt: skip
_MARKDOWN: Final = re.compile(r"([\\`*_{}\[\]<>#|~&$])")


def latex(table: PeakTable) -> str:
    """A `tabular` of booktabs, and the notes below it."""
    by = len(table.by)
    head, *lines = _cells(table, escape_latex, _in_latex)
    kinds = "l" * by + "r" * (len(head) - by)
    body = [" & ".join(line) + r" \\" for line in (head, *lines)]
    notes = [rf"{{\footnotesize {_sentence(escape_latex(note))}\par}}" for note in table.notes]
    return "\n".join(
        [
            rf"% fpray {fpray.__version__}; needs \usepackage{{booktabs}} and \usepackage[T1]{{fontenc}}",
            rf"\begin{{tabular}}{{@{{}}{kinds}@{{}}}}", r"\toprule", body[0], r"\midrule", *body[1:], r"\bottomrule",
            r"\end{tabular}", r"\par\smallskip", *notes, "",
        ]
    )  # fmt: skip


def markdown(table: PeakTable) -> str:
    """A table of Markdown, and the notes below it."""
    head, *lines = _cells(table, escape_markdown, _in_markdown)
    rule = ["---"] * len(table.by) + ["---:"] * (len(head) - len(table.by))
    rows = [f"| {' | '.join(line)} |" for line in (head, rule, *lines)]
    return "\n".join([*rows, "", *(f"- {_sentence(escape_markdown(note))}" for note in table.notes), ""])


def as_csv(table: PeakTable) -> str:
    """All digits, each end of an interval in a column of its own; without the notes."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    names = [_peak_name(table), _beside_name(table), *_within_name(table)]
    figures = [f"{name}{end}" for name in names for end in (f", {table.statistic}", ", low", ", high", ", repeats")]
    writer.writerow([*map(_by_name, table.by), *figures, "Doubts"])
    for row in table.rows:
        numbers = [row.peak, row.beside, *([row.within] if table.bounds else [])]
        cells = [cell for number in numbers for cell in _all_digits(number)]
        writer.writerow([*map(_plain, row.key), *cells, "; ".join(map(printable, row.doubts))])
    return text.getvalue()


FORMATS: Final[Mapping[str, Callable[[PeakTable], str]]] = {"latex": latex, "markdown": markdown, "csv": as_csv}


def escape_latex(text: str) -> str:
    """A text in which no character is one of LaTeX's own."""
    return "".join(_LATEX.get(character, character) for character in printable(text).replace("\t", " "))


def escape_markdown(text: str) -> str:
    """A text in which no character is one of Markdown's own, also in a cell of a table."""
    return _MARKDOWN.sub(r"\\\1", printable(text).replace("\t", " "))


def _cells(
    table: PeakTable, escape: Callable[[str], str], number: Callable[[Estimate | None, str], str]
) -> list[list[str]]:
    """The header, and a line for each row."""
    head = [*map(_by_name, table.by), _peak_name(table), "Repeats", _beside_name(table)]
    head += [column for name in _within_name(table) for column in (name, "Repeats")]
    return [[escape(name) for name in head], *(_line(table, row, escape, number) for row in table.rows)]


def _line(
    table: PeakTable, row: Peak, escape: Callable[[str], str], number: Callable[[Estimate | None, str], str]
) -> list[str]:
    cells = [escape(_plain(value)) for value in row.key]
    cells += [number(row.peak, table.statistic), str(row.peak.repeats), number(row.beside, table.statistic)]
    if table.bounds:
        cells += [number(row.within, table.statistic), str(row.within.repeats) if row.within is not None else _NONE]
    return cells


def _in_latex(figure: Estimate | None, statistic: str) -> str:
    if figure is None:
        return "--"
    first, *interval = (number.replace(",", "{,}") for number in in_digits(figure, statistic))
    if not interval:
        return f"${first}$"
    return rf"${first} \pm {interval[0]}$" if statistic == MEAN else f"${first}$ (${interval[0]}$ to ${interval[1]}$)"


def _in_markdown(figure: Estimate | None, statistic: str) -> str:
    if figure is None:
        return _NONE
    first, *interval = in_digits(figure, statistic)
    if not interval:
        return first
    return f"{first} ± {interval[0]}" if statistic == MEAN else f"{first} ({interval[0]} to {interval[1]})"


def _all_digits(figure: Estimate | None) -> Sequence[Any]:
    if figure is None:
        return ("", "", "", "")
    low, high = ("" if end is None else end for end in (figure.low, figure.high))
    return (figure.value, low, high, figure.repeats)


def _by_name(column: str) -> str:
    return quantity(column).label


def _peak_name(table: PeakTable, condition: str = "") -> str:
    x = quantity(table.x)
    return _with_unit(f"Peak {x.words}{condition}", x.unit)


def _beside_name(table: PeakTable) -> str:
    y = quantity(table.y)
    return _with_unit(f"{y.words[:1].upper()}{y.words[1:]} at the peak", y.unit)


def _within_name(table: PeakTable) -> list[str]:
    """The name of the column of peaks under bounds, if there are bounds."""
    limits = []
    for bound in table.bounds:
        column = quantity(bound.column)
        unit = f" {column.unit}" if column.unit else ""
        limits.append(f"{column.words} of at {'most' if bound.upper else 'least'} {bound.limit:.15g}{unit}")
    return [_peak_name(table, f" with a {' and a '.join(limits)}")] if limits else []


def _with_unit(text: str, unit: str) -> str:
    return f"{text} ({unit})" if unit else text


def _plain(value: Any) -> str:
    if value is None:
        return "none"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."
