"""Trials that go on for as long as a test needs, however slow the machine is: their clients are suspended."""

from __future__ import annotations

from pathlib import Path

import psutil

from tests.conftest import command_of, jvms, wait_for

# No deadline of a trial passes while its clients are suspended.
PATIENT = (
    "--set", "warmup_duration=200ms", "--set", "warmup_timeout=300s", "--set", "duration=1s", "--set", "timeout=300s",
)  # fmt: skip


def hold_clients(directory: Path, count: int = 1) -> list[psutil.Process]:
    """Suspend the first clients that start below a directory, and return them."""
    held: dict[int, psutil.Process] = {}

    def holds() -> bool:
        for jvm in jvms(str(directory)):
            if jvm.pid not in held and "ClientMain" in command_of(jvm):
                jvm.suspend()
                held[jvm.pid] = jvm
        return len(held) >= count

    wait_for(holds, 100, f"{count} clients below {directory}")
    return list(held.values())


def release(clients: list[psutil.Process]) -> None:
    """Let them go on."""
    for client in clients:
        client.resume()
