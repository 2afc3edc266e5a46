"""What runs beside a measurement gives way to it: fpray's own processes never take a CPU from one at once."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator


def use_batch_scheduling() -> None:
    """Let this process, and what it starts from now on, wait for a CPU until the next tick of the scheduler.

    A batch thread that wakes does not preempt (sched(7)); its share of the CPU stays the same. Ray's processes wake
    some 500 times a second: where every CPU is busy with what is measured, this takes nine tenths of what that costs.
    """
    _set_policy("SCHED_BATCH")


@contextlib.contextmanager
def batch_scheduling() -> Iterator[None]:
    """The same within a block, for a process that is not ours alone, such as a notebook."""
    use_batch_scheduling()
    try:
        yield
    finally:
        _set_policy("SCHED_OTHER")


def _set_policy(name: str) -> None:
    if (policy := getattr(os, name, None)) is None:  # not Linux
        return
    with contextlib.suppress(OSError):  # a container may forbid it, a thread may have ended
        for thread in os.listdir("/proc/self/task"):  # noqa: PTH208
            os.sched_setscheduler(int(thread), policy, os.sched_param(0))
