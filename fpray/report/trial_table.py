"""The trials of a suite as a table: what varies, the main numbers, the status."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from fpray.protocol.protocol import Protocol
from fpray.recorder.columns import THROUGHPUT, measured_latency
from fpray.report.limits import LIMITED_BY, limit_cell
from fpray.report.table import print_table
from fpray.store.bottleneck import KIND
from fpray.store.columns import JAR, REPEAT, STATUS, TRIAL
from fpray.store.outcome import Outcome
from fpray.store.suite_record import TrialRecord
from fpray.store.trial_directory import TrialDirectory
from fpray.store.trial_params import flat_params

TrialRows = Sequence[tuple[TrialDirectory, TrialRecord, Outcome | None]]


def print_trials(protocol: Protocol[Any], trials: TrialRows) -> None:
    """Print a row for each trial; repeats and jars have a column if they differ, limits if any is known."""
    flat = [flat_params(trial["params"]) for _, trial, _ in trials]
    names = dict.fromkeys(name for row in flat for name in row)
    varied = [name for name in names if len({str(row.get(name)) for row in flat}) > 1]
    columns = list(_measured_columns(protocol, trials))
    repeats = any(trial["repeat"] for _, trial, _ in trials)
    limits = any(outcome and outcome.results.get(KIND) for _, _, outcome in trials)
    jars = len({trial["provenance"].get("jar") for _, trial, _ in trials}) > 1
    titles = [title for title, _, _ in columns]
    headings = [TRIAL, *varied, *[REPEAT] * repeats, *titles, *[LIMITED_BY] * limits, *[JAR] * jars, STATUS]
    rows = []
    for (directory, trial, outcome), params in zip(trials, flat, strict=True):
        cells = [directory.number, *(str(params.get(name, "-")) for name in varied)]
        cells += [str(trial["repeat"])] * repeats
        cells += [
            number_text(outcome.results.get(column) if outcome else None, digits) for _, column, digits in columns
        ]
        cells += [limit_cell(outcome.results if outcome else {})] * limits
        cells += [trial["provenance"].get("jar", "-")] * jars
        latest = outcome or directory.latest()
        rows.append([*cells, latest.status.value if latest else "unfinished"])
    print_table(headings, rows, left_columns=(TRIAL, LIMITED_BY, STATUS))


def _measured_columns(protocol: Protocol[Any], trials: TrialRows) -> Iterator[tuple[str, str, int]]:
    """(heading, column, digits) of each output that has numbers."""
    for label, prefix in protocol.outputs.items():
        columns = main_columns(prefix, label or "")
        if any(outcome and outcome.results.get(columns[0][1]) is not None for _, _, outcome in trials):
            yield from columns


def main_columns(prefix: str, label: str) -> list[tuple[str, str, int]]:
    """(heading, column, digits) of the main numbers of an output; prefix: of its columns, label: of its requests."""
    columns = [
        ("throughput /s", f"{prefix}{THROUGHPUT}", 0),
        ("median ms", f"{prefix}{measured_latency('median')}", 4),
        ("p99 ms", f"{prefix}{measured_latency('p99')}", 4),
    ]
    return [(f"{label} {title}" if prefix else title, column, digits) for title, column, digits in columns]


def number_text(value: Any, digits: int) -> str:
    """A main number as it is shown; `-` where there is none."""
    if not isinstance(value, int | float):
        return "-" if value is None else str(value)
    return f"{value:,.0f}" if digits == 0 else f"{value:.{digits}g}"
