"""What `suite.json` and `trial.json` hold, typed: of this version of fpray and of every earlier one."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal, TypedDict

from fpray.files.atomic import write_json
from fpray.files.rules import between
from fpray.files.suite_file import SCHEMA, Damaged, read_suite_file, typed_content
from fpray.node.fact_types import MachineFacts

COUNT = between(0, 10**12)
SWEEP, PILOT = "sweep", "pilot"  # kinds of suites; another command names its own


class JarRecord(TypedDict, total=False):
    """The jar that a suite runs; the first version of fpray wrote its name only."""

    name: str  # `reference`, or its file name
    path: str
    sha256: str
    version: str


class Provenance(TypedDict, total=False):
    """Where the numbers of a suite come from, see `fpray.jar.provenance`; no entry of a checkout or driver is read."""

    command: str
    directory: str
    checkout: Mapping[str, Any] | None  # of the directory
    fpray_checkout: Mapping[str, Any] | None
    jar: JarRecord
    java: str
    python: str
    packages: dict[str, str]  # package -> version
    driver: Mapping[str, str]


MachineNote = Literal["set_aside", "doubted"]


class RunRecord(TypedDict, total=False):
    """One run of the driver on a suite."""

    started: str
    provenance: Provenance
    ray: Mapping[str, str]  # address, version
    jar_sent_to: list[str]
    machines: dict[str, MachineFacts]
    set_aside: dict[str, str]  # machine -> why it was not used any more
    doubted: dict[str, str]  # machine -> why it may be slower than others


class OrderRecord(TypedDict):
    """In which order the trials of a suite run."""

    kind: str
    seed: int


class TrialProvenance(TypedDict, total=False):
    """How a trial was run, as it is shown."""

    jar: str
    jar_sha256: str
    java: str
    jvm_args: str
    flags: str
    debugged: str  # of a trial of `fpray debug`: the process in the debugger


class TrialRecord(TypedDict):
    """What `trial.json` holds: which trial a directory is of, and what it was run with."""

    schema: int
    id: str
    protocol: str
    params: Mapping[str, Any]
    repeat: Annotated[int, COUNT]
    provenance: TrialProvenance


@dataclass(kw_only=True)
class SuiteRecord:
    """What `suite.json` holds. Entries that this version does not know are kept.

    Attributes:
        key: equal for commands that continue this suite; "" if unknown.
        protocol, study: their names.
        points: what was requested, one entry for each `TrialSelection`.
        jar: the jar that its trials run.
        settings: what changes numbers and is no parameter, by the entries of options (`fpray/driver/compared.py`) and
            with those that this version does not know; `suite.json` has them beside the others.
        provenance: where the numbers come from.
        runs: the driver's runs, the latest last.
        kind: `sweep`, `pilot`, or another command.
        of_source: what the source of its trials adds or changes, under keys of its own; `of_others` has what was read.
        order: in which order trials run, see `fpray.study.order`.
        planned: how many trials its points have; 0 if unknown.
        study_files: the study files of its points: path -> SHA-256 of what they were when trials last ran.
        figure: what `fpray plot` draws of it, see `fpray.study.Study`.
        as_read: the content of the file that it was read from.
    """

    schema: int = SCHEMA
    key: str = ""
    protocol: str
    study: str = ""
    points: list[dict[str, Any]]
    jar: JarRecord
    settings: dict[str, Any] = field(default_factory=dict)
    provenance: Provenance = field(default_factory=Provenance)
    runs: list[RunRecord] = field(default_factory=list)
    kind: str = SWEEP
    of_source: dict[str, Any] = field(default_factory=dict)
    order: OrderRecord | None = None
    planned: Annotated[int, COUNT] = 0
    study_files: dict[str, str] = field(default_factory=dict)
    figure: Mapping[str, str | list[str]] = field(default_factory=dict)
    as_read: dict[str, Any] = field(default_factory=dict, repr=False)

    @staticmethod
    def read(file: Path) -> SuiteRecord:
        """The content of a `suite.json`.

        Raises:
            Damaged: it is damaged, missing, or of a newer version of fpray.
        """
        content = read_suite_file(file, dict[str, Any])
        if content is None:
            raise Damaged(file, "is missing")
        # `null` stands for nothing, as a missing entry does.
        values = {name: content[name] for name in _NAMES if content.get(name) is not None}
        record = typed_content(file, SuiteRecord, values)
        record.settings = {name: value for name, value in content.items() if name not in _NAMES and value is not None}
        record.as_read = content
        return record

    def write(self, file: Path) -> None:
        """Write it to a `suite.json`."""
        write_json(file, self.to_json())

    def to_json(self) -> dict[str, Any]:
        """The content of `suite.json`: what is known, and what was read and is not known, in the order read."""
        entries: dict[str, Any] = {}
        for name in _ORDER:
            value = getattr(self, name)
            entries |= value if name in _OF_OTHERS else {name: value}
        return self.as_read | {
            name: value
            for name, value in entries.items()
            if name in self.as_read or name not in _UNLESS or value != _UNLESS[name]
        }

    @property
    def of_others(self) -> Mapping[str, Any]:
        """The entries that only others understand: options, the source of the trials, a newer version of fpray."""
        return {**self.settings, **self.of_source}

    def varied(self) -> list[str]:
        """The parameters that are varied on the command line."""
        grids = [point.get("vary") for point in self.points]
        return list(dict.fromkeys(str(name) for names in grids if isinstance(names, dict | list) for name in names))

    @property
    def command(self) -> str:
        """The command line that was typed last for this suite; "" where it was none."""
        return self.last_run.get("provenance", self.provenance).get("command", "")

    @property
    def last_run(self) -> RunRecord:
        """The latest run of the driver; an empty one if there was none."""
        return self.runs[-1] if self.runs else {}


_ORDER = [f.name for f in dataclasses.fields(SuiteRecord) if f.name != "as_read"]
_OF_OTHERS = {"settings", "of_source"}
_NAMES = frozenset(_ORDER) - _OF_OTHERS
# Entries that a new suite has only if they differ from this; the others are in every suite.
_UNLESS: Mapping[str, Any] = {"key": "", "order": None, "study_files": {}, "figure": {}}
