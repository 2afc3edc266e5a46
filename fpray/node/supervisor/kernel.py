"""What a supervisor asks of the kernel for itself: prctl, and a priority without Ray's nice value and OOM score."""

# ruff: noqa: PTH123 -- pathlib would double the time that a supervisor takes to start
from __future__ import annotations

import ctypes
import os

PR_SET_PDEATHSIG, PR_SET_NAME, PR_SET_CHILD_SUBREAPER = 1, 15, 36
_libc = ctypes.CDLL(None, use_errno=True)


def prctl(option: int, value: int | bytes) -> None:
    """Call prctl(2); raises OSError."""
    if _libc.prctl(option, value, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def reset_priority() -> None:
    """Undo Ray's nice 15 and OOM score 1000, if permitted, and the batch policy of fpray's own processes.

    For this process and those that it will fork.
    """
    try:
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
    except OSError:
        pass  # a container may forbid the choice; then batch was not chosen either
    try:
        os.setpriority(os.PRIO_PROCESS, 0, 0)
    except OSError:
        pass  # only root, or RLIMIT_NICE, may lower it again
    try:
        with open("/proc/self/oom_score_adj") as file:
            is_victim = int(file.read()) > 0
        if is_victim:
            with open("/proc/self/oom_score_adj", "w") as file:
                file.write("0")
    except OSError:
        pass
