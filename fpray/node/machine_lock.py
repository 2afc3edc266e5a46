"""A machine's lease: one trial at a time on each machine, whoever's sweep it is of."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path


class MachineLease:
    """A lock file that dies with its holder. Keyed by network namespace: what shares ports shares a machine."""

    def __init__(self) -> None:
        self._fd: int | None = None

    def take(self, holder: str, *, shared: bool = False) -> str | None:
        """Take the lease, or say who holds it. `holder` is what others are told. Taking it twice is taking it once.

        A shared lease lets others in that share it, too.
        """
        if self._fd is not None:
            return None
        path = Path("/tmp") / f"fpray-machine-{os.stat('/proc/self/ns/net').st_ino}.lock"  # noqa: PTH116
        try:
            fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        except OSError:
            return None  # another user's, in a sticky /tmp: what cannot be shared cannot be asked
        try:
            fcntl.flock(fd, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except OSError:
            told = os.pread(fd, 300, 0).decode(errors="replace").strip()
            os.close(fd)
            return told or "another sweep"
        os.ftruncate(fd, 0)
        os.pwrite(fd, f"{holder}\n".encode(), 0)
        self._fd = fd
        return None

    def give_back(self) -> None:
        """Let others have the machine."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None
