"""A container, the first process of which reaps nothing: what ended stays there as a zombie, and counts as gone."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import FPRAY, QUICK, wait_for
from tests.driver.held import ENDLESS
from tests.support.patience import LONG
from tests.support.processes import Seen, below, jvms, lives, name_of

pytestmark = [
    pytest.mark.slow,
    pytest.mark.ray,
    pytest.mark.jvm,
    pytest.mark.skipif(
        os.geteuid() != 0 or shutil.which("unshare") is None, reason="makes a process namespace as root"
    ),
]
# Never waits for a child: Popen objects are kept, and the signal of a child's end is not handled.
FIRST_PROCESS = """
import json, subprocess, sys
kept = []
for line in sys.stdin:
    with open("log", "a") as log:
        kept.append(subprocess.Popen(json.loads(line), stdin=subprocess.DEVNULL, stdout=log, stderr=log))
    print(len(kept), flush=True)
"""
SWEEP = [FPRAY, "sweep", "unreplicated", "--local", "--new", "--vary", "num_client_procs=1"]


class Container:
    """A process namespace with a /proc of its own; the first process starts what it is given."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        command = ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child", sys.executable, "-c", FIRST_PROCESS]
        self._process = subprocess.Popen(
            command, cwd=directory, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
        )

    def start(self, command: list[str]) -> None:
        """Start a process in it."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        words = ", ".join(f'"{word}"' for word in command)
        self._process.stdin.write(f"[{words}]\n")
        self._process.stdin.flush()
        self._process.stdout.readline()

    def log(self) -> str:
        """What has been printed in it."""
        return (self._directory / "log").read_text()

    def inside(self) -> list[Seen]:
        """All processes in it but the first, zombies too."""
        return below(self._process.pid)[1:]

    def living(self) -> list[str]:
        """The names of those that have not ended."""
        return [name_of(process) for process in self.inside() if lives(process)]

    def end(self) -> None:
        """End all of it."""
        self._process.kill()
        self._process.wait()


@pytest.fixture
def container(tmp_path: Path) -> Iterator[Container]:
    """One that lives as long as the test."""
    container = Container(tmp_path)
    yield container
    container.end()


@pytest.mark.parametrize("victim", ["fpray", "fpray-ray"])
def test_zombies_hold_no_machine(victim: str, container: Container, tmp_path: Path) -> None:
    """H1: of a killed driver nothing lives on, and the next sweep does not wait for the machine."""
    container.start([*SWEEP, *ENDLESS])
    wait_for(lambda: len(jvms(str(tmp_path))) == 2, LONG, "server and client")
    processes = {name_of(process): process for process in container.inside()}
    processes[victim].kill()
    if victim != "fpray":
        wait_for(
            lambda: "running it again" in container.log() or "runs again" in container.log(), LONG, "another attempt"
        )
        processes["fpray"].kill()
    wait_for(lambda: not container.living(), LONG, f"the end of {container.living()}")
    assert container.inside(), "they are zombies"
    container.start([*SWEEP, *QUICK])
    wait_for(lambda: "1 finished" in container.log(), LONG, f"the next sweep: {container.log()}")
    assert "waiting for machine" not in container.log()
