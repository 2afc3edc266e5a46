"""The points of a figure: one for each configuration, with all its repeats, sorted into series."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from fpray.errors import Cause, refuse, refuse_if_any
from fpray.files.printable import printable
from fpray.store import columns
from fpray_analysis.choice import LOAD, MOST_SERIES, Row, no_numbers, number_of
from fpray_analysis.figures.quantities import quantity
from fpray_analysis.loaded import LOOPS, SUITE

_MOST_POINTS: Final = 2_000
_LONGEST_NAME: Final = 50


@dataclass(frozen=True)
class Point:
    """One configuration.

    Attributes:
        xs, ys: the values of its repeats.
        loops: the closed loops of all clients, or a number in the same order.
        doubts: how many of its repeats have a doubt.
        trials: the rows of its repeats, in the same order.
    """

    xs: Sequence[float]
    ys: Sequence[float]
    loops: float
    doubts: int
    trials: Sequence[Row] = ()

    @property
    def x(self) -> float:
        """The median of the repeats."""
        return statistics.median(self.xs)

    @property
    def y(self) -> float:
        """The median of the repeats."""
        return statistics.median(self.ys)


@dataclass(frozen=True)
class Series:
    """Points with a name in the legend; empty where there is only one series. key: the values that make the series."""

    name: str
    points: Sequence[Point]
    key: Sequence[Any]

    @property
    def highest(self) -> Point:
        """The configuration with the highest y."""
        return max(self.points, key=lambda point: point.y)


@dataclass(frozen=True)
class FigureData:
    """What a figure shows: the columns at its axes, the columns that tell its series apart, and the series."""

    x: str
    y: str
    by: Sequence[str]
    series: Sequence[Series]


def series_of(
    rows: Sequence[Row], inputs: Sequence[str], by: Sequence[str], *, x: str, y: str,
    labels: Mapping[str, str] | None, most: int = MOST_SERIES, sink: list[Row] | None = None,
) -> list[Series]:  # fmt: skip
    """The series, sorted by what they are of.

    inputs: the columns that make a configuration; by: those that make a series; x, y: those that are drawn, both with a
    value, or the trial is left out; labels: names of suites in place of their own; sink: gets the trials that are not
    left out.

    Raises:
        Refused: they are too many to be told apart, a column has no numbers, or no trial has both values.
    """
    groups: dict[tuple[Any, ...], dict[tuple[Any, ...], list[Row]]] = {}
    configuration = [*([SUITE] if SUITE in rows[0] else []), *inputs]
    refuse_if_any([*no_numbers(rows, x, "--x"), *(no_numbers(rows, y, "--y") if x != y else ())])
    for row in rows:
        if row.get(x) is not None and row.get(y) is not None:
            points = groups.setdefault(tuple(row.get(name) for name in by), {})
            points.setdefault(tuple(row.get(name) for name in configuration), []).append(row)
            if sink is not None:
                sink.append(row)
    if not groups:
        raise refuse("figure", f"no finished trial has both {x} and {y}", Cause.FIGURE)
    few = "parameters with --by COLUMN, or fewer trials with --where COLUMN=VALUE"
    if len(groups) > most:
        sentence = f"makes {len(groups)} series, and more than {most} cannot be told apart: choose fewer {few}"
        raise refuse(f"--by {' --by '.join(by)}", sentence, Cause.FIGURE)
    if (count := sum(map(len, groups.values()))) > _MOST_POINTS:
        raise refuse("figure", f"{count} configurations are too many for one figure: choose fewer {few}", Cause.FIGURE)
    suites = list(dict.fromkeys(str(row.get(SUITE)) for row in rows))
    return [
        Series(
            series_name(by, key, labels or {}), sorted((_point(own, x, y) for own in points.values()), key=_load), key
        )
        for key, points in sorted(groups.items(), key=lambda group: _order(by, group[0], suites))
    ]


def _load(point: Point) -> tuple[float, float]:
    return point.loops, point.y


def _order(by: Sequence[str], key: Sequence[Any], suites: Sequence[str]) -> tuple[Any, ...]:
    """What series are sorted by: suites as they were named, numbers by size, texts by their letters."""
    return tuple(
        (0, suites.index(value), "") if column == SUITE
        else (1, value, "") if isinstance(value, int | float)
        else (2, 0, str(value))
        for column, value in zip(by, key, strict=True)
    )  # fmt: skip


def _point(rows: Sequence[Row], x: str, y: str) -> Point:
    loops = rows[0].get(LOOPS)
    if loops is None:  # of FrankenPaxos: the counts of its clients give the same order
        loops = math.prod(rows[0].get(name) or 1 for name in LOAD[:2])
    return Point(
        xs=[number_of(row[x]) or 0.0 for row in rows],
        ys=[number_of(row[y]) or 0.0 for row in rows],
        loops=loops,
        doubts=sum(bool(row[columns.DOUBTS]) for row in rows),
        trials=rows,
    )


def legend_title(by: Sequence[str]) -> str:
    """What the names of series are values of; empty where they are suites."""
    return ", ".join(quantity(column).words for column in by if column != SUITE)


def series_name(by: Sequence[str], key: Sequence[Any], labels: Mapping[str, str]) -> str:
    """The name of a series in the legend: the values of its columns; a suite has its label."""
    parts = [
        labels.get(str(value), str(value)) if column == SUITE else _text(value)
        for column, value in zip(by, key, strict=True)
    ]
    name = printable(", ".join(parts), most=_LONGEST_NAME)
    return f" {name}" if name.startswith("_") else name  # Matplotlib leaves out names that begin with it


def _text(value: Any) -> str:
    if value is None:
        return "none"
    return f"{value:g}" if isinstance(value, float) else str(value)
