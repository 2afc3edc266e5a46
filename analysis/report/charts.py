"""The figure of results as plain values for the page: the same choice and the same series as `fpray plot` draws."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from fpray.errors import Refused
from fpray.files.printable import printable
from fpray.plan.words import number_of
from fpray.recorder.columns import THROUGHPUT
from fpray.report.trial_table import number_text
from fpray.store import columns
from fpray_analysis.choice import Row
from fpray_analysis.figures.bar_chart import bars_data
from fpray_analysis.figures.draw import left_out, source_line
from fpray_analysis.figures.kinds import usual_kind
from fpray_analysis.figures.latency_throughput import lt_data
from fpray_analysis.figures.options import FigureOptions
from fpray_analysis.figures.quantities import quantity
from fpray_analysis.figures.scaling import scale_data
from fpray_analysis.figures.series import FigureData, Point, Series, legend_title
from fpray_analysis.figures.study_figures import with_study_figure
from fpray_analysis.figures.style import look
from fpray_analysis.loaded import SUITE
from fpray_analysis.profiled import unprofiled
from fpray_analysis.report.trials import TrialKey
from fpray_analysis.result_set import Results

Chart = dict[str, Any]  # see `chart`
_DATA: Final[Mapping[str, Callable[..., FigureData]]] = {"lt": lt_data, "scale": scale_data, "bars": bars_data}
_MOST_NAMED: Final = 12  # trials behind a point that are named at it
_SYMBOLS: Final = dict(
    zip(
        "osD^vPX<>*ph",
        ("circle", "square", "diamond", "triangle-up", "triangle-down", "cross", "x", "triangle-left",
         "triangle-right", "star", "pentagon", "hexagon"),
        strict=True,
    )
)  # fmt: skip
_DASHES: Final = {"-": "solid", "--": "dash", "-.": "dashdot", ":": "dot"}


def results_chart(results: Results, places: Mapping[TrialKey, int]) -> Chart:
    """The figure of the results.

    places: trial -> its place in the report.

    A chart has `title`, `x`, `y` (labels), `bars`, `caption`, `notes` and `series`. A series has `name`, `colour`,
    `symbol`, `dash`, `line` and `points`. A point has `x`, `y`, their ranges `xs` and `ys`, `doubts`, `words` (lines
    that say its values) and `trials` (places in the report). Where nothing can be drawn, `notes` says why.
    """
    trials: list[Row] = []
    options, notes = FigureOptions(), list[str]()
    try:
        results, without = unprofiled(results, remedy=" of the figures")
        options, notes = with_study_figure(results, options)
        if options.kind not in _DATA:
            options, notes = FigureOptions(), []
        kind = options.kind or usual_kind(results)
        kind = kind if kind in _DATA else "bars"  # a heat map is one bar for each cell here
        x = {} if kind == "bars" else {"x": options.x}
        data = _DATA[kind](results, **x, y=options.y, by=options.by, sink=trials)
    except Refused as refused:
        sentence = "; ".join(problem.in_words() for problem in refused.problems)
        return {"title": "Results", "series": [], "caption": "", "notes": [printable(sentence)]}
    name = next(iter(results.provenance))
    series = [
        _series(number, one, data, kind, lambda row: places.get((row.get(SUITE) or name, str(row[columns.TRIAL])), -1))
        for number, one in enumerate(data.series)
    ]
    return {
        "title": _title(data, kind),
        "x": quantity(data.x).label,
        "y": legend_title(data.by) if kind == "bars" else quantity(data.y).label,
        "legend": legend_title(data.by),
        "bars": kind == "bars",
        "series": series,
        "caption": source_line(results, kind, options, trials),
        "notes": [*without, *notes, *left_out(results, kind, options, trials)],
    }


def _title(data: FigureData, kind: str) -> str:
    y = quantity(data.y).words
    text = y if kind == "bars" else f"{y} over {quantity(data.x).words}"
    return text[:1].upper() + text[1:]


def _series(number: int, one: Series, data: FigureData, kind: str, place: Callable[[Row], int]) -> dict[str, Any]:
    is_bars = kind == "bars"
    points = [one.highest] if is_bars else one.points
    if kind == "scale":
        points = sorted(points, key=lambda point: point.x)
    at = [point.x if kind == "scale" else point.loops for point in points]
    style = look(0 if is_bars else number)
    return {
        "name": one.name.strip(),
        "colour": style["color"],
        "symbol": _SYMBOLS[style["marker"]],
        "dash": _DASHES[style["linestyle"]],
        "step": "",
        "line": not is_bars and len({*at}) == len(at),
        "points": [_point(point, one.name.strip(), data, place) for point in points],
    }


def _point(point: Point, name: str, data: FigureData, place: Callable[[Row], int]) -> dict[str, Any]:
    return {
        "x": point.x,
        "y": point.y,
        "xs": [min(point.xs), max(point.xs)],
        "ys": [min(point.ys), max(point.ys)],
        "repeats": list(zip(point.xs, point.ys, strict=True)) if len(point.ys) > 1 else [],
        "doubts": point.doubts,
        "words": list(_words(point, name, data)),
        "trials": [place(row) for row in point.trials],
    }


def _words(point: Point, name: str, data: FigureData) -> Iterator[str]:
    """The values of a point, with units, and the trials behind it."""
    if name:
        yield name
    axes = [(data.x, point.x, point.xs)] if data.x != data.y else []
    for column, value, values in (*axes, (data.y, point.y, point.ys)):
        of = f" ({value_text(column, min(values))} to {value_text(column, max(values))})" if len({*values}) > 1 else ""
        yield f"{quantity(column).label}: {value_text(column, value)}{of}"
    if len(point.ys) > 1:
        yield f"median of {number_of(len(point.ys), 'repeat')}"
    numbers = [printable(str(row[columns.TRIAL]), most=20) for row in point.trials]
    more = f" and {len(numbers) - _MOST_NAMED} more" if len(numbers) > _MOST_NAMED else ""
    yield f"{'trial' if len(numbers) == 1 else 'trials'} {', '.join(numbers[:_MOST_NAMED])}{more}"
    if point.doubts:
        yield f"{number_of(point.doubts, 'trial')} with doubts"


def value_text(column: str, value: float) -> str:
    """A value as tables show it: throughputs in whole requests, others with four digits."""
    is_throughput = column.endswith(THROUGHPUT) or "_throughput_" in column
    return number_text(value, 0 if is_throughput or (value == int(value) and abs(value) >= 1000) else 4)
