"""Programs that tests start, and short forms of starting them."""

from __future__ import annotations

import hashlib
import sys
import time
from pathlib import Path

from fpray.node import ports
from fpray.node.messages import Failure, ProcessSpec
from fpray.node.processes import Processes
from tests.conftest import wait_for
from tests.support.patience import LONG

PYTHON = (sys.executable, "-I", "-S", "-c")
LISTEN = """
import socket, sys, time
sockets = []
for word in sys.argv[1:]:
    host, port, delay = word.split(",")
    time.sleep(float(delay))
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    it = socket.socket(family)
    if family == socket.AF_INET6: it.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    it.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        it.bind((host, int(port))); it.listen()
    except OSError as error:
        print("bind failed:", error, flush=True)  # and it lives on, as the jar does
    sockets.append(it)
time.sleep(1000)
"""
TRAP = 'trap "{}" TERM; echo up; while :; do sleep 0.02; done'


def spec(label: str, trial: str, *argv: str, **options: object) -> ProcessSpec:
    return ProcessSpec(label, argv or ("sleep", "1000"), trial, **options)  # type: ignore[arg-type]


def listener(label: str, trial: str, *words: str, at: tuple[tuple[str, int], ...]) -> ProcessSpec:
    return spec(label, trial, *PYTHON, LISTEN, *words, listens=at)


def start(processes: Processes, *specs: ProcessSpec) -> None:
    assert processes.start(specs) is None


def read(trial: str, name: str) -> str:
    return (Path(trial) / name).read_text()


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def wait_for_text(path: Path, text: str) -> None:
    wait_for(lambda: path.exists() and text in path.read_text(), LONG, f"{text!r} in {path.name}")


def timed(call: object, *arguments: object) -> tuple[float, Failure | None]:
    begin = time.monotonic()
    value = call(*arguments)  # type: ignore[operator]
    return time.monotonic() - begin, value


def wait_for_listener(port: int) -> None:
    wait_for(lambda: port in [socket.port for socket in ports.listeners()], LONG, f"a listener on {port}")
