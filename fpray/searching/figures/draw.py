"""`fpray show --figure FILE`: a search as PNG, SVG or HTML."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

from fpray.errors import Cause, refuse
from fpray.report.matplotlib_setting import no_foreign_backend
from fpray.searching.figures.history import read_history
from fpray.searching.figures.html_page import page
from fpray.searching.figures.panels import draw_cost, draw_front, draw_path
from fpray.searching.figures.parameter_panel import draw_parameters
from fpray.store.suite import Suite

if TYPE_CHECKING:
    from matplotlib.figure import Figure

KINDS = (".png", ".svg", ".html")


def draw(suite: Suite, file: Path) -> None:
    """Write the figure of a search.

    Raises:
        Refused: the suite is not one of a search, no trial of it has ended, or the file cannot be written.
    """
    if file.suffix not in KINDS:
        raise refuse(f"--figure {file}", f"must end in one of {', '.join(KINDS)}", Cause.FIGURE)
    with no_foreign_backend():
        figure = figure_of(suite)
    try:
        if file.suffix == ".html":
            file.write_text(page(read_history(suite), figure))
        else:
            figure.savefig(file, dpi=150)
    except OSError as error:
        raise refuse(f"--figure {file}", f"cannot be written: {error.strerror}", Cause.FIGURE) from None


def figure_of(suite: Suite) -> Figure:
    """The path of a search, what its bound or its second goal costs, and which parameters matter.

    Raises:
        Refused: the suite is not one of a search, or no trial of it has ended.
    """
    from matplotlib.figure import Figure

    history = read_history(suite)
    cost = [draw_front] if len(history.goals) > 1 else [draw_cost] if history.bounds else []
    panels = [draw_path, *cost, draw_parameters]
    figure = Figure(figsize=(4.4 * len(panels), 5.2), layout="constrained")
    lines = textwrap.wrap(history.aim, 42 * len(panels), break_long_words=False, break_on_hyphens=False)
    figure.suptitle("\n".join([*lines, f"jar: {history.jar}"]), fontsize=11)
    for draw_panel, axes in zip(panels, figure.subplots(1, len(panels)), strict=True):
        draw_panel(axes, history)
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(color="#e5e8eb", linewidth=0.7)
        axes.set_axisbelow(True)
    return figure
