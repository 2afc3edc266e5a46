"""One trial over time: its throughput, the quantiles of its latencies, its measured window, and what happened."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from fpray.errors import Cause, refuse
from fpray.files.printable import printable
from fpray.store import columns
from fpray_analysis.figures.choice import chosen_trials
from fpray_analysis.figures.style import COLOURS, LINES, add_legend, look, plain_numbers
from fpray_analysis.loaded import SUITE
from fpray_analysis.rates import SECOND, OverTime, over_time
from fpray_analysis.result_set import Results

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_QUANTILES: Final = (0.5, 0.99)
_COLUMNS: Final = ("start", "stop", "count", "latency_nanos", "label")
_MOST_TICKS: Final = 8
_PHASE, _MEASURING = "phase", "measuring"


def throughput_over_time(results: Results, axes: Axes, *, where: Mapping[str, Sequence[str]] | None = None) -> Axes:
    """Draw the requests that were answered in each bin of time, for each label; events are ticks with their names.

    where: column -> values, as texts; it must select one trial, such as `{"trial": ["001"]}`.

    Raises:
        fpray.Refused: it selects several trials, or this trial has not kept its rows.
    """
    trial, series = _series(results, where)
    for number, one in enumerate(series):
        style = look(number)
        axes.plot(one.middles_s, one.throughput, color=style["color"], linestyle=style["linestyle"], label=_label(one))
    axes.set_ylabel("Throughput (requests/s)")
    axes.set_ylim(bottom=0)
    plain_numbers(axes, "y")
    _finish(axes, results, trial, series)
    return axes


def latency_over_time(results: Results, axes: Axes, *, where: Mapping[str, Sequence[str]] | None = None) -> Axes:
    """Draw the median and the 99th percentile of the latencies in each bin; arguments as `throughput_over_time`.

    A bin with fewer than ten requests beyond a quantile has none.
    """
    trial, series = _series(results, where)
    for number, one in enumerate(series):
        for line, (q, values) in zip(LINES, one.quantiles.items(), strict=False):
            if not np.isnan(values).all():
                name = "median" if q == 0.5 else f"{q * 100:g}th percentile"
                label = f"{_label(one)}, {name}" if _label(one) else name
                axes.plot(one.middles_s, values, color=COLOURS[number % len(COLOURS)], linestyle=line, label=label)
    grouped = " of groups' means" if any(one.grouped for one in series) else ""
    axes.set_ylabel(f"Latency{grouped} (ms)")
    axes.set_ylim(bottom=0)
    _finish(axes, results, trial, series)
    return axes


def _series(results: Results, where: Mapping[str, Sequence[str]] | None) -> tuple[Mapping[str, Any], list[OverTime]]:
    """The trial, and its rows over time.

    Raises:
        Refused: see `throughput_over_time`.
    """
    import pyarrow.dataset as ds

    trials = chosen_trials(results, where, unfinished=True)
    if len(trials) > 1:
        numbers = ", ".join(str(trial[columns.TRIAL]) for trial in trials[:8])
        more = ", ..." if len(trials) > 8 else ""
        sentence = f"shows one trial, and these are {len(trials)}: add --where trial=NUMBER ({numbers}{more})"
        raise refuse("--kind time", sentence, Cause.FIGURE)
    (trial,) = trials
    of_trial = [name for name in (SUITE, columns.TRIAL) if name in trial]
    condition = None
    try:
        for name in of_trial:
            same = ds.field(name) == trial[name]
            condition = same if condition is None else condition & same
        series = over_time(results.recorder().scanner(columns=list(_COLUMNS), filter=condition), _QUANTILES)
    except FileNotFoundError:
        series = []
    if not series:
        sentence = f"needs the rows of the trial, and trial {trial[columns.TRIAL]} has kept none: sweeps keep them by"
        raise refuse("--kind time", f"{sentence} default (--raw parquet), searches do not", Cause.FIGURE)
    return trial, series


def _label(one: OverTime) -> str:
    return printable(one.label or "")


def _finish(axes: Axes, results: Results, trial: Mapping[str, Any], series: Sequence[OverTime]) -> None:
    """The window that was measured, the events in it, and what the time is."""
    begin, width = series[0].begin_ns, series[0].width_s * len(series[0].throughput)
    of_trial = {name: trial[name] for name in (SUITE, columns.TRIAL) if name in trial}
    events = [event for event in _events(results) if event.items() >= of_trial.items()]
    window = _window(events)
    if window is not None:
        axes.axvspan(*((at - begin) / SECOND for at in window), color="black", alpha=0.05, linewidth=0)
    ticks = [event for event in events if event["kind"] != _PHASE and 0 <= (event["t"] - begin) / SECOND < width]
    for event in ticks[:_MOST_TICKS]:
        at = (event["t"] - begin) / SECOND
        name = printable(" ".join(word for word in (event["label"], event["detail"]) if word), most=40)
        axes.axvline(at, color="black", linewidth=0.7, linestyle=":")
        axes.text(at, 0.98, f" {name}", rotation=90, va="top", fontsize=6.5, transform=axes.get_xaxis_transform())
    axes.set_xlim(0, width)
    axes.set_xlabel("Time (s)")
    add_legend(axes, "")


def _events(results: Results) -> list[dict[str, Any]]:
    """The events, with their times in nanoseconds since the epoch."""
    times = results.events["t"].cast("int64").to_pylist()
    others = results.events.drop_columns(["t"]).to_pylist()
    return [{**event, "t": t} for event, t in zip(others, times, strict=True)]


def _window(events: Sequence[Mapping[str, Any]]) -> tuple[int, int] | None:
    """From when clients were to measure until the next phase began."""
    phases = [event for event in events if event["kind"] == _PHASE and not event["label"]]
    for event, following in itertools.pairwise(phases):
        if event["detail"] == _MEASURING:
            return event["t"], following["t"]
    return None
