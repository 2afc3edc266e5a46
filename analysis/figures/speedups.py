"""Speedups: each series divided by one of them, point by point, with intervals that hold for all points at once."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from fpray.errors import Cause, refuse
from fpray_analysis.choice import LOAD, Row, chosen_trials, only_output, series_columns, throughput_column
from fpray_analysis.comparison.intervals import Interval, Sides, intervals_of_pairs
from fpray_analysis.comparison.pairing import comparable
from fpray_analysis.figures.quantities import quantity
from fpray_analysis.figures.series import Point, Series, legend_title, series_of
from fpray_analysis.figures.style import add_legend, look, name_axes, plain_numbers
from fpray_analysis.loaded import LOOPS, SUITE
from fpray_analysis.result_set import Results

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MOST_ROWS: Final = 40


@dataclass(frozen=True)
class _Ratio:
    """A point of a series, divided by the point of the baseline that has the same other parameters."""

    series: int
    point: Point
    interval: Interval

    @property
    def y(self) -> float:
        """The ratio."""
        return math.exp(self.interval.middle)

    @property
    def ends(self) -> tuple[float, float]:
        """The interval; both are the ratio where there is none."""
        low, high = self.interval.low, self.interval.high
        return (self.y, self.y) if self.interval.reason else (math.exp(low), math.exp(high))


def speedup(
    results: Results, axes: Axes, *, baseline: str, y: str = "", by: Sequence[str] | None = None,
    where: Mapping[str, Sequence[str]] | None = None, labels: Mapping[str, str] | None = None,
    sink: list[Row] | None = None,
) -> Axes:  # fmt: skip
    """Draw each series divided by the baseline: ratios of geometric means of the repeats, with the intervals of
    `fpray compare`.

    baseline: the name of a series, or a part of it. The horizontal axis shows the load where it varies, else the one
    number that varies and makes no series (`by`); where there is none, the series stand below one another. Other
    arguments: as for `lt`.

    Raises:
        fpray.Refused: nothing can be drawn from this, such as no point that two series have, and why.
    """
    rows = chosen_trials(results, where)
    y, x = y or throughput_column(rows, only_output(rows)), _usual_x(results, rows, by)
    by = series_columns(results, rows, [*LOAD, x]) if by is None else by
    series = series_of(rows, results.inputs, by, x=x or y, y=y, labels=labels, sink=sink)
    base = _baseline(series, baseline)
    ratios = _ratios(series, base, [name for name in results.inputs if name not in by], y)
    text = _words(y, base.name.strip())
    if x:
        _draw_lines(axes, series, ratios)
        name_axes(axes, quantity(x).label, text)
        plain_numbers(axes, "x")
        add_legend(axes, legend_title(by))
    else:
        _draw_rows(axes, series, ratios)
        name_axes(axes, text, legend_title(by))
    return axes


def _words(y: str, baseline: str) -> str:
    """What is divided by what."""
    text = f"{quantity(y).without_unit}, divided by that of {baseline}"
    return text[:1].upper() + text[1:]


def _usual_x(results: Results, rows: Sequence[Row], by: Sequence[str] | None) -> str:
    """The load where it varies; else the one number that varies beside what makes series; else nothing."""
    every = [name for name in results.varied if len({row.get(name) for row in rows}) > 1]
    varied = [name for name in every if name not in (by or ())]
    if any(name in LOAD for name in varied):
        loads = [name for name in varied if name in LOAD]
        return LOOPS if all(row.get(LOOPS) is not None for row in rows) else loads[0]
    numbers = [name for name in varied if all(type(row[name]) in (int, float) for row in rows)]
    makes_series = SUITE in rows[0] or len(every) > 1
    return numbers[0] if len(numbers) == 1 and makes_series else ""


def _baseline(series: Sequence[Series], name: str) -> Series:
    """The series of that name.

    Raises:
        Refused: there is none, or several.
    """
    exact = [one for one in series if one.name.strip() == name]
    found_in = exact or [one for one in series if name and name in one.name]
    if len(found_in) != 1:
        names = ", ".join(one.name.strip() or "all" for one in series)
        which = "several series" if found_in else "no series"
        raise refuse(f"--baseline {name}", f"is the name of {which}: the series are {names}", Cause.FIGURE)
    if len(series) == 1:
        raise refuse(f"--baseline {name}", "is the only series, so nothing is divided by it", Cause.FIGURE)
    return found_in[0]


def _ratios(series: Sequence[Series], base: Series, parameters: Sequence[str], y: str) -> list[_Ratio]:
    """The ratios of all other series.

    Raises:
        Refused: no point of another series is one of the baseline, too.
    """

    def key(point: Point) -> tuple[Any, ...]:
        return tuple(comparable(point.trials[0].get(name)) for name in parameters)

    of_base = {key(point): point for point in base.points if min(point.ys) > 0}
    pairs = [
        (number, point, of_base[key(point)])
        for number, one in enumerate(series)
        if one is not base
        for point in one.points
        if key(point) in of_base and min(point.ys) > 0
    ]
    if not pairs:
        sentence = "has no point that another series has, too: their parameters differ in more than --by names"
        raise refuse(f"--baseline {base.name.strip()}", sentence, Cause.FIGURE)
    sides = [Sides([*map(math.log, other.ys)], [*map(math.log, point.ys)]) for _, point, other in pairs]
    intervals = intervals_of_pairs({y: sides}, {y: 1.0})[y]
    return [_Ratio(number, point, interval) for (number, point, _), interval in zip(pairs, intervals, strict=True)]


def _draw_lines(axes: Axes, series: Sequence[Series], ratios: Sequence[_Ratio]) -> None:
    axes.axhline(1, color="black", linewidth=0.7)
    for number, one in enumerate(series):
        own = sorted((ratio for ratio in ratios if ratio.series == number), key=lambda ratio: ratio.point.x)
        if not own:
            continue
        style, xs = look(number), [ratio.point.x for ratio in own]
        line = style["linestyle"] if len({*xs}) == len(xs) else ""
        axes.plot(xs, [ratio.y for ratio in own], color=style["color"], linestyle=line)
        axes.plot([], [], color=style["color"], marker=style["marker"], linestyle=line, label=one.name)
        for ratio in own:
            axes.vlines(ratio.point.x, *ratio.ends, color=style["color"], linewidth=0.9)
            axes.plot([ratio.point.x], [ratio.y], **_mark(ratio, style))


def _draw_rows(axes: Axes, series: Sequence[Series], ratios: Sequence[_Ratio]) -> None:
    if len(ratios) > _MOST_ROWS:
        sentence = f"makes {len(ratios)} rows, and at most {_MOST_ROWS} have room: choose fewer with --where"
        raise refuse("--kind speedup", sentence, Cause.FIGURE)
    axes.axvline(1, color="black", linewidth=0.7)
    style = look(0)
    for at, ratio in enumerate(reversed(ratios)):
        axes.hlines(at, *ratio.ends, color=style["color"], linewidth=1.2)
        axes.plot([ratio.y], [at], **_mark(ratio, style))
    axes.set_yticks(range(len(ratios)), [series[ratio.series].name for ratio in reversed(ratios)])
    axes.set_ylim(-0.7, len(ratios) - 0.3)
    axes.grid(visible=False, axis="y")


def _mark(ratio: _Ratio, style: Mapping[str, Any]) -> dict[str, Any]:
    """A hollow marker where a trial has a doubt, a cross where there is no interval."""
    marker = "x" if ratio.interval.reason else style["marker"]
    face = "white" if ratio.point.doubts else style["color"]
    return {"color": style["color"], "marker": marker, "markerfacecolor": face, "linestyle": "", "zorder": 3}
