"""Compares two sides: loads them, pairs their trials, and estimates each figure with its interval and verdict."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

from fpray.errors import Cause, Refused, only_reading, refuse, refuse_if_any
from fpray.store import columns
from fpray_analysis.comparison.comparison import Comparison, Estimate, Pair, Verdict
from fpray_analysis.comparison.figures_compared import compared_columns, is_latency, shares_of_error
from fpray_analysis.comparison.intervals import (
    RATE_OVERALL,
    Interval,
    Sides,
    interval_overall,
    intervals_of_pairs,
)
from fpray_analysis.comparison.machines import different_provenance, source_of
from fpray_analysis.comparison.pairing import Points, paired, pooled_parameters, that_nothing_pairs, trial_name
from fpray_analysis.comparison.sides import (
    MARGIN,
    is_number,
    loaded_side,
    problems_of_margin,
    side_of,
    unknown_parameters,
    unprofiled_sides,
)
from fpray_analysis.loading import Source
from fpray_analysis.result_set import Results


def compare(
    a: Source | Sequence[Source] | Results, b: Source | Sequence[Source] | Results, margin: float = MARGIN, *,
    where: Mapping[str, Sequence[str]] | None = None, ignore: Sequence[str] = (), root: Source | None = None,
    profiled: bool = False,
) -> Comparison:  # fmt: skip
    """Compare the trials of B with those of A at the points that both have.

    a, b: each a suite, several, or files of results, as `fpray.load` takes them; or what it returned.
    margin: a ratio is `same` where its interval lies within 1 - margin and 1 + margin.
    where: column -> values that trials must have, as texts. ignore: parameters that need not be equal.
    root: where suites are looked for by name. profiled: whether trials that were profiled are compared, too.

    Only trials that finished are compared. A point is the parameters that both sides have. `docs/measuring.md`, part
    "Comparing", has the method, its sources, and how often it errs.

    Raises:
        fpray.Refused: a side cannot be read, nothing pairs, or an argument is wrong; all such problems at once.
    """
    with only_reading():
        problems = [*problems_of_margin(margin)]
        sides = [results for source in (a, b) for results in loaded_side(source, root, problems)]
        refuse_if_any(problems)
        loaded, without = unprofiled_sides(sides, where, profiled=profiled)
        side_a, side_b = (side_of(name, own, where, problems) for name, own in zip("AB", loaded, strict=True))
        problems += unknown_parameters(ignore, loaded)
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
    notes = [*without, *pooled_parameters(points, side_a, side_b), *_doubts(points)]
    provenance = different_provenance(loaded[0], loaded[1])
    sources = [source_of(name, results) for name, results in zip("AB", loaded, strict=True)]
    return Comparison(pairs, overall, points.unpaired, provenance, points.varied, margin, notes, sources)


def _columns(points: Points, loaded: Sequence[Results]) -> list[str]:
    """The columns that are compared.

    Raises:
        Refused: there is none.
    """
    schemas = [results.trials.schema for results in loaded]
    numbers = [name for name in schemas[0].names if all(is_number(schema, name) for schema in schemas)]
    rows_a, rows_b = ([row for pair in points.pairs for row in pair[place]] for place in (0, 1))
    figures = compared_columns(rows_a, rows_b, [name for name in numbers if name not in points.parameters])
    if not figures:
        sentence = "have no throughput and no quantile of latencies that trials of both have measured"
        raise refuse("A and B", sentence, Cause.SUITE)
    return figures


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
            metrics[place][name] = estimate_of(interval, name, margin)
        if own:
            overall[name] = estimate_of(interval_overall([*own.values()], RATE_OVERALL * shares[name]), name, margin)
    return [{name: estimates[name] for name in figures} for estimates in metrics], overall


def _no_ratio(values: Sequence[Sequence[float]]) -> str:
    """Why values of the two sides have no ratio; empty if they have."""
    if not all(values):
        return f"no trial of {'B' if values[0] else 'A'} has measured it"
    if any(value <= 0 or not math.isfinite(value) for own in values for value in own):
        return "a trial has a value that is not above 0, so there is no ratio"
    return ""


def estimate_of(interval: Interval, name: str, margin: float) -> Estimate:
    """An interval of logarithms as a ratio with its verdict; name: the column, of latencies less is faster."""
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
