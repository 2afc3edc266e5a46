"""What a table has: a row for each series, with its peak, the latency there, and its peak under bounds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from fpray.errors import Cause, Problem, nearest, only_reading, refuse_if_any
from fpray.files.printable import printable
from fpray.peak_sampler.goals import Bound
from fpray.searching.goals import parse_bounds
from fpray.store import columns
from fpray_analysis.choice import (
    LOAD,
    Row,
    chosen_trials,
    latency_column,
    no_numbers,
    number_of,
    only_output,
    series_columns,
    throughput_column,
)
from fpray_analysis.figures.series import Point, Series, series_of
from fpray_analysis.loaded import SUITE
from fpray_analysis.profiled import unprofiled
from fpray_analysis.result_set import Results
from fpray_analysis.table.estimate import MEAN, MEDIAN, Estimate, estimate

_MOST_ROWS: Final = 500
_DOUBTS: Final = 5  # that are named


@dataclass(frozen=True)
class TableOptions:
    """What a user chooses of a table; an empty value stands for the usual one.

    Attributes:
        y: the column beside the peak (the median latency).
        by: the columns that make a row (what varies beside the load).
        where: column -> values that trials must have, as texts.
        bounds: such as `measured.latency.p99_ms<=5`.
        statistic: of repeats: mean or median.
        profiled: whether trials that were profiled are taken, too.
    """

    y: str = ""
    by: Sequence[str] | None = None
    where: Mapping[str, Sequence[str]] = field(default_factory=dict)
    bounds: Sequence[str] = ()
    statistic: str = MEAN
    profiled: bool = False


@dataclass(frozen=True)
class Peak:
    """The row of a series.

    Attributes:
        key: the values of the columns that make it.
        peak: the highest throughput of its configurations, over the repeats of one.
        beside: the other column, such as the latency, of the same configuration.
        within: as `peak`, of the configurations that keep all bounds; None if none does.
        doubts: why the trials behind these figures may mislead, each once.
    """

    key: Sequence[Any]
    peak: Estimate
    beside: Estimate
    within: Estimate | None
    doubts: Sequence[str]


@dataclass(frozen=True)
class PeakTable:
    """A table.

    Attributes:
        by: the columns that make a row. x, y: the columns of `peak` and `beside`.
        bounds: of `within`; empty without any.
        statistic: of repeats.
        rows: one for each series. notes: what there is to say of them, in sentences.
    """

    by: Sequence[str]
    x: str
    y: str
    bounds: Sequence[Bound]
    statistic: str
    rows: Sequence[Peak]
    notes: Sequence[str]


def peak_table(results: Results, options: TableOptions) -> PeakTable:
    """The table of one or several suites.

    Raises:
        fpray.Refused: nothing can be said of them, or an option is wrong; all at once.
    """
    with only_reading():
        bounds, problems = parse_bounds(options.bounds, "--bound")
        _check(results, options, bounds, problems)
        results, without = unprofiled(results, profiled=options.profiled, where=options.where)
        rows = chosen_trials(results, options.where)
        refuse_if_any([problem for bound in bounds for problem in no_numbers(rows, bound.column, "--bound")])
        output = only_output(rows)
        x, y = throughput_column(rows, output), options.y or latency_column(rows, output)
        by = series_columns(results, rows, LOAD) if options.by is None else options.by
        behind: list[Row] = []
        of_all = series_of(rows, results.inputs, by, x=x, y=y, labels=None, most=_MOST_ROWS, sink=behind)
        inside = that_keep(rows, results.inputs, bounds, options.statistic) if bounds else []
        has_values = any(row.get(x) is not None and row.get(y) is not None for row in inside)
        of_kept = series_of(inside, results.inputs, by, x=x, y=y, labels=None, most=_MOST_ROWS) if has_values else []
        by_key = {tuple(series.key): series for series in of_kept}
        table_rows = [_peak(series, by_key.get(tuple(series.key)), options.statistic) for series in of_all]
        notes = [*results.remarks, *without, *_left_out(len(rows) - len(behind), len(rows), x, y)]
        notes += [*_notes(of_all, table_rows, bounds, options.statistic)]
    return PeakTable(by, x, y, bounds, options.statistic, table_rows, notes)


def _check(results: Results, options: TableOptions, bounds: Sequence[Bound], problems: Sequence[Problem]) -> None:
    names = results.trials.column_names
    by_option = [("--y", options.y), *(("--by", name) for name in options.by or ())]
    by_option += [("--bound", bound.column) for bound in bounds]
    others = [
        Problem(f"{option} {name or repr('')}", f"there is no such column{nearest(name, names)}", Cause.FIGURE)
        for option, name in by_option
        if name not in names and (name or option == "--by")
    ]
    refuse_if_any([*problems, *others])


def that_keep(rows: Sequence[Row], inputs: Sequence[str], bounds: Sequence[Bound], statistic: str = MEAN) -> list[Row]:
    """The trials of the configurations of which the repeats keep all bounds, by their mean or median."""
    configurations: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows:
        configurations.setdefault(tuple(row.get(name) for name in (SUITE, *inputs)), []).append(row)
    return [
        row
        for own in configurations.values()
        if all(bound.kept_by({bound.column: _figure(own, bound.column, statistic)}) for bound in bounds)
        for row in own
    ]


def _figure(rows: Sequence[Row], column: str, statistic: str) -> float | None:
    """A figure over repeats; None if one of them lacks it."""
    values = [number_of(row.get(column)) for row in rows]
    numbers = [value for value in values if value is not None]
    return estimate(numbers, statistic).value if len(numbers) == len(values) else None


def highest(series: Series, statistic: str = MEAN) -> Point:
    """The configuration of a series with the highest throughput, over its repeats: its peak."""
    return max(series.points, key=lambda point: estimate(point.xs, statistic).value)


def _peak(series: Series, inside: Series | None, statistic: str) -> Peak:
    point = highest(series, statistic)
    within = highest(inside, statistic) if inside is not None else None
    trials = [*point.trials, *(within.trials if within is not None else ())]
    names = dict[str, set[str]]()  # doubt -> the trials that have it: repeats often have the same ones
    for row in trials:
        if row[columns.DOUBTS]:
            names.setdefault(row[columns.DOUBTS], set()).add(_name(row))
    return Peak(
        key=series.key,
        peak=estimate(point.xs, statistic),
        beside=estimate(point.ys, statistic),
        within=estimate(within.xs, statistic) if within is not None else None,
        doubts=[f"trial{'s' * (len(own) > 1)} {', '.join(sorted(own))}: {text}" for text, own in names.items()],
    )


def _name(row: Row) -> str:
    suite = f"{row[SUITE]}/" if SUITE in row else ""
    return f"{suite}{row[columns.TRIAL]}"


def _left_out(count: int, of: int, x: str, y: str) -> Iterator[str]:
    if count:
        yield f"{count} of {of} trials are left out, because they lack {x} or {y}"


_METHODS: Final = {
    MEAN: "Student's t over repeats; one repeat has none",
    MEDIAN: "from one repeat to another, by the binomial distribution; fewer than six repeats have none",
}


def _notes(
    all_series: Sequence[Series], rows: Sequence[Peak], bounds: Sequence[Bound], statistic: str
) -> Iterator[str]:
    names = [printable(series.name).strip() or "all trials" for series in all_series]
    without = [name for name, row in zip(names, rows, strict=True) if row.peak.low is None]
    yield f"intervals are those of 95 % ({_METHODS[statistic]}){': ' * bool(without)}{'; '.join(without)}"
    lacking = [name for name, row in zip(names, rows, strict=True) if bounds and row.within is None]
    if lacking:
        yield f"no configuration keeps {', '.join(map(str, bounds))}: {'; '.join(lacking)}"
    edge = [name for name, one in zip(names, all_series, strict=True) if _is_at_the_edge(one, statistic)]
    if edge:
        yield f"the peak is at the highest load that was tried, so more load may give more: {'; '.join(edge)}"
    doubts = list(dict.fromkeys(doubt for row in rows for doubt in row.doubts))
    yield from (f"doubt about {printable(doubt)}" for doubt in doubts[:_DOUBTS])
    if len(doubts) > _DOUBTS:
        yield f"{len(doubts) - _DOUBTS} more doubts: fpray show lists them"


def _is_at_the_edge(series: Series, statistic: str) -> bool:
    loads = {point.loops for point in series.points}
    return len(loads) > 1 and highest(series, statistic).loops == max(loads)
