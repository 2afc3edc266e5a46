"""What a sweep under way tells those who look at it from outside: `progress.json` and `driver.log` in its suite."""

from __future__ import annotations

import contextlib
import os
import socket
import textwrap
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from fpray.files import layout
from fpray.files.atomic import read_json, write_json

RUNNING, FINISHED, STOPPED, FAILED = "running", "finished", "stopped", "failed"
_MOST_LINES = 8  # trials under way that are shown one by one
# What changes within this time of a write is written after it, all at once: with two hundred trials side by side,
# something changes every few milliseconds.
_APART_S = 1.0


def clock(seconds: float) -> str:
    """`0:01:05`, whole seconds."""
    return str(timedelta(seconds=round(seconds)))


@dataclass(frozen=True)
class Step:
    """What a trial does, or what is done before any: since when (seconds since 1970), and for how long by plan."""

    stage: str
    since: float
    planned_s: float | None = None
    number: str = ""

    def words(self, now: float) -> str:
        """Its stage, and how far that is."""
        spent = now - self.since
        if self.planned_s:
            return f"{self.stage} {min(spent, self.planned_s):.0f} of {self.planned_s:.0f} s"
        return f"{self.stage} ({spent:.0f} s)" if spent > 1 else self.stage


@dataclass(frozen=True)
class Snapshot:
    """How a sweep stands; times are seconds since 1970.

    Attributes:
        state: running, finished (every trial has ended), stopped (by its user), failed (it could not go on).
        done, total, failed: trials that have ended for good, that there are, that ended otherwise than finished.
        remaining_s: how long the rest takes, when this was taken.
        standing: what a search knows so far.
        before: what is done while no trial is under way.
        under_way: what each trial under way does.
        log_from: where in driver.log this run begins, bytes.
        says, exit_code: the last words, when it is over.
    """

    done: int
    total: int
    failed: int
    began: float
    remaining_s: float
    standing: str
    before: Step
    under_way: Sequence[Step]
    log_from: int = 0
    state: str = RUNNING
    says: str = ""
    exit_code: int | None = None
    updated: float = field(default_factory=time.time)
    pid: int = field(default_factory=os.getpid)
    host: str = field(default_factory=socket.gethostname)

    @staticmethod
    def from_json(content: Mapping[str, Any]) -> Snapshot:
        """The snapshot that was written."""
        before, under_way = Step(**content["before"]), [Step(**step) for step in content["under_way"]]
        return Snapshot(**{**content, "before": before, "under_way": under_way})

    def counts(self) -> dict[str, int]:
        """How many trials there are, have ended, and have failed."""
        return {"done": self.done, "total": self.total, "failed": self.failed}

    def block(self, now: float, width: int = 10_000) -> str:
        """The live block, some lines, on a terminal of so many columns."""
        return "\n  ".join(line for said in (self.standing, *self._doing(now)) for line in _fitted(said, width - 4))

    def _doing(self, now: float) -> list[str]:
        if not self.under_way:
            return [self.before.words(now)]
        remaining = max(0.0, self.remaining_s - (now - self.updated))
        times = f"{clock(now - self.began)} elapsed, {clock(remaining)} to go"
        done = f"{self.done} of {self.total} done"
        if len(self.under_way) == 1:
            (step,) = self.under_way
            return [f"trial {step.number} · {done} · {step.words(now)} · {times}"]
        lines = [f"{done} · {len(self.under_way)} trials side by side · {times}"]
        lines += [f"  trial {step.number} · {step.words(now)}" for step in self.under_way[:_MOST_LINES]]
        if len(self.under_way) > _MOST_LINES:
            lines.append(f"  and {len(self.under_way) - _MOST_LINES} more")
        return lines


def _fitted(sentence: str, width: int) -> list[str]:
    """Its parts, which ` · ` separates, in lines of at most so many columns; only a part that is longer is broken."""
    lines: list[str] = []
    for part in filter(None, sentence.split(" · ")):
        if lines and len(lines[-1]) + 3 + len(part) <= width:
            lines[-1] += f" · {part}"
        else:
            lines += textwrap.wrap(part, max(20, width))
    return lines


def read_snapshot(suite: Path) -> Snapshot | None:
    """How the latest run of a suite stood when it last said so; None where it never did, or in other words."""
    with contextlib.suppress(TypeError, KeyError):
        content = read_json(suite / layout.PROGRESS)
        return Snapshot.from_json(content) if content else None
    return None


class Pulse:
    """Writes a suite's `progress.json` when something has changed, at most once a second, and `driver.log`.

    In a thread of its own, which sleeps unless something changes: a slow file system keeps nobody from running trials.
    """

    def __init__(self, suite: Path, snapshot: Callable[[], Snapshot]) -> None:
        self._suite, self._snapshot = suite, snapshot
        self._changed, self._over = threading.Event(), threading.Event()
        writing = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
        try:
            self._log = os.open(suite / layout.DRIVER_LOG, writing, 0o666)
        except OSError:
            self._log = os.open(os.devnull, writing)
        self.log_from = os.fstat(self._log).st_size
        self._thread = threading.Thread(target=self._beat, name="pulse", daemon=True)
        self._thread.start()

    def changed(self) -> None:
        """Something has."""
        self._changed.set()

    def log(self, line: str) -> None:
        """Append a line to `driver.log`; where that cannot be written, a sweep goes on without."""
        with contextlib.suppress(OSError):
            os.write(self._log, f"{line}\n".encode(errors="backslashreplace"))

    def take_output(self) -> None:
        """From now on, whatever this process says goes to `driver.log`, and nothing comes from a terminal."""
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        for number in (1, 2):
            os.dup2(self._log, number)

    def stop(self) -> None:
        """Write no more; the suite may go away."""
        self._over.set()
        self._changed.set()
        self._thread.join()

    def last(self, snapshot: Snapshot) -> None:
        """Write how it ended, where the suite is still there."""
        self.stop()
        self._write(snapshot)

    def close(self) -> None:
        """Give back the log."""
        self.stop()
        os.close(self._log)

    def _beat(self) -> None:
        while not self._over.is_set():
            self._changed.wait()
            self._changed.clear()
            if not self._over.is_set():
                self._write(self._snapshot())
            self._over.wait(_APART_S)

    def _write(self, snapshot: Snapshot) -> None:
        with contextlib.suppress(OSError):
            write_json(self._suite / layout.PROGRESS, asdict(snapshot))
