"""A figure of a history: each figure over the versions, with its levels, and where they changed."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Final

import fpray
from fpray.files.printable import printable
from fpray.report.matplotlib_setting import no_foreign_backend
from fpray_analysis.figures.files import save
from fpray_analysis.figures.quantities import quantity
from fpray_analysis.figures.style import COLOURS, SCREEN_CM, along_height, size_inches, styled
from fpray_analysis.histories.changes import Change, History
from fpray_analysis.histories.words import figures_of_table

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_LONGEST_NAME: Final = 24
_MOST_NAMES: Final = 40  # of versions along the axis
_MOST_PANELS: Final = 4


def levels(history: History, axes: Axes, metric: str = "") -> Axes:
    """Draw a figure at each version, divided by the first, its levels, and a line with the size where they change.

    metric: the figure (default: the first throughput). It is the mean over all points.
    """
    metric = metric or next(iter(history.ratios))
    ratios, colour = history.ratios[metric], COLOURS[0]
    axes.plot(range(len(ratios)), ratios, "o", color=colour)
    changes = [change for change in history.changes if change.metric == metric and change.point is None]
    ends = [0, *(change.at for change in changes), len(ratios)]
    for begin, end in pairwise(ends):
        level = sum(ratios[begin:end]) / (end - begin)
        axes.hlines(level, begin - 0.4, end - 0.6, color=colour, linewidth=1.5)
    for change in changes:
        _mark(axes, change)
    axes.set_ylabel(f"{quantity(metric).without_unit}, divided by that of the first version")
    step = -(-len(ratios) // _MOST_NAMES)
    names = [printable(_name(version.commit, version.name), most=_LONGEST_NAME) for version in history.versions]
    axes.set_xticks(range(0, len(ratios), step), names[::step], rotation=45, ha="right")
    return axes


def write_history(history: History, file: Path) -> None:
    """Write a figure with the throughputs and latencies of the table, one below the other.

    Raises:
        Refused: the file cannot be written.
    """
    from matplotlib.figure import Figure

    names = figures_of_table(history)[:_MOST_PANELS]
    with no_foreign_backend(), styled(paper=False):
        figure = Figure(figsize=size_inches(SCREEN_CM, 0.2 + 0.35 * len(names)), layout="constrained")
        for axes, name in zip(figure.subplots(len(names), squeeze=False, sharex=True)[:, 0], names, strict=True):
            levels(history, axes, name)
            axes.set_ylabel(along_height(axes, quantity(name).without_unit, len(names)))
            axes.label_outer()
        figure.supylabel("divided by the first version", fontsize=8)
        versions = [printable(version.name, most=2 * _LONGEST_NAME) for version in history.versions]
        trials = sum(len(version.trials) for version in history.versions)
        jars = list(dict.fromkeys(printable(version.jar) for version in history.versions if version.jar))
        line = [f"{len(versions)} versions, from {versions[0]} to {versions[-1]}", f"{trials} trials"]
        line += [f"jars: {', '.join(jars[:3])}{', ...' * (len(jars) > 3)}"] if jars else ["jar: not known"]
        save(figure, file, " · ".join([*line, f"fpray {fpray.__version__}"]))


def _name(commit: str, name: str) -> str:
    """What tells a version apart along the axis: its commit, or its suite."""
    return commit or name


def _mark(axes: Axes, change: Change) -> None:
    """A line between the last version before and the first after, and a band over all that are suspect."""
    axes.axvspan(change.first - 0.5, change.last - 0.5, color="#888888", alpha=0.2, linewidth=0)
    axes.axvline(change.at - 0.5, color=COLOURS[1], linewidth=1)
    text = f"{change.ratio - 1:+.1%}"
    axes.annotate(
        text, (change.at - 0.5, 1), xycoords=("data", "axes fraction"), ha="center", va="bottom", color=COLOURS[1]
    )
