"""A lock on a directory, between the processes of one machine."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def locked(directory: str | Path) -> Iterator[None]:
    """Keep this lock for the block; every other process that asks for it waits.

    Raises:
        OSError: the directory cannot be opened or locked.
    """
    import fcntl  # POSIX only; reading suites works without

    fd = os.open(directory, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX)
        yield
    finally:
        os.close(fd)
