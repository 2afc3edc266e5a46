"""The figure of a search, as `fpray show --figure` draws it: its path, the cost of its bound, its parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fpray.errors import Cause, refuse
from fpray.store.suite import Suite
from fpray_analysis.figures.quantities import quantity
from fpray_analysis.result_set import Results

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def search_figure(results: Results) -> Figure:
    """A figure of the search of one suite, with columns in words.

    Raises:
        fpray.Refused: there are several suites, the suite is not one of a search, or no trial of it has ended.
    """
    from fpray.searching.figures.draw import figure_of  # Optuna takes a second

    if len(results.paths) > 1:
        names = ", ".join(results.paths)
        raise refuse("--kind search", f"shows one search, and these are {len(results.paths)}: {names}", Cause.FIGURE)
    (path,) = results.paths.values()
    if not path.is_dir():
        raise refuse("--kind search", f"needs the suite of a search, and {path.name} is a file", Cause.FIGURE)
    figure = figure_of(Suite(path))
    names = results.trials.column_names
    for axes in figure.axes:
        if axes.get_xlabel() in names:
            axes.set_xlabel(quantity(axes.get_xlabel()).label)
        if axes.get_ylabel() in names:
            axes.set_ylabel(quantity(axes.get_ylabel()).label)
        before, _, name = axes.get_title().rpartition(" ")
        if name in names:
            axes.set_title(f"{before} {quantity(name).words}")
    return figure
