"""How the panels of a figure look: colours, dots, labels, logarithmic axes, legends."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from fpray.searching.number_words import number

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BEST, FEASIBLE, INFEASIBLE, FAILED = "#c0392b", "#1f6fb2", "#9aa5b1", "#555555"


def dots(axes: Axes, points: Sequence[tuple[float, float]], color: str, label: str | None = None) -> None:
    """One dot for each (x, y); at least one."""
    xs, ys = zip(*points, strict=True)
    axes.scatter(xs, ys, color=color, s=28, label=label, zorder=3)


def label_axes(axes: Axes, title: str, x: str, y: str) -> None:
    """The title of a panel, and the names of its axes."""
    axes.set_title(title, fontsize=11)
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    if y.endswith(("throughput", "requests")):
        axes.yaxis.set_major_formatter(lambda value, _: number(value) if value else "0")


def logarithmic(axes: Axes, base: int) -> None:
    """A logarithmic x axis with plain numbers: powers of its base; of ten, also 2 and 5 times if they fit."""
    from matplotlib.ticker import LogLocator, NullFormatter

    axes.set_xscale("log", base=base)
    low, high = axes.get_xlim()
    few = base == 10 and high < 100 * low
    axes.xaxis.set_major_locator(LogLocator(base, subs=(1, 2, 5) if few else (1,)))
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axes.xaxis.set_minor_formatter(NullFormatter())


def legend(axes: Axes) -> None:
    """A legend below the panel, where it hides nothing."""
    if not axes.get_legend_handles_labels()[0]:
        return  # Matplotlib would warn
    axes.legend(fontsize=8, frameon=False, ncols=2, loc="upper center", bbox_to_anchor=(0.5, -0.13))


def message(axes: Axes, text: str) -> None:
    """A sentence in place of a panel."""
    axes.text(0.5, 0.5, text, ha="center", va="center", color=FAILED, wrap=True, transform=axes.transAxes)
    axes.set_xticks([])
    axes.set_yticks([])
