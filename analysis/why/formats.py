"""The answer as text, Markdown or CSV; whatever is in a suite's texts, they have no effect in the document."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from fpray.files.printable import printable
from fpray_analysis.figures.quantities import quantity
from fpray_analysis.table.formats import escape_markdown
from fpray_analysis.why import words
from fpray_analysis.why.run import Effect, Why

_MOST: Final = 15  # steps of which the text says the same
_MOST_TOGETHER: Final = 10


def as_text(answer: Why) -> str:
    """Sentences: the counts of each parameter, then each step; those that moved the peak first, the largest first."""
    unit = quantity(answer.x).unit.rpartition(", ")[2]
    lines = [_head(answer)]
    for title, effects in _tables(answer):
        lines += ["", title, *(f"  {line}" for line in _summary(effects)), ""]
        calls = dict.fromkeys(words.CALLS[effect.estimate.verdict] for effect in effects)
        for call in calls:
            own = [effect for effect in effects if words.CALLS[effect.estimate.verdict] == call]
            lines += [f"  {line}" for effect in own[:_MOST] for line in _sentences(effect, unit)]
            lines += [f"  {len(own) - _MOST} more: {call} (--format csv has all)"] * (len(own) > _MOST)
    lines += ["", *_below(answer)]
    return "".join(f"{printable(line)}\n" for line in lines)


def markdown(answer: Why) -> str:
    """A table for roles, one for other parameters, and the notes."""
    parts = [f"{escape_markdown(_head(answer))}."]
    for title, effects in _tables(answer):
        head = _headings(effects)
        rows = [[cell for _, cell in _cells(effect, head)] for effect in effects]
        lines = [head, ["---"] * len(head), *([escape_markdown(cell) for cell in row] for row in rows)]
        summary = [f"- {escape_markdown(line)}" for line in _summary(effects)]
        parts.append("\n".join([f"## {title}", "", *summary, "", *(f"| {' | '.join(line)} |" for line in lines)]))
    parts.append("\n".join(f"- {escape_markdown(line)}" for line in _below(answer)))
    return "\n\n".join(parts) + "\n"


def as_csv(answer: Why) -> str:
    """A row for each step with all digits; without the notes, and without what changes together."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    names = ["parameter", "before", "after", "roles", "place", "peak_before", "peak_after", "repeats_before"]
    names += ["repeats_after", "ratio", "low", "high", "call", "reason", "limit_before", "limit_after", "addition"]
    writer.writerow(names)
    for effect in (*answer.roles, *answer.others):
        step, estimate = effect.step, effect.estimate
        ((name, (before, after)),) = step.changes.items()
        pair = [step.before.peak.xs, step.after.peak.xs]
        row: list[Any] = [
            name,
            words.value_text(before),
            words.value_text(after),
            " ".join(step.roles),
            words.place(step),
        ]
        row += [*(sum(xs) / len(xs) for xs in pair), *map(len, pair), estimate.ratio, estimate.low, estimate.high]
        row += [words.CALLS[estimate.verdict], estimate.reason, *words.limits(effect)]
        writer.writerow(["" if cell is None else printable(str(cell)) for cell in row])
    return text.getvalue()


FORMATS: Final[Mapping[str, Callable[[Why], str]]] = {"text": as_text, "markdown": markdown, "csv": as_csv}


def _head(answer: Why) -> str:
    bounds = f" with {' and '.join(map(str, answer.bounds))}" if answer.bounds else ""
    return (
        f"{answer.configurations} configurations of {answer.trials} trials; the peak is the highest {answer.x}{bounds}"
        " over the load. In a step only the parameter that is named differs"
    )


def _tables(answer: Why) -> Iterator[tuple[str, Sequence[Effect]]]:
    if answer.roles:
        yield "Roles", answer.roles
    if answer.others:
        yield "Other parameters", answer.others


def _summary(effects: Sequence[Effect]) -> Iterator[str]:
    """A line for each parameter; one for each change of it that several places have, if it has several changes."""
    for name, own in words.by_parameter(effects).items():
        added = ", ".join(dict.fromkeys(role for effect in own for role in effect.step.added))
        yield f"{name}{f' (adds {added})' if added else ''}: {words.counts(own)}"
        changes = words.by_change(own)
        for change, places in changes.items() if len(changes) > 1 else ():
            if len(places) > 1:
                yield f"  {change}: {words.counts(places)}"


def _sentences(effect: Effect, unit: str) -> Iterator[str]:
    before, after = words.peaks(effect)
    place = words.place(effect.step)
    parts = [f"{words.sentence(effect)}: ratio {words.ratio(effect)}", f"{before} -> {after} {unit}".strip()]
    parts += [place] * bool(place) + [words.repeats(effect)]
    yield " · ".join(parts)
    limit_before, limit_after, addition = words.limits(effect)
    limits = [f"before, the limit was {limit_before}"] * bool(limit_before) + [addition] * bool(addition)
    limits += [f"after, it was {limit_after}"] * bool(limit_after)
    if limits:
        yield f"    {'; '.join(limits)}"


def _below(answer: Why) -> list[str]:
    joint = [words.together(steps) for steps in answer.joint]
    more = len(joint) - _MOST_TOGETHER
    return [
        *joint[:_MOST_TOGETHER],
        *([f"{more} more changes of several parameters at once"] if more > 0 else []),
        *answer.notes,
        (
            f"a peak has moved if the interval of the ratio excludes 1, and has not if the interval lies within"
            f" {answer.margin:.0%} of 1. Intervals hold for all steps at once, as those of fpray compare do"
        ),
    ]


def _headings(effects: Sequence[Effect]) -> list[str]:
    """The columns that at least one step has something for."""
    present = {name for effect in effects for name, cell in _all_cells(effect) if cell}
    return [name for name, _ in _all_cells(effects[0]) if name in present]


def _cells(effect: Effect, headings: Sequence[str]) -> list[tuple[str, str]]:
    return [(name, cell) for name, cell in _all_cells(effect) if name in headings]


def _all_cells(effect: Effect) -> list[tuple[str, str]]:
    before, after = words.peaks(effect)
    limit_before, limit_after, addition = words.limits(effect)
    return [
        ("Step", words.change(effect.step)), ("Call", words.CALLS[effect.estimate.verdict]),
        ("Ratio", words.ratio(effect)), ("Peak before", before), ("Peak after", after),
        ("Repeats", words.repeats(effect)), ("Where", words.place(effect.step)), ("Limit before", limit_before),
        ("Addition", addition), ("Limit after", limit_after), ("Why not", effect.estimate.reason),
    ]  # fmt: skip
