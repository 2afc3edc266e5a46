"""Whether there is enough disk space for a trial, and whether an error means that there is not."""

from __future__ import annotations

import errno
import shutil
from pathlib import Path
from typing import Any

from fpray.plan.estimate import planned_bytes
from fpray.plan.plan import Trial

SPARE_BYTES = 50_000_000
FULL_BYTES = 1_000_000  # a disk with less free space is full
SPACE_CHECK_S = 2.0


def needed_bytes(trial: Trial[Any]) -> int:
    """How many bytes must be free before a trial starts."""
    return planned_bytes(trial) + SPARE_BYTES


def missing_bytes(trial: Trial[Any], directory: Path, *, spare_only: bool = False) -> tuple[int, int] | None:
    """(needed, free) bytes where a trial does not fit on the disk of the suite; None where it fits.

    With `spare_only` the question is whether the disk is full now, not whether another trial fits.
    """
    needed = FULL_BYTES if spare_only else needed_bytes(trial)
    free = shutil.disk_usage(directory).free
    return (needed, free) if free < needed else None


def is_full(error: OSError) -> bool:
    """Whether an error means that a disk or a quota is full."""
    return error.errno in (errno.ENOSPC, errno.EDQUOT)
