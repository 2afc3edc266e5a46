"""Trials that go on for as long as a test needs, however slow the machine is: their clients are suspended."""

from __future__ import annotations

import contextlib
from pathlib import Path

from tests.conftest import wait_for
from tests.support.processes import Seen, command_of, directory_of, jvms

# No deadline of a trial passes while its clients are suspended.
PATIENT = (
    "--set", "warmup_duration=200ms", "--set", "warmup_timeout=300s", "--set", "duration=5s", "--set", "timeout=300s",
)  # fmt: skip
# A trial that goes on until the test ends it.
ENDLESS = (*PATIENT[:4], "--set", "duration=600s", "--set", "timeout=900s")
_SOME_ROWS = 2000  # bytes


def hold_clients(directory: Path, count: int = 1) -> list[Seen]:
    """Suspend the first clients that measure below a directory, and return them: a trial has one client."""
    by_pid: dict[int, Seen] = {}

    def holds() -> bool:
        for jvm in jvms(str(directory)):
            if len(by_pid) < count and jvm.pid not in by_pid and "ClientMain" in command_of(jvm) and _measures(jvm):
                jvm.suspend()
                by_pid[jvm.pid] = jvm
        return len(by_pid) >= count

    wait_for(holds, 200, f"{count} clients below {directory}")
    return list(by_pid.values())


def _measures(client: Seen) -> bool:
    """Whether it has recorded requests: one that is not ready in time, or that none answers, has no result."""
    with contextlib.suppress(OSError):
        directory = directory_of(client)
        return directory is not None and (directory / "client_0_data.csv").stat().st_size > _SOME_ROWS
    return False


def release(clients: list[Seen]) -> None:
    """Let them go on."""
    for client in clients:
        client.resume()
