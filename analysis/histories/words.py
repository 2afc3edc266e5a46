"""A history in words: its versions with each figure, the changes, and what was left out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from fpray.recorder.columns import is_measured, latency
from fpray.report.table import print_table
from fpray.report.text import show_line
from fpray_analysis.comparison.figures_compared import is_latency
from fpray_analysis.histories.changes import METHOD, RATE, Change, History

_LISTED: Final = 20  # changes of single points


def show_history(history: History) -> None:
    """Print a history for people."""
    show_line(_head(history))
    names = figures_of_table(history)
    facts = [name for name in ("commit", "jar") if any(getattr(version, name) for version in history.versions)]
    print_table(["version", *facts, *names], [*_rows(history, facts, names)], names)
    for line in _tail(history, names):
        show_line(line)


def figures_of_table(history: History) -> list[str]:
    """The figures that people are shown: throughputs, and of latencies the median and p99 of fpray's own window."""
    names = list(history.ratios)
    usual = [name for name in names if name.endswith((latency("median"), latency("p99"))) or not is_latency(name)]
    own = [name for name in usual if is_measured(name) or not is_latency(name)]
    return own if any(map(is_latency, own)) else usual


def _head(history: History) -> str:
    counts = {len(version.trials) for version in history.versions}
    trials = "1 trial" if counts == {1} else f"{' or '.join(map(str, sorted(counts)))} trials"
    points = "1 point" if history.points == 1 else f"{history.points} points"
    return f"{len(history.versions)} versions, {points}, {trials} of each; figures are divided by those of the first"


def _rows(history: History, facts: Sequence[str], names: Sequence[str]) -> Iterator[list[str]]:
    for number, version in enumerate(history.versions):
        own = {change.metric for change in history.changes if change.point is None and change.at == number}
        cells = [f"{history.ratios[name][number]:.3f}{' <' if name in own else ''}" for name in names]
        yield [version.name, *(getattr(version, name) or "-" for name in facts), *cells]


def _tail(history: History, names: Sequence[str]) -> Iterator[str]:
    overall = [change for change in history.changes if change.point is None]
    single = [c for c in history.changes if c.point is not None and not any(_is_part(c, mean) for mean in overall)]
    for change in overall:
        yield f"change: {change.metric}: {in_words(history, change)}"
    for change in single[:_LISTED]:
        point = ", ".join(f"{name}={value}" for name, value in (change.point or {}).items())
        yield f"change at {point}: {change.metric}: {in_words(history, change)}"
    if len(single) > _LISTED:
        yield f"change: {len(single) - _LISTED} more of single points (--json has all)"
    if not history.changes:
        yield "no change was found"
    others = [name for name in history.ratios if name not in names]
    if others:
        yield f"not in the table, but judged, and in --json: {', '.join(others)}"
    yield from (f"left out: {text}" for text in history.left_out)
    yield from (f"note: {text}" for text in history.notes)
    yield f"method: {METHOD}. Of histories without a change, at most {RATE:.0%} have any"


def _is_part(change: Change, mean: Change) -> bool:
    """Whether a change of a single point is that of the mean over all points."""
    is_near = change.first - 1 <= mean.at <= change.last + 1
    return is_near and (change.metric, change.verdict) == (mean.metric, mean.verdict)


def in_words(history: History, change: Change) -> str:
    """`0.951 [0.940, 0.962] slower from B on; it may have come with A, B or C (commits 1a2b to 3c4d)`."""
    text = f"{change.ratio:.3f} [{change.low:.3f}, {change.high:.3f}] {change.verdict.value}"
    versions = history.versions
    since = f"{text} from {versions[change.at].name} on"
    names = [version.name for version in versions[change.first : change.last + 1]]
    suspects = f"; it may have come with any from {names[0]} to {names[-1]}" if len(names) > 1 else ""
    before, after = versions[change.first - 1].commit, versions[change.last].commit
    commits = f"; suspects are the commits after {before}, up to {after}" if before and after != before else ""
    return since + suspects + (commits if after else "")
