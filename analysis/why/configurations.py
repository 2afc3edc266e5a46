"""Configurations: trials that differ in nothing but the load and the repeat, with the peak of their throughput."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from fpray.errors import Cause, refuse
from fpray.store import columns
from fpray_analysis.choice import LOAD, Row, number_of
from fpray_analysis.figures.series import Point, Series, series_of
from fpray_analysis.loaded import PROTOCOL
from fpray_analysis.table.peaks import highest
from fpray_analysis.why.limits import is_limit

# What makes trials differ beside their parameters. A suite is none: trials of two suites may be compared.
AROUND: Final = (PROTOCOL, columns.JAR, columns.JVM_ARGS, columns.FLAGS)
_MOST: Final = 1_000


@dataclass(frozen=True)
class Configuration:
    """Trials with the same values of all parameters but the load.

    Attributes:
        values: of the parameters that vary.
        series: a point for each load, with its repeats.
    """

    values: tuple[Any, ...]
    series: Series

    @property
    def peak(self) -> Point:
        """The load with the highest mean throughput."""
        return highest(self.series)

    @property
    def is_open(self) -> bool:
        """Whether the peak is at the highest load that was tried, so that more load may give more."""
        return self.peak.loops == max(point.loops for point in self.series.points)

    @property
    def rise(self) -> float:
        """By which share the throughput rose to a peak at the highest load, from the load below; 0 elsewhere."""
        others = [point for point in self.series.points if point.loops < self.peak.loops]
        if not (others and self.is_open):
            return 0.0
        below = statistics.fmean(max(others, key=lambda point: point.loops).xs)
        return statistics.fmean(self.peak.xs) / below - 1 if below > 0 else math.inf

    @property
    def row(self) -> Row:
        """A trial of it: all have the same parameters but the load."""
        return self.series.points[0].trials[0]

    @property
    def loads(self) -> set[tuple[Any, ...]]:
        """The loads that were tried."""
        return {_load(point) for point in self.series.points}

    def only_at(self, loads: set[tuple[Any, ...]]) -> Configuration:
        """The same, without other loads."""
        points = [point for point in self.series.points if _load(point) in loads]
        return replace(self, series=replace(self.series, points=points))


def parameters_of(rows: Sequence[Row], inputs: Sequence[str]) -> list[str]:
    """The parameters that tell configurations apart: what varies beside the load.

    A label, such as `workload_label`, is none where all that it tells apart differs in another parameter as well.
    """
    candidates = [name for name in (*AROUND, *inputs) if name not in LOAD and not is_limit(name)]
    varied = [name for name in candidates if len({row.get(name) for row in rows}) > 1]
    for name in [name for name in varied if name.endswith("label")]:
        others = [other for other in varied if other != name]
        if len(_keys(rows, others)) == len(_keys(rows, varied)):
            varied = others
    return varied


def configurations_of(
    rows: Sequence[Row], parameters: Sequence[str], inputs: Sequence[str], x: str
) -> list[Configuration]:
    """The configurations, sorted by their values.

    rows: finished trials, without the suite; parameters: what tells configurations apart; inputs: what tells points
    apart; x: the throughput. A trial without it is left out.

    Raises:
        Refused: they are too many, or no trial has a throughput.
    """
    if (count := len(_keys(rows, parameters))) > _MOST:
        sentence = f"has {count} configurations, and at most {_MOST} are compared: choose some with --where"
        raise refuse("fpray why", sentence, Cause.FIGURE)
    points = [name for name in (*AROUND, *inputs) if not is_limit(name)]
    series = series_of(rows, points, parameters, x=x, y=x, labels=None, most=_MOST)
    return [Configuration(tuple(one.key), one) for one in series]


def comparable_peaks(before: Configuration, after: Configuration) -> tuple[Configuration, Configuration] | None:
    """Both, with the loads at which their peaks may be compared; None if there is none.

    Where one was tried at a higher load than the other, and the other had not reached its peak, the load alone could
    make the difference. Then only loads count that both were tried at.
    """
    if before.loads == after.loads or not (before.is_open or after.is_open):
        return before, after
    common = before.loads & after.loads
    return (before.only_at(common), after.only_at(common)) if common else None


def order(value: Any) -> tuple[int, float]:
    """What values of a parameter are sorted by: numbers and durations by size, others stay as they are."""
    number = number_of(value)
    return (1, 0.0) if number is None else (0, number)


def differences(
    parameters: Sequence[str], before: Configuration, after: Configuration
) -> Mapping[str, tuple[Any, Any]]:
    """The parameters in which two configurations differ, with both values."""
    pairs = zip(parameters, before.values, after.values, strict=True)
    return {name: (value, other) for name, value, other in pairs if value != other}


def _keys(rows: Sequence[Row], names: Sequence[str]) -> set[tuple[Any, ...]]:
    return {tuple(row.get(name) for name in names) for row in rows}


def _load(point: Point) -> tuple[Any, ...]:
    return tuple(point.trials[0].get(name) for name in LOAD)
