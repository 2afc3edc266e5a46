"""Compares two sides: loads them, pairs their trials, and estimates each figure with its interval and verdict."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from fpray.errors import Cause, Problem, Refused, nearest, only_reading, refuse, refuse_if_any
from fpray.store import columns
from fpray_analysis.choice import chosen_trials
from fpray_analysis.comparison.comparison import Comparison, Estimate, Pair, Verdict
from fpray_analysis.comparison.figures_compared import compared_columns, is_latency, shares_of_error
from fpray_analysis.comparison.intervals import (
    RATE_OVERALL,
    Interval,
    Sides,
    interval_overall,
    intervals_of_pairs,
)
from fpray_analysis.comparison.machines import different_provenance
from fpray_analysis.comparison.pairing import Points, Side, paired, pooled_parameters, that_nothing_pairs, trial_name
from fpray_analysis.loading import Source, load
from fpray_analysis.result_set import Results

MARGIN: Final = 0.01
_LARGEST_MARGIN: Final = 0.5
_NUMBERS: Final = ("double", "int64")


def compare(
    a: Source | Sequence[Source] | Results, b: Source | Sequence[Source] | Results, margin: float = MARGIN, *,
    where: Mapping[str, Sequence[str]] | None = None, ignore: Sequence[str] = (), root: Source | None = None,
) -> Comparison:  # fmt: skip
    """Compare the trials of B with those of A at the points that both have.

    a, b: each a suite, several, or files of results, as `fpray.load` takes them; or what it returned.
    margin: a ratio is `same` where its interval lies within 1 - margin and 1 + margin.
    where: column -> values that trials must have, as texts. ignore: parameters that need not be equal.
    root: where suites are looked for by name.

    Only trials that finished are compared. A point is the parameters that both sides have. `docs/measuring.md`, part
    "Comparing", has the method, its sources, and how often it errs.

    Raises:
        fpray.Refused: a side cannot be read, nothing pairs, or an argument is wrong; all such problems at once.
    """
    with only_reading():
        problems = [*_of_margin(margin)]
        loaded = [results for source in (a, b) for results in _loaded(source, root, problems)]
        refuse_if_any(problems)
        side_a, side_b = (_side(name, own, where, problems) for name, own in zip("AB", loaded, strict=True))
        problems += _of_ignore(ignore, loaded)
        refuse_if_any(problems)
        points = paired(side_a, side_b, ignore)
        if not points.pairs:
            raise Refused(that_nothing_pairs(side_a, side_b, points.parameters))
        figures = _columns(points, loaded)
        metrics, overall = _estimates(points, figures, margin)
    pairs = [
        Pair(points.point(rows_a[0]), [*map(trial_name, rows_a)], [*map(trial_name, rows_b)], own)
        for (rows_a, rows_b), own in zip(points.pairs, metrics, strict=True)
    ]
    notes = [*pooled_parameters(points, side_a, side_b), *_doubts(points)]
    return Comparison(
        pairs, overall, points.unpaired, different_provenance(loaded[0], loaded[1]), points.varied, margin, notes
    )


def _of_margin(margin: float) -> Iterator[Problem]:
    if not 0 < margin <= _LARGEST_MARGIN:  # also NaN
        sentence = f"must be above 0 and at most {_LARGEST_MARGIN:g}: 0.01 is 1 %"
        yield Problem(f"--margin {margin:g}", sentence, Cause.OPTION)


def _loaded(source: Source | Sequence[Source] | Results, root: Source | None, problems: list[Problem]) -> list[Results]:
    """What is loaded of a side; a side that cannot be read adds its problems, and those of the other follow."""
    if isinstance(source, Results):
        return [source]
    try:
        return [load(source, root)]
    except Refused as refused:
        problems += refused.problems
        return []


def _side(name: str, results: Results, where: Mapping[str, Sequence[str]] | None, problems: list[Problem]) -> Side:
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


def _of_ignore(ignore: Sequence[str], loaded: Sequence[Results]) -> Iterator[Problem]:
    inputs = dict.fromkeys(name for results in loaded for name in results.inputs)
    for name in ignore:
        if name not in inputs:
            yield Problem(f"--ignore {name}", f"there is no such parameter{nearest(name, inputs)}", Cause.OPTION)


def _columns(points: Points, loaded: Sequence[Results]) -> list[str]:
    """The columns that are compared.

    Raises:
        Refused: there is none.
    """
    schemas = [results.trials.schema for results in loaded]
    numbers = [name for name in schemas[0].names if all(_is_number(schema, name) for schema in schemas)]
    rows_a, rows_b = ([row for pair in points.pairs for row in pair[place]] for place in (0, 1))
    figures = compared_columns(rows_a, rows_b, [name for name in numbers if name not in points.parameters])
    if not figures:
        sentence = "have no throughput and no quantile of latencies that trials of both have measured"
        raise refuse("A and B", sentence, Cause.SUITE)
    return figures


def _is_number(schema: Any, name: str) -> bool:
    return name in schema.names and str(schema.field(name).type) in _NUMBERS


def _estimates(
    points: Points, figures: Sequence[str], margin: float
) -> tuple[list[dict[str, Estimate]], dict[str, Estimate]]:
    """The estimates of each pair, and those over all pairs."""
    shares = shares_of_error(figures)
    metrics: list[dict[str, Estimate]] = [{} for _ in points.pairs]
    sides: dict[str, dict[int, Sides]] = {name: {} for name in figures}
    for place, (a, b) in enumerate(points.pairs):
        for name in figures:
            values = [[float(row[name]) for row in rows if row.get(name) is not None] for rows in (a, b)]
            if reason := _no_ratio(values):
                metrics[place][name] = Estimate(None, None, None, Verdict.UNDECIDED, reason)
            else:
                sides[name][place] = Sides([*map(math.log, values[0])], [*map(math.log, values[1])])
    intervals = intervals_of_pairs({name: [*own.values()] for name, own in sides.items()}, shares)
    overall = {}
    for name, own in sides.items():
        for place, interval in zip(own, intervals[name], strict=True):
            metrics[place][name] = _estimate(interval, name, margin)
        if own:
            overall[name] = _estimate(interval_overall([*own.values()], RATE_OVERALL * shares[name]), name, margin)
    return [{name: estimates[name] for name in figures} for estimates in metrics], overall


def _no_ratio(values: Sequence[Sequence[float]]) -> str:
    """Why values of the two sides have no ratio; empty if they have."""
    if not all(values):
        return f"no trial of {'B' if values[0] else 'A'} has measured it"
    if any(value <= 0 or not math.isfinite(value) for own in values for value in own):
        return "a trial has a value that is not above 0, so there is no ratio"
    return ""


def _estimate(interval: Interval, name: str, margin: float) -> Estimate:
    ratio = _exp(interval.middle)
    if interval.reason:
        return Estimate(ratio, None, None, Verdict.UNDECIDED, interval.reason)
    low, high = _exp(interval.low), _exp(interval.high)
    return Estimate(ratio, low, high, _verdict(low, high, margin, is_latency(name)))


def _verdict(low: float, high: float, margin: float, less_is_faster: bool) -> Verdict:
    if 1 - margin <= low and high <= 1 + margin:
        return Verdict.SAME
    if low <= 1 <= high:
        return Verdict.UNDECIDED
    return Verdict.FASTER if (high < 1) is less_is_faster else Verdict.SLOWER


def _exp(logarithm: float) -> float:
    """A ratio that is a number in JSON, too, however wide an interval is."""
    return math.exp(min(max(logarithm, -700.0), 700.0))


def _doubts(points: Points) -> Iterator[str]:
    for name, place in (("A", 0), ("B", 1)):
        rows = [row for pair in points.pairs for row in pair[place]]
        doubts = sum(bool(row[columns.DOUBTS]) for row in rows)
        if doubts:
            yield f"{doubts} of the {len(rows)} trials of {name} that are compared have a doubt (fpray show names it)"
