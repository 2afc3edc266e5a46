"""How figures look: colours that the colour-blind tell apart, with markers and line styles for black and white."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from fpray_analysis.choice import MOST_SERIES

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Okabe and Ito, "Color universal design" (2008); the yellow is left out, which is too light on paper.
COLOURS: Final = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#000000", "#E69F00")
MARKERS: Final = "osD^vPX<>*ph"
LINES: Final[Sequence[Any]] = ("-", "--", "-.", ":")
_CM: Final = 1 / 2.54
_CHARACTERS: Final = 14  # in an inch of a line, about
COLUMN_CM: Final = 8.5  # a column of a paper
SCREEN_CM: Final = 16.0


def look(number: int) -> dict[str, Any]:
    """The colour, marker and line of a series by its number: no two of MOST_SERIES have all three."""
    number %= MOST_SERIES
    return {
        "color": COLOURS[number % len(COLOURS)],
        "marker": MARKERS[number],
        "linestyle": LINES[number // len(COLOURS) + number % 2],
    }


@contextmanager
def styled(*, paper: bool) -> Iterator[None]:
    """Matplotlib's settings in the block; text stays text in PDF and SVG.

    paper: print size and a serif font, as papers have.
    """
    import matplotlib as mpl

    size = 8 if paper else 9
    family = "serif" if paper else "sans-serif"
    settings: Any = {
        "font.family": family, "font.size": size, "axes.titlesize": size + 1, "axes.labelsize": size,
        "legend.fontsize": size - 1, "xtick.labelsize": size - 1, "ytick.labelsize": size - 1,
        "text.parse_math": False,  # a name from outside may have a dollar sign
        "svg.fonttype": "none", "pdf.fonttype": 42, "ps.fonttype": 42, "svg.hashsalt": "fpray",
        "axes.spines.top": False, "axes.spines.right": False, "axes.grid": True, "grid.alpha": 0.25,
        "grid.linewidth": 0.5, "lines.linewidth": 1.2, "lines.markersize": 4.5, "axes.linewidth": 0.7,
        "savefig.dpi": 200,
    }  # fmt: skip
    with mpl.rc_context(settings):
        yield


def size_inches(width_cm: float, ratio: float = 0.62) -> tuple[float, float]:
    """Width and height of a figure."""
    return width_cm * _CM, width_cm * ratio * _CM


def name_axes(axes: Axes, x: str, y: str) -> None:
    """Label the axes in words, in lines that are not longer than the axes."""
    grid = axes.get_gridspec()  # of axes that stand side by side
    side_by_side = grid.ncols if grid is not None else 1
    axes.set_xlabel(textwrap.fill(x, int(_inches(axes)[0] / side_by_side * _CHARACTERS * 0.8)))
    axes.set_ylabel(along_height(axes, y))


def along_height(axes: Axes, text: str, panels: int = 1) -> str:
    """A text in lines that are not longer than the axes are high; panels: of the figure, one below the other."""
    return textwrap.fill(text, int(_inches(axes)[1] / panels * _CHARACTERS * 0.75))


def add_legend(axes: Axes, title: str) -> None:
    """A legend above the axes, where it hides nothing, in as many columns as fit."""
    names = axes.get_legend_handles_labels()[1]
    if not names:
        return
    widest = max(map(len, names)) + 5
    columns = max(1, min(len(names), int(_inches(axes)[0] * _CHARACTERS) // widest))
    axes.legend(
        title=title or None, ncols=columns, frameon=False, loc="lower center", bbox_to_anchor=(0.5, 1.0),
        borderaxespad=0.3, columnspacing=1.4, handlelength=2.6,
    )  # fmt: skip


def _inches(axes: Axes) -> tuple[float, float]:
    """Width and height of the figure around axes."""
    figure = axes.get_figure(root=True)
    assert figure is not None
    width, height = figure.get_size_inches()
    return float(width), float(height)


def from_zero(axes: Axes, which: str) -> None:
    """Let an axis begin at zero, unless something is below."""
    low = axes.dataLim.x0 if which == "x" else axes.dataLim.y0
    if low >= 0 and which == "x":
        axes.set_xlim(left=0)
    elif low >= 0:
        axes.set_ylim(bottom=0)


def plain_numbers(axes: Axes, which: str) -> None:
    """Numbers of an axis as people write them: 120k, 1.5M; small ones as they are."""
    axis = axes.xaxis if which == "x" else axes.yaxis
    axis.set_major_formatter(lambda value, _: short_number(value))


def logarithmic(axes: Axes, which: str) -> None:
    """A logarithmic axis, which begins where the marks do and not at zero."""
    from matplotlib.ticker import NullFormatter

    if which == "x":
        axes.set_xscale("log")
    else:
        axes.set_yscale("log")
    axes.autoscale(axis="x" if which == "x" else "y")
    (axes.xaxis if which == "x" else axes.yaxis).set_minor_formatter(NullFormatter())
    plain_numbers(axes, which)


def short_number(value: float) -> str:
    """`120k`, `1.5M`, `0.25`."""
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{value / size:.4g}{letter}"
    return f"{value:.4g}"
