"""Rows of results: a suite's outcomes as `results.csv` (FrankenPaxos's columns) and `results.parquet` (all)."""

from __future__ import annotations

import csv
import functools
import io
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fpray.files import layout
from fpray.files.atomic import replacing, write_text
from fpray.protocol.protocol import Protocol
from fpray.recorder.columns import ABSENT
from fpray.store import columns
from fpray.store.columns import column_types, input_columns, output_columns
from fpray.store.outcome import Outcome, Status
from fpray.store.result_table import Row, aligned, names_of, table_of, utf8
from fpray.store.suite import Suite
from fpray.store.suite_record import TrialRecord
from fpray.store.trial_directory import TrialDirectory
from fpray.store.trial_params import flat_params, read_params


@dataclass(frozen=True)
class EndedTrial:
    """A trial that ended: where it is, what it was run with, and its outcome.

    Attributes:
        params: None if they are not those of today's protocol.
        inputs: the input columns of its row.
    """

    directory: TrialDirectory
    record: TrialRecord
    params: Any | None
    inputs: Row
    outcome: Outcome


def ended_trials(
    suite: Suite, protocol: Protocol[Any] | None, params: Mapping[str, Any] | None = None
) -> list[EndedTrial]:
    """Each trial that ended, once, in the order in which they ended.

    protocol: None if it is not installed. params: trial id -> parameters, of trials with parameters at hand; to read
    those of thousands takes seconds.
    """
    params_by_id, columns_of = params or {}, functools.cache(input_columns)  # repeats have the same
    trials = []
    for directory, record, outcome in suite.outcomes():
        if outcome is not None:
            own = params_by_id.get(record["id"])
            if own is None and protocol is not None:
                own = read_params(protocol, record)
            inputs = columns_of(own) if own is not None else flat_params(record["params"])
            trials.append(EndedTrial(directory, record, own, inputs, outcome))
    return sorted(trials, key=lambda trial: trial.directory.ended_ns())


def csv_row(protocol: Protocol[Any], params: Any, outcome: Outcome) -> Row:
    """FrankenPaxos's row of a trial: inputs, then outputs; -1.0 where nothing was recorded."""
    return _csv_row(protocol, input_columns(params), outcome)


def _csv_row(protocol: Protocol[Any], inputs: Row, outcome: Outcome) -> Row:
    return inputs | {name: outcome.results.get(name, ABSENT) for name in output_columns(protocol)}


def full_row(trial: EndedTrial) -> Row:
    """Everything known of a trial in one row: FrankenPaxos's columns, `measured.*`, status, jar, hosts."""
    outcome, provenance = trial.outcome, trial.record["provenance"]
    return {
        columns.TRIAL: trial.directory.number,
        columns.ID: trial.record["id"],
        columns.REPEAT: trial.record["repeat"],
        **trial.inputs,
        **outcome.results,
        columns.STATUS: outcome.status.value,
        columns.REASON: outcome.reason.value,
        columns.DETAIL: outcome.detail,
        columns.DOUBTS: "; ".join(outcome.doubts),
        columns.JVM_ARGS: provenance.get("jvm_args", ""),
        columns.FLAGS: provenance.get("flags", ""),
        columns.JAR: provenance.get("jar", ""),
        columns.HOSTS: " ".join(outcome.hosts),
        columns.WALL_S: outcome.wall_s,
    }


def frankenpaxos_rows(trials: Iterable[EndedTrial], protocol: Protocol[Any]) -> list[Row]:
    """The rows of `results.csv`: of the trials that finished."""
    finished = (trial for trial in trials if trial.outcome.status is Status.FINISHED)
    return [_csv_row(protocol, trial.inputs, trial.outcome) for trial in finished]


def append_csv(suite: Suite, row: Row) -> None:
    """Add one finished trial to `results.csv`, so that it can be watched growing."""
    header, line = csv_text([row]).encode().split(b"\r\n", 1)
    file = os.open(suite.path / layout.RESULTS_CSV, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o666)
    try:
        start = os.pread(file, len(header) + 2, 0)
        if not start:
            os.write(file, header + b"\r\n" + line)
        elif start == header + b"\r\n":
            os.write(file, line)
        # Else other columns (another kind of workload): all rows are written anew at the end.
    finally:
        os.close(file)


def write_results(suite: Suite, protocol: Protocol[Any], params: Mapping[str, Any] | None = None) -> None:
    """Write both files anew from the outcomes on disk: each trial once, in the order in which trials ended.

    params: as for `ended_trials`.
    """
    import pyarrow.parquet as pq

    trials = ended_trials(suite, protocol, params)
    if not trials:
        return
    if rows := frankenpaxos_rows(trials, protocol):
        write_text(suite.path / layout.RESULTS_CSV, csv_text(rows))
    table = table_of([*map(full_row, trials)], column_types(protocol))
    with replacing(suite.path / layout.RESULTS_PARQUET) as partial:
        pq.write_table(table, partial)


def csv_text(rows: Sequence[Row]) -> str:
    """Rows as `results.csv` has them, below a line with their columns."""
    names = names_of(rows)
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(names)
    # Points with different kinds of workload have different columns: blank where a row lacks one.
    writer.writerows(aligned(rows, names, ""))
    return utf8(text.getvalue())
