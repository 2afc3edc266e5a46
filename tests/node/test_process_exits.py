"""Waiting for exits: what ends a wait, and with which failure."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from pathlib import Path

import pytest

from fpray.node.messages import Failure
from fpray.node.processes import Processes
from tests.node.programs import read, spec, start, timed
from tests.node.supervisor_owner import the_supervisor, wait_until
from tests.support.patience import LONG


def test_a_server_that_dies_ends_the_wait(processes: Processes, trial: str) -> None:
    start(
        processes,
        spec("server_0", trial, "sh", "-c", "sleep 0.3; echo last words; exit 3"),
        spec("client_0", trial, expected_exits=(0,)),
    )
    failure = processes.wait_exit(["client_0"], LONG)
    assert failure is not None
    assert (failure.kind, failure.label, failure.returncode) == ("exited", "server_0", 3)
    assert failure.lines == ("last words",)
    assert failure.log == str(Path(trial) / "server_0_out.txt"), "standard error is empty"
    assert 0.29 < float(failure.detail.removeprefix("server_0 exited with 3 after ").removesuffix(" s")) < LONG


def test_signals_are_reported_in_both_ways(processes: Processes, trial: str) -> None:
    start(processes, spec("server_0", trial, "sh", "-c", "kill -KILL $$"))
    failure = processes.wait_exit(["server_0"], LONG)
    assert failure is not None
    assert failure.returncode == -9
    assert "killed by signal 9" in failure.detail
    assert read(trial, "server_0_returncode.txt") == "137\n"


def test_expected_exits_are_no_failures(processes: Processes, trial: str) -> None:
    start(
        processes,
        spec("server_0", trial, "sh", "-c", "exit 1", expected_exits=(1,)),
        spec("client_0", trial, "sleep", "0.2", expected_exits=(0,)),
    )
    assert processes.wait_exit(["client_0"], LONG) is None
    wait_until(lambda: "server_0" in processes.exits())
    assert processes.exits()["server_0"].returncode == 1


def test_deadline_of_an_exit(processes: Processes, trial: str) -> None:
    start(processes, spec("client_0", trial, expected_exits=(0,)))
    took, failure = timed(processes.wait_exit, ["client_0"], 0.2)
    assert 0.2 <= took < LONG
    assert failure is not None
    assert (failure.kind, failure.label) == ("deadline", "client_0")


def _waits(thread: threading.Thread) -> bool:
    """Whether a thread waits for a condition now."""
    frame = sys._current_frames().get(thread.ident or 0)
    return frame is not None and (frame.f_code.co_filename, frame.f_code.co_name) == (threading.__file__, "wait")


def test_stop_while_another_thread_waits(processes: Processes, trial: str) -> None:
    start(processes, spec("client_0", trial, expected_exits=(0,)), spec("server_0", trial))
    failures: list[Failure | None] = []
    threads = [
        threading.Thread(target=lambda: failures.append(processes.wait_exit(["client_0"], LONG))) for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    wait_until(lambda: all(map(_waits, threads)))
    ends = processes.stop([["client_0"], ["server_0"]], LONG)
    for thread in threads:
        thread.join(LONG)
    assert [failure and failure.kind for failure in failures] == ["stopped"] * 3
    assert {label: end.returncode for label, end in ends.items()} == {"client_0": -15, "server_0": -15}


@pytest.mark.parametrize("how", ["close", "kill"])
def test_the_supervisor_ends_while_another_thread_waits(driver: str, trial: str, how: str) -> None:
    processes = Processes(driver)
    start(processes, spec("client_0", trial, listens=(("127.0.0.1", 10001),)))
    failures: list[Failure | None] = []
    threads = [
        threading.Thread(target=lambda: failures.append(processes.wait_exit(["client_0"], LONG))),
        threading.Thread(target=lambda: failures.append(processes.wait_ready(["client_0"], LONG))),
    ]
    for thread in threads:
        thread.start()
    wait_until(lambda: all(map(_waits, threads)))
    if how == "close":
        assert processes.close()
    else:
        os.kill(the_supervisor(driver), signal.SIGKILL)
    for thread in threads:
        thread.join(LONG)
    assert [failure and failure.kind for failure in failures] == [{"close": "stopped", "kill": "lost"}[how]] * 2
    late = processes.start([spec("client_1", trial)])
    assert late is not None
    assert late.kind == {"close": "stopped", "kill": "lost"}[how]
    assert processes.close()


def test_waiting_costs_nothing(processes: Processes, trial: str) -> None:
    start(processes, spec("client_0", trial, "sleep", "1", expected_exits=(0,)))
    before = time.process_time()
    assert processes.wait_exit(["client_0"], LONG) is None
    assert time.process_time() - before < 0.5, "half of the second that it waits"


def test_a_process_that_is_stopped_is_no_failure_of_the_others(processes: Processes, trial: str) -> None:
    start(processes, spec("server_0", trial), spec("client_0", trial, "sleep", "0.3", expected_exits=(0,)))
    processes.stop([["server_0"]], LONG)
    assert processes.wait_exit(["client_0"], LONG) is None
    assert processes.exits()["server_0"].returncode == -15
