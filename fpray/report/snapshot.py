"""How a sweep stands, as a value: what `progress.json` holds, and the live block that is drawn from it."""

from __future__ import annotations

import os
import socket
import textwrap
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Annotated

from fpray.errors import FprayError
from fpray.files import layout
from fpray.files.rules import between
from fpray.files.suite_file import Damaged, read_suite_file

RUNNING, FINISHED, STOPPED, FAILED = "running", "finished", "stopped", "failed"
_LISTED = 8  # running trials that are shown one by one
Seconds = Annotated[float, between(-1e11, 1e11)]  # within what a clock can show


def clock(seconds: float) -> str:
    """`0:01:05`, whole seconds."""
    return str(timedelta(seconds=round(seconds)))


@dataclass(frozen=True)
class Phase:
    """What a trial does, or what is done before any trial: since when (seconds since 1970), for how long by plan."""

    stage: str
    since: Seconds
    planned_s: Seconds | None = None
    number: str = ""

    def words(self, now: float) -> str:
        """The stage, and how far it is."""
        seconds = now - self.since
        if self.planned_s:
            return f"{self.stage} {min(seconds, self.planned_s):.0f} of {self.planned_s:.0f} s"
        return f"{self.stage} ({seconds:.0f} s so far)" if seconds > 1 else self.stage


@dataclass(frozen=True)
class Snapshot:
    """How a sweep stands; times are seconds since 1970.

    Attributes:
        state: running, finished (every trial has ended), stopped (by its user), failed (it could not go on).
        done, total, failed: number of trials that have ended for good, of all trials, and of those that did not finish.
        remaining_s: how long the rest takes, from `updated` on.
        standing: what the source of trials knows so far, in a sentence.
        before: what is done while no trial runs.
        under_way: what each running trial does.
        log_from: where in driver.log this run begins, bytes.
        says, exit_code: the last words and the exit code, when it is over.
    """

    done: int
    total: int
    failed: int
    began: Seconds
    remaining_s: Seconds
    standing: str
    before: Phase
    under_way: Sequence[Phase]
    log_from: int = 0
    state: str = RUNNING
    says: str = ""
    exit_code: int | None = None
    updated: Seconds = field(default_factory=time.time)
    pid: int = field(default_factory=os.getpid)
    host: str = field(default_factory=socket.gethostname)

    def remaining(self, now: float) -> float:
        """How long the rest takes from `now` on, in seconds."""
        return max(0.0, self.remaining_s - (now - self.updated))

    def block(self, now: float, width: int = 10_000) -> str:
        """The lines of the live block, on a terminal of `width` columns."""
        return "\n  ".join(line for text in (self.standing, *self._doing(now)) for line in _fitted(text, width - 4))

    def _doing(self, now: float) -> list[str]:
        if not self.under_way:
            return [self.before.words(now)]
        times = f"{clock(now - self.began)} elapsed, {clock(self.remaining(now))} to go"
        done = f"{self.done} of {self.total} done"
        if len(self.under_way) == 1:
            (step,) = self.under_way
            return [f"trial {step.number} · {done} · {step.words(now)} · {times}"]
        lines = [f"{done} · {len(self.under_way)} trials in parallel · {times}"]
        lines += [f"  trial {step.number} · {step.words(now)}" for step in self.under_way[:_LISTED]]
        if len(self.under_way) > _LISTED:
            lines.append(f"  and {len(self.under_way) - _LISTED} more")
        return lines


def _fitted(sentence: str, width: int) -> list[str]:
    """Its parts, separated by ` · `, in lines of at most `width` columns; only a longer part is broken."""
    lines: list[str] = []
    for part in filter(None, sentence.split(" · ")):
        if lines and len(lines[-1]) + 3 + len(part) <= width:
            lines[-1] += f" · {part}"
        else:
            lines += textwrap.wrap(part, max(20, width))
    return lines


def read_snapshot(suite: Path, on_damage: Callable[[FprayError], None] = lambda _why: None) -> Snapshot | None:
    """How the latest run of a suite stood when it last wrote that; None if it never did.

    on_damage: gets the error of a file that cannot be read, for which None is returned, too.
    """
    try:
        return read_suite_file(suite / layout.PROGRESS, Snapshot)
    except Damaged as error:
        on_damage(error)
        return None
