"""The trials of a report: those that ended, from the loaded results, and those that did not, from the suite."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from fpray.files import layout
from fpray.protocol.protocol import Protocol
from fpray.store import columns
from fpray.store.columns import input_columns
from fpray.store.find import is_suite
from fpray.store.outcome import Outcome, Status
from fpray.store.suite import Suite
from fpray.store.suite_record import TrialRecord
from fpray.store.trial_directory import TrialDirectory
from fpray.store.trial_params import flat_params, read_params
from fpray_analysis.loaded import SUITE, Store
from fpray_analysis.result_set import Results
from fpray_analysis.suites import installed_protocol

UNFINISHED: Final = "unfinished"
_FINE: Final = (Status.FINISHED.value, Status.STOPPED_EARLY.value)
TrialKey = tuple[str, str]  # the name of its store, and its number


@dataclass(frozen=True)
class ReportedTrial:
    """A trial with everything that a report says of it.

    Attributes:
        store: the name of its suite or file.
        row: its columns, as `Results.trials` has them; of a trial that did not end, its parameters.
        status: how it ended; `unfinished` where it did not.
        directory: where its files are; None where its store has none.
        record, outcome: None where its store has none.
        inputs: the columns of its row that are parameters; empty where its store says it.
    """

    store: str
    row: Mapping[str, Any]
    status: str
    directory: TrialDirectory | None = None
    record: TrialRecord | None = None
    outcome: Outcome | None = None
    inputs: Sequence[str] = ()

    @property
    def number(self) -> str:
        """Its number in its store."""
        return str(self.row[columns.TRIAL])

    @property
    def key(self) -> TrialKey:
        """What no other trial of a report has."""
        return self.store, self.number

    @property
    def doubts(self) -> Sequence[str]:
        """Why its numbers may mislead: what its run has written down, and what loading has noticed."""
        of_run = self.outcome.doubts if self.outcome is not None else ()
        text = str(self.row.get(columns.DOUBTS) or "").removeprefix("; ".join(of_run)).removeprefix("; ")
        return [*of_run, *([text] if text else [])]

    @property
    def failed(self) -> bool:
        """Whether it ended otherwise than it should have."""
        return self.status not in (*_FINE, UNFINISHED)

    @property
    def rank(self) -> int:
        """Its place in the table: failures first, then what has not ended, then doubts."""
        return 0 if self.failed else 1 if self.status == UNFINISHED else 2 if self.doubts else 3


def reported_trials(results: Results, stores: Sequence[Store]) -> list[ReportedTrial]:
    """All trials, failures first.

    Raises:
        Damaged: a file of a suite is.
    """
    rows: dict[TrialKey, Mapping[str, Any]] = {}
    for row in results.trials.to_pylist():
        rows[(row.get(SUITE) or stores[0].name, str(row[columns.TRIAL]))] = row
    trials: list[ReportedTrial] = []
    for store in stores:
        own = {number: row for (name, number), row in rows.items() if name == store.name}
        of_suite = list(_of_suite(store, own)) if is_suite(store.path) else []
        numbers = {trial.number for trial in of_suite}
        trials += of_suite
        trials += [_of_row(store, row) for number, row in own.items() if number not in numbers]
    return sorted(trials, key=lambda trial: trial.rank)


def _of_suite(store: Store, rows: Mapping[str, Mapping[str, Any]]) -> Iterator[ReportedTrial]:
    suite = Suite(store.path)
    protocol = installed_protocol(suite.record.protocol)
    for directory, record, final in suite.outcomes():
        outcome = final or directory.latest()
        status = outcome.status.value if outcome is not None else UNFINISHED
        row, inputs = rows.get(directory.number), dict[str, Any]()
        if row is None:
            inputs = _inputs(record, protocol)
            first = {columns.TRIAL: directory.number, columns.REPEAT: record["repeat"]}
            row = {**first, **inputs, columns.JAR: record["provenance"].get("jar")}
        yield ReportedTrial(store.name, row, status, directory, record, outcome, [*inputs])


def _inputs(record: TrialRecord, protocol: Protocol[Any] | None) -> dict[str, Any]:
    """The parameters of a trial that is in no table yet."""
    params = read_params(protocol, record) if protocol is not None else None
    return input_columns(params) if params is not None else flat_params(record["params"])


def _of_row(store: Store, row: Mapping[str, Any]) -> ReportedTrial:
    number = str(row[columns.TRIAL])
    path = store.directories.get(number)
    directory = TrialDirectory(path) if path is not None else None
    return ReportedTrial(store.name, row, str(row[columns.STATUS]), directory)


def log_labels(directory: TrialDirectory) -> list[str]:
    """The processes of a trial that FrankenPaxos has run, by the files that it left of each."""
    end = layout.command_file("")
    return sorted(path.name.removesuffix(end) for path in directory.path.glob(layout.command_file("*")))
