"""What the kernel says of CPU time, read twice."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from fpray.node import cpu_use
from fpray.node.cpu_use import Clocks, CpuUse, cpu_use_between, first_reading, read_again
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
    "time.sleep(1000)\n"
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
        service.start([ProcessSpec("sleeper", ("sleep", "1000"), str(tmp_path))], 30)
        use = service.cpu_use(["sleeper", "unknown"], 0, 0.05)
        assert use is not None
        assert use.complete
        assert use.ran_s < 1
        stopping.set()
        assert service.cpu_use(["sleeper"], 60, 60) is None


def test_only_the_cores_that_may_be_used_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """K1: in a container with two of 64 cores, what runs on the others disturbs nothing."""
    stat = (
        "cpu  900 0 0 0 0 0 0 90\ncpu0 100 0 0 0 0 0 0 10\ncpu1 300 0 0 0 0 0 0 30\ncpu2 500 0 0 0 0 0 0 50\nintr 1\n"
    )
    monkeypatch.setattr(cpu_use, "_read", {"/proc/stat": stat}.__getitem__)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: {0, 1})
    assert cpu_use._machine_s() == (400 / os.sysconf("SC_CLK_TCK"), 40 / os.sysconf("SC_CLK_TCK"))


def test_a_kernel_that_has_the_file_and_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """K1: without CONFIG_SCHEDSTATS it says 0 0 0, also of threads that have run."""
    read = cpu_use._read
    monkeypatch.setattr(cpu_use, "_read", lambda path: "0 0 0\n" if "schedstat" in path else read(path))
    first = first_reading([os.getpid()])
    assert cpu_use_between(first, read_again(first)).waited_s is None


@pytest.mark.parametrize(
    ("cgroup", "file", "content"),
    [
        ("0::/a/b\n", "/sys/fs/cgroup/a/cpu.stat", "usage_usec 5\nnr_periods {}\nnr_throttled {}\n"),
        ("3:cpu,cpuacct:/x\n0::/\n", "/sys/fs/cgroup/cpu,cpuacct/cpu.stat", "nr_periods {}\nnr_throttled {}\n"),
    ],
    ids=["v2", "v1"],
)
def test_a_limit_of_cpu_time_that_was_reached(
    cgroup: str, file: str, content: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """K1: `docker run --cpus`, of the cgroup itself or one around it."""
    read, counts = cpu_use._read, [(100, 10), (110, 15)]

    def faked(path: str) -> str:
        if path == file:
            return content.format(*counts.pop(0))
        return cgroup if path == "/proc/self/cgroup" else "" if path.startswith("/sys") else read(path)

    monkeypatch.setattr(cpu_use, "_read", faked)
    first = first_reading([os.getpid()])
    assert cpu_use_between(first, read_again(first)).held_back == 0.5


def test_a_machine_that_sleeps_and_a_clock_that_is_set() -> None:
    """K1: the measured time is by the wall clock; in a laptop that is closed the other clock stands still."""
    first = first_reading([os.getpid()])
    last = read_again(first)
    # This process may be taken off its core between the readings of two clocks.
    assert abs(cpu_use_between(first, last).suspended_s) < LONG
    assert abs(cpu_use_between(first, last).set_s) < LONG
    later = replace(
        last, clocks=Clocks(first.clocks.running + 5, first.clocks.since_boot + 105, first.clocks.wall + 104)
    )
    use = cpu_use_between(first, later)
    assert (round(use.suspended_s, 3), round(use.set_s, 3)) == (100.0, -1.0)
