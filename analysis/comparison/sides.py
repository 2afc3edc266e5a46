"""The sides of a comparison: what is loaded of each, and what is wrong with one, all at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from fpray.errors import Cause, Problem, Refused, nearest
from fpray.store import columns
from fpray_analysis.choice import chosen_trials
from fpray_analysis.comparison.pairing import Side
from fpray_analysis.loading import Source, load
from fpray_analysis.profiled import unprofiled
from fpray_analysis.result_set import Results

MARGIN: Final = 0.01
_LARGEST_MARGIN: Final = 0.5
_NUMBERS: Final = ("double", "int64")


def problems_of_margin(margin: float) -> Iterator[Problem]:
    """What is wrong with a margin."""
    if not 0 < margin <= _LARGEST_MARGIN:  # also NaN
        sentence = f"must be above 0 and at most {_LARGEST_MARGIN:g}: 0.01 is 1 %"
        yield Problem(f"--margin {margin:g}", sentence, Cause.OPTION)


def loaded_side(
    source: Source | Sequence[Source] | Results, root: Source | None, problems: list[Problem]
) -> list[Results]:
    """What is loaded of a side; a side that cannot be read adds its problems, and those of the other follow."""
    if isinstance(source, Results):
        return [source]
    try:
        return [load(source, root)]
    except Refused as refused:
        problems += refused.problems
        return []


def unprofiled_sides(
    loaded: Sequence[Results], where: Mapping[str, Sequence[str]] | None, *, profiled: bool
) -> tuple[list[Results], list[str]]:
    """Each side without trials that were profiled, and how many are left out, in sentences. Raises as `unprofiled`."""
    sides = [unprofiled(results, profiled=profiled, where=where) for results in loaded]
    return [results for results, _ in sides], [note for _, notes in sides for note in notes]


def side_of(name: str, results: Results, where: Mapping[str, Sequence[str]] | None, problems: list[Problem]) -> Side:
    """The trials of a side; problems gets what is wrong with it."""
    if not results.trials.num_rows:
        problems.append(Problem(name, "has no trial that ended, so there is nothing to compare", Cause.SUITE))
        return Side(name, [], results.inputs)
    try:
        rows = chosen_trials(results, where, unfinished=True)
    except Refused as refused:
        problems += [
            replace(problem, about=f"{name}: {problem.about}", cause=Cause.SUITE) for problem in refused.problems
        ]
        rows = []
    side = Side(name, rows, results.inputs)
    if rows and not side.finished:
        statuses = ", ".join(dict.fromkeys(str(row[columns.STATUS]) for row in rows))
        sentence = f"has no trial that finished ({statuses}), so there is nothing to compare"
        problems.append(Problem(name, sentence, Cause.SUITE))
    return side


def unknown_parameters(ignore: Sequence[str], loaded: Sequence[Results]) -> Iterator[Problem]:
    """A problem for each parameter that no side has."""
    inputs = dict.fromkeys(name for results in loaded for name in results.inputs)
    for name in ignore:
        if name not in inputs:
            yield Problem(f"--ignore {name}", f"there is no such parameter{nearest(name, inputs)}", Cause.OPTION)


def is_number(schema: Any, name: str) -> bool:
    """Whether a column holds numbers."""
    return name in schema.names and str(schema.field(name).type) in _NUMBERS
