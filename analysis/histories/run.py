"""Finds the changes of a history: loads its versions, takes the points that all have, and judges each figure."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import numpy as np

from fpray.errors import Cause, Problem, only_reading, refuse, refuse_if_any
from fpray.files.printable import printable
from fpray_analysis.choice import Row
from fpray_analysis.comparison.comparison import Verdict
from fpray_analysis.comparison.figures_compared import compared_columns, is_latency, shares_of_error
from fpray_analysis.comparison.noise import Numbers
from fpray_analysis.comparison.pairing import Key, Side, comparable, groups_of, has_finished, trial_name
from fpray_analysis.comparison.sides import (
    MARGIN,
    is_number,
    loaded_side,
    problems_of_margin,
    side_of,
    unknown_parameters,
    unprofiled_sides,
)
from fpray_analysis.histories.change_points import FEWEST, Step, steps
from fpray_analysis.histories.changes import RATE, Change, History, Version
from fpray_analysis.histories.locations import location, noise_of
from fpray_analysis.loading import Source
from fpray_analysis.result_set import Results

_ERROR: Final = 0.7 * RATE  # the parts of a series that was divided are judged, too
_CLEAR: Final = 8  # with fewer versions, only a change far above the noise is no chance
_AGREE: Final = 3  # so many points tell a change of the first or last version from a trial that went wrong
_COMMIT: Final = 10  # characters of a commit that are shown
_SHA: Final = 8

Cells = Mapping[Key, Sequence[Sequence[Row]]]  # point -> the trials of each version


def history(
    versions: Sequence[Source | Sequence[Source] | Results], *, margin: float = MARGIN,
    where: Mapping[str, Sequence[str]] | None = None, ignore: Sequence[str] = (), root: Source | None = None,
    profiled: bool = False,
) -> History:  # fmt: skip
    """Find between which versions a figure changed.

    versions: in their order, each a suite, several, or files of results, as `fpray.load` takes them; or what it
    returned. margin: changes that are not larger are none. Other arguments: as for `compare`.

    Only trials that finished count, at the points that all versions have. `docs/measuring.md`, part "Histories", has
    the method, its sources, and how often it errs.

    Raises:
        fpray.Refused: a version cannot be read, there are too few, they have no point in common, or an argument is
            wrong; all such problems at once.
    """
    with only_reading():
        problems = [*_of_number(len(versions)), *problems_of_margin(margin)]
        whole = [results for source in versions for results in loaded_side(source, root, problems)]
        refuse_if_any(problems)
        loaded, without = unprofiled_sides(whole, where, profiled=profiled)
        names = [" + ".join(printable(name) for name in results.paths) for results in loaded]
        sides = [side_of(name, own, where, problems) for name, own in zip(names, loaded, strict=True)]
        problems += unknown_parameters(ignore, loaded)
        refuse_if_any(problems)
        parameters = [name for name in sides[0].inputs if all(name in side.inputs for side in sides)]
        parameters = [name for name in parameters if name not in ignore]
        cells, left_out = _cells(sides, parameters)
        figures = _figures(loaded, sides, parameters)
    rows = {name: _rows(cells, name) for name in figures}
    rows = {name: own for name, own in rows.items() if own}
    points = {key: {name: row[0][0][name] for name in parameters} for key, row in cells.items()}
    varied = [name for name in parameters if len({comparable(point[name]) for point in points.values()}) > 1]
    trials = [[trial_name(row) for cell in cells.values() for row in cell[place]] for place in range(len(sides))]
    facts = [_facts(results) for results in loaded]
    return History(
        [Version(name, *fact, own) for name, fact, own in zip(names, facts, trials, strict=True)],
        len(cells),
        varied,
        {name: _ratios(np.array([*own.values()])) for name, own in rows.items()},
        [change for change in changes_of(rows, points, varied) if not _is_within(change, margin)],
        left_out,
        [*without, *_notes(len(sides), len(cells)), *_pooled(sides, cells, parameters)],
    )


def _of_number(count: int) -> Iterator[Problem]:
    if count < FEWEST:
        sentence = f"takes at least {FEWEST} versions, in their order, and there are {count}"
        more = ": fpray compare A B compares two" if count == 2 else ""
        yield Problem("--history", f"{sentence}{more}", Cause.OPTION)


def _cells(sides: Sequence[Side], parameters: Sequence[str]) -> tuple[Cells, list[str]]:
    """The finished trials of each point that all versions have, and in sentences what is left out.

    Raises:
        Refused: there is no such point.
    """
    finished = [Side(side.name, side.finished, side.inputs) for side in sides]
    groups = [groups_of(side, parameters) for side in finished]
    common = [key for key in groups[0] if all(key in own for own in groups)]
    if not common:
        sentence = "have no point in common: no finished trials of all have the same values of all parameters"
        raise refuse("the versions", f"{sentence}. --ignore PARAMETER leaves one out", Cause.SUITE)
    left_out = []
    for side, own in zip(sides, groups, strict=True):
        count = sum(not has_finished(row) for row in side.rows)
        if count:
            left_out.append(f"{count} trial{'s' * (count != 1)} of {side.name}: did not finish")
        others = sum(key not in common for key in own)
        if others:
            left_out.append(f"{others} point{'s' * (others != 1)} of {side.name}: not all versions have it")
    return {key: [own[key] for own in groups] for key in common}, left_out


def _figures(loaded: Sequence[Results], sides: Sequence[Side], parameters: Sequence[str]) -> list[str]:
    """The figures that all versions have.

    Raises:
        Refused: there is none.
    """
    schemas = [results.trials.schema for results in loaded]
    numbers = [name for name in schemas[0].names if all(is_number(schema, name) for schema in schemas)]
    numbers = [name for name in numbers if name not in parameters]
    first, *others = (side.finished for side in sides)
    common = [compared_columns(first, other, numbers) for other in others]
    figures = [name for name in common[0] if all(name in own for own in common)]
    if not figures:
        sentence = "have no throughput and no quantile of latencies that trials of all have measured"
        raise refuse("the versions", sentence, Cause.SUITE)
    return figures


def _rows(cells: Cells, name: str) -> dict[Key, list[float]]:
    """Point -> a logarithm for each version, of the points of which all versions have measured the figure."""
    rows = {}
    for key, own in cells.items():
        values = [[float(row[name]) for row in cell if row.get(name) is not None] for cell in own]
        if all(values) and all(value > 0 and math.isfinite(value) for cell in values for value in cell):
            logarithms = [[*map(math.log, cell)] for cell in values]
            noise = noise_of(logarithms)
            rows[key] = [location(cell, noise) for cell in logarithms]
    return rows


def _ratios(rows: Numbers) -> list[float]:
    mean = rows.mean(axis=0)
    return [float(ratio) for ratio in np.exp(mean - mean[0])]


def changes_of(
    rows: Mapping[str, Mapping[Key, Sequence[float]]], points: Mapping[Key, Mapping[str, Any]], varied: Sequence[str]
) -> Iterator[Change]:
    """The changes of the means first, then those of single points.

    rows: figure -> point -> a logarithm for each version. points: the parameters of each; varied: those that changes
    name.
    """
    shares, single = shares_of_error([*rows]), []
    for name, own in rows.items():
        level = _ERROR * shares[name] / (1 if len(own) == 1 else 2)  # half of it for the mean, half for the points
        table = np.array([*own.values()])
        for step in steps(table, level, 1 if len(own) >= _AGREE else 2):
            yield _change(step, name, None)
        if len(own) > 1:
            for key, row in own.items():
                point = {parameter: points[key][parameter] for parameter in varied}
                single += [_change(step, name, point) for step in steps(np.array([row]), level / len(own), 2)]
    yield from single


def _change(step: Step, name: str, point: Mapping[str, Any] | None) -> Change:
    verdict = Verdict.FASTER if (step.size < 0) is is_latency(name) else Verdict.SLOWER
    ends = math.exp(step.size), math.exp(step.low), math.exp(step.high)
    return Change(name, point, step.at, step.first, step.last, *ends, verdict)


def _is_within(change: Change, margin: float) -> bool:
    return 1 - margin <= change.ratio <= 1 + margin


def _facts(results: Results) -> tuple[str, str]:
    """The commits and the jars of a version's suites, as far as they say them; they come from outside."""
    commits, jars = list[str](), list[str]()
    for provenance in results.provenance.values():
        checkout, jar = provenance.get("checkout"), provenance.get("jar")
        if isinstance(checkout, Mapping) and checkout.get("commit"):
            changed = "+" if checkout.get("uncommitted") else ""
            commits.append(f"{str(checkout['commit'])[:_COMMIT]}{changed}")
        if isinstance(jar, Mapping) and jar.get("sha256"):
            jars.append(f"{jar.get('name', '')} {str(jar['sha256'])[:_SHA]}".strip())
    return printable(" ".join(dict.fromkeys(commits))), printable(" ".join(dict.fromkeys(jars)))


def _notes(versions: int, points: int) -> Iterator[str]:
    if versions < _CLEAR:
        yield f"with {versions} versions, only a change that is far above the noise is told from chance"
    if points < _AGREE:
        yield (
            f"with fewer than {_AGREE} points, a change that came with the last version is told from a trial that went"
            " wrong when one more version is there"
        )


def _pooled(sides: Sequence[Side], cells: Cells, parameters: Sequence[str]) -> Iterator[str]:
    """A note for each parameter that tells trials of one point apart, because not all versions have it."""
    for place, side in enumerate(sides):
        for name in side.inputs:
            if name not in parameters and any(
                len({comparable(row.get(name)) for row in own[place]}) > 1 for own in cells.values()
            ):
                yield f"{name} varies in {side.name} and is not compared: trials with all its values count as repeats"
