"""Whatever is killed, with SIGKILL and in any order, nothing that was started survives."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from fpray.node.supervisor.procfs import read_entry
from tests.conftest import wait_for
from tests.node.supervisor_owner import CHILDREN, SupervisorOwner, status, survivors
from tests.support.patience import LONG

STUBBORN = ("stubborn", "daemon")
# A supervisor with a grace of an hour, so that a process which does not wait for its end is seen on any machine.
PATIENT = """
import shutil, tempfile
from pathlib import Path
from fpray.node import supervisor_client
folder = Path(tempfile.mkdtemp(dir=directory)) / "fpray" / "node" / "supervisor"
shutil.copytree(supervisor_client._FOLDER, folder)
loop = folder / "event_loop.py"
patient = loop.read_text().replace("END_GRACE_S = 1.0", "END_GRACE_S = 3600.0")
assert patient != loop.read_text()
loop.write_text(patient)
supervisor_client._FOLDER = str(folder)
"""


@pytest.mark.heavy
@pytest.mark.parametrize("kind", [*CHILDREN, "all"])
def test_owner_killed(owner: Callable[..., SupervisorOwner], kind: str) -> None:
    it = owner(*(CHILDREN if kind == "all" else [kind]))
    begin = time.monotonic()
    os.killpg(it.process.pid, signal.SIGKILL)  # as Ray: the whole group of the worker
    it.wait_all_gone()
    if kind in (*STUBBORN, "all"):
        assert time.monotonic() - begin >= 1, "a process that asks for time gets it"


def test_no_process_waits_for_the_end_of_a_grace_that_it_does_not_use(owner: Callable[..., SupervisorOwner]) -> None:
    it = owner(*(kind for kind in CHILDREN if kind not in STUBBORN), prelude=PATIENT)
    os.killpg(it.process.pid, signal.SIGKILL)
    it.wait_all_gone()


@pytest.mark.parametrize("how", ["raylet", "term-supervisor", "close", "exit"])
def test_ways_to_end(owner: Callable[..., SupervisorOwner], how: str) -> None:
    raylet = subprocess.Popen(["sleep", "1000"])
    it = owner("plain", "stubborn" if how == "close" else "setsid", raylet=raylet.pid)
    if how == "raylet":
        raylet.kill()  # and not waited for: a zombie, as the raylet of a local Ray is
    elif how == "term-supervisor":
        os.kill(it.supervisor, signal.SIGTERM)
    else:
        it.say(how)
    it.wait_all_gone()
    raylet.kill()
    raylet.wait()
    if how in ("close", "exit"):
        assert it.process.wait(LONG) == 0
    else:
        assert it.process.poll() is None


def test_raylet_gone_before(owner: Callable[..., SupervisorOwner]) -> None:
    raylet = subprocess.Popen(["true"])
    raylet.wait()
    it = owner("plain", raylet=raylet.pid, wait=False)
    assert it.process.wait(LONG) != 0
    assert not survivors(it.driver)


RAY_LIKE = """
import os, signal
os.setpriority(os.PRIO_PROCESS, 0, 15)
open("/proc/self/oom_score_adj", "w").write("1000")
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT, signal.SIGTERM, signal.SIGCHLD, signal.SIGUSR1])
signal.signal(signal.SIGHUP, signal.SIG_IGN)
signal.signal(signal.SIGUSR2, signal.SIG_IGN)
os.environ.update(OMP_NUM_THREADS="1", RAY_X="1", PYTHONPATH="/nowhere", JAVA_TOOL_OPTIONS="-Xint", LC_ALL="C")
os.dup2(os.open("/dev/zero", os.O_RDONLY), 77, inheritable=True)
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may lower its niceness again")
def test_child_is_clean_though_its_owner_is_not(owner: Callable[..., SupervisorOwner]) -> None:
    it = owner("plain", prelude=RAY_LIKE)
    (pid,) = survivors(it.driver)
    (started,) = it.report["started"].values()
    assert started["niceness"] == 0
    assert os.getpriority(os.PRIO_PROCESS, pid) == 0
    assert Path(f"/proc/{pid}/oom_score_adj").read_text().strip() == "0"
    assert os.getpriority(os.PRIO_PROCESS, it.process.pid) == 15, "the owner really was that nice"
    glibcs = 0b11 << 31  # signals 32 and 33: inherited (make ignores them), and a process may not reset them
    assert {int(status(pid)[name], 16) & ~glibcs for name in ("SigBlk", "SigIgn", "SigCgt")} == {0}
    # A program that has just started may have a file of its own open for a moment.
    wait_for(
        lambda: {fd.name for fd in Path(f"/proc/{pid}/fd").iterdir()} == {"0", "1", "2"}, LONG, "only its own files"
    )
    assert str(Path(f"/proc/{pid}/fd/0").readlink()) == "/dev/null"
    assert os.getpgid(pid) == pid
    assert os.getsid(pid) == os.getsid(it.process.pid), "else Linux schedules it as a group apart (autogroup)"
    environ = dict(pair.split("=", 1) for pair in Path(f"/proc/{pid}/environ").read_text().split("\0") if pair)
    assert {"FPRAY_DRIVER", "FPRAY_SUPERVISOR", "LC_ALL", "PATH"} <= set(environ)
    assert not {"OMP_NUM_THREADS", "RAY_X", "PYTHONPATH", "JAVA_TOOL_OPTIONS"} & set(environ)
    supervisor = read_entry(it.supervisor)
    assert supervisor is not None
    assert environ["FPRAY_SUPERVISOR"] == f"{it.supervisor}:{supervisor.start}"


def test_supervisor_is_outside_its_owner(owner: Callable[..., SupervisorOwner]) -> None:
    it = owner("plain", prelude="import os; os.environ['FPRAY_SUPERVISOR'] = '1:1'")
    supervisor, own = read_entry(it.supervisor), read_entry(it.process.pid)
    assert supervisor is not None
    assert own is not None
    assert supervisor.pgid == supervisor.pid != own.pgid
    assert supervisor.sid == own.sid
    assert supervisor.ppid != own.pid
    assert Path(f"/proc/{it.supervisor}/comm").read_text() == "fpray-supervise\n"
    assert b"FPRAY" not in Path(f"/proc/{it.supervisor}/environ").read_bytes(), "else a nested supervisor is an orphan"


@pytest.mark.heavy
def test_idle_supervisor_sleeps(owner: Callable[..., SupervisorOwner]) -> None:
    it = owner("plain", "setsid", "daemon")

    def spent() -> tuple[str, list[str]]:
        lines = Path(f"/proc/{it.supervisor}/status").read_text().splitlines()
        return Path(f"/proc/{it.supervisor}/schedstat").read_text(), [line for line in lines if "ctxt" in line]

    def sleeps() -> bool:
        before = spent()
        time.sleep(1)
        return spent() == before

    assert any(sleeps() for _ in range(10)), "it may still be busy with the start of its processes"
