"""Which driver runs a suite: a lock on `suite.lock`, which also says in words what holds it."""

from __future__ import annotations

import contextlib
import os
import re
import socket
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from fpray.errors import Cause, refuse
from fpray.files import layout
from fpray.files.disk import remedy, why_not_written
from fpray.files.paths import short_path
from fpray.files.printable import printable

_HOLDER = re.compile(r"process (?P<pid>[0-9]+) on (?P<host>\S+) since .*")

_KERNEL_LOCK = re.compile(r" FLOCK +ADVISORY +WRITE (?P<pid>[0-9]+) [0-9a-f]+:[0-9a-f]+:(?P<inode>[0-9]+) ")


@dataclass(frozen=True)
class SuiteHolder:
    """The living process that runs a suite: in words, by number, and on which machine."""

    words: str
    pid: int
    host: str

    @property
    def here(self) -> bool:
        """Whether it is on this machine."""
        return self.host == socket.gethostname()

    def has_open(self, suite: Path) -> bool:
        """Whether its process, on this machine, has the lock of the suite open: the words of a file prove nothing.

        Raises:
            ProcessLookupError: there is no such process here.
            PermissionError: it belongs to another user.
        """
        try:
            lock, files = (suite / layout.SUITE_LOCK).stat(), list(Path(f"/proc/{self.pid}/fd").iterdir())
        except FileNotFoundError:
            raise ProcessLookupError from None
        for file in files:
            with contextlib.suppress(OSError):  # it was closed meanwhile
                if os.path.samestat(lock, file.stat()):
                    return True
        return False


def acquire(suite: Path) -> int:
    """Lock a suite until the process ends or the file descriptor, which is returned, is closed.

    Raises:
        Refused: another living process holds the lock, or the suite cannot be written.
    """
    try:
        # No other user may open it: to lock a file for ever, reading is enough.
        lock = os.open(suite / layout.SUITE_LOCK, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        os.fchmod(lock, 0o600)  # an earlier fpray made it readable
    except OSError as error:
        raise refuse(
            str(suite),
            f"cannot be written: {why_not_written(error, suite)}. {remedy(error)}, or"
            " start a new suite (directory of results) elsewhere, such as --new -s /data/suites",
            Cause.NOT_WRITABLE,
        ) from None
    if not _lock(lock):
        words, path = _words(lock), short_path(suite)
        os.close(lock)
        raise refuse(
            suite.name,
            f"is in use by {words}, which runs this sweep. Watch it: fpray attach {path}; end it: fpray stop"
            f" {path}; start another sweep beside it: add --new",
            Cause.IN_USE,
        )
    os.ftruncate(lock, 0)
    words = f"process {os.getpid()} on {socket.gethostname()} since {datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC\n"
    os.pwrite(lock, words.encode(), 0)
    return lock


def holder(suite: Path) -> SuiteHolder | None:
    """The process that runs a suite now; None if there is none."""
    try:
        lock = os.open(suite / layout.SUITE_LOCK, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except PermissionError:
        return _holder_by_kernel(suite)
    except OSError:
        return None  # it was never locked
    try:
        if _lock(lock, exclusively=False):
            return None
        words = _words(lock)
    finally:
        os.close(lock)
    match = _HOLDER.fullmatch(words)
    return SuiteHolder(words, int(match["pid"]) if match else 0, match["host"] if match else "")


def _holder_by_kernel(suite: Path) -> SuiteHolder | None:
    """What holds the lock of another user's suite, as the kernel lists the locks of this machine."""
    try:
        inode, lines = (suite / layout.SUITE_LOCK).stat().st_ino, Path("/proc/locks").read_text().splitlines()
    except OSError:
        return None
    for line in lines:
        if (match := _KERNEL_LOCK.search(line)) and int(match["inode"]) == inode:
            host = socket.gethostname()
            return SuiteHolder(f"process {match['pid']} on {host}", int(match["pid"]), host)
    return None


def _words(file: int) -> str:
    """What holds a lock, as it has written."""
    return printable(os.pread(file, 200, 0).strip()) or "another process"


def _lock(file: int, *, exclusively: bool = True) -> bool:
    """Lock a file, or return False if another process has locked it.

    A process that only asks for the holder locks the file for a moment, so this tries several times.
    """
    import fcntl  # POSIX only; reading suites works without

    for tries in reversed(range(3)):
        try:
            fcntl.flock(file, (fcntl.LOCK_EX if exclusively else fcntl.LOCK_SH) | fcntl.LOCK_NB)
        except OSError:
            if tries:
                time.sleep(0.02)
        else:
            return True
    return False
