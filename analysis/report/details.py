"""What a report says of one trial when its row is opened: blocks of plain values, which the page shows as text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from fpray.errors import FprayError
from fpray.files import layout
from fpray.files.documents import document
from fpray.files.printable import printable
from fpray.files.reading import tail
from fpray.files.suite_file import read_suite_file
from fpray.plan.words import duration_in_words
from fpray.recorder.columns import ABSENT, is_measured
from fpray.report.limits import limit_sentence
from fpray.report.process_table import HEADINGS, process_rows
from fpray.store import columns
from fpray.store.bottleneck import PREFIX
from fpray.store.plan_file import planned_processes
from fpray.store.trial_directory import TrialDirectory
from fpray_analysis.column_kinds import OUTPUT
from fpray_analysis.events import Event
from fpray_analysis.figures.quantities import quantity
from fpray_analysis.report.last_lines import LastLines
from fpray_analysis.report.trials import ReportedTrial, log_labels

Block = dict[str, Any]  # a title, and one of: text, lines, rows with headings, bar
MOST_ROWS: Final = 200  # of a table in a block
_MOST_LINES: Final = 60
_LONGEST: Final = 1000  # characters of a text


def trial_blocks(trial: ReportedTrial, inputs: Sequence[str], last_lines: LastLines) -> list[Block]:
    """Everything about a trial, as blocks; a file of it that is damaged is a sentence."""
    return [*_what_happened(trial), *_of_directory(trial, last_lines), *_numbers(trial), *_parameters(trial, inputs)]


def text_of(value: object) -> str:
    """A text from outside, on one line and not too long."""
    return printable(str(value), most=_LONGEST)


def _table(title: str, headings: Sequence[str], rows: Sequence[Sequence[object]], numbers: Sequence[int] = ()) -> Block:
    """A block with a table, of which the first rows are in the report. numbers: the columns with numbers."""
    block: Block = {"title": title, "headings": list(headings), "numbers": list(numbers)}
    block["rows"] = [[text_of(cell) for cell in row] for row in rows[:MOST_ROWS]]
    return block | ({"text": f"and {len(rows) - MOST_ROWS:,} more"} if len(rows) > MOST_ROWS else {})


def _lines(title: str, lines: Sequence[str]) -> Iterator[Block]:
    if lines:
        more = [f"and {len(lines) - _MOST_LINES:,} more"] if len(lines) > _MOST_LINES else []
        yield {"title": title, "lines": [*map(text_of, lines[-_MOST_LINES:]), *more]}


def _what_happened(trial: ReportedTrial) -> Iterator[Block]:
    outcome = trial.outcome
    wall = trial.row.get(columns.WALL_S) if outcome is None else outcome.wall_s
    after = f" after {duration_in_words(wall)}" if wall is not None and wall >= 0 else ""
    detail = outcome.detail if outcome is not None else trial.row.get(columns.DETAIL)
    what = f"{trial.status}{after}{f': {detail}' if detail else ''}"
    yield {"title": "", "text": text_of(what)}
    if limit := limit_sentence(trial.row):
        yield {"title": "", "text": text_of(limit)}
    yield from _lines("doubts about these numbers", trial.doubts)
    if outcome is not None:
        yield from _lines(f"last lines of {text_of(outcome.label or 'the trial')}", outcome.lines)
        yield from _lines("notes", outcome.notes)


def _of_directory(trial: ReportedTrial, last_lines: LastLines) -> Iterator[Block]:
    directory, outcome = trial.directory, trial.outcome
    if directory is None:
        return
    try:
        processes = planned_processes(directory)
        rows = process_rows(processes, outcome)
        labels = [process.label for process in processes]
        if not rows and (labels := log_labels(directory)):
            rows = [[label, *["-"] * 2, _returncode(directory, label), *["-"] * 3] for label in labels]
        if rows:
            yield _table("processes", HEADINGS, rows, range(2, len(HEADINGS)))
        yield from _phases(outcome.phases if outcome is not None else {})
        yield from _events(directory)
        if outcome is not None and outcome.label:  # its last lines are part of the outcome
            labels = [label for label in labels if label != outcome.label or not outcome.lines]
        yield from last_lines.of(trial, labels)
        attempts = directory.file(layout.ATTEMPTS)
        names = sorted(path.name for path in attempts.glob("*"))
        yield from _lines("earlier attempts", [str(attempts / name) for name in names])
    except FprayError as error:
        yield {"title": "not readable", "text": text_of(error.in_one_line())}


def _returncode(directory: TrialDirectory, label: str) -> str:
    return next(iter(tail(directory.file(layout.returncode_file(label)), 1)), "-")


def _phases(phases: Mapping[str, float]) -> Iterator[Block]:
    if phases:
        parts = [[text_of(name), max(0.0, seconds), f"{seconds:.3g} s"] for name, seconds in phases.items()]
        yield {"title": "phases", "bar": parts[:MOST_ROWS]}


def _events(directory: TrialDirectory) -> Iterator[Block]:
    events = read_suite_file(directory.file(layout.EVENTS), list[Event]) or []
    if events:
        begin = events[0]["t"]
        rows = [
            (f"{(event['t'] - begin) / 1e9:.3f}", event["kind"], event["label"], event["detail"]) for event in events
        ]
        yield _table("events", ("s after the first", "kind", "process", "what"), rows, [0])


def _numbers(trial: ReportedTrial) -> Iterator[Block]:
    numbers = {
        name: value
        for name, value in (trial.outcome.numbers if trial.outcome else trial.row).items()
        if type(value) in (int, float) and value != ABSENT and _is_result(trial, name)
    }
    for heading, ours in (("measured", True), ("by FrankenPaxos's definitions", False)):
        rows = [
            (name, f"{value:,.6g}", quantity(name).label)
            for name, value in numbers.items()
            if is_measured(name) is ours
        ]
        if rows:
            what = f"{heading} ({document('measuring.md')} says what each means)"
            yield _table(what, ("column", "value", "in words"), rows, [1])


def _is_result(trial: ReportedTrial, name: str) -> bool:
    """Whether a column is a result; of a row alone, its name decides."""
    if name.startswith(PREFIX):  # a sentence says it
        return False
    return trial.outcome is not None or is_measured(name) or OUTPUT.search(name) is not None


def _parameters(trial: ReportedTrial, inputs: Sequence[str]) -> Iterator[Block]:
    rows = [(name, trial.row[name]) for name in inputs if trial.row.get(name) is not None]
    if rows:
        yield _table("parameters", ("parameter", "value"), rows)
    if trial.directory is not None:
        yield {"title": "files", "text": text_of(trial.directory.path)}
