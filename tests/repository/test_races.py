"""What tests may not do, since it fails one time in a hundred."""

from __future__ import annotations

import re
import signal
import subprocess
from pathlib import Path

import psutil
import pytest

from tests.support.processes import Seen

TESTS = Path(__file__).parents[1]
_ASKS_A_PROCESS = re.compile(r"\.(status|cmdline|children|is_running)\(|psutil\.(Process|process_iter)\(")


def test_processes_that_may_have_ended_are_asked_in_one_place() -> None:
    """psutil raises for a process that ended the moment before, as one did while a test looked for zombies."""
    others = (path for path in TESTS.rglob("*.py") if path != TESTS / "support" / "processes.py")
    asking = {str(path) for path in others if _ASKS_A_PROCESS.search(path.read_text(encoding="utf-8"))}
    assert not asking, "tests.support.processes has a function for each question, and `Seen`"


@pytest.mark.parametrize("send", ["kill", "terminate", "suspend", "resume"])
def test_a_signal_to_a_process_that_has_ended_is_lost(send: str) -> None:
    """As a shell's is; psutil raises."""
    with subprocess.Popen(["sleep", "100"]) as child:
        process = Seen(child.pid)
        child.kill()
    getattr(process, send)()
    process.send_signal(signal.SIGINT)
    with pytest.raises(psutil.NoSuchProcess):
        psutil.Process.send_signal(process, signal.SIGINT)
