"""The directory of one trial: what was to run, how it ended, and its earlier attempts."""

from __future__ import annotations

import contextlib
import os
import shutil
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from fpray.files import layout
from fpray.files.atomic import append_text, write_json, write_text
from fpray.files.suite_file import SCHEMA, read_suite_file
from fpray.plan.plan import Plan, Trial
from fpray.protocol.values import to_json
from fpray.store.outcome import Outcome
from fpray.store.suite_record import TrialProvenance, TrialRecord

_MOVING = threading.Lock()  # held while files of earlier attempts move; trials run in threads


def now() -> str:
    """The time in UTC, as FrankenPaxos's start_time.txt holds it."""
    return datetime.now(UTC).isoformat(sep=" ", timespec="microseconds")


class TrialDirectory:
    """The directory of one trial."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.number = path.name
        # What is known is not read again: only the suite's one driver may change it.
        self._final: Outcome | None = None
        self._trial: TrialRecord | None = None

    def file(self, name: str) -> Path:
        """The path of a file in it."""
        return self.path / name

    def latest(self) -> Outcome | None:
        """How its latest attempt ended, final or not; None if it did not end.

        Raises:
            Damaged: its `outcome.json` is.
        """
        # A path as text, here and below: a suite may have 10,000 trials, and pathlib takes as long as the file system.
        return read_suite_file(f"{self.path}/{layout.OUTCOME}", Outcome)

    def outcome(self) -> Outcome | None:
        """Its final outcome; None if it has none."""
        if self._final is None:
            self._remember(self.latest())
        return self._final

    def _remember(self, outcome: Outcome | None) -> None:
        self._final = outcome if outcome and outcome.status.final else None

    def trial(self) -> TrialRecord | None:
        """What `trial.json` holds; None if there is none. Raises Damaged."""
        if self._trial is None:
            self._trial = read_suite_file(f"{self.path}/{layout.TRIAL}", TrialRecord)
        return self._trial

    def identify(self, trial: Trial[Any], provenance: TrialProvenance) -> None:
        """Write `trial.json`: from now on this is the trial's directory."""
        self._trial = TrialRecord(
            schema=SCHEMA,
            id=trial.id,
            protocol=trial.protocol.name,
            params=to_json(trial.params),
            repeat=trial.repeat,
            provenance=provenance,
        )
        write_json(self.file(layout.TRIAL), self._trial)

    def begin(self, trial: Trial[Any], provenance: TrialProvenance) -> None:
        """Archive an earlier attempt and write what is to run."""
        self.archive_attempt()
        self.identify(trial, provenance)
        write_json(self.file(layout.INPUT_JSON), to_json(trial.params))
        write_text(self.file(layout.INPUT_TXT), f"{trial.params}\n")
        write_text(self.file(layout.START_TIME), f"{now()}\n")

    def write_plan(self, plan: Plan) -> None:
        """Write `plan.json` and the plan's files."""
        write_json(self.file(layout.PLAN), plan.to_json())
        for name, text in plan.files.items():
            write_text(self.file(name), text)

    def log(self, line: str) -> None:
        """Append a line with the time to `log.txt`."""
        append_text(self.file(layout.LOG), f"[{now()}] {line}\n")

    def write_piece(self, name: str, offset: int, content: bytes, *, last: bool) -> None:
        """Write a piece of a file that comes from another machine; with the last piece the file gets its name."""
        path = self.file(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(f".{path.name}.partial")
        with partial.open("ab" if offset else "wb") as file:
            file.write(content)
        if last:
            partial.replace(path)

    def add_to_attempt(self, number: str, began: str, directory: Path) -> None:
        """Move files to the attempt of trial `number` that has `began` in its start_time.txt.

        Files that the attempt has already stay as they are.
        """
        trial = self.path.parent / number
        with _MOVING:
            for attempt in (trial, *trial.glob(f"{layout.ATTEMPTS}/*")):
                with contextlib.suppress(OSError):
                    if (attempt / layout.START_TIME).read_text() != began:
                        continue
                    for path in directory.iterdir():
                        if not (attempt / path.name).exists():
                            path.rename(attempt / path.name)

    def commit(self, outcome: Outcome) -> None:
        """Write the outcome; last of all, since its presence means that the trial is over."""
        write_json(self.file(layout.EVENTS), list(outcome.events))
        write_text(self.file(layout.STOP_TIME), f"{now()}\n")
        write_json(self.file(layout.OUTCOME), outcome.to_json())
        with contextlib.suppress(OSError):  # file systems stamp in steps of milliseconds, and two trials may end in one
            os.utime(self.file(layout.OUTCOME), ns=(time.time_ns(), time.time_ns()))
        self._remember(outcome)

    def ended_ns(self) -> int:
        """When it ended, in nanoseconds since the epoch; 0 if it did not."""
        try:
            return os.stat(f"{self.path}/{layout.OUTCOME}").st_mtime_ns  # noqa: PTH116
        except FileNotFoundError:
            return 0

    def archive_attempt(self) -> None:
        """Move what an earlier attempt left to `attempts/<n>`; the directory keeps its `trial.json`."""
        with _MOVING:
            remains = [p for p in self.path.iterdir() if p.name not in (layout.ATTEMPTS, layout.TRIAL)]
            if not remains:
                return
            self._final = None
            attempts = self.file(layout.ATTEMPTS)
            attempts.mkdir(exist_ok=True)
            attempt = attempts / str(layout.next_number(p.name for p in attempts.iterdir()))
            attempt.mkdir()
            if self.file(layout.TRIAL).exists():  # it names the attempt's own jar
                shutil.copy2(self.file(layout.TRIAL), attempt / layout.TRIAL)
            # The outcome goes first: without it the trial is unfinished, even if this is interrupted.
            for path in sorted(remains, key=lambda p: p.name != layout.OUTCOME):
                path.rename(attempt / path.name)
