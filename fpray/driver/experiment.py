"""A request that was checked: what is run, with what, where, how, and what is written. Nothing below sees words."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from fpray.cluster.inventory import Inventory, RayNodes
from fpray.driver.compared import Settings
from fpray.driver.rerun import Rerun
from fpray.driver.selection import TrialSelection
from fpray.files.secret import Secret
from fpray.jar.find import Jar
from fpray.plan.plan import Trial
from fpray.protocol.protocol import Protocol
from fpray.study.study import Study
from fpray.study.study_file import StudyFile
from fpray.trial.instruments import Instrument


@dataclass(frozen=True)
class Environment:
    """What changes numbers and is no parameter: a suite is continued only with the same.

    Attributes:
        jar: the jar; the reference jar is a stand-in until `held_suite` has built it.
        jar_named: whether the user has named it: several machines run no jar that is chosen by default.
        java: the program that starts the JVMs.
        jvm_args, flags: role -> further JVM arguments; role -> flag -> value.
        placement_policy: role (`*`: every other) -> how roles share the machines of their pools.
        instruments: the instruments that the user wants in every trial, by name.
    """

    jar: Jar
    jar_named: bool
    java: str
    jvm_args: Mapping[str, Sequence[str]]
    flags: Mapping[str, Mapping[str, str]]
    placement_policy: Mapping[str, str]
    instruments: Sequence[str]


@dataclass(frozen=True)
class Where:
    """On which machines.

    Attributes:
        address: the address of a Ray cluster, where the user names one.
        local: whether only an embedded Ray will do.
        inventory: which machine serves which pool: what the file of `--cluster` says, or the Ray nodes themselves.
        file: the file of `--cluster`, where there is one.
        scratch: the directory below which machines work, where the user names one.
        remote: whether only the head of the cluster can run the command, because this machine is none of its nodes.
        environment_address: the address in RAY_ADDRESS (`local`: an embedded Ray); planning needs none.
    """

    address: str | None = None
    local: bool = False
    inventory: Inventory = field(default_factory=RayNodes)
    file: Path | None = None
    scratch: str | None = None
    remote: bool = False
    environment_address: str | None = None

    @property
    def ray(self) -> str | None:
        """The address of the Ray cluster that is meant: of `--address`, else of the file's head, else RAY_ADDRESS."""
        return self.address or self.inventory.address or self.environment_address


@dataclass(frozen=True)
class Policy:
    """How trials are run, and which suite they belong to; none of it changes what a trial measures."""

    parallel: int | None
    share_machines: bool
    order: str | None
    retries: int | None
    keep_going: bool
    pilot: bool
    new: bool
    rerun: Sequence[Rerun]
    accept_change: bool


@dataclass(frozen=True)
class Outputs:
    """What is written where, and what the user reads.

    Attributes:
        root, suite: where new suites go; the suite that the user names, to continue it.
        keep_raw, max_output: whether recorder rows are kept, and how many bytes of each output of a process.
        notify: the commands and URLs that are told of the run.
        secrets: the texts among all options of which only a part may be shown.
        command: the command as it was typed, for the provenance.
        remarks: what the user is to read before anything starts.
        arguments: what `args.json` keeps of the options; nothing else reads it.
    """

    root: Path
    suite: Path | None
    keep_raw: bool
    max_output: int
    notify: Sequence[Secret] = ()
    secrets: Sequence[Secret] = ()
    command: str = ""
    remarks: Sequence[str] = ()
    arguments: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Experiment:
    """A request that was checked.

    Attributes:
        kind: the command that continues its suite, such as `sweep`.
        selection: what selects its trials.
        recorded_selection: the same as `suite.json` keeps it, as an entry of `points`.
        study_file: the file that defines the study, if a file does.
        trials: every trial; or, where they are not known in advance, trials like those that will run.
        settings: the options that are compared when a suite is continued.
        key: equal for two commands that continue each other's suite.
        instruments: what joins every trial.
        record, links: what the source of its trials adds to `suite.json`, and which links its suite may hold, by name.
    """

    kind: str
    selection: TrialSelection
    recorded_selection: Any
    protocol: Protocol[Any]
    study: Study
    trials: Sequence[Trial[Any]]
    environment: Environment
    where: Where
    policy: Policy
    outputs: Outputs
    settings: Settings
    key: str
    study_file: StudyFile | None = None
    instruments: Sequence[Instrument] = ()
    record: Mapping[str, Any] = field(default_factory=dict)
    links: ClassVar[Collection[str]] = ()
