"""The states of the suites in a directory, as a list: which sweeps run, how far they are, and how the others ended."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fpray.errors import FprayError
from fpray.plan.words import AGAIN, again, duration_in_words
from fpray.report.sections import SWEEPS, Sections, section_of
from fpray.report.snapshot import FAILED, FINISHED, RUNNING, Snapshot, read_snapshot
from fpray.store.find import suites
from fpray.store.lock import SuiteHolder
from fpray.store.outcome import Status
from fpray.store.suite import Suite

OnDamage = Callable[[FprayError], None]
DIED, UNFINISHED = "died", "unfinished"


@dataclass(frozen=True)
class SuiteState:
    """A suite, the process that runs it now, how it stood when that was last written, and what its trials differ in.

    The lock says whether a process runs it: a driver that was killed wrote nothing more.
    """

    suite: Suite
    holder: SuiteHolder | None
    snapshot: Snapshot | None
    varied: Sequence[str] = ()

    @staticmethod
    def of(suite: Suite, sections: Sections = SWEEPS, on_damage: OnDamage = lambda _why: None) -> SuiteState:
        """The state of a suite now; `on_damage` gets the error of a `progress.json` that cannot be read."""
        holder, snapshot = suite.holder(), read_snapshot(suite.path, on_damage)
        if holder and snapshot and (snapshot.pid, snapshot.host) != (holder.pid, holder.host):
            snapshot = None  # of an earlier driver
        return SuiteState(suite, holder, snapshot, section_of(suite, sections).varied(suite))

    @property
    def state(self) -> str:
        """running, finished, stopped, failed, died, or unfinished (a suite without a snapshot)."""
        if self.holder is not None:
            return RUNNING
        if self.snapshot is None:
            done, total, _ = self.counts()
            return FINISHED if done >= total else UNFINISHED
        return DIED if self.snapshot.state == RUNNING else self.snapshot.state

    def counts(self) -> tuple[int, int, int]:
        """The numbers of trials that have ended for good, of all, and of those that did not finish."""
        last = (0, 0, 0) if self.snapshot is None else (self.snapshot.done, self.snapshot.total, self.snapshot.failed)
        if self.snapshot is not None and self.state != DIED:
            return last
        statuses = [outcome.status for _, _, outcome in self.suite.outcomes() if outcome is not None]
        total = max(len(self.suite.directories()), self.suite.record.planned)
        here = len(statuses), total, sum(status is not Status.FINISHED for status in statuses)
        done, total, failures = map(max, last, here)  # one that was killed may not have written its latest state
        return done, total, failures

    def words(self) -> str:
        """How far it is, and what to do."""
        done, total, failures = self.counts()
        how = again(self.suite.record.command)
        parts = [f"{done} of {total} done" + (f", {failures} of them failed" if failures else "")]
        if self.holder is not None:
            parts += [*self._progress(), self.holder.words]
        elif self.snapshot is not None and self.state == DIED:
            ago = duration_in_words(max(0.0, time.time() - self.snapshot.updated))
            driver = f"the driver (process {self.snapshot.pid} on {self.snapshot.host})"
            parts.append(f"{driver} was killed: it ended without a final report, and last reported {ago} ago; {how}")
        elif self.snapshot is not None and self.state == FAILED:
            parts += self.snapshot.says.replace(AGAIN, how).splitlines()[:1]
        elif self.state != FINISHED:
            parts.append(how)
        return " · ".join([*parts, *([f"varies {', '.join(self.varied)}"] if self.varied else [])])

    @property
    def began(self) -> str:
        """When the suite was made, `2026-11-22 07:37`; empty where its name does not say."""
        match = re.match(r"(\d{4}-\d\d-\d\d)_(\d\d)-(\d\d)", self.suite.path.name)
        return f"{match[1]} {match[2]}:{match[3]}" if match else ""

    def _progress(self) -> Iterator[str]:
        if self.snapshot is not None and self.snapshot.under_way:
            yield f"about {duration_in_words(self.snapshot.remaining(time.time()))} to go"
        elif self.snapshot is not None:
            yield self.snapshot.before.words(time.time())

    def to_json(self) -> dict[str, Any]:
        """The state for programs."""
        done, total, failures = self.counts()
        running = self.snapshot if self.holder is not None else None
        last = self.snapshot if self.holder is None else None
        return {
            "suite": str(self.suite.path),
            "letters": self.suite.suite_id,
            "state": self.state,
            "began": self.began,
            "varied": list(self.varied),
            "done": done,
            "total": total,
            "failed": failures,
            "remaining_s": running.remaining(time.time()) if running and running.under_way else None,
            "pid": self.holder.pid if self.holder else None,
            "host": self.holder.host if self.holder else None,
            "says": last.says if last else "",
            "exit_code": last.exit_code if last else None,
        }


def suite_states(root: Path, sections: Sections = SWEEPS, on_damage: OnDamage = lambda _why: None) -> list[SuiteState]:
    """The states of all suites in a directory: those that run first, then the newest; `on_damage` as for `suites`."""
    states = []
    for suite in suites(root, on_damage):
        try:
            state = SuiteState.of(suite, sections, on_damage)
            state.counts()
        except FprayError as error:  # something in it is damaged: its suite must not hide the others
            on_damage(error)
        else:
            states.append(state)
    return sorted(states, key=lambda state: state.holder is None)


def status_lines(states: Sequence[SuiteState]) -> Iterator[str]:
    """A line for each suite."""
    rows = [
        (s.suite.suite_id, s.began, f"{s.suite.record.protocol} {s.suite.record.study}".strip(), s.state)
        for s in states
    ]
    widths = [max((len(row[column]) for row in rows), default=0) for column in range(4)]
    for row, state in zip(rows, states, strict=True):
        yield "  ".join([*(text.ljust(width) for text, width in zip(row, widths, strict=True)), state.words()])
