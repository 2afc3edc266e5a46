"""Whether there is enough disk space for a trial, and whether an error means that there is not."""

from __future__ import annotations

import errno
import shutil
from pathlib import Path
from typing import Any

from fpray.files.disk import free_inodes
from fpray.plan.estimate import planned_bytes, process_count
from fpray.plan.plan import Trial
from fpray.plan.words import FREE_SPACE

SPARE_BYTES = 50_000_000
FULL_BYTES = 1_000_000  # a disk with less free space is full
SPACE_CHECK_S = 2.0
_FILES, _FILES_OF_PROCESS = 20, 6  # that a trial writes


def needed_bytes(trial: Trial[Any]) -> int:
    """How many bytes must be free before a trial starts."""
    return planned_bytes(trial) + SPARE_BYTES


def shortage(trial: Trial[Any], directory: Path) -> str | None:
    """What a trial needs and the disk of its directory has not, and what to do; None if it fits."""
    where = f"on the disk of this machine at {directory}"
    need, free = needed_bytes(trial), shutil.disk_usage(directory).free
    if free < need:
        few = f"but only {free / 1e6:.0f} MB are free {where}"
        return f"trial {directory.name} needs {need / 1e6:.0f} MB, {few}; {FREE_SPACE}"
    files, inodes = _FILES + _FILES_OF_PROCESS * process_count(trial), free_inodes(directory)
    if inodes is not None and inodes < files:
        few = f"but only {inodes} more files fit (inodes, see df -i) {where}"
        return f"trial {directory.name} needs room for {files} files, {few}; {FREE_SPACE}"
    return None


def is_full_now(directory: Path) -> bool:
    """Whether a disk takes nothing more now."""
    return shutil.disk_usage(directory).free < FULL_BYTES or free_inodes(directory) == 0


def is_full(error: OSError) -> bool:
    """Whether an error means that a disk or a quota is full."""
    return error.errno in (errno.ENOSPC, errno.EDQUOT)
