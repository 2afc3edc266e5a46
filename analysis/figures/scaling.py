"""Throughput over one parameter: how a system scales with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from fpray.errors import Cause, refuse
from fpray_analysis.choice import LOAD, Row, chosen_trials, only_output, series_columns, throughput_column
from fpray_analysis.figures.marks import points_with_range
from fpray_analysis.figures.quantities import quantity
from fpray_analysis.figures.series import FigureData, legend_title, series_of
from fpray_analysis.figures.style import add_legend, from_zero, look, name_axes, plain_numbers
from fpray_analysis.result_set import Results

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def scale(
    results: Results, axes: Axes, *, x: str = "", y: str = "", by: Sequence[str] | None = None,
    where: Mapping[str, Sequence[str]] | None = None, labels: Mapping[str, str] | None = None,
    sink: list[Row] | None = None,
) -> Axes:  # fmt: skip
    """Draw throughput over a parameter: medians of repeats with bars from the lowest to the highest.

    x: the parameter (default: the only number that varies); y: a column (default: throughput); the rest as for `lt`.

    Raises:
        fpray.Refused: nothing can be drawn from this, and why.
    """
    data = scale_data(results, x=x, y=y, by=by, where=where, labels=labels, sink=sink)
    for number, series in enumerate(data.series):
        points_with_range(axes, series, look(number), by_x=True)
    name_axes(axes, quantity(data.x).label, quantity(data.y).label)
    add_legend(axes, legend_title(data.by))
    from_zero(axes, "y")
    plain_numbers(axes, "y")
    return axes


def scale_data(
    results: Results, *, x: str = "", y: str = "", by: Sequence[str] | None = None,
    where: Mapping[str, Sequence[str]] | None = None, labels: Mapping[str, str] | None = None,
    sink: list[Row] | None = None,
) -> FigureData:  # fmt: skip
    """What `scale` draws, with the same arguments. Raises as it does."""
    rows = chosen_trials(results, where)
    y = y or throughput_column(rows, only_output(rows))
    x = x or _parameter(results)
    by = series_columns(results, rows, [x]) if by is None else by
    return FigureData(x, y, by, series_of(rows, results.inputs, by, x=x, y=y, labels=labels, sink=sink))


def _parameter(results: Results) -> str:
    """The parameter that varies and is a number; of the load, if nothing else does."""
    numbers = [name for name in results.varied if str(results.trials.schema.field(name).type) in ("int64", "double")]
    others = [name for name in numbers if name not in LOAD]
    if len(others or numbers) != 1:
        which = ", ".join(others or numbers) or "none"
        sentence = f"needs one parameter that is a number and varies, and here there are {which}: name one with --x"
        raise refuse("--kind scale", sentence, Cause.FIGURE)
    return (others or numbers)[0]
