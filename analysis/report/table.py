"""The table of the trials of a report: columns as `fpray show` has them, and what each cell is sorted by."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from fpray.files.printable import printable
from fpray.recorder.columns import THROUGHPUT, latency, start_throughput
from fpray.report.limits import LIMITED_BY, limit_cell
from fpray.report.trial_table import main_columns, number_text
from fpray.store import columns
from fpray.store.bottleneck import KIND
from fpray_analysis.choice import number_of
from fpray_analysis.loaded import SUITE
from fpray_analysis.report.trials import ReportedTrial

MOST_VARIED: Final = 16  # columns of parameters; the others are in the details
_MOST_CHOICES: Final = 12  # values of a parameter that are offered as a filter
_LONGEST: Final = 60  # characters of a cell


@dataclass(frozen=True)
class Heading:
    """A column of the table.

    Attributes:
        name: what stands above it.
        is_number: whether its cells are aligned on the right.
        choices: its values, where they are few enough to choose one.
    """

    name: str
    is_number: bool = False
    choices: Sequence[str] = ()


@dataclass(frozen=True)
class Cell:
    """What a cell says, and what it is sorted by: numbers by size, texts by their letters."""

    text: str
    order: float | str


@dataclass(frozen=True)
class TableRow:
    """A trial in the table.

    Attributes:
        place: its place among all trials of the report, by which its details are looked up.
        number: of the trial in its suite.
        doubts: how many it has.
    """

    place: int
    number: str
    cells: Sequence[Cell]
    status: str
    failed: bool
    doubts: int


@dataclass(frozen=True)
class TrialTable:
    """The table, and the names of varied parameters that have no column in it."""

    headings: Sequence[Heading]
    rows: Sequence[TableRow]
    omitted: Sequence[str] = field(default_factory=tuple)


def trial_table(trials: Sequence[ReportedTrial], inputs: Sequence[str]) -> TrialTable:
    """The table of trials, in their order. inputs: the columns that are parameters."""
    varied = varied_columns(trials, inputs)
    several = len({trial.store for trial in trials}) > 1
    texts = [*([SUITE] if several else []), *varied[:MOST_VARIED]]
    texts += [columns.REPEAT] if any(trial.row.get(columns.REPEAT) for trial in trials) else []
    texts += [columns.JAR] if len({trial.row.get(columns.JAR) for trial in trials}) > 1 else []
    texts += [LIMITED_BY] if any(trial.row.get(KIND) for trial in trials) else []
    numbers = list(_main_numbers(trials))
    values = {name: [_text(trial, name) for trial in trials] for name in texts}
    headings = [Heading(printable(name, most=200), _is_number(trials, name), _choices(values[name])) for name in texts]
    headings += [Heading(printable(title, most=200), is_number=True) for title, _, _ in numbers]
    rows = [_row(place, trial, texts, numbers) for place, trial in enumerate(trials)]
    return TrialTable(headings, rows, varied[MOST_VARIED:])


def varied_columns(trials: Sequence[ReportedTrial], inputs: Sequence[str]) -> list[str]:
    """The parameters with more than one value; a trial that lacks one counts as a value."""
    return [name for name in inputs if len({str(trial.row.get(name)) for trial in trials}) > 1]


def _main_numbers(trials: Sequence[ReportedTrial]) -> Iterator[tuple[str, str, int]]:
    """(heading, column, digits): fpray's own of each output; FrankenPaxos's, by their names, where there are none."""
    names = dict.fromkeys(name for trial in trials for name in trial.row)
    for name in names:
        if name.endswith(THROUGHPUT):
            prefix = name.removesuffix(THROUGHPUT)
            own = main_columns(prefix, prefix.removesuffix(".").removesuffix("_output"))
            theirs = [
                (column, column, digits)
                for end, digits in ((start_throughput("p90"), 0), (latency("median"), 4), (latency("p99"), 4))
                if (column := f"{prefix}{end}")
            ]
            for triples in (own, theirs):
                if any(trial.row.get(triples[0][1]) is not None for trial in trials):
                    yield from triples
                    break


def _row(place: int, trial: ReportedTrial, texts: Sequence[str], numbers: Sequence[tuple[str, str, int]]) -> TableRow:
    cells = [Cell(_text(trial, name), _order(trial, name)) for name in texts]
    for _, column, digits in numbers:
        value = trial.row.get(column)
        cells.append(Cell(number_text(value, digits), _by_size(value)))
    return TableRow(place, printable(trial.number, most=20), cells, trial.status, trial.failed, len(trial.doubts))


def _text(trial: ReportedTrial, name: str) -> str:
    return "-" if (value := _value(trial, name)) is None else printable(str(value), most=_LONGEST)


def _order(trial: ReportedTrial, name: str) -> float | str:
    value = _value(trial, name)
    number = number_of(value)
    return _text(trial, name) if value is not None and number is None else _by_size(number)


def _value(trial: ReportedTrial, name: str) -> Any:
    if name == LIMITED_BY:
        return limit_cell(trial.row)
    return trial.store if name == SUITE else trial.row.get(name)


def _by_size(value: Any) -> float:
    """A number by its size; what is not there is less than all numbers."""
    return float(value) if isinstance(value, int | float) and abs(value) < 1e300 else -1e300


def _is_number(trials: Sequence[ReportedTrial], name: str) -> bool:
    values = [value for trial in trials if (value := trial.row.get(name)) is not None]
    return name != SUITE and bool(values) and all(type(value) in (int, float) for value in values)


def _choices(texts: Sequence[str]) -> list[str]:
    values = sorted(set(texts), key=lambda text: (number_of(text) is None, number_of(text) or 0, text))
    return values if 1 < len(values) <= _MOST_CHOICES else []


def places(trials: Sequence[ReportedTrial]) -> Mapping[tuple[str, str], int]:
    """The suite and the number of a trial -> its place in the report."""
    return {trial.key: place for place, trial in enumerate(trials)}
