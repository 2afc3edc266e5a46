"""A temporary directory that is locked while its process lives; that of a killed process is removed by the next one."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from fpray.files.directory_lock import locked
from fpray.files.user_directory import user_directory


@contextlib.contextmanager
def locked_directory(prefix: str, *, abandoned_s: float = 0.0) -> Iterator[Path]:
    """A new directory in the user's own one, removed after the block.

    prefix: of its name. abandoned_s: how old a directory without a lock must be to be removed.

    Raises:
        Refused: the user has no directory of their own.
        OSError: it cannot be made.
    """
    top = user_directory()
    _remove_abandoned(top, prefix, abandoned_s)
    with locked(top):  # no other process takes it for abandoned before it is locked
        path = Path(tempfile.mkdtemp(prefix=prefix, dir=top))
        lock = lock_of(path)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)
        os.close(lock)


def lock_of(directory: Path) -> int:
    """Lock a directory until the returned file is closed. While it is locked, systemd-tmpfiles leaves it alone.

    Source: tmpfiles.d(5), on BSD file locks: it takes a shared one, and skips a directory where it cannot have that.
    Where it looks at the directory just now, this waits until it is through.

    Raises:
        OSError: there is no such directory, or it cannot be locked.
    """
    lock = _open(directory)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
    except OSError:
        os.close(lock)
        raise
    return lock


def remove_if_abandoned(directory: Path) -> None:
    """Remove a directory of a process that has ended.

    Raises:
        OSError: the process lives, or the directory is gone.
    """
    lock = _open(directory)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(directory, ignore_errors=True)
    finally:
        os.close(lock)


def _open(directory: Path) -> int:
    return os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)


def _remove_abandoned(top: Path, prefix: str, age_s: float) -> None:
    for path in top.glob(f"{prefix}*"):
        with contextlib.suppress(OSError), locked(top):
            if time.time() - path.lstat().st_mtime >= age_s:
                remove_if_abandoned(path)
