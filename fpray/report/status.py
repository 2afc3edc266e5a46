"""Sweeps and searches seen from outside: which there are and how they stand, the live display of one, and its end."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fpray.errors import FprayError, refuse
from fpray.files import layout
from fpray.plan.plan import duration_in_words
from fpray.report.snapshot import FAILED, RUNNING, Snapshot, read_snapshot
from fpray.store.find import suites
from fpray.store.lock import Holder
from fpray.store.outcome import Status
from fpray.store.suite import Suite

DIED, UNFINISHED = "died", "unfinished"
_LOOK_S = 0.5
_LINES = 20  # of what was said before, when somebody comes to look


@dataclass(frozen=True)
class Standing:
    """A suite, who runs it now, and how it stood when that was last written down.

    Whether anybody runs it, the lock says: a driver that was killed wrote nothing more.
    """

    suite: Suite
    holder: Holder | None
    snapshot: Snapshot | None

    @staticmethod
    def of(suite: Suite) -> Standing:
        """How a suite stands now."""
        holder = suite.holder()
        snapshot = read_snapshot(suite.path)
        stale = (
            holder is not None and snapshot is not None and (snapshot.pid, snapshot.host) != (holder.pid, holder.host)
        )
        return Standing(suite, holder, None if stale else snapshot)

    @property
    def state(self) -> str:
        """running, finished, stopped, failed, died, or (of a suite that says nothing of itself) unfinished."""
        if self.holder is not None:
            return RUNNING
        if self.snapshot is None:
            done, total, _ = self.counts()
            return "finished" if done >= total else UNFINISHED
        return DIED if self.snapshot.state == RUNNING else self.snapshot.state

    def counts(self) -> tuple[int, int, int]:
        """How many trials have ended for good, how many there are, and how many did not finish."""
        if self.snapshot is not None:
            return self.snapshot.done, self.snapshot.total, self.snapshot.failed
        ended = [outcome.status for _, _, outcome in self.suite.outcomes() if outcome is not None]
        total = max(len(self.suite.directories()), self.suite.record.planned)
        return len(ended), total, sum(status is not Status.FINISHED for status in ended)

    def words(self) -> str:
        """How far it is, and what there is to know."""
        done, total, failed = self.counts()
        parts = [f"{done} of {total} done" + (f", {failed} failed" if failed else "")]
        if self.holder is not None:
            if self.snapshot is not None and self.snapshot.under_way:
                left = max(0.0, self.snapshot.remaining_s - (time.time() - self.snapshot.updated))
                parts.append(f"about {duration_in_words(left)} to go")
            elif self.snapshot is not None:
                parts.append(self.snapshot.before.words(time.time()))
            parts.append(self.holder.words)
        elif self.state == DIED and self.snapshot is not None:
            where = f"process {self.snapshot.pid} on {self.snapshot.host}"
            ago = duration_in_words(time.time() - self.snapshot.updated)
            parts.append(f"{where} was killed after its last word {ago} ago; the same command carries on")
        elif self.state == FAILED and self.snapshot is not None:
            parts.append(self.snapshot.says.splitlines()[0])
        elif self.state != "finished":
            parts.append("the same command carries on")
        return " · ".join(parts)

    def to_json(self) -> dict[str, Any]:
        """The same for programs."""
        done, total, failed = self.counts()
        running = self.snapshot if self.holder is not None else None
        return {
            "suite": str(self.suite.path),
            "letters": self.suite.suite_id,
            "state": self.state,
            "done": done,
            "total": total,
            "failed": failed,
            "remaining_s": running.remaining_s if running and running.under_way else None,
            "pid": self.holder.pid if self.holder else None,
            "host": self.holder.host if self.holder else None,
            "says": self.snapshot.says if self.snapshot and not self.holder else "",
            "exit_code": self.snapshot.exit_code if self.snapshot and not self.holder else None,
        }


def standings(root: Path, damaged: Callable[[FprayError], None] = lambda _why: None) -> list[Standing]:
    """How all suites below a directory stand: those that run first, then the newest; `damaged` as for `suites`."""
    found = [Standing.of(suite) for suite in suites(root, damaged)]
    return sorted(found, key=lambda standing: standing.holder is None)


def status_lines(found: list[Standing]) -> Iterator[str]:
    """A line for each."""
    rows = [(s.suite.suite_id, _name(s.suite), s.state, s.words()) for s in found]
    widths = [max((len(row[column]) for row in rows), default=0) for column in range(3)]
    for row in rows:
        yield "  ".join([*(text.ljust(width) for text, width in zip(row, widths, strict=False)), row[3]])


def _name(suite: Suite) -> str:
    return f"{suite.record.protocol} {suite.record.study}".strip()


def attach(suite: Suite, where: str = "") -> int:
    """Show what a sweep shows, until it ends; its exit code. Ctrl-C ends the showing, not the sweep.

    where: what is to be added to a command that finds it again.

    Raises:
        FprayError: it was killed.
    """
    from fpray.report.live import Live

    standing = Standing.of(suite)
    if standing.holder is None:
        return _ended(standing)
    start = standing.snapshot.log_from if standing.snapshot is not None else 0
    live = Live(lambda width: _block(suite, width)) if sys.stderr.isatty() else None
    try:
        for line in _said(suite, start):
            if live is not None:
                live.print(line)
            else:
                _say(line)
    except KeyboardInterrupt:
        name = f"{suite.suite_id}{where}"
        said = f"detached, and the sweep goes on · fpray attach {name} · fpray stop {name}"
        if live is not None:
            live.close()
            live = None
        _say(said)
        return 0
    finally:
        if live is not None:
            live.close()
    standing = Standing.of(suite)
    return _ended(standing, said=True)


def _block(suite: Suite, width: int) -> str:
    snapshot = read_snapshot(suite.path)
    return snapshot.block(time.time(), width) if snapshot is not None else "starting"


def _said(suite: Suite, start: int) -> Iterator[str]:
    """What a sweep has said since a place in its log, and says until it ends."""
    pending, first = b"", True
    with (suite.path / layout.DRIVER_LOG).open("rb") as log:
        log.seek(start)
        while True:
            over = suite.holder() is None  # asked first: what is said before the end is read after it
            *lines, pending = (pending + log.read()).split(b"\n")
            for line in lines[-_LINES:] if first else lines:
                yield line.decode(errors="backslashreplace")
            first = False
            if over:
                return
            time.sleep(_LOOK_S)


def _ended(standing: Standing, *, said: bool = False) -> int:
    suite, snapshot = standing.suite, standing.snapshot
    if not suite.path.exists():
        return 2  # it was refused, and said why
    if standing.state == DIED:
        raise FprayError(f"{suite.path.name}: {standing.words()}")
    if not said:
        _say(f"{suite.path.name} is not running: {snapshot.says if snapshot else standing.words()}")
    elif snapshot is not None and snapshot.state == FAILED:
        _say(f"fpray: {snapshot.says}")
    code = snapshot.exit_code if snapshot is not None else None
    return code if code is not None else 1


def stop(suite: Suite) -> str:
    """End a sweep as Ctrl-C would, and wait until it has: what was kept, in a sentence.

    Raises:
        Refused: it is run on another machine, or by somebody else.
    """
    holder = suite.holder()
    if holder is None:
        return f"{suite.path.name} is not running: {Standing.of(suite).words()}"
    if not holder.here:
        raise refuse(suite.path.name, f"is run by {holder.words}: type fpray stop {suite.suite_id} there")
    try:
        os.kill(holder.pid, signal.SIGTERM)
    except PermissionError:
        raise refuse(suite.path.name, f"is run by {holder.words}, who is another user") from None
    except ProcessLookupError:
        if suite.holder() is not None:
            said = (
                f"is run by {holder.words}, which is in a container of its own: type fpray stop {suite.suite_id} there"
            )
            raise refuse(suite.path.name, said) from None
    while suite.holder() is not None:
        time.sleep(0.05)
    if not suite.path.exists():
        return "interrupted · nothing was started"
    standing = Standing.of(suite)
    return standing.snapshot.says if standing.snapshot is not None and standing.snapshot.says else standing.words()


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)  # noqa: T201  this is the product's voice
