"""The directory of one detached start: nothing stays of it, whichever of its two processes is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from fpray.driver.detach import terminal_leaver
from fpray.files.user_directory import user_directory
from tests.conftest import wait_for
from tests.support.patience import LONG

# The command that the user types; the process that it would start is this test.
WAITING = """
import sys
from fpray.driver.command_words import CommandWords
from fpray.driver.detach import start
class Launched:
    poll = terminate = wait = lambda self: None
def launch(command, variables, scratch):
    print(variables["FPRAY_LEAVING"], flush=True)
    return Launched()
print(start(CommandWords("sweep"), launch)[0])
"""


def _waiting() -> tuple[subprocess.Popen[str], Path]:
    process = subprocess.Popen([sys.executable, "-c", WAITING], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    report = Path(process.stdout.readline().strip())
    assert (report.parent.parent, report.parent.stat().st_mode & 0o777) == (user_directory(), 0o700)
    return process, report


def _report(report: Path, suite: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FPRAY_LEAVING", str(report))
    leave = terminal_leaver()
    assert leave is not None
    assert "FPRAY_LEAVING" not in os.environ
    leave(Path(suite))


def test_the_command_that_waits_removes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    process, report = _waiting()
    _report(report, "suites/one", monkeypatch)
    assert process.communicate(timeout=LONG)[0] == "suites/one\n"
    assert not report.parent.exists()


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_where_that_command_was_killed_the_sweep_removes_it(
    how: signal.Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    process, report = _waiting()
    process.send_signal(how)
    process.communicate(timeout=LONG)
    assert report.parent.exists()
    _report(report, "suites/one", monkeypatch)
    assert not report.parent.exists()


def test_where_both_were_killed_a_later_start_removes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    victim, directory = _waiting()
    victim.kill()
    victim.communicate(timeout=LONG)
    os.utime(directory.parent, (0, time.time() - 90_000))
    process, report = _waiting()
    wait_for(lambda: not directory.parent.exists(), LONG, "what was left")
    _report(report, "suites/one", monkeypatch)
    process.communicate(timeout=LONG)
