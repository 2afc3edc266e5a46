"""Starts Ray nodes as `ray start --block` does; again where Ray gave up on a machine that was too busy for its 30 s."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.support.patience import LONG

TRIES = 4


def start_node(command: Sequence[str], env: Mapping[str, str], log: Path) -> subprocess.Popen[bytes]:
    """A node that runs; its session is that of the process which is returned."""
    for _ in range(TRIES):
        with log.open("wb") as output:
            node = subprocess.Popen(command, env=env, stdout=output, stderr=output, start_new_session=True)
        if _runs(node, log):
            return node
        end_node(node)
    raise AssertionError(log.read_text())


def end_node(node: subprocess.Popen[bytes], seconds: float = 20) -> None:
    """End a node and all of its processes."""
    node.send_signal(signal.SIGTERM)
    try:
        node.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(node.pid, signal.SIGKILL)
        node.wait()


def _runs(node: subprocess.Popen[bytes], log: Path) -> bool:
    until = time.monotonic() + LONG
    while node.poll() is None and time.monotonic() < until:
        if "Ray runtime started" in log.read_text():
            return True
        time.sleep(0.02)
    return False
