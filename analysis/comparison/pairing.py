"""Pairs trials of two sides by the parameters that both have."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fpray.errors import Cause, Problem
from fpray.files.shown import in_brief
from fpray.store import columns
from fpray.store.outcome import Status
from fpray_analysis.choice import Row, number_of
from fpray_analysis.comparison.comparison import Unpaired
from fpray_analysis.loaded import SUITE

Key = tuple[Any, ...]


@dataclass(frozen=True)
class Side:
    """One side of a comparison.

    Attributes:
        name: `A` or `B`.
        rows: the trials, also those that did not finish.
        inputs: the columns that are parameters.
    """

    name: str
    rows: Sequence[Row]
    inputs: Sequence[str]

    @property
    def finished(self) -> list[Row]:
        """The trials that finished."""
        return [row for row in self.rows if has_finished(row)]


@dataclass(frozen=True)
class Points:
    """The trials of both sides, by point.

    Attributes:
        parameters: what a point consists of.
        pairs: the finished trials of A and of B, of each point that both have.
        unpaired: `a` and `b` -> what is not compared, and why.
    """

    parameters: Sequence[str]
    pairs: Sequence[tuple[Sequence[Row], Sequence[Row]]] = ()
    unpaired: Mapping[str, Sequence[Unpaired]] = field(default_factory=dict)

    def point(self, row: Row) -> dict[str, Any]:
        """The point of a trial."""
        return {name: row[name] for name in self.parameters}

    @property
    def varied(self) -> list[str]:
        """The parameters that tell pairs apart."""
        rows = [a[0] for a, _ in self.pairs]
        return [name for name in self.parameters if len({comparable(row[name]) for row in rows}) > 1]


def paired(a: Side, b: Side, ignore: Sequence[str]) -> Points:
    """The points of both sides. Numbers and durations are equal by their value, however they are written."""
    parameters = [name for name in a.inputs if name in b.inputs and name not in ignore]
    groups_a, groups_b = groups_of(a, parameters), groups_of(b, parameters)
    pairs = []
    for key, own in groups_a.items():
        sides = [row for row in own if has_finished(row)], [r for r in groups_b.get(key, []) if has_finished(r)]
        if all(sides):
            pairs.append(sides)
    points = Points(parameters, pairs)
    unpaired = {
        "a": [*_unpaired(points, groups_a, groups_b, b.name)],
        "b": [*_unpaired(points, groups_b, groups_a, a.name)],
    }
    return Points(parameters, pairs, unpaired)


def trial_name(row: Row) -> str:
    """The trial of a row, with its suite where there are several."""
    return f"{row[SUITE]}/{row[columns.TRIAL]}" if SUITE in row else str(row[columns.TRIAL])


def comparable(value: Any) -> Any:
    """A value by which points are compared: numbers and durations as numbers, all others as texts."""
    if value is None:
        return None
    number = number_of(value)
    return str(value) if number is None else number


def that_nothing_pairs(a: Side, b: Side, parameters: Sequence[str]) -> Problem:
    """The problem that no point is on both sides, with the parameters of which no value is."""
    apart = []
    for name in parameters:
        values = [list(dict.fromkeys(in_brief(row[name]) for row in side.finished)) for side in (a, b)]
        if not {comparable(row[name]) for row in a.finished} & {comparable(row[name]) for row in b.finished}:
            apart.append((name, *(", ".join(own[:3]) + ", ..." * (len(own) > 3) for own in values)))
    if apart:
        texts = "; ".join(f"{name} is {own} in A and {other} in B" for name, own, other in apart[:5])
        options = " ".join(f"--ignore {name}" for name, *_ in apart[:5])
        sentence = f"have no point in common: {texts}. To compare them nevertheless, add {options}"
    else:
        sentence = "have no point in common: no finished trials of both have the same values of all parameters"
    return Problem("A and B", sentence, Cause.SUITE)


def pooled_parameters(points: Points, a: Side, b: Side) -> Iterator[str]:
    """A note for each parameter that tells trials of one point apart, because only one side has it."""
    for side, place in ((a, 0), (b, 1)):
        other = "B" if side is a else "A"
        for name in side.inputs:
            if name not in points.parameters and any(
                len({comparable(row.get(name)) for row in pair[place]}) > 1 for pair in points.pairs
            ):
                yield (
                    f"{name} varies in {side.name} and is not compared with {other}: trials with all its values count"
                    f" as repeats of one point (--where {name}=VALUE chooses one)"
                )


def has_finished(row: Row) -> bool:
    """Whether a trial has finished."""
    return bool(row[columns.STATUS] == Status.FINISHED.value)


def groups_of(side: Side, parameters: Sequence[str]) -> dict[Key, list[Row]]:
    """The trials of a side by their points, which are made of these parameters."""
    groups: dict[Key, list[Row]] = {}
    for row in side.rows:
        groups.setdefault(tuple(comparable(row[name]) for name in parameters), []).append(row)
    return groups


def _unpaired(
    points: Points, own: Mapping[Key, Sequence[Row]], others: Mapping[Key, Sequence[Row]], other: str
) -> Iterator[Unpaired]:
    """What is not compared of one side: trials that did not finish, and points that the other side lacks."""
    for key, rows in own.items():
        finished = [row for row in rows if has_finished(row)]
        failed = [row for row in rows if not has_finished(row)]
        if failed:
            counts = Counter(str(row[columns.STATUS]) for row in failed)
            reason = "did not finish: " + ", ".join(f"{count} {status}" for status, count in counts.items())
            yield Unpaired(points.point(failed[0]), [*map(trial_name, failed)], reason)
        if finished and not any(has_finished(row) for row in others.get(key, [])):
            why = "no trial at this point has finished" if key in others else "has no trial at this point"
            reason = f"in {other} {why}" if key in others else f"{other} {why}"
            yield Unpaired(points.point(finished[0]), [*map(trial_name, finished)], reason)
