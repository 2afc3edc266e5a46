"""The kinds of figures: what each draws, which options it takes, and what its marks stand for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from fpray_analysis.choice import LOAD, chosen_trials
from fpray_analysis.figures.bar_chart import bars
from fpray_analysis.figures.distributions import ecdf, hdr
from fpray_analysis.figures.heat_map import heat
from fpray_analysis.figures.latency_throughput import lt
from fpray_analysis.figures.over_time import latency_over_time, throughput_over_time
from fpray_analysis.figures.scaling import scale
from fpray_analysis.figures.speedups import speedup
from fpray_analysis.result_set import Results

SEARCH: Final = "search"  # a figure of its own: it is not drawn on axes
_RANGE: Final = "lowest to highest"
_COLUMNS: Final = ("x", "y", "by", "labels", "sink")


@dataclass(frozen=True)
class Kind:
    """A kind of figure.

    Attributes:
        panels: the functions that draw it, one below the other; they take the results and axes.
        arguments: the names of the arguments that they take beside `where`.
        log: the axes that may be logarithmic.
        marks: what its marks stand for, for the line below it.
        is_of_one_trial: whether it shows one trial, which need not have finished.
        needs_rows: whether trials without rows are left out.
        has_hollow_markers: whether a doubt is a hollow marker.
    """

    panels: Sequence[Callable[..., Any]]
    arguments: Sequence[str] = ()
    log: str = ""
    marks: str = ""
    is_of_one_trial: bool = False
    needs_rows: bool = False
    has_hollow_markers: bool = False


KINDS: Final[Mapping[str, Kind]] = {
    "lt": Kind((lt,), _COLUMNS, "xy", f"point: median of the repeats; bars: {_RANGE}", has_hollow_markers=True),
    "scale": Kind((scale,), _COLUMNS, "xy", f"point: median of the repeats; bars: {_RANGE}", has_hollow_markers=True),
    "bars": Kind(
        (bars,), ("y", "by", "labels", "sink"),
        marks=f"bar: median of the repeats of the configuration where it is highest; line: {_RANGE}",
    ),
    "heat": Kind(
        (heat,), ("x", "y", "by", "sink"), marks="number: median of the repeats; star: a trial with a doubt"
    ),
    "ecdf": Kind((ecdf,), ("by", "labels", "sink"), marks="rows of all repeats together", needs_rows=True),
    "hdr": Kind(
        (hdr,), ("by", "labels", "sink"), "y",
        "rows of all repeats together; a line ends where ten requests are beyond it", needs_rows=True,
    ),
    "speedup": Kind(
        (speedup,), ("baseline", "y", "by", "labels", "sink"), "x",
        "ratio of the means of repeats; bars: intervals for all points at once; cross: too few repeats for one",
        has_hollow_markers=True,
    ),
    SEARCH: Kind(()),
    "time": Kind((throughput_over_time, latency_over_time), log="y", is_of_one_trial=True),
}  # fmt: skip


def usual_kind(results: Results, where: Mapping[str, Sequence[str]] | None = None) -> str:
    """The kind for what varies: `lt` where the load does, `scale` for one number, `heat` for two, else `bars`."""
    rows = chosen_trials(results, where)
    varied = [name for name in results.varied if len({row[name] for row in rows}) > 1]
    if any(name in LOAD for name in varied):
        return "lt"
    are_numbers = all(type(row[name]) in (int, float) for row in rows for name in varied)
    return {1: "scale", 2: "heat"}.get(len(varied), "bars") if are_numbers else "bars"
