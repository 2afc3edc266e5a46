"""A lock on a directory, between the processes of one machine."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def locked(directory: str | Path, *, required: bool = True) -> Iterator[None]:
    """Keep this lock for the block; every other process that asks for it waits.

    required: whether the block may not run without the lock. NFS has no lock for a directory.

    Raises:
        OSError: the directory cannot be opened, or a required lock cannot be had.
    """
    fd = os.open(directory, os.O_RDONLY | os.O_CLOEXEC)
    try:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX)
        except OSError:
            if required:
                raise
        yield
    finally:
        os.close(fd)
