"""What a message says of a file that cannot be written: why, and what to do about that."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from fpray.files.disk import remedy, why_not_written

REMOVE = "Remove files there that you do not need"


@pytest.mark.parametrize(
    ("number", "why", "what"),
    [
        (errno.ENOSPC, "No space left on device", REMOVE),
        (errno.EDQUOT, "the disk quota of this user or group is used up (the command quota shows it)", REMOVE),
        (errno.EROFS, "Read-only file system", "Mount that file system for writing"),
        (errno.EACCES, "Permission denied", "Correct its permissions"),
        (errno.EIO, "Input/output error", "Check that disk"),
    ],
)
def test_each_cause_has_its_remedy(number: int, why: str, what: str, tmp_path: Path) -> None:
    error = OSError(number, os.strerror(number))
    assert (why_not_written(error, tmp_path), remedy(error)) == (why, what)
