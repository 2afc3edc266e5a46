"""The marks of a series: medians with a line, bars from the lowest to the highest repeat, and the repeats as dots."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from fpray_analysis.figures.series import Series

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def points_with_range(
    axes: Axes, series: Series, look: Mapping[str, Any], *, x_range: bool = False, by_x: bool = False
) -> None:
    """Draw a series. A configuration with a doubt has a hollow marker.

    x_range: x was measured as well, and has bars; by_x: the line goes from the lowest x to the highest, and not by the
    load. Where several configurations have the same x, or the same load, no line connects them.
    """
    points = sorted(series.points, key=lambda p: p.x) if by_x else series.points
    xs, ys = [point.x for point in points], [point.y for point in points]
    colour, at = look["color"], xs if by_x else [point.loops for point in points]
    is_line = len({*at}) == len(at)
    if is_line:
        axes.plot(xs, ys, color=colour, linestyle=look["linestyle"], zorder=2)
    axes.vlines(xs, [min(p.ys) for p in points], [max(p.ys) for p in points], color=colour, linewidth=0.9, zorder=2)
    if x_range:
        axes.hlines(ys, [min(p.xs) for p in points], [max(p.xs) for p in points], color=colour, linewidth=0.9, zorder=2)
    repeats = [place for p in points if len(p.ys) > 1 for place in zip(p.xs, p.ys, strict=True)]
    if repeats:
        faint_xs, faint_ys = zip(*repeats, strict=True)
        axes.scatter(faint_xs, faint_ys, s=6, color=colour, alpha=0.35, linewidths=0, zorder=1)
    for is_doubted in (False, True):
        marks = [(x, y) for x, y, point in zip(xs, ys, points, strict=True) if bool(point.doubts) is is_doubted]
        if marks:
            face = "white" if is_doubted else colour
            axes.plot(*zip(*marks, strict=True), look["marker"], color=colour, markerfacecolor=face, zorder=3)
    if series.name:
        line = look["linestyle"] if is_line else ""
        axes.plot([], [], color=colour, marker=look["marker"], linestyle=line, label=series.name)
