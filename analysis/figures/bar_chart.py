"""Bars: the throughput of each configuration side by side, such as of an ablation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from fpray_analysis.choice import Row, chosen_trials, only_output, series_columns, throughput_column
from fpray_analysis.figures.quantities import quantity
from fpray_analysis.figures.series import FigureData, legend_title, series_of
from fpray_analysis.figures.style import COLOURS, from_zero, name_axes, plain_numbers
from fpray_analysis.result_set import Results

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MOST_BARS: Final = 30


def bars(
    results: Results, axes: Axes, *, y: str = "", by: Sequence[str] | None = None,
    where: Mapping[str, Sequence[str]] | None = None, labels: Mapping[str, str] | None = None,
    sink: list[Row] | None = None,
) -> Axes:  # fmt: skip
    """Draw a bar for each configuration: the median of its repeats, a line from the lowest to the highest, and dots.

    Where a series has several loads, its bar is the load with the highest throughput. Arguments: as for `lt`.

    Raises:
        fpray.Refused: nothing can be drawn from this, and why.
    """
    data = bars_data(results, y=y, by=by, where=where, labels=labels, sink=sink)
    for number, one in enumerate(reversed(data.series)):
        point = one.highest
        axes.barh(number, point.y, 0.7, color=COLOURS[0], alpha=0.45)
        axes.hlines(number, min(point.ys), max(point.ys), color="black", linewidth=1.2)
        axes.scatter(point.ys, [number] * len(point.ys), s=8, color="black", alpha=0.45, linewidths=0, zorder=3)
    axes.set_yticks(range(len(data.series)), [one.name or "all" for one in reversed(data.series)])
    axes.grid(visible=False, axis="y")
    name_axes(axes, quantity(data.y).label, legend_title(data.by))
    from_zero(axes, "x")
    plain_numbers(axes, "x")
    return axes


def bars_data(
    results: Results, *, y: str = "", by: Sequence[str] | None = None,
    where: Mapping[str, Sequence[str]] | None = None, labels: Mapping[str, str] | None = None,
    sink: list[Row] | None = None,
) -> FigureData:  # fmt: skip
    """What `bars` draws, with the same arguments; both axes have the same column. Raises as it does."""
    rows = chosen_trials(results, where)
    y = y or throughput_column(rows, only_output(rows))
    by = series_columns(results, rows, []) if by is None else by
    series = series_of(rows, results.inputs, by, x=y, y=y, labels=labels, sink=sink, most=_MOST_BARS)
    return FigureData(y, y, by, series)
