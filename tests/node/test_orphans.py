"""What a killed supervisor left running is found by its mark, and nothing else is."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Callable

import pytest

from fpray.node.orphans import find_orphans, kill_orphans
from fpray.node.supervisor.procfs import process_table, read_entry, with_descendants
from tests.node.supervisor_owner import SupervisorOwner, alive, status, survivors, wait_until


def test_a_killed_supervisor_leaves_orphans_that_are_found_and_killed(owner: Callable[..., SupervisorOwner]) -> None:
    it, other = owner("plain", "stubborn", "setsid", "wrapper", "daemon"), owner("setsid")
    direct = [started["pid"] for started in it.report["started"].values()]
    stranger = subprocess.Popen(["sleep", "1000"], env={"FPRAY": "1", "XFPRAY_SUPERVISOR": "1:1"})
    try:
        os.kill(it.supervisor, signal.SIGKILL)
        wait_until(lambda: not any(alive(pid) for pid in direct))
        rest = survivors(it.driver)
        assert len(rest) == 3, "the setsid sleep, the wrapper's sleep and the daemon"
        assert {orphan.pid for orphan in find_orphans() if orphan.driver == it.driver} == set(rest)
        assert {orphan.pid for orphan in find_orphans(it.driver)} == set(rest)
        assert other.driver not in {orphan.driver for orphan in find_orphans()}, "its supervisor lives"
        assert kill_orphans(other.driver) == []
        victims = kill_orphans(it.driver)
        assert {orphan.pid for orphan in victims} == set(rest)
        assert survivors(it.driver) == []
        assert stranger.poll() is None
        assert len(survivors(other.driver)) == 2
        assert it.process.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def _is_stopped(pid: int) -> bool:
    """Whether a SIGSTOP has taken effect."""
    entry = read_entry(pid)
    return entry is not None and entry.stopped


def test_a_stopped_supervisor_whose_actor_is_gone_is_ended_with_its_processes(
    owner: Callable[..., SupervisorOwner],
) -> None:
    """H3: two or three JVMs lived for ever, and the next attempt ran beside them."""
    it, other = owner("plain", "setsid"), owner("setsid")
    os.kill(it.supervisor, signal.SIGSTOP)
    os.kill(other.supervisor, signal.SIGSTOP)
    try:
        wait_until(lambda: all(_is_stopped(pid) for pid in (it.supervisor, other.supervisor)))
        it.process.kill()
        it.process.wait()
        assert survivors(it.driver)
        before = survivors(other.driver)
        kill_orphans()
        assert survivors(it.driver) == []
        assert not alive(it.supervisor)
        assert survivors(other.driver) == before, "its actor lives"
        assert alive(other.supervisor)
    finally:
        os.kill(other.supervisor, signal.SIGCONT)


def test_unmarked_descendants_of_orphans_are_killed(owner: Callable[..., SupervisorOwner]) -> None:
    it = owner("nameless")
    (shell,) = survivors(it.driver)
    (nameless,) = [entry.pid for entry in process_table().values() if entry.ppid == shell]
    fake = subprocess.Popen(
        ["sh", "-c", "env -i sleep 1000 & wait"],
        env={"FPRAY_SUPERVISOR": "1:1", "FPRAY_DRIVER": it.driver + "x", **os.environ},
    )
    try:
        wait_until(
            lambda: "sleep" in [status(pid).get("Name") for pid in with_descendants([fake.pid], process_table())]
        )
        (child,) = set(with_descendants([fake.pid], process_table())) - {fake.pid}
        assert [orphan.pid for orphan in kill_orphans(it.driver + "x")] == [fake.pid]
    finally:
        fake.kill()
        fake.wait()
    assert not alive(child)
    assert alive(shell)
    assert alive(nameless)


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("unshare"), reason="needs a PID namespace")
def test_processes_of_other_pid_namespaces_are_no_orphans() -> None:
    driver = f"test-{secrets.token_hex(6)}"
    env = {**os.environ, "FPRAY_SUPERVISOR": "1:1", "FPRAY_DRIVER": driver}
    inner = subprocess.Popen(["unshare", "--pid", "--fork", "--kill-child", "env", "sleep", "1000"], env=env)
    try:
        wait_until(lambda: len(survivors(driver)) == 2)
        pids = [orphan.pid for orphan in find_orphans() if orphan.driver == driver]
        assert pids == [inner.pid], "unshare itself is in this namespace, what it runs is not"
    finally:
        inner.kill()
        inner.wait()


def test_looking_for_orphans_is_cheap() -> None:
    """One look at each process: about half as much work as a table of all processes."""
    pairs = [(_seconds(find_orphans), _seconds(process_table)) for _ in range(20)]
    ours, table = (min(seconds) for seconds in zip(*pairs, strict=True))
    assert ours < 5 * table


def _seconds(call: Callable[[], object]) -> float:
    begin = time.thread_time()
    call()
    return time.thread_time() - begin
