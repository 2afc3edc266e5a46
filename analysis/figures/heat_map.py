"""A heat map: a figure such as throughput over two parameters, as colours with their numbers."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from fpray.errors import Cause, refuse, refuse_if_any
from fpray.files.printable import printable
from fpray.store import columns
from fpray_analysis.choice import Row, chosen_trials, no_numbers, number_of, only_output, throughput_column
from fpray_analysis.figures.quantities import quantity
from fpray_analysis.figures.style import along_height, name_axes, short_number
from fpray_analysis.loaded import SUITE
from fpray_analysis.result_set import Results

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MOST: Final = 40  # values of a parameter
_NUMBERED: Final = 12  # with more columns, the numbers have no room


def heat(
    results: Results, axes: Axes, *, x: str = "", y: str = "", by: Sequence[str] | None = None,
    where: Mapping[str, Sequence[str]] | None = None, sink: list[Row] | None = None,
) -> Axes:  # fmt: skip
    """Draw a figure over two parameters: the colour and the number of a cell are the median of its repeats.

    A cell without a trial is empty. A number with a star has a doubt.

    x, y: the parameters (default: the two that vary); by: the column that the colours show (default: throughput);
    where, sink: as for `lt`.

    Raises:
        fpray.Refused: nothing can be drawn from this, and why.
    """
    rows = chosen_trials(results, where)
    x, y = _parameters(results, rows, x, y)
    column = by[0] if by else throughput_column(rows, only_output(rows))
    refuse_if_any(list(no_numbers(rows, column, "--by")))
    cells: dict[tuple[Any, Any], list[Row]] = {}
    for row in rows:
        if row.get(column) is not None:
            cells.setdefault((row[x], row[y]), []).append(row)
            if sink is not None:
                sink.append(row)
    if not cells:
        raise refuse("--kind heat", f"no finished trial has {column}", Cause.FIGURE)
    xs, ys = (sorted({key[place] for key in cells}, key=_order) for place in (0, 1))
    if len(xs) > _MOST or len(ys) > _MOST:
        sentence = f"has {len(xs)} x {len(ys)} cells, and shows at most {_MOST} x {_MOST}: choose fewer with --where"
        raise refuse("--kind heat", sentence, Cause.FIGURE)
    values = np.full((len(ys), len(xs)), np.nan)
    for (at_x, at_y), own in cells.items():
        values[ys.index(at_y), xs.index(at_x)] = statistics.median(number_of(row[column]) or 0.0 for row in own)
    image = axes.imshow(values, cmap="cividis", aspect="auto", origin="lower")  # for the colour-blind, and in print
    axes.grid(visible=False)
    axes.set_xticks(range(len(xs)), [_text(value) for value in xs])
    axes.set_yticks(range(len(ys)), [_text(value) for value in ys])
    if len(xs) <= _NUMBERED:
        _add_numbers(axes, values, {(ys.index(b), xs.index(a)): own for (a, b), own in cells.items()})
    name_axes(axes, quantity(x).label, quantity(y).label)
    figure = axes.get_figure(root=True)
    assert figure is not None
    bar = figure.colorbar(image, ax=axes, format=lambda value, _: short_number(value))
    bar.set_label(along_height(axes, quantity(column).label))
    return axes


def _parameters(results: Results, rows: Sequence[Row], x: str, y: str) -> tuple[str, str]:
    """The two parameters: those that are named, and of the others that vary.

    Raises:
        Refused: they are not two.
    """
    names = [*([SUITE] if SUITE in rows[0] else []), *results.varied]
    varied = [name for name in names if len({row.get(name) for row in rows}) > 1 and name not in (x, y)]
    lacking = (not x) + (not y)
    if len(varied) != lacking:
        others = ", ".join(varied) or "none"
        sentence = (
            f"shows two parameters, and beside those that are named these vary: {others}. Name two with --x and --y,"
            " and choose one value of each other with --where COLUMN=VALUE"
        )
        raise refuse("--kind heat", sentence, Cause.FIGURE)
    return x or varied.pop(0), y or varied.pop(0)


def _add_numbers(axes: Axes, values: Any, cells: Mapping[tuple[int, int], Sequence[Row]]) -> None:
    """The number of each cell, dark on light and light on dark."""
    middle = (np.nanmin(values) + np.nanmax(values)) / 2
    for (at_y, at_x), trials in cells.items():
        star = "*" if any(trial[columns.DOUBTS] for trial in trials) else ""
        value = values[at_y, at_x]
        colour = "black" if value > middle else "white"
        axes.text(at_x, at_y, f"{short_number(value)}{star}", ha="center", va="center", fontsize=7, color=colour)


def _order(value: Any) -> tuple[int, float, str]:
    number = number_of(value) if value is not None else None
    return (0, number, "") if number is not None else (1, 0.0, str(value))


def _text(value: Any) -> str:
    return "none" if value is None else printable(f"{value:g}" if isinstance(value, float) else str(value), most=20)
