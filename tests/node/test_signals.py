"""Signals to processes by their labels, and exits that are expected."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from fpray.node.processes import Processes
from fpray.node.supervisor.procfs import process_table, read_command, read_entry, with_descendants
from tests.node.programs import TRAP, spec, start, wait_for_text
from tests.node.supervisor_owner import wait_until
from tests.support.patience import LONG


def _pids(processes: Processes, label: str) -> list[int]:
    return list(with_descendants([processes.started()[label].pid], process_table()))


def _is_stopped(pid: int) -> bool:
    entry = read_entry(pid)
    return entry is not None and entry.stopped


def test_a_process_is_suspended_and_continued_with_what_it_has_started(processes: Processes, trial: str) -> None:
    start(processes, spec("server_0", trial, "sh", "-c", "sleep 1000; true"), spec("server_1", trial))
    # Until it is its program, the shell waits for it in the kernel (vfork), and is not suspended by a signal.
    wait_until(lambda: "sleep 1000" in map(read_command, _pids(processes, "server_0")))
    pids = _pids(processes, "server_0")
    assert processes.signal(["server_0"], signal.SIGSTOP) == ["server_0"]
    wait_until(lambda: all(map(_is_stopped, pids)))
    assert not any(map(_is_stopped, _pids(processes, "server_1"))), "only what was named"
    assert processes.signal(["server_0"], signal.SIGCONT) == ["server_0"]
    wait_until(lambda: not any(map(_is_stopped, pids)))
    assert processes.exits() == {}


def test_a_suspended_process_is_stopped_at_the_end(processes: Processes, trial: str) -> None:
    start(processes, spec("server_0", trial))
    processes.signal(["server_0"], signal.SIGSTOP)
    assert processes.stop([["server_0"]], LONG)["server_0"].returncode == -15


def test_a_signal_reaches_the_program(processes: Processes, trial: str) -> None:
    start(processes, spec("server_0", trial, "sh", "-c", TRAP.format("echo caught")))
    wait_for_text(Path(trial) / "server_0_out.txt", "up")
    assert processes.signal(["server_0"], signal.SIGTERM) == ["server_0"]
    wait_for_text(Path(trial) / "server_0_out.txt", "caught")


def test_a_kill_that_is_expected_is_no_failure(processes: Processes, trial: str) -> None:
    start(processes, spec("server_0", trial), spec("client_0", trial, "sleep", "0.5", expected_exits=(0,)))
    processes.expect_exit(["server_0"])
    assert processes.signal(["server_0"], signal.SIGKILL) == ["server_0"]
    assert processes.wait_exit(["client_0", "server_0"], LONG) is None
    end = processes.exits()["server_0"]
    assert (end.returncode, end.stopped, end.expected) == (-9, False, True)
    assert processes.signal(["server_0", "client_0"], signal.SIGKILL) == [], "they have ended"


def test_a_kill_that_is_not_expected_ends_the_wait(processes: Processes, trial: str) -> None:
    start(processes, spec("server_0", trial), spec("client_0", trial))
    processes.signal(["server_0"], signal.SIGKILL)
    failure = processes.wait_exit(["client_0"], LONG)
    assert failure is not None
    assert (failure.kind, failure.label, failure.returncode) == ("exited", "server_0", -9)


def test_a_stop_that_is_expected_is_no_failure(processes: Processes, trial: str) -> None:
    start(processes, spec("server_0", trial))
    processes.expect_exit(["server_0"])
    processes.stop([["server_0"]])
    assert processes.wait_exit(["server_0"], LONG) is None
    assert processes.exits()["server_0"].expected


def test_what_is_no_signal_or_no_process_is_refused_here(processes: Processes, trial: str) -> None:
    """The supervisor, which would end all of its processes, does not see it."""
    start(processes, spec("server_0", trial))
    with pytest.raises(ValueError, match="there is no signal 999"):
        processes.signal(["server_0"], 999)
    with pytest.raises(KeyError):
        processes.signal(["server_1"], signal.SIGKILL)
    entry = read_entry(processes.started()["server_0"].pid)
    assert entry is not None
    assert entry.alive
