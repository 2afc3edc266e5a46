"""Loads what FrankenPaxos's own harness has written: a `results.csv` alone, or the suite directory around it."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from fpray.errors import Cause, Problem, refuse, refuse_if_any
from fpray.files import layout
from fpray.files.content import BY_FPRAY, Unreadable, read_json_file, read_text_file
from fpray.files.printable import printable
from fpray.files.shown import in_brief
from fpray.recorder.columns import MEASURED, MEASURED_TOGETHER, REQUESTS
from fpray.store import columns
from fpray.store.outcome import Status
from fpray.store.result_table import Row, table_of
from fpray_analysis.column_kinds import OUTPUT, is_figure, is_input, typed_column
from fpray_analysis.loaded import FIRST, LAST, LOOPS, SUITE, Store

_LINK: Final = re.compile(r"\s*(?P<target>[^\s,\"]+\.csv)\s*")  # git stores a link as a file with its target
_LISTED: Final = 3  # wrong lines that a message names


def is_published(path: Path) -> bool:
    """Whether a path is a file of results, or a directory with one that is no suite of fpray."""
    if path.is_dir():
        return (path / layout.RESULTS_CSV).exists() and not (path / layout.SUITE).exists()
    return path.exists() and path.suffix != ".json"


def load_published(path: Path) -> Store:
    """The trials of a file of results, or of a suite directory of FrankenPaxos.

    Raises:
        Refused: it is no table of results.
    """
    file, table, remarks = _table(path / layout.RESULTS_CSV if path.is_dir() else path)
    header, *lines = table
    outputs = [name for name in header if OUTPUT.search(name)]
    inputs = [name for name in header if is_input(name)]
    texts = zip(*lines, strict=True) if lines else [() for _ in header]
    cells = {name: typed_column(name, column) for name, column in zip(header, texts, strict=True)}
    own = _measured(outputs)
    types = {
        **FIRST,
        **{name: kind for name, (kind, _) in cells.items()},
        **dict.fromkeys(own, float),
        REQUESTS: int,
        **LAST,
    }
    rows = _rows({name: values for name, (_, values) in cells.items()}, inputs, own, len(lines))
    trials = table_of(rows or [dict.fromkeys(types)], types).slice(0, len(rows))
    remark = (
        f"FrankenPaxos does not write down the closed loops of a trial ({LOOPS}), its jar, its machines, and what fpray"
        " measures itself (measured.*): these columns are null for its trials"
    )
    remarks += [remark] if LOOPS not in header else []
    directories = _directories(path, len(rows))
    return Store(path.name, path, trials, inputs, file, directories, _provenance(path), remarks, [*directories])


def _table(file: Path) -> tuple[Path, list[list[str]], list[str]]:
    """The file that was read, its header and lines, and what was noticed.

    Raises:
        Refused: it is no table.
    """
    text, remarks = _text(file), list[str]()
    if link := _LINK.fullmatch(text):
        target = file.parent / link["target"]
        if not _is_file(target):
            raise refuse(
                str(file),
                f"holds only the name of another file, {printable(link['target'], most=80)}, and there is no such file:"
                " git stores a link in this way. Load the file that it names",
                Cause.SUITE,
            )
        remarks.append(f"{file.name} holds only the name of {printable(link['target'])}, which was read in its place")
        file, text = target, _text(target)
    try:
        lines = [line for line in csv.reader(io.StringIO(text, newline=""), strict=True) if line]
    except csv.Error as error:
        raise refuse(str(file), f"is no CSV file: {error}", Cause.DAMAGED) from None
    if lines and len(lines) > 1 and len(lines[-1]) < len(lines[0]) and not text.endswith("\n"):
        lines.pop()
        remarks.append(f"{file.name} ends within a line, which is left out")
    refuse_if_any([Problem(str(file), sentence, Cause.DAMAGED) for sentence in _faults(lines)])
    refuse_if_any([Problem(str(file), sentence, Cause.DAMAGED) for sentence in _no_figures(lines)])
    return file, lines, remarks


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # its name is too long
        return False


def _faults(lines: Sequence[Sequence[str]]) -> Iterator[str]:
    """Why lines are no table of results."""
    header = lines[0] if lines else []
    if not any(OUTPUT.search(name) for name in header):
        begin = f"; its first line begins with {in_brief(','.join(header))}" if header else ""
        yield f"is no {layout.RESULTS_CSV}: it has no column such as latency.median_ms{begin}"
        return
    if SUITE in header:
        yield f"has a column {SUITE}, which is the name of the column that tells stacked suites apart: rename it"
    if twice := [name for name, count in Counter(header).items() if count > 1]:
        yield f"has the column {in_brief(twice[0])} twice"
    wrong = [number for number, line in enumerate(lines, start=1) if len(line) != len(header)]
    if wrong:
        numbers = ", ".join(map(str, wrong[:_LISTED])) + (", ..." if len(wrong) > _LISTED else "")
        yield (
            f"has {len(wrong)} lines with another number of fields than its header, which has {len(header)}: row"
            f" {numbers}"
        )


def _no_figures(lines: Sequence[Sequence[str]]) -> Iterator[str]:
    """A sentence for each column of figures with something else in it."""
    header, *rows = lines
    for place, name in enumerate(header):
        if OUTPUT.search(name):
            for number, row in enumerate(rows, start=2):
                if not is_figure(row[place]):
                    yield f"has {in_brief(row[place])} in the column {name} of row {number}, which is no number"
                    break


def _text(file: Path) -> str:
    try:
        return read_text_file(file, BY_FPRAY)
    except Unreadable as why:
        raise refuse(str(file), f"is no {layout.RESULTS_CSV}: {why}", Cause.DAMAGED) from None
    except OSError as error:
        raise refuse(str(file), f"cannot be read: {error.strerror}", Cause.SUITE) from None


def _measured(outputs: Iterable[str]) -> list[str]:
    """fpray's own columns beside the outputs of a file."""
    prefixes = dict.fromkeys(OUTPUT.sub("", name) for name in outputs)
    by_output = [f"{prefix}.{name}" if prefix else name for prefix in prefixes for name in MEASURED]
    return [*by_output, *MEASURED_TOGETHER]


def _rows(values: Mapping[str, Sequence[Any]], inputs: Sequence[str], others: Sequence[str], count: int) -> list[Row]:
    """The rows with the columns that fpray's tables have; a repeat is a row with the same parameters as an earlier.

    What the file itself has of these columns, such as one that was made from a table of fpray, is taken from it.

    others: columns of which nothing is known.
    """
    repeats = Counter[tuple[Any, ...]]()
    rows = []
    for number in range(count):
        cells = {name: column[number] for name, column in values.items()}
        point = tuple(cells[name] for name in inputs)
        numbers = {columns.TRIAL: layout.trial_number(number + 1), columns.REPEAT: repeats[point]}
        last = dict.fromkeys(LAST) | {columns.STATUS: Status.FINISHED.value}  # it has no row of any other trial
        rows.append({**dict.fromkeys(FIRST), **numbers, **dict.fromkeys(others), **last, **cells})
        repeats[point] += 1
    return rows


def _directories(path: Path, count: int) -> dict[str, Path]:
    """Trial -> its directory: FrankenPaxos runs one after the other, and appends a row when each has ended."""
    numbers = [layout.trial_number(number + 1) for number in range(count)] if path.is_dir() else []
    return {number: path / number for number in numbers if (path / number).is_dir()}


def _provenance(path: Path) -> dict[str, Any]:
    """What FrankenPaxos wrote down of a suite: the arguments of its command."""
    try:
        arguments = read_json_file(path / layout.ARGS, BY_FPRAY)
    except (Unreadable, OSError):
        return {}
    return {"args": arguments}
