"""What is missing where a file cannot be written: bytes, inodes or quota; the kernel has one word for the first two."""

from __future__ import annotations

import contextlib
import errno
import os
from pathlib import Path

_REMOVE = "Remove files there that you do not need"  # right for bytes, inodes and a quota
_REMEDIES = {
    errno.ENOSPC: _REMOVE,
    errno.EDQUOT: _REMOVE,
    errno.EROFS: "Mount that file system for writing",
    errno.EACCES: "Correct its permissions",
    errno.EPERM: "Correct its permissions",
}


def why_not_written(error: OSError, place: str | Path) -> str:
    """Why a file cannot be written. place: a directory of the same disk, for an error that names no file."""
    where = error.filename if isinstance(error.filename, str | bytes) else place
    reason = error.strerror or str(error)
    if error.errno == errno.ENOSPC and free_inodes(where) == 0:
        reason = (
            "no more files fit on this disk, because its inodes are used up (df -i shows it): the number of files"
            " counts, not their size"
        )
    elif error.errno == errno.EDQUOT:
        reason = "the disk quota of this user or group is used up (the command quota shows it)"
    return reason


def remedy(error: OSError) -> str:
    """What to do so that a file can be written: the beginning of a sentence."""
    return _REMEDIES.get(error.errno or 0, "Check that disk")


def free_inodes(place: str | bytes | Path) -> int | None:
    """How many more files a disk takes; None where it has no such limit, or is not to be asked."""
    path = Path(os.fsdecode(place)).absolute()
    for directory in (path, *path.parents):
        with contextlib.suppress(OSError):
            facts = os.statvfs(directory)
            return facts.f_favail if facts.f_files else None
    return None
