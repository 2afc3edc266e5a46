"""A machine's lock: at most one trial at a time runs on a machine, of all sweeps on the cluster."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path


class MachineLock:
    """A lock file; the lock dies with its holder. Keyed by network namespace: what shares ports shares a machine."""

    def __init__(self) -> None:
        self._fd: int | None = None

    def acquire(self, holder: str, *, shared: bool = False) -> str | None:
        """Lock the machine, or return its present holder, a sentence. Acquiring it twice is acquiring it once.

        A shared lock admits other shared ones.
        """
        if self._fd is not None:
            return None
        path = Path("/tmp") / f"fpray-machine-{os.stat('/proc/self/ns/net').st_ino}.lock"  # noqa: PTH116
        try:
            fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        except OSError:
            return None  # another user's file in a sticky /tmp: what cannot be shared cannot be asked
        try:
            fcntl.flock(fd, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except OSError:
            present = os.pread(fd, 300, 0).decode(errors="replace").strip()
            os.close(fd)
            return present or "another sweep"
        os.ftruncate(fd, 0)
        os.pwrite(fd, f"{holder}\n".encode(), 0)
        self._fd = fd
        return None

    def release(self) -> None:
        """Let other trials have the machine. May be repeated."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None
