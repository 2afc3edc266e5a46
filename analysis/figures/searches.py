"""The figure of a search, as `fpray show --figure` draws it: its path, the cost of its bound, its parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fpray.errors import Cause, refuse
from fpray.store.suite import Suite
from fpray_analysis.figures.style import size_inches
from fpray_analysis.result_set import Results

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def search_figure(results: Results, width_cm: float = 0.0) -> Figure:
    """A figure of the search of one suite.

    width_cm: 0 for the usual one.

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
    if width_cm:
        width, height = figure.get_size_inches()
        figure.set_size_inches(size_inches(width_cm, float(height / width)))
    return figure
