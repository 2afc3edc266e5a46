"""The mains of the reference jar as processes of a test: started, waited for, and ended with it."""

from __future__ import annotations

import itertools
import os
import random
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from tests.support.patience import LONG

HOST = "127.0.0.1"
# These tests start many JVMs for a short time: the second compiler would cost more than it brings.
_JVM = ("-Xms100m", "-Xmx100m", "-XX:TieredStopAtLevel=1")
# Tests that run side by side (pytest-xdist) take ports of different ranges.
_WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % 6
_ports = itertools.count(11_000 + 3_000 * _WORKER + random.randrange(1_500))


def free_port() -> int:
    """A port that was free a moment ago."""
    for port in _ports:
        with socket.socket() as probe:
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            return port
    raise AssertionError


def address(port: int) -> str:
    """An address of a config file."""
    return f'{{ host: "{HOST}" port: {port} }}'


def flags(values: dict[str, str]) -> list[str]:
    """The words of a command line."""
    return [word for name, value in values.items() for word in (f"--{name}", value)]


def wait_until(condition: Callable[[], bool], what: str, seconds: float = LONG) -> None:
    """Wait until the condition holds; the bound is for failures, and leaves room for a busy machine."""
    assert holds_within(seconds, condition), f"not within {seconds} s: {what}"


def holds_within(seconds: float, condition: Callable[[], bool]) -> bool:
    """Wait until the condition holds; false if it does not in this time."""
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            return False
        time.sleep(0.01)
    return True


def wait_until_listening(port: int, process: subprocess.Popen[str] | None = None) -> None:
    """Wait until a process accepts connections; fail at once if the process ends."""

    def listens() -> bool:
        assert process is None or process.poll() is None, f"it ended with {process.returncode}"
        with socket.socket() as probe:
            return probe.connect_ex((HOST, port)) == 0

    wait_until(listens, f"a process listens on {port}")


def run(jar: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a main to its end; words: options of the JVM, if any, the main class, and its arguments."""
    return subprocess.run(_command(jar, *words), capture_output=True, text=True, timeout=LONG)


def _command(jar: Path, *words: str) -> list[str]:
    return ["java", *_JVM, "-cp", str(jar), *words]


class Processes:
    """Starts JVMs, and ends them with the test."""

    def __init__(self, jar: Path, directory: Path) -> None:
        self.jar = jar
        self.directory = directory
        self.by_label: dict[str, subprocess.Popen[str]] = {}

    def start(self, label: str, *words: str) -> subprocess.Popen[str]:
        """Start a main with its output in a file, and its standard input open until it ends; words: as for `run`."""
        with (self.directory / f"{label}.out").open("w") as out:
            process = subprocess.Popen(
                _command(self.jar, *words),
                stdin=subprocess.PIPE,
                stdout=out,
                stderr=subprocess.STDOUT,
                text=True,
            )
        self.by_label[label] = process
        return process

    def output(self, label: str) -> str:
        """What a process has printed so far."""
        return (self.directory / f"{label}.out").read_text()

    def stop(self, label: str) -> None:
        """Make a process stand still."""
        self.by_label[label].send_signal(signal.SIGSTOP)

    def wake(self, label: str) -> None:
        """Let a stopped process go on."""
        self.by_label[label].send_signal(signal.SIGCONT)

    def assert_healthy(self) -> None:
        """No process has ended by itself with an error."""
        for label, process in self.by_label.items():
            assert process.poll() in (None, 0, -signal.SIGKILL), f"{label}: {self.output(label)}"

    def end(self) -> None:
        """Kill them all."""
        for process in self.by_label.values():
            process.kill()
        for process in self.by_label.values():
            process.wait()
            if process.stdin:
                process.stdin.close()
