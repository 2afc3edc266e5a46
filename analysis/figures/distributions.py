"""Distributions of latencies: the share of requests up to each latency, and the latency at each percentile."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from fpray.errors import Cause, first_line, refuse
from fpray.files.printable import printable
from fpray_analysis.choice import MOST_SERIES, Row, chosen_trials
from fpray_analysis.figures.series import legend_title, series_name
from fpray_analysis.figures.style import add_legend, logarithmic, look
from fpray_analysis.latency_counts import LatencyCounts, latency_counts
from fpray_analysis.loaded import SUITE
from fpray_analysis.result_set import Results

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_PERCENTILES: Final = (0.0, 0.9, 0.99, 0.999, 0.9999, 0.99999)


def ecdf(
    results: Results, axes: Axes, *, by: Sequence[str] | None = None, where: Mapping[str, Sequence[str]] | None = None,
    labels: Mapping[str, str] | None = None, sink: list[Row] | None = None,
) -> Axes:  # fmt: skip
    """Draw the share of requests that were answered within each latency: one line for each configuration.

    The rows of the repeats are put together. Latencies are right within 1 %. Arguments: as for `lt`; by: the columns
    that tell lines apart (default: all that vary).

    Raises:
        fpray.Refused: nothing can be drawn from this, such as trials without rows, and why.
    """
    from matplotlib.ticker import LogLocator

    for number, (name, counts) in enumerate(_distributions(results, by, where, labels, sink)):
        latencies, shares = counts.up_to()
        latencies, shares = np.append(latencies[:1], latencies), np.append(0.0, shares)
        axes.step(latencies, shares, where="post", label=_label(name, counts), **_line(number))
    logarithmic(axes, "x")
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.set_xlabel("Latency (ms)")
    axes.set_ylabel("Share of the requests within it")
    axes.set_ylim(0, 1)
    add_legend(axes, legend_title(_by(results, where, by)))
    return axes


def hdr(
    results: Results, axes: Axes, *, by: Sequence[str] | None = None, where: Mapping[str, Sequence[str]] | None = None,
    labels: Mapping[str, str] | None = None, sink: list[Row] | None = None,
) -> Axes:  # fmt: skip
    """Draw the latency at each percentile, with as much room for 99 to 99.9 % as for 90 to 99 % (as HdrHistogram does).

    A line ends at the highest percentile beyond which there are ten requests. Arguments: as for `ecdf`.

    Raises:
        fpray.Refused: nothing can be drawn from this, and why.
    """
    farthest = 0.9
    for number, (name, counts) in enumerate(_distributions(results, by, where, labels, sink)):
        latencies, shares = counts.up_to()
        inside = np.concatenate(([True], shares[:-1] < counts.carried()))
        qs = np.append(0.0, np.minimum(shares[inside], counts.carried()))
        values = np.append(latencies[:1], latencies[inside])
        axes.plot(1 / (1 - qs), values, label=_label(name, counts), **_line(number))
        farthest = max(farthest, counts.carried())
    axes.set_xscale("log")
    ticks = [q for q in _PERCENTILES if q <= farthest]
    axes.set_xticks([1 / (1 - q) for q in ticks], [f"{100 * q:g} %" for q in ticks])
    axes.minorticks_off()
    axes.set_xlabel("Percentile of the requests")
    axes.set_ylabel("Latency (ms)")
    axes.set_ylim(bottom=0)
    add_legend(axes, legend_title(_by(results, where, by)))
    return axes


def _by(results: Results, where: Mapping[str, Sequence[str]] | None, by: Sequence[str] | None) -> Sequence[str]:
    """The columns that tell lines apart: the suite, and all parameters that vary among the chosen trials."""
    if by is not None:
        return by
    rows = chosen_trials(results, where)
    names = [*([SUITE] if SUITE in rows[0] else []), *results.varied]
    return [name for name in names if len({row.get(name) for row in rows}) > 1]


def _distributions(
    results: Results, by: Sequence[str] | None, where: Mapping[str, Sequence[str]] | None,
    labels: Mapping[str, str] | None, sink: list[Row] | None,
) -> Iterator[tuple[str, LatencyCounts]]:  # fmt: skip
    """Each line's name and distribution.

    Raises:
        Refused: they are too many, or have no rows.
    """
    import pyarrow as pa

    by = _by(results, where, by)
    groups: dict[tuple[object, ...], list[Row]] = {}
    for row in chosen_trials(results, where):
        groups.setdefault(tuple(row.get(name) for name in by), []).append(row)
    if len(groups) > MOST_SERIES:
        sentence = (
            f"makes {len(groups)} lines, and more than {MOST_SERIES} cannot be told apart: choose fewer trials with"
            " --where COLUMN=VALUE"
        )
        raise refuse("figure", sentence, Cause.FIGURE)
    is_empty = True
    for key, rows in groups.items():
        with_rows = [(row, rows_of) for row in rows if (rows_of := results.rows_of(row)) is not None]
        try:
            counts = latency_counts(rows_of for _, rows_of in with_rows)
        except (pa.ArrowException, OSError) as error:
            raise refuse("figure", f"cannot read the rows of a trial: {first_line(error)}", Cause.DAMAGED) from None
        if counts.total:
            is_empty = False
            if sink is not None:
                sink.extend(row for row, _ in with_rows)
            yield series_name(by, key, labels or {}), counts
    if is_empty:
        sentence = (
            "needs the rows that clients recorded, and these trials have none: sweeps keep them by default (--raw"
            " parquet), searches do not"
        )
        raise refuse("figure", sentence, Cause.FIGURE)


def _line(number: int) -> dict[str, Any]:
    style = look(number)
    return {"color": style["color"], "linestyle": style["linestyle"]}


def _label(name: str, counts: LatencyCounts) -> str | None:
    """The name in the legend; that rows are groups is said there."""
    grouped = "means of groups" if counts.grouped else ""
    return printable(", ".join(part for part in (name, grouped) if part)) or None
