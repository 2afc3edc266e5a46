"""Trials that go on for as long as a test needs, however slow the machine is: their clients are suspended."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path

import psutil

from tests.conftest import wait_for
from tests.support.patience import LONG
from tests.support.processes import Seen, command_of, directory_of, jvms, status_of

# No deadline of a trial passes while its clients are suspended. The warm-up is as long as the measurement: a client
# that is suspended in it measures in full afterwards, however late that is.
PATIENT = (
    "--set", "warmup_duration=3s", "--set", "warmup_timeout=300s", "--set", "duration=3s", "--set", "timeout=300s",
)  # fmt: skip
# A trial that goes on until the test ends it.
ENDLESS = (*PATIENT[:4], "--set", "duration=600s", "--set", "timeout=900s")
_SOME_ROWS = 2000  # bytes


def hold_clients(directory: Path, count: int = 1) -> list[Seen]:
    """Suspend the first clients that warm up or measure below a directory, and return them: a trial has one client."""
    by_pid: dict[int, Seen] = {}

    def holds() -> bool:
        for jvm in jvms(str(directory)):
            if len(by_pid) < count and jvm.pid not in by_pid and "ClientMain" in command_of(jvm) and _held(jvm):
                by_pid[jvm.pid] = jvm
        return len(by_pid) >= count

    wait_for(holds, LONG, f"{count} clients below {directory}")
    return list(by_pid.values())


def _held(client: Seen) -> bool:
    """Suspend a client that warms up or has recorded requests. One between them would have no result."""
    if not _pauses(client):
        return False
    client.suspend()
    while status_of(client) not in ("", psutil.STATUS_STOPPED, psutil.STATUS_ZOMBIE):
        time.sleep(0.001)
    if _pauses(client):  # what it has come to cannot change any more
        return True
    client.resume()
    return False


def _pauses(client: Seen) -> bool:
    """Whether it has come to something that a pause does not spoil."""
    with contextlib.suppress(OSError):
        directory = directory_of(client)
        if directory is not None and "Client warmup started." in (log := (directory / "client_0_out.txt").read_text()):
            return "Clients started." not in log or (directory / "client_0_data.csv").stat().st_size > _SOME_ROWS
    return False


def release(clients: list[Seen]) -> None:
    """Let them go on."""
    for client in clients:
        client.resume()
