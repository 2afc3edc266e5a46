"""What the kernel says of CPU time, read twice."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from fpray.node import cpu_use
from fpray.node.cpu_use import CpuUse, cpu_use_between, first_reading, read_again
from fpray.node.messages import ProcessSpec
from fpray.node.process_service import ProcessService
from fpray.node.processes import Processes
from tests.conftest import wait_for
from tests.support.patience import LONG

# It computes in a child of a shell, with threads, as a JVM does behind a wrapper.
BUSY = (
    "import threading, time\n"
    "def work():\n"
    "    while True: pass\n"
    "for _ in range(3): threading.Thread(target=work, daemon=True).start()\n"
    "print('on', flush=True)\n"
    "time.sleep(60)\n"
)


def test_processes_and_the_machine_are_told_apart(tmp_path: Path) -> None:
    """K1: the CPU time of a process and of what descends from it, and the time that its threads waited for a core."""
    command = ["sh", "-c", f'{sys.executable} -c "$0"; :', BUSY]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "on\n"
        first, uses = first_reading([process.pid]), list[CpuUse]()

        def computed() -> bool:
            uses.append(cpu_use_between(first, read_again(first)))
            return uses[-1].ran_s >= 0.3

        wait_for(computed, LONG, "0.3 s of CPU")
    finally:
        os.killpg(process.pid, 9)
        process.wait()
    use = uses[-1]
    assert use.complete
    assert use.cores == len(os.sched_getaffinity(0))
    assert use.ran_s <= use.busy_s + 0.1
    assert use.waited_s is not None
    assert use.waited_s >= 0
    assert not cpu_use_between(first, read_again(first)).complete, "it is gone"


def test_a_kernel_that_counts_less_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """K1: without schedstat or PSI nothing is claimed of waiting."""
    read = cpu_use._read
    monkeypatch.setattr(cpu_use, "_read", lambda path: "" if "schedstat" in path or "pressure" in path else read(path))
    first = first_reading([os.getpid()])
    use = cpu_use_between(first, read_again(first))
    assert (use.waited_s, use.pressed_s) == (None, None)
    assert use.busy_s >= 0


def test_a_trial_that_is_stopped_ends_the_reading(tmp_path: Path) -> None:
    with Processes() as processes:
        service = ProcessService(processes, stopping := threading.Event())
        service.start([ProcessSpec("sleeper", ("sleep", "60"), str(tmp_path))], 30)
        use = service.cpu_use(["sleeper", "unknown"], 0, 0.05)
        assert use is not None
        assert use.complete
        assert use.ran_s < 1
        stopping.set()
        assert service.cpu_use(["sleeper"], 60, 60) is None
