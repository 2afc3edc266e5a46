"""Latency over throughput: one line for each series, one point for each configuration, from low to high load."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from fpray_analysis.choice import (
    LOAD,
    Row,
    chosen_trials,
    latency_column,
    only_output,
    series_columns,
    throughput_column,
)
from fpray_analysis.figures.marks import points_with_range
from fpray_analysis.figures.quantities import quantity
from fpray_analysis.figures.series import FigureData, legend_title, series_of
from fpray_analysis.figures.style import add_legend, from_zero, look, name_axes, plain_numbers
from fpray_analysis.result_set import Results

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def lt(
    results: Results, axes: Axes, *, x: str = "", y: str = "", by: Sequence[str] | None = None,
    where: Mapping[str, Sequence[str]] | None = None, labels: Mapping[str, str] | None = None,
    sink: list[Row] | None = None,
) -> Axes:  # fmt: skip
    """Draw latency over throughput.

    A point is the median of the repeats of a configuration, its bars reach from the lowest to the highest repeat, and
    the repeats are faint dots. A line connects the points of a series by their load.

    x, y: columns (default: throughput, and the median latency); by: the columns that tell series apart (default: what
    varies beside the load); where: column -> values that trials must have, as texts; labels: suite -> its name;
    sink: gets the trials that are drawn, which have both values.

    Raises:
        fpray.Refused: nothing can be drawn from this, and why.
    """
    data = lt_data(results, x=x, y=y, by=by, where=where, labels=labels, sink=sink)
    for number, series in enumerate(data.series):
        points_with_range(axes, series, look(number), x_range=True)
    name_axes(axes, quantity(data.x).label, quantity(data.y).label)
    add_legend(axes, legend_title(data.by))
    from_zero(axes, "x")
    from_zero(axes, "y")
    plain_numbers(axes, "x")
    return axes


def lt_data(
    results: Results, *, x: str = "", y: str = "", by: Sequence[str] | None = None,
    where: Mapping[str, Sequence[str]] | None = None, labels: Mapping[str, str] | None = None,
    sink: list[Row] | None = None,
) -> FigureData:  # fmt: skip
    """What `lt` draws, with the same arguments. Raises as it does."""
    rows = chosen_trials(results, where)
    output = only_output(rows)
    x, y = x or throughput_column(rows, output), y or latency_column(rows, output)
    by = series_columns(results, rows, LOAD) if by is None else by
    return FigureData(x, y, by, series_of(rows, results.inputs, by, x=x, y=y, labels=labels, sink=sink))
