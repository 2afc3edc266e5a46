"""What is printed when a trial ends: its numbers as FrankenPaxos prints them, or what went wrong and where to look."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from fpray.files.documents import document
from fpray.files.layout import command_file, label_of
from fpray.node.ports import is_own
from fpray.node.process_files import ran_on
from fpray.plan.plan import Trial
from fpray.plan.words import RERUN, number_of
from fpray.protocol.params import flatten
from fpray.recorder.columns import THROUGHPUT, latency, measured_latency, start_throughput
from fpray.report.limits import limit_sentence
from fpray.store.outcome import Outcome, Status

_DOUBT = "doubt about these numbers: "
_NAMED = 10  # other trials with the same doubt


def values_line(trial: Trial[Any], outcome: Outcome, summary: Sequence[str], outputs: Mapping[str | None, str]) -> str:
    """The parameters of a summary, then median latency and throughput of each output, as a dictionary.

    They are those that `show` has; FrankenPaxos's own, by their names, where fpray does not claim any.
    """
    flat, numbers = flatten(trial.params), outcome.numbers
    values: dict[str, str] = {name: _text(flat[name]) for name in summary if name in flat}
    for label, prefix in outputs.items():
        exact, from_starts = (measured_latency("median"), THROUGHPUT), (latency("median"), start_throughput("p90"))
        for column in exact if f"{prefix}{THROUGHPUT}" in numbers else from_starts:
            value = numbers.get(f"{prefix}{column}")
            if value is not None:
                values[f"{label}.{column}" if prefix else column] = f"{value:.6g}"
    return str(values)


def ended_line(trial: Trial[Any], outcome: Outcome, summary: Sequence[str], outputs: Mapping[str | None, str]) -> str:
    """The `values_line` of a trial, and what limited it, where that is known."""
    values = values_line(trial, outcome, summary, outputs)
    return " · ".join(filter(None, [values, limit_sentence(outcome.results)]))


def remark_lines(outcome: Outcome, number: str, doubted: dict[str, str]) -> Iterator[str]:
    """The doubts of a trial, and its notes, below what else is said of it.

    A doubt of many trials, such as one about their parameters, is a sentence once.

    number: of the trial. doubted: doubts of other trials -> the number of the first one; it gets those of this trial.
    """
    for doubt in outcome.doubts:
        words = f"the same as of trial {doubted[doubt]}" if doubt in doubted else doubt
        doubted.setdefault(doubt, number)
        yield f"    {_DOUBT}{words}"
    yield from (f"    note: {note}" for note in outcome.notes)


def doubt_lines(number: str, doubts: Sequence[str], trials_by_doubt: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """The doubts of a trial beside others: each at the first trial that has it, with the numbers of the others."""
    for doubt in doubts:
        first, *others = trials_by_doubt[doubt]
        if number == first:
            more = ", ..." if len(others) > _NAMED else ""
            also = f" · also of {', '.join(others[:_NAMED])}{more}" if others else ""
            count = f" ({number_of(len(others), 'other trial')})" if more else ""
            yield f"{number} {_DOUBT}{doubt}{also}{count}"


def failure_lines(number: str, total: int, outcome: Outcome) -> list[str]:
    """What failed, the last lines of its log, and the command to run it by hand."""
    lines = [f"trial {number} of {total:03} · {outcome.status.value}: {outcome.detail}"]
    lines += [f"    {line}" for line in outcome.lines]
    lines += [f"    this trial has no result: {RERUN}"] if outcome.status is Status.LOST else []
    entry = explanation_of(outcome)
    if outcome.log:
        host = ran_on(command_file(label_of(outcome.log)))
        command = shlex.quote(command_file(label_of(outcome.log)))
        how = f"sh {command}" if host is None or is_own(host) else f"ssh {shlex.quote(host)} sh < {command}"
        lines.append(f"    {outcome.log} · to run this process yourself: {how} · {entry}")
    else:
        lines.append(f"    see {entry}")
    return lines


def explanation_of(outcome: Outcome) -> str:
    """Where the status of a trial is explained."""
    return document(f"troubleshooting.md#{outcome.status.value}")


def _text(value: Any) -> str:
    return getattr(value, "name", None) or str(value)
