"""A comparison in words: what differs beside the figures, the means, a table of pairs, and what was left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, Final

from fpray.recorder.columns import is_measured, latency
from fpray.report.table import print_table
from fpray.report.text import show_line
from fpray_analysis.comparison.comparison import METHOD, RATE, Comparison, Estimate, Pair, Verdict
from fpray_analysis.comparison.figures_compared import is_latency

_LISTED: Final = 10  # points without a pair
_REPEATS: Final = "trials A/B"


def show_comparison(comparison: Comparison) -> None:
    """Print a comparison for people."""
    for line in _head(comparison):
        show_line(line)
    names = columns_of_table(comparison)
    headings = [*comparison.varied, _REPEATS, *names]
    rows = [_row(pair, comparison.varied, names) for pair in comparison.pairs]
    print_table(headings, rows, [*comparison.varied, *names])
    for line in _tail(comparison, names):
        show_line(line)


def columns_of_table(comparison: Comparison) -> list[str]:
    """The figures that people are shown of each pair: of latencies the median and p99, of fpray's own window."""
    names = list(comparison.pairs[0].metrics)
    usual = [name for name in names if name.endswith((latency("median"), latency("p99"))) or not is_latency(name)]
    own = [name for name in usual if is_measured(name) or not is_latency(name)]
    return own if any(map(is_latency, own)) else usual


def _head(comparison: Comparison) -> Iterator[str]:
    for subject, (a, b) in comparison.provenance.items():
        yield f"differs: {subject}: A {a} · B {b}"
    counts = [len(trials) for pair in comparison.pairs for trials in (pair.a, pair.b)]
    fewest, most = min(counts), max(counts)
    repeats = str(most) if fewest == most else f"{fewest} to {most}"
    pairs = "1 pair" if len(comparison.pairs) == 1 else f"{len(comparison.pairs)} pairs"
    yield f"B/A over {pairs} of points, {repeats} trial{'s' * (most != 1)} on each side"
    width = max(map(len, comparison.overall), default=0)
    for name, estimate in comparison.overall.items():
        yield f"  {name:{width}}  {in_words(estimate)}{_counts(comparison, name)}"


def _counts(comparison: Comparison, name: str) -> str:
    """How many pairs have which verdict."""
    counts = Counter(pair.metrics[name].verdict for pair in comparison.pairs)
    texts = [f"{counts[verdict]} {verdict.value}" for verdict in Verdict if counts[verdict]]
    return f" (pairs: {', '.join(texts)})"


def in_words(estimate: Estimate) -> str:
    """`1.043 [1.021, 1.066] faster`."""
    ratio = "-" if estimate.ratio is None else f"{estimate.ratio:.3f}"
    if estimate.low is None or estimate.high is None:
        return f"{ratio} undecided"
    return f"{ratio} [{estimate.low:.3f}, {estimate.high:.3f}] {estimate.verdict.value}"


def _row(pair: Pair, parameters: Sequence[str], names: Sequence[str]) -> list[str]:
    values = [_value(pair.point[name]) for name in parameters]
    return [*values, f"{len(pair.a)}/{len(pair.b)}", *(in_words(pair.metrics[name]) for name in names)]


def _value(value: Any) -> str:
    if value is None:
        return "-"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _tail(comparison: Comparison, names: Sequence[str]) -> Iterator[str]:
    reasons = Counter(one.reason for pair in comparison.pairs for one in pair.metrics.values() if one.reason)
    for reason, count in reasons.items():
        yield f"undecided: {reason} ({count} figure{'s' * (count != 1)})"
    others = [name for name in comparison.pairs[0].metrics if name not in names]
    called = sum(pair.metrics[name].is_called for pair in comparison.pairs for name in others)
    if others:
        yield f"not in the table, but in --json: {', '.join(others)} ({called} of their pairs faster or slower)"
    for side, unpaired in comparison.unpaired.items():
        for one in unpaired[:_LISTED]:
            point = ", ".join(
                f"{name}={_value(value)}" for name, value in one.point.items() if name in comparison.varied
            )
            trials = f"{len(one.trials)} trial{'s' * (len(one.trials) != 1)} of {side.upper()}"
            yield f"left out: {trials}{f' at {point}' if point else ''}: {one.reason}"
        if len(unpaired) > _LISTED:
            yield f"left out: {len(unpaired) - _LISTED} more points of {side.upper()} (--json has all)"
    for note in comparison.notes:
        yield f"note: {note}"
    yield (
        f"method: {METHOD}. Of equal suites, at most {RATE:.0%} of comparisons call anything; of called pairs, at most"
        f" {RATE:.0%} are false. Within {comparison.margin:.1%} of 1 is the same. What differs between the times or"
        " machines of A and B is part of the ratio"
    )
