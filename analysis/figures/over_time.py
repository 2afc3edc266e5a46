"""One trial over time: its throughput, its latencies, its measured window, the end of its warm-up, its events."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from fpray.errors import Cause, first_line, refuse
from fpray.files import layout
from fpray.files.printable import printable
from fpray.store import columns
from fpray_analysis.choice import chosen_trials
from fpray_analysis.figures.style import COLOURS, LINES, add_legend, look, plain_numbers
from fpray_analysis.loaded import SUITE
from fpray_analysis.rates import SECOND, OverTime, over_time
from fpray_analysis.result_set import Results
from fpray_analysis.settling import warmup_end_ns
from fpray_analysis.windows import batches

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
    trial, series, settled = _series(results, where)
    for number, one in enumerate(series):
        style = look(number)
        marker = "o" if len(one.throughput) == 1 else ""
        axes.plot(
            one.middles_s, one.throughput, color=style["color"], linestyle=style["linestyle"], marker=marker,
            label=_label(one, series),
        )  # fmt: skip
    axes.set_ylabel("Throughput (requests/s)")
    axes.set_ylim(bottom=0)
    plain_numbers(axes, "y")
    _finish(axes, results, trial, series, settled)
    return axes


def latency_over_time(results: Results, axes: Axes, *, where: Mapping[str, Sequence[str]] | None = None) -> Axes:
    """Draw the median and the 99th percentile of the latencies in each bin; arguments as `throughput_over_time`.

    A bin with fewer than ten requests beyond a quantile has none.
    """
    trial, series, settled = _series(results, where)
    for number, one in enumerate(series):
        for line, (q, values) in zip(LINES, one.quantiles.items(), strict=False):
            if not np.isnan(values).all():
                name = "median" if q == 0.5 else f"{q * 100:g}th percentile"
                label = f"{_label(one, series)}, {name}" if _label(one, series) else name
                marker = "o" if np.isfinite(values).sum() == 1 else ""
                colour = COLOURS[number % len(COLOURS)]
                axes.plot(one.middles_s, values, color=colour, linestyle=line, marker=marker, label=label)
    grouped = " of groups' means" if any(one.grouped for one in series) else ""
    axes.set_ylabel(f"Latency{grouped} (ms)")
    axes.set_ylim(bottom=0)
    _finish(axes, results, trial, series, settled)
    return axes


def _series(
    results: Results, where: Mapping[str, Sequence[str]] | None
) -> tuple[Mapping[str, Any], list[OverTime], int | None]:
    """The trial, its rows over time, and the end of a warm-up that they show.

    Raises:
        Refused: see `throughput_over_time`.
    """
    import pyarrow as pa

    trials = chosen_trials(results, where, unfinished=True)
    if len(trials) > 1:
        name = SUITE if SUITE in trials[0] and len({row[SUITE] for row in trials}) == len(trials) else columns.TRIAL
        values = ", ".join(str(trial[name]) for trial in trials[:8]) + ", ..." * (len(trials) > 8)
        sentence = f"shows one trial, and these are {len(trials)}: choose with --where {name}=... ({values})"
        raise refuse("--kind time", sentence, Cause.FIGURE)
    (trial,) = trials
    rows = results.rows_of(trial)
    if rows is None:
        sentence = (
            f"needs the rows that clients recorded, and there are none of trial {trial[columns.TRIAL]}: sweeps keep"
            f" them by default (--raw parquet), searches do not, and a {layout.RESULTS_CSV} alone has none"
        )
        raise refuse("--kind time", sentence, Cause.FIGURE)
    try:
        series, settled = over_time(_Scans(rows), _QUANTILES), warmup_end_ns(rows)
    except (pa.ArrowException, OSError) as error:
        raise refuse("--kind time", f"cannot read the rows of this trial: {first_line(error)}", Cause.DAMAGED) from None
    except ValueError as error:
        raise refuse("--kind time", f"cannot show the rows of this trial: {error}", Cause.FIGURE) from None
    if not series:
        raise refuse("--kind time", f"no request of trial {trial[columns.TRIAL]} was answered", Cause.FIGURE)
    return trial, series, settled


class _Scans:
    """The rows of a dataset, read anew each time, few at once: memory stays bounded."""

    def __init__(self, rows: Any) -> None:
        self._rows = rows

    def to_batches(self) -> Iterator[Any]:
        """All of them, one piece after the other."""
        return batches(self._rows, _COLUMNS)


def _label(one: OverTime, series: Sequence[OverTime]) -> str:
    """The label of rows; "no label" for those without beside others."""
    if one.label is None:
        return "no label" if len(series) > 1 else ""
    return f" {printable(one.label, most=40)}".rstrip()  # Matplotlib leaves out names that begin with _


def _finish(
    axes: Axes, results: Results, trial: Mapping[str, Any], series: Sequence[OverTime], settled: int | None
) -> None:
    """The window that was measured, where it settled, the events in it, and what the time is."""
    begin, width = series[0].begin_ns, series[0].width_s * len(series[0].throughput)
    events = _events(results, trial)
    window = _window(events)
    if window is not None:  # grey: what was measured
        axes.axvspan(*((at - begin) / SECOND for at in window), color="black", alpha=0.05, linewidth=0)
    ticks = [event for event in events if event["kind"] != _PHASE and 0 <= (event["t"] - begin) / SECOND < width]
    for event in ticks[:_MOST_TICKS]:
        name = printable(" ".join(word for word in (event["label"], event["detail"]) if word), most=40)
        _tick(axes, (event["t"] - begin) / SECOND, name, ":")
    if settled is not None:
        _tick(axes, (settled - begin) / SECOND, "steady from here on", "--")
    axes.set_xlim(0, width)
    axes.set_xlabel("Time (s)")
    add_legend(axes, "")


def _tick(axes: Axes, at: float, name: str, line: str) -> None:
    """A line at a time, with its name along it."""
    axes.axvline(at, color="black", linewidth=0.7, linestyle=line)
    axes.text(at, 0.98, f" {name}", rotation=90, va="top", fontsize=6.5, transform=axes.get_xaxis_transform())


def _events(results: Results, trial: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The events of a trial, with their times in nanoseconds since the epoch."""
    table = results.events_of(trial)
    times = table["t"].cast("int64").to_pylist()
    return [{**event, "t": t} for event, t in zip(table.drop_columns(["t"]).to_pylist(), times, strict=True)]


def _window(events: Sequence[Mapping[str, Any]]) -> tuple[int, int] | None:
    """From when clients were to measure until the next phase began."""
    phases = [event for event in events if event["kind"] == _PHASE and not event["label"]]
    for event, following in itertools.pairwise(phases):
        if event["detail"] == _MEASURING:
            return event["t"], following["t"]
    return None
