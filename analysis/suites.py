"""Loads a suite of fpray: from the outcomes on disk, so that a suite that is running or was killed is whole, too."""

from __future__ import annotations

from typing import Any, Final

from fpray.errors import Refused
from fpray.files import layout
from fpray.protocol.protocol import Protocol
from fpray.recorder.columns import ABSENT
from fpray.store.columns import column_types, measured_columns, output_columns
from fpray.store.result_table import Row, names_of, read_results, table_of
from fpray.store.results import EndedTrial, ended_trials, full_row
from fpray.store.suite import Suite
from fpray.study.registry import find_protocol
from fpray_analysis.column_kinds import is_input
from fpray_analysis.loaded import FIRST, LAST, LOOPS, PROTOCOL, Store

_UNTIL: Final = (
    "repeats went on until a throughput was known (--repeat until:SHARE), so an interval of 95 % over them holds it in"
    " 90 % or more"
)


def load_suite(suite: Suite) -> Store:
    """The trials of a suite that ended, whatever version of fpray has made it.

    Raises:
        Refused: a file of the suite is damaged.
    """
    protocol = installed_protocol(suite.record.protocol)
    trials = ended_trials(suite, protocol)
    rows = [_row(trial, protocol, suite.record.protocol) for trial in trials]
    inputs = names_of(trial.inputs for trial in trials)
    remarks = [] if protocol is not None else [_not_installed(suite.record.protocol)]
    if any(point.get("until") for point in suite.record.points):
        remarks.append(_UNTIL)
    source = suite.path / layout.RESULTS_CSV  # which says the same as its trials
    if not rows and (suite.path / layout.RESULTS_PARQUET).exists():  # its table was handed on without the trials
        table = read_results(suite.path)
        inputs = [name for name in table.column_names if is_input(name)]
        return Store(suite.path.name, suite.path, table, inputs, source, {}, _provenance(suite), remarks)
    types = {**(column_types(protocol) if protocol else {}), **FIRST, **LAST}
    table = table_of(rows or [dict.fromkeys(types)], types).slice(0, len(rows))
    directories = {trial.directory.number: trial.directory.path for trial in trials}
    unjudged = [trial.directory.number for trial in trials if not trial.outcome.checks]
    return Store(suite.path.name, suite.path, table, inputs, source, directories, _provenance(suite), remarks, unjudged)


def installed_protocol(name: str) -> Protocol[Any] | None:
    """A protocol by its name; None if it is not installed here."""
    try:
        return find_protocol(name)
    except Refused:
        return None


def _not_installed(protocol: str) -> str:
    return (
        f"the protocol {protocol} is not installed here, so its closed loops (loops) are null, and durations are as"
        " its trials have them"
    )


def _row(trial: EndedTrial, protocol: Protocol[Any] | None, name: str) -> Row:
    row = full_row(trial)
    declared = [*output_columns(protocol), *measured_columns(protocol)] if protocol is not None else []
    values = {key: None if value == ABSENT else value for key, value in trial.outcome.results.items()}
    outputs = dict.fromkeys(declared) | values
    loops = protocol.closed_loops(trial.params) if protocol is not None and trial.params is not None else None
    first = {key: row.pop(key, None) for key in FIRST} | {PROTOCOL: name, LOOPS: loops}
    return {**first, **trial.inputs, **outputs, **row, **outputs}


def _provenance(suite: Suite) -> dict[str, Any]:
    record = suite.record
    last = record.last_run.get("provenance", {})
    machines = {host: facts for run in record.runs for host, facts in run.get("machines", {}).items()}
    own = {
        "jar": record.jar,
        "machines": machines,
        PROTOCOL: record.protocol,
        "study": record.study,
        "figure": record.figure,
    }
    return {**record.provenance, **last, **own}
