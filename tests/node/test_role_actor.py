"""A role actor cleans its machine when it is asked about it."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path

from fpray.node.role_actor import RoleActor
from tests.conftest import wait_for
from tests.support.patience import LONG


def test_what_an_ended_driver_left_behind_is_ended_on_idle_machines_too() -> None:
    """Machines are cleaned when a sweep begins, and when they join, not only those that a trial is about to use."""
    marks = {"FPRAY_DRIVER": "ended", "FPRAY_SUPERVISOR": "1:1", "FPRAY_CHILD": "1"}
    orphan = subprocess.Popen(["sleep", "1000"], env=marks)
    stranger = subprocess.Popen(["sleep", "1000"])
    # A program has its environment a moment after its start.
    wait_for(lambda: b"FPRAY_DRIVER" in Path(f"/proc/{orphan.pid}/environ").read_bytes(), LONG, "the marks")
    actor = RoleActor("test", "127.0.0.1:1", None)
    try:
        assert f"sleep 1000 (process {orphan.pid})" in actor.call("machine", "facts", "java")["left_behind"]
        assert orphan.wait(LONG) == -signal.SIGKILL
        assert stranger.poll() is None
    finally:
        actor.close()
        stranger.kill()
        stranger.wait()
        orphan.kill()
