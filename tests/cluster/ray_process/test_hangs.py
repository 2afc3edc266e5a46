"""A Ray process that cannot end when its raylet has ended."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import pytest

from fpray.node.supervisor.procfs import Entry, process_table, read_words
from tests.conftest import QUICK, start, wait_for
from tests.support.patience import LONG

pytestmark = [pytest.mark.ray, pytest.mark.jvm, pytest.mark.slow]


def test_it_is_ended_and_the_trial_runs_again(tmp_path: Path) -> None:
    times = (*QUICK[:4], "--set", "duration=10s")
    words = ("sweep", "unreplicated", "--local", "--vary", "num_clients_per_proc=1", *times)
    driver = start(*words, cwd=tmp_path, env={"RAY_ADDRESS": ""})
    raylets = list[Entry]()

    def has_clients() -> bool:
        assert driver.poll() is None
        raylets[:] = _raylet_of(driver)
        return bool(raylets) and bool(list(tmp_path.glob("suites/*/001/client_0_out.txt")))

    wait_for(has_clients, LONG, "a trial that is under way")
    (raylet,) = raylets
    os.kill(raylet.ppid, signal.SIGSTOP)
    os.kill(raylet.pid, signal.SIGKILL)
    _, messages = driver.communicate(timeout=2 * LONG)
    assert driver.returncode == 0, messages
    assert "1 finished" in messages


def _raylet_of(driver: subprocess.Popen[str]) -> list[Entry]:
    """The raylet that a command has started, a child of its Ray process."""
    table = process_table()
    children = {entry.pid for entry in table.values() if entry.ppid == driver.pid}
    of_ray = [entry for entry in table.values() if entry.ppid in children and entry.alive]
    return [entry for entry in of_ray if read_words(entry.pid)[0].endswith(b"/raylet")]
