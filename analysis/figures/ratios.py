"""A figure of a comparison: the ratio of each pair with its interval, below it the mean over all."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import fpray
from fpray.errors import Cause, refuse
from fpray.files.printable import printable
from fpray.report.matplotlib_setting import no_foreign_backend
from fpray_analysis.comparison.comparison import Comparison, Estimate, Verdict
from fpray_analysis.comparison.figures_compared import is_latency
from fpray_analysis.comparison.words import columns_of_table
from fpray_analysis.figures.files import save
from fpray_analysis.figures.quantities import quantity
from fpray_analysis.figures.style import COLOURS, SCREEN_CM, name_axes, size_inches, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MOST_PAIRS: Final = 100
_LONGEST_NAME: Final = 40
_WIDEST: Final = 3.0
# Verdict -> colour and marker: they can be told apart without colour.
_LOOKS: Final = {
    Verdict.FASTER: (COLOURS[0], "^"), Verdict.SLOWER: (COLOURS[1], "v"), Verdict.SAME: (COLOURS[2], "s"),
    Verdict.UNDECIDED: ("#888888", "o"),
}  # fmt: skip


def ratios(comparison: Comparison, axes: Axes, metric: str = "") -> Axes:
    """Draw the ratio B/A of each pair with its interval, and the mean over all as the lowest row.

    metric: the figure (default: the first throughput). The band around 1 is the margin.

    Raises:
        fpray.Refused: there is no such figure, or the pairs are too many to be told apart.
    """
    names = list(comparison.pairs[0].metrics)
    metric = metric or names[0]
    if metric not in names:
        raise refuse(metric, f"is not compared; compared are {', '.join(names)}", Cause.FIGURE)
    if len(comparison.pairs) > _MOST_PAIRS:
        sentence = f"{len(comparison.pairs)} pairs are too many for one figure: choose fewer with --where COLUMN=VALUE"
        raise refuse("figure", sentence, Cause.FIGURE)
    rows = [(_name(pair.point, comparison), pair.metrics[metric]) for pair in comparison.pairs]
    if metric in comparison.overall:
        rows.append(("all", comparison.overall[metric]))
    axes.axvspan(1 - comparison.margin, 1 + comparison.margin, color="#888888", alpha=0.25, linewidth=0)
    axes.axvline(1, color="black", linewidth=0.7)
    for number, (_, estimate) in enumerate(reversed(rows)):
        _draw(axes, number, estimate)
    widest = max(_WIDEST, *(1.2 * estimate.ratio for _, estimate in rows if estimate.ratio is not None), 0)
    low, high = axes.get_xlim()
    axes.set_xlim(max(low, 0), min(high, widest))  # an interval from few repeats may reach to a thousand
    axes.set_yticks(range(len(rows)), [name for name, _ in reversed(rows)])
    axes.grid(visible=False, axis="y")
    less = " (below 1: B is faster)" if is_latency(metric) else ""
    name_axes(
        axes, f"{quantity(metric).without_unit}, B / A{less}", ", ".join(quantity(n).words for n in comparison.varied)
    )
    return axes


def write_figure(comparison: Comparison, file: Path) -> None:
    """Write a figure with the throughput and the latencies of the table, side by side.

    Raises:
        Refused: the file cannot be written.
    """
    from matplotlib.figure import Figure

    names = columns_of_table(comparison)[:3]
    with no_foreign_backend(), styled(paper=False):
        height = min(1.4, 0.25 + 0.035 * len(comparison.pairs))
        figure = Figure(figsize=size_inches(SCREEN_CM * 1.4, height), layout="constrained")
        for axes, name in zip(figure.subplots(1, len(names), squeeze=False, sharey=True)[0], names, strict=True):
            ratios(comparison, axes, name)
            axes.label_outer()
        save(figure, file, " · ".join([*comparison.sources, f"fpray {fpray.__version__}"]))


def _name(point: Any, comparison: Comparison) -> str:
    texts = (f"{point[n]:g}" if isinstance(point[n], float) else str(point[n]) for n in comparison.varied)
    return printable(", ".join(texts), most=_LONGEST_NAME)


def _draw(axes: Axes, number: int, estimate: Estimate) -> None:
    colour, marker = _LOOKS[estimate.verdict]
    if estimate.low is not None and estimate.high is not None:
        axes.hlines(number, estimate.low, estimate.high, color=colour, linewidth=1.2)
    if estimate.ratio is not None:
        axes.plot([estimate.ratio], [number], marker, color=colour)
