"""A suite: the directory of trials that one driver runs at a time."""

from __future__ import annotations

import contextlib
import os
import random
import re
import shutil
import socket
import string
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from fpray.errors import Cause, refuse
from fpray.files import layout
from fpray.files.atomic import write_json, write_text
from fpray.files.disk import remedy, why_not_written
from fpray.files.paths import short_path
from fpray.plan.plan import Trial
from fpray.store import lock
from fpray.store.lock import SuiteHolder
from fpray.store.outcome import Outcome
from fpray.store.suite_record import SuiteRecord, TrialRecord
from fpray.store.trial_directory import TrialDirectory, now
from fpray.store.usual_root import usual_root

_NUMBER = re.compile(r"[0-9]{3,}")


class Suite:
    """A suite directory.

    Attributes:
        record: the content of `suite.json`; `save` writes it.
        fresh: this run has made it.
        after: the suite of the same command that had ended when this one was made.
    """

    def __init__(self, path: Path) -> None:
        """Open the suite at a path.

        Raises:
            FprayError: its `suite.json` is damaged or missing.
        """
        self.path = path
        self.record = SuiteRecord.read(path / layout.SUITE)
        self.fresh = False
        self.after: str | None = None
        self._directories: dict[str, TrialDirectory] | None = None

    @staticmethod
    def create(root: Path, name: str, args: Mapping[str, Any], record: SuiteRecord) -> Suite:
        """Make a new suite directory below `root`.

        Raises:
            Refused: it cannot be written.
        """
        suite_id = "".join(random.SystemRandom().choices(string.ascii_uppercase, k=10))
        path = root / f"{datetime.now(UTC):%Y-%m-%d_%H-%M-%S}_{suite_id}_{name}"
        try:
            path.mkdir(parents=True)
            write_json(path / layout.ARGS, args)
            write_text(path / layout.START_TIME, f"{now()}\n")
            record.write(path / layout.SUITE)
        except OSError as error:
            why = why_not_written(error, root)
            shutil.rmtree(path, ignore_errors=True)
            raise refuse(
                f"-s {short_path(root)}",
                f"cannot hold results: {why}. {remedy(error)}, or name another directory, such as -s ./suites",
                Cause.NOT_WRITABLE,
            ) from None
        suite = Suite(path)
        suite.fresh = True
        return suite

    def save(self) -> None:
        """Write `record` to `suite.json`."""
        self.record.write(self.path / layout.SUITE)

    def write_inputs(self, trials: Sequence[Trial[Any]]) -> None:
        """Write FrankenPaxos's `inputs.txt`, one line of values for each trial."""
        write_text(self.path / layout.INPUTS, "".join(f"{trial.params}\n" for trial in trials))

    def write_stop_time(self) -> None:
        """Write FrankenPaxos's `stop_time.txt`."""
        write_text(self.path / layout.STOP_TIME, f"{now()}\n")

    @property
    def suite_id(self) -> str:
        """The ten letters that name it; its whole name if it has none."""
        match = re.search(r"_([A-Z]{10})(_|$)", self.path.name)
        return match[1] if match else self.path.name

    @property
    def short_name(self) -> str:
        """The shortest name that `fpray show` takes: four letters, or its path if it is not in the usual directory."""
        by_id = self.path.parent == usual_root() and self.suite_id != self.path.name
        return self.suite_id[:4] if by_id else short_path(self.path)

    def identity(self) -> dict[str, str]:
        """How other drivers show this suite: where it is, and what it measures."""
        identity = {"suite": str(self.path), "name": self.suite_id, "host": socket.gethostname()}
        return {**identity, "protocol": self.record.protocol, "study": self.record.study}

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Be the one driver of this suite for the time of a block.

        Raises:
            Refused: another living process is its driver.
        """
        file = lock.acquire(self.path)
        try:
            yield
        finally:
            os.close(file)

    def holder(self) -> SuiteHolder | None:
        """The process that runs this suite now; None if there is none."""
        return lock.holder(self.path)

    def directories(self) -> dict[str, TrialDirectory]:
        """Trial id -> its directory, for every trial that was ever requested, by number."""
        if self._directories is None:
            self._directories = {}
            numbered = [path for path in self.path.iterdir() if _NUMBER.fullmatch(path.name)]
            for path in sorted(numbered, key=lambda p: int(p.name)):
                directory = TrialDirectory(path)
                if trial := directory.trial():
                    self._directories[str(trial["id"])] = directory
        return self._directories

    def directory(self, trial: Trial[Any]) -> TrialDirectory:
        """The directory of a trial; it gets its number, for good, when it is first requested."""
        directories = self.directories()
        if trial.id not in directories:
            # A directory that has no trial.json, since its driver was killed, is used again.
            last = int(next(reversed(directories.values())).number) if directories else 0
            directory = TrialDirectory(self.path / layout.trial_number(last + 1))
            directory.path.mkdir(exist_ok=True)
            directory.identify(trial, {})
            directories[trial.id] = directory
        return directories[trial.id]

    def is_empty(self) -> bool:
        """Whether this run made it, and no trial has started in it: the run was refused, or interrupted."""
        return self.fresh and not self.directories()

    def numbered(self, number: str) -> TrialDirectory:
        """A trial's directory by its number, with or without leading zeros.

        Raises:
            Refused: there is no such trial.
        """
        for directory in self.directories().values():
            if directory.number == number or (number and directory.number.lstrip("0") == number.lstrip("0")):
                return directory
        numbers = [directory.number for directory in self.directories().values()]
        choices = (
            f"its trials are {numbers[0]} to {numbers[-1]}" if numbers else "none has started yet: try again later"
        )
        raise refuse(number or "SUITE/TRIAL", f"suite {self.path.name} has no such trial; {choices}", Cause.TRIAL)

    def outcomes(self) -> Iterator[tuple[TrialDirectory, TrialRecord, Outcome | None]]:
        """Every trial that was ever requested, by number: directory, trial, final outcome."""
        for directory in self.directories().values():
            trial = directory.trial()
            if trial is not None:
                yield directory, trial, directory.outcome()


def remove_if_empty(suite: Suite) -> None:
    """Remove a suite that this run made, if no trial has started in it."""
    if suite.is_empty():
        shutil.rmtree(suite.path, ignore_errors=True)
