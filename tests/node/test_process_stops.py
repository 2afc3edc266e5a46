"""Stopping: in order, in time, and with everything that a process left behind."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest

from fpray.node.process_service import ProcessService
from fpray.node.processes import Processes
from fpray.node.supervisor.procfs import read_entry
from fpray.node.supervisor_client import SupervisorClient
from tests.conftest import wait_for
from tests.node.programs import TRAP, read, spec, start, wait_for_text
from tests.support.patience import LONG


def test_stop_is_quick(processes: Processes, trial: str) -> None:
    labels = [f"server_{i}" for i in range(20)]
    start(processes, *(spec(label, trial) for label in labels))
    begin = time.monotonic()
    ends = processes.stop([labels], grace_s=LONG)
    assert time.monotonic() - begin < LONG
    assert [ends[label].returncode for label in labels] == [-15] * 20
    assert all(end.stopped for end in ends.values())
    assert read(trial, "server_3_returncode.txt") == "143\n"
    assert processes.stop([labels]) == ends, "again is no error"


def test_stop_in_order(processes: Processes, trial: str) -> None:
    """The first group is gone before the second one is told; those of a group are told together."""
    both = "while ! [ -e told_client_0 -a -e told_leader_0 ]; do sleep 0.02; done"
    ends_by = {"acceptor_0": "sleep 0.5; touch gone; exit 0"}
    ends_by |= {name: f"[ -e gone ] || exit 5; touch told_{name}; {both}; exit 0" for name in ("client_0", "leader_0")}
    start(processes, *(spec(label, trial, "sh", "-c", TRAP.format(end)) for label, end in ends_by.items()))
    for label in ends_by:
        wait_for_text(Path(trial) / f"{label}_out.txt", "up")
    ends = processes.stop([["acceptor_0"], ["client_0", "leader_0"]], LONG)
    assert {label: end.returncode for label, end in ends.items()} == dict.fromkeys(ends_by, 0)


def test_stop_kills_the_stubborn_after_the_grace(processes: Processes, trial: str) -> None:
    start(processes, spec("server_0", trial, "sh", "-c", TRAP.format("")))
    wait_for_text(Path(trial) / "server_0_out.txt", "up")
    begin = time.monotonic()
    ends = processes.stop([["server_0"]], grace_s=1)
    assert 1 <= time.monotonic() - begin < LONG
    assert ends["server_0"].returncode == -9


DAEMON = "setsid sh -c 'trap \"\" TERM; echo $$ > {0}; while :; do sleep 0.05; done' & {1}"


@pytest.mark.parametrize("ending", ["by itself", "stopped"])
def test_what_a_process_leaves_behind_is_swept(processes: Processes, trial: str, tmp_path: Path, ending: str) -> None:
    pid_file = tmp_path / "pid"
    last = "wait" if ending == "stopped" else f"while ! [ -s {pid_file} ]; do sleep 0.01; done"
    start(processes, spec("server_0", trial, "sh", "-c", DAEMON.format(pid_file, last)), spec("server_1", trial))
    wait_for_text(pid_file, "\n")
    daemon = int(pid_file.read_text())
    if ending == "stopped":
        processes.stop([["server_0"]], 0.3)
    else:
        processes.wait_exit(["server_0"], LONG)
        processes.stop([["server_0"]], LONG)  # waits for the sweep, a second
    entry = read_entry(daemon)
    assert entry is None or not entry.alive
    assert "server_1" not in processes.exits()


def test_stop_right_after_the_start(processes: Processes, trial: str) -> None:
    for number in range(10):
        start(processes, spec(f"server_{number}", trial))
        begin = time.monotonic()
        processes.stop([[f"server_{number}"]], LONG)
        assert time.monotonic() - begin < LONG, "a TERM between fork and exec is not lost"


def test_a_term_between_fork_and_exec_is_not_lost(trial: str) -> None:
    """Both orders arrive at once, so that the signal comes microseconds after the fork."""
    events: list[dict[str, object]] = []
    client = SupervisorClient("test", None, events.append, lambda: None)
    Path(trial).mkdir()
    common = {"argv": ["sleep", "1000"], "env": dict(os.environ), "cwd": trial, "stdout": "out", "stderr": "err"}
    for key in range(20):
        orders: list[dict[str, object]] = [
            {"op": "start", "processes": [{"key": key, **common}]},
            {"op": "stop", "id": key, "groups": [[key]], "grace": LONG},
        ]
        client.send(*orders)
    wait_for(lambda: sum(event["event"] == "exit" for event in events) == 20, LONG, "all exits")
    assert {event["code"] for event in events if event["event"] == "exit"} == {-15}
    assert client.close(LONG)


def test_stop_of_one_that_hangs_before_its_exec(processes: Processes, trial: str) -> None:
    Path(trial).mkdir()
    os.mkfifo(Path(trial) / "server_0_out.txt")  # without a reader an open hangs, as on a file system that is gone
    starting = threading.Thread(target=processes.start, args=([spec("server_0", trial), spec("server_1", trial)],))
    starting.start()
    wait_for(lambda: "server_1" in processes.started(), LONG, "the other process")
    begin = time.monotonic()
    ends = processes.stop([["server_0", "server_1"]], LONG)
    assert time.monotonic() - begin < LONG
    assert [end.returncode for end in ends.values()] == [-15, -15]
    starting.join(LONG)
    assert not starting.is_alive()


def test_a_stop_ends_what_was_ordered_and_has_not_started(processes: Processes, trial: str) -> None:
    service = ProcessService(processes, threading.Event())
    Path(trial).mkdir()
    output = Path(trial) / "server_0_out.txt"
    os.mkfifo(output)  # as above: between fork and exec
    specs = [spec("server_0", trial), spec("server_1", trial)]
    starting = threading.Thread(target=service.start, args=(specs, LONG), daemon=True)
    starting.start()
    wait_for(lambda: "server_1" in processes.started(), LONG, "the other process")
    assert "server_0" not in processes.started()
    output.unlink()  # the process hangs in it; the failure, which has the end of the log, must not
    ends = service.stop(["server_0", "server_1", "never_ordered"], LONG)
    assert {label: end.returncode for label, end in ends.items()} == {"server_0": -15, "server_1": -15}
    starting.join(LONG)
    assert not starting.is_alive()


def test_a_stop_waits_for_an_order_that_is_being_written(processes: Processes, trial: str) -> None:
    service, ends = ProcessService(processes, threading.Event()), []
    config = Path(trial) / "config"
    Path(trial).mkdir()
    os.mkfifo(config)  # it is read for the command file, and without a writer the reader waits
    ordered = spec("server_0", trial, "sh", "-c", "sleep 1000", str(config), given=("config",))
    starting = threading.Thread(target=service.start, args=([ordered], LONG), daemon=True)
    starting.start()
    with config.open("w"):  # opens as soon as the reader does
        stopping = threading.Thread(target=lambda: ends.append(service.stop(["server_0"], LONG)))
        stopping.start()
        stopping.join(0.3)
        assert stopping.is_alive()
    for thread in (starting, stopping):
        thread.join(LONG)
        assert not thread.is_alive()
    assert [end.keys() for end in ends] == [{"server_0"}]
