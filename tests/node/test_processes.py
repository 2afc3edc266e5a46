"""Processes start clean, and every way to fail to start is a value that says why."""

from __future__ import annotations

import json
import os
import pickle
import shutil
import subprocess
import threading
import time
from pathlib import Path

import pytest

from fpray.errors import Lost
from fpray.node.messages import ProcessSpec
from fpray.node.processes import Processes
from fpray.node.supervisor.procfs import process_table
from tests.node.programs import PYTHON, read, spec, start
from tests.node.supervisor_owner import the_supervisor
from tests.support.patience import LONG
from tests.support.processes import Seen


def test_a_client_runs_and_leaves_its_files(processes: Processes, trial: str) -> None:
    argv = ("sh", "-c", 'echo "$0 $1 $A"; echo oops >&2; exit 0', "it's", "a\nb")
    start(processes, ProcessSpec("client_0", argv, trial, {"A": "x y"}, expected_exits=(0,)))
    assert processes.wait_exit(["client_0"], LONG) is None
    assert read(trial, "client_0_out.txt") == "it's a\nb x y\n"
    assert read(trial, "client_0_err.txt") == "oops\n"
    assert read(trial, "client_0_returncode.txt") == "0\n"
    assert json.loads(read(trial, "pids.json")) == {f"127.0.0.1:{processes.started()['client_0'].pid}": "client_0"}
    pasted = subprocess.run(["sh", "-c", read(trial, "client_0_cmd.txt")], capture_output=True, text=True, cwd="/")
    assert pasted.stdout == "it's a\nb x y\n"
    assert sorted(path.name for path in Path(trial).iterdir()) == [
        *(f"client_0_{name}.txt" for name in ("cmd", "err", "out", "returncode")),
        "pids.json",
    ]


def test_usage_of_a_process(processes: Processes, trial: str) -> None:
    code = "import time; x = bytearray(60 << 20); t = time.process_time()\nwhile time.process_time() < t + 0.3: pass"
    before = time.time_ns()
    start(processes, spec("busy", trial, *PYTHON, code, expected_exits=(0,)))
    assert processes.wait_exit(["busy"], LONG) is None
    end = processes.exits()["busy"]
    assert 0.3 <= end.utime_s + end.stime_s < 20, "seconds, not ticks of the kernel"
    assert 60 << 10 < end.maxrss_kb < 100 << 10
    assert 0.3 <= end.wall_s < LONG
    assert 0 <= end.ended_ns - before - end.wall_s * 1e9 < LONG * 1e9
    assert (end.returncode, end.niceness, end.stopped) == (0, 0 if os.geteuid() == 0 else os.nice(0), False)
    assert pickle.loads(pickle.dumps(end)) == end


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (("no-such-java", "-version"), "No such file or directory: no-such-java"),
        (("/etc/passwd",), "Permission denied: /etc/passwd"),
        (("/tmp",), "Permission denied: /tmp"),
    ],
)
def test_spawn_failure(processes: Processes, trial: str, argv: tuple[str, ...], words: str) -> None:
    failure = processes.start([spec("other", trial), spec("server_0", trial, *argv)])
    assert failure is not None
    assert (failure.kind, failure.label, failure.returncode) == ("spawn-failed", "server_0", None)
    assert words in failure.detail
    assert failure.lines == (f"fpray: {words}",)
    assert set(processes.started()) == {"other"}
    for wait in (processes.wait_ready, processes.wait_exit):
        second = wait(["server_0"], LONG)
        assert second is not None
        assert second.kind == "spawn-failed"
    assert set(processes.stop([["other", "server_0"]])) == {"other"}


def test_spawn_failure_of_the_working_directory(processes: Processes, trial: str) -> None:
    failure = processes.start([spec("server_0", trial, cwd="/no/such")])
    assert failure is not None
    assert failure.detail.endswith("No such file or directory: /no/such")


def test_labels_are_unique_while_they_run(processes: Processes, trial: str) -> None:
    start(processes, spec("server_0", trial))
    with pytest.raises(Lost, match="server_0 of an earlier trial still runs"):
        processes.start([spec("server_0", trial)])
    processes.stop([["server_0"]])
    start(processes, spec("server_0", trial))
    assert not (Path(trial) / "server_0_returncode.txt").exists()
    with pytest.raises(KeyError):
        processes.stop([["unknown"]])


def test_what_cannot_be_written_is_not_started_and_stands_in_no_way(processes: Processes, trial: str) -> None:
    Path(trial).write_text("a file where the directory must be")  # fails as a full disk does
    with pytest.raises(FileExistsError):
        processes.start([spec("server_0", trial)])
    assert not processes.labels()
    Path(trial).unlink()
    start(processes, spec("server_0", trial))


def test_the_next_trial_forgets_the_last(processes: Processes, trial: str) -> None:
    start(processes, spec("server_0", trial, "false"), spec("server_1", trial))
    failure = processes.wait_exit(["server_1"], LONG)
    assert failure is not None
    assert failure.label == "server_0"
    processes.stop([["server_1", "server_0"]])
    start(processes, spec("client_0", trial + "x", "true", expected_exits=(0,)))
    assert processes.wait_exit(["client_0"], LONG) is None
    assert set(processes.exits()) == {"client_0"}


@pytest.mark.jvm
@pytest.mark.skipif(not shutil.which("java"), reason="no java")
def test_a_jvm_that_refuses_says_why(processes: Processes, trial: str) -> None:
    start(processes, spec("server_0", trial, "java", "-Xms100f", "-version", listens=(("127.0.0.1", 10001),)))
    failure = processes.wait_ready(["server_0"], LONG)
    assert failure is not None
    assert (failure.kind, failure.label, failure.returncode) == ("exited", "server_0", 1)
    assert "Invalid initial heap size: -Xms100f" in failure.lines
    assert "server_0 exited with 1" in failure.detail


def test_spawn_cost(driver: str, processes: Processes, trial: str) -> None:
    supervisor = Seen(the_supervisor(driver))
    before = supervisor.cpu_times()
    for number in range(5):
        start(processes, *(spec(f"s{number}_{i}", trial) for i in range(20)))
    after = supervisor.cpu_times()
    assert after.user + after.system - before.user - before.system < 100 * 0.010, "1 ms of CPU for each"
    assert len(process_table()) > 100


def test_many_threads(processes: Processes, trial: str) -> None:
    problems: list[object] = []

    def work(name: int) -> None:
        for round_ in range(8):
            label = f"c_{name}_{round_}"
            problems.append(processes.start([spec(label, trial, "sleep", "0.01", expected_exits=(0,))]))
            problems.append(processes.wait_exit([label], LONG))
            problems.append(processes.start([spec("s" + label, trial)]))
            ends = processes.stop([["s" + label]], LONG)
            problems.append(None if ends["s" + label].returncode == -15 else ends)

    threads = [threading.Thread(target=work, args=(name,)) for name in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LONG)
    assert problems == [None] * (6 * 8 * 4)


def test_the_raylet_must_live() -> None:
    process = subprocess.Popen(["true"])
    process.wait()
    with pytest.raises(Lost, match="did not start"):
        Processes(raylet_pid=process.pid)
