"""Processes start clean, are ready when they listen, and every way to fail is a value that says why."""

from __future__ import annotations

import itertools
import json
import os
import pickle
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from fpray.errors import Lost
from fpray.node import ports, process_files
from fpray.node.messages import Exit, Failure, ProcessSpec
from fpray.node.processes import Processes
from fpray.node.supervisor.procfs import process_table, read_entry
from fpray.node.supervisor_client import SupervisorClient

PYTHON = (sys.executable, "-I", "-S", "-c")
LISTEN = """
import socket, sys, time
kept = []
for word in sys.argv[1:]:
    host, port, delay = word.split(",")
    time.sleep(float(delay))
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    it = socket.socket(family)
    if family == socket.AF_INET6: it.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    it.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        it.bind((host, int(port))); it.listen()
    except OSError as error:
        print("bind failed:", error, flush=True)  # and it lives on, as the jar does
    kept.append(it)
time.sleep(1000)
"""
TRAP = 'trap "{}" TERM; echo up; while :; do sleep 0.02; done'


@pytest.fixture
def processes() -> Iterator[Processes]:
    with Processes("test-processes") as made:
        yield made
    until = time.monotonic() + 0.2
    while (entry := read_entry(made.supervisor_pid)) is not None and entry.alive:
        assert time.monotonic() < until


@pytest.fixture
def trial(tmp_path: Path) -> str:
    return str(tmp_path / "001")


def spec(label: str, trial: str, *argv: str, **options: object) -> ProcessSpec:
    return ProcessSpec(label, argv or ("sleep", "1000"), trial, **options)  # type: ignore[arg-type]


def listener(label: str, trial: str, *words: str, at: tuple[tuple[str, int], ...]) -> ProcessSpec:
    return spec(label, trial, *PYTHON, LISTEN, *words, listens=at)


def start(processes: Processes, *specs: ProcessSpec) -> None:
    assert processes.start(specs) is None


def read(trial: str, name: str) -> str:
    return (Path(trial) / name).read_text()


def wait_for_text(path: Path, text: str) -> None:
    until = time.monotonic() + 5
    while text not in (path.read_text() if path.exists() else ""):
        assert time.monotonic() < until
        time.sleep(0.005)


def timed(call: object, *arguments: object) -> tuple[float, Failure | None]:
    begin = time.monotonic()
    value = call(*arguments)  # type: ignore[operator]
    return time.monotonic() - begin, value


# -- starting, ending by itself, files


def test_a_client_runs_and_leaves_its_files(processes: Processes, trial: str) -> None:
    argv = ("sh", "-c", 'echo "$0 $1 $A"; echo oops >&2; exit 0', "it's", "a\nb")
    start(processes, ProcessSpec("client_0", argv, trial, {"A": "x y"}, expected_exits=(0,)))
    assert processes.wait_exit(["client_0"], 5) is None
    assert read(trial, "client_0_out.txt") == "it's a\nb x y\n"
    assert read(trial, "client_0_err.txt") == "oops\n"
    assert read(trial, "client_0_returncode.txt") == "0\n"
    assert json.loads(read(trial, "pids.json")) == {f"127.0.0.1:{processes.started()['client_0'].pid}": "client_0"}
    pasted = subprocess.run(["sh", "-c", read(trial, "client_0_cmd.txt")], capture_output=True, text=True, cwd="/")
    assert pasted.stdout == "it's a\nb x y\n"
    assert sorted(each.name for each in Path(trial).iterdir()) == [
        *(f"client_0_{name}.txt" for name in ("cmd", "err", "out", "returncode")),
        "pids.json",
    ]


def test_the_command_file(tmp_path: Path) -> None:
    assert process_files.shell_command(["java", "-cp", "/a b.jar", "M"], {}) == "java -cp '/a b.jar' M\n"
    assert process_files.shell_command(["x"], {"A": "1", "B": "$x"}, "/t t") == "cd '/t t' && A=1 B='$x' x\n"
    code = "import os; print(os.getcwd(), os.environ['a.b'])"
    line = process_files.shell_command([*PYTHON, code], {"a.b": "c d"}, str(tmp_path))
    told = subprocess.run(["sh", "-c", line], capture_output=True, text=True).stdout
    assert told == f"{tmp_path} c d\n"


def test_usage_of_a_process(processes: Processes, trial: str) -> None:
    code = "import time; x = bytearray(60 << 20); t = time.process_time()\nwhile time.process_time() < t + 0.3: pass"
    start(processes, spec("busy", trial, *PYTHON, code, expected_exits=(0,)))
    before = time.time_ns()
    assert processes.wait_exit(["busy"], 10) is None
    end = processes.exits()["busy"]
    assert 0.3 <= end.utime_s + end.stime_s < 0.8
    assert 60 << 10 < end.maxrss_kb < 100 << 10
    assert 0.3 <= end.wall_s < 3
    assert abs(end.started_ns - before) < 1e9
    assert abs(end.ended_ns - end.started_ns - end.wall_s * 1e9) < 1e8
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
        again = wait(["server_0"], 1)
        assert again is not None
        assert again.kind == "spawn-failed"
    assert set(processes.stop([["other", "server_0"]])) == {"other"}


def test_spawn_failure_of_the_working_directory(processes: Processes, trial: str) -> None:
    failure = processes.start([spec("server_0", trial, cwd="/no/such")])
    assert failure is not None
    assert failure.detail.endswith("No such file or directory: /no/such")


def test_labels_are_unique_while_they_run(processes: Processes, trial: str) -> None:
    start(processes, spec("server_0", trial))
    with pytest.raises(ValueError, match="server_0 runs already"):
        processes.start([spec("server_0", trial)])
    processes.stop([["server_0"]])
    start(processes, spec("server_0", trial))
    assert not (Path(trial) / "server_0_returncode.txt").exists()
    with pytest.raises(KeyError):
        processes.stop([["nobody"]])


def test_the_next_trial_forgets_the_last(processes: Processes, trial: str) -> None:
    start(processes, spec("server_0", trial, "false"), spec("server_1", trial))
    failure = processes.wait_exit(["server_1"], 5)
    assert failure is not None
    assert failure.label == "server_0"
    processes.stop([["server_1", "server_0"]])
    start(processes, spec("client_0", trial + "x", "true", expected_exits=(0,)))
    assert processes.wait_exit(["client_0"], 5) is None
    assert set(processes.exits()) == {"client_0"}


def test_pids_of_several_roles_are_merged(trial: str) -> None:
    Path(trial).mkdir()
    names = [f"{role}_{index}" for role in range(4) for index in range(25)]

    def work(role: int) -> None:
        for name in names[role * 25 : role * 25 + 25]:
            process_files.add_pids(trial, {name: str(role)})

    threads = [threading.Thread(target=work, args=(role,)) for role in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(json.loads(read(trial, "pids.json"))) == set(names)


@pytest.mark.skipif(not shutil.which("java"), reason="no java")
def test_a_jvm_that_refuses_says_why(processes: Processes, trial: str) -> None:
    start(processes, spec("server_0", trial, "java", "-Xms100f", "-version", listens=(("127.0.0.1", 10001),)))
    failure = processes.wait_ready(["server_0"], 20)
    assert failure is not None
    assert (failure.kind, failure.label, failure.returncode) == ("exited", "server_0", 1)
    assert "Invalid initial heap size: -Xms100f" in failure.lines
    assert "server_0 exited with 1" in str(failure)
    assert "Invalid initial heap size" in str(failure)


def test_spawn_cost(processes: Processes, trial: str) -> None:
    supervisor = psutil.Process(processes.supervisor_pid)
    before = supervisor.cpu_times()
    for number in range(5):
        start(processes, *(spec(f"s{number}_{i}", trial) for i in range(20)))
    spent = supervisor.cpu_times()
    assert spent.user + spent.system - before.user - before.system < 100 * 0.010, "1 ms of CPU for each"
    assert len(process_table()) > 100


# -- waiting for exits


def test_a_server_that_dies_ends_the_wait(processes: Processes, trial: str) -> None:
    start(
        processes,
        spec("server_0", trial, "sh", "-c", "sleep 0.3; echo last words; exit 3"),
        spec("client_0", trial, expected_exits=(0,)),
    )
    took, failure = timed(processes.wait_exit, ["client_0"], 5)
    assert took < 1.5
    assert failure is not None
    assert (failure.kind, failure.label, failure.returncode) == ("exited", "server_0", 3)
    assert failure.lines == ("last words",)
    assert failure.log == str(Path(trial) / "server_0_out.txt"), "standard error is empty"
    assert 0.29 < failure.after_s < 1.5


def test_signals_are_told_in_both_ways(processes: Processes, trial: str) -> None:
    start(processes, spec("server_0", trial, "sh", "-c", "kill -KILL $$"))
    failure = processes.wait_exit(["server_0"], 5)
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
    assert processes.wait_exit(["client_0"], 5) is None
    assert processes.exits()["server_0"].returncode == 1


def test_deadline_of_an_exit(processes: Processes, trial: str) -> None:
    start(processes, spec("client_0", trial, expected_exits=(0,)))
    took, failure = timed(processes.wait_exit, ["client_0"], 0.2)
    assert 0.2 <= took < 1.5
    assert failure is not None
    assert (failure.kind, failure.label) == ("deadline", "client_0")


def test_stop_while_another_thread_waits(processes: Processes, trial: str) -> None:
    start(processes, spec("client_0", trial, expected_exits=(0,)), spec("server_0", trial))
    found: list[Failure | None] = []
    threads = [threading.Thread(target=lambda: found.append(processes.wait_exit(["client_0"], 10))) for _ in range(3)]
    for thread in threads:
        thread.start()
    time.sleep(0.1)
    ends = processes.stop([["client_0"], ["server_0"]])
    for thread in threads:
        thread.join(1)
    assert [failure and failure.kind for failure in found] == ["stopped"] * 3
    assert {label: end.returncode for label, end in ends.items()} == {"client_0": -15, "server_0": -15}


@pytest.mark.parametrize("how", ["close", "kill"])
def test_the_supervisor_ends_while_another_thread_waits(trial: str, how: str) -> None:
    processes = Processes()
    start(processes, spec("client_0", trial, listens=(("127.0.0.1", 10001),)))
    found: list[Failure | None] = []
    threads = [
        threading.Thread(target=lambda: found.append(processes.wait_exit(["client_0"], 10))),
        threading.Thread(target=lambda: found.append(processes.wait_ready(["client_0"], 10))),
    ]
    for thread in threads:
        thread.start()
    time.sleep(0.1)
    if how == "close":
        assert processes.close()
    else:
        os.kill(processes.supervisor_pid, signal.SIGKILL)
    for thread in threads:
        thread.join(2)
    assert [failure and failure.kind for failure in found] == [{"close": "stopped", "kill": "lost"}[how]] * 2
    late = processes.start([spec("client_1", trial)])
    assert late is not None
    assert late.kind == {"close": "stopped", "kill": "lost"}[how]
    assert processes.close()


def test_waiting_costs_nothing(processes: Processes, trial: str) -> None:
    start(processes, spec("client_0", trial, "sleep", "1", expected_exits=(0,)))
    before = time.process_time()
    assert processes.wait_exit(["client_0"], 10) is None
    assert time.process_time() - before < 0.02


def test_many_threads(processes: Processes, trial: str) -> None:
    problems: list[object] = []

    def work(name: int) -> None:
        for round_ in range(8):
            label = f"c_{name}_{round_}"
            problems.append(processes.start([spec(label, trial, "sleep", "0.01", expected_exits=(0,))]))
            problems.append(processes.wait_exit([label], 10))
            problems.append(processes.start([spec("s" + label, trial)]))
            ends = processes.stop([["s" + label]])
            problems.append(None if ends["s" + label].returncode == -15 else ends)

    threads = [threading.Thread(target=work, args=(name,)) for name in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert problems == [None] * (6 * 8 * 4)


# -- stopping


def test_stop_is_quick(processes: Processes, trial: str) -> None:
    labels = [f"server_{i}" for i in range(20)]
    start(processes, *(spec(label, trial) for label in labels))
    begin = time.monotonic()
    ends = processes.stop([labels], grace_s=5)
    assert time.monotonic() - begin < 1.5
    assert [ends[label].returncode for label in labels] == [-15] * 20
    assert all(end.stopped for end in ends.values())
    assert read(trial, "server_3_returncode.txt") == "143\n"
    assert processes.stop([labels]) == ends, "again is no error"


def test_stop_in_order(processes: Processes, trial: str) -> None:
    slow = TRAP.format("sleep 0.2; exit 0")
    labels = ["client_0", "leader_0", "acceptor_0"]
    start(processes, *(spec(label, trial, "sh", "-c", slow) for label in labels))
    for label in labels:
        wait_for_text(Path(trial) / f"{label}_out.txt", "up")
    ends = processes.stop([["acceptor_0"], ["client_0", "leader_0"]], 5)
    assert [end.returncode for end in ends.values()] == [0, 0, 0]
    for label in ("client_0", "leader_0"):
        assert ends[label].ended_ns - ends["acceptor_0"].ended_ns > 0.18e9, "not before the first group was gone"
    assert abs(ends["client_0"].ended_ns - ends["leader_0"].ended_ns) < 0.19e9, "side by side"


def test_stop_kills_the_stubborn_after_the_grace(processes: Processes, trial: str) -> None:
    start(processes, spec("server_0", trial, "sh", "-c", TRAP.format("")), spec("server_1", trial))
    wait_for_text(Path(trial) / "server_0_out.txt", "up")
    begin = time.monotonic()
    ends = processes.stop([["server_0", "server_1"]], grace_s=0.3)
    assert 0.3 <= time.monotonic() - begin < 2
    assert ends["server_0"].returncode == -9
    assert ends["server_1"].returncode == -15
    assert ends["server_1"].wall_s < ends["server_0"].wall_s - 0.2


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
        processes.wait_exit(["server_0"], 5)
        assert read_entry(daemon) is not None, "it had no time yet"
        processes.stop([["server_0"]], 5)  # waits for the sweep, a second
    left = read_entry(daemon)
    assert left is None or not left.alive
    assert "server_1" not in processes.exits()


def test_stop_right_after_the_start(processes: Processes, trial: str) -> None:
    for number in range(10):
        start(processes, spec(f"server_{number}", trial))
        begin = time.monotonic()
        processes.stop([[f"server_{number}"]], 5)
        assert time.monotonic() - begin < 1, "a TERM between fork and exec is not lost"


def test_a_term_between_fork_and_exec_is_not_lost(trial: str) -> None:
    """Both orders arrive at once, so that the signal comes microseconds after the fork."""
    events: list[dict[str, object]] = []
    link = SupervisorClient("test", None, events.append, lambda: None)
    Path(trial).mkdir()
    common = {"argv": ["sleep", "1000"], "env": dict(os.environ), "cwd": trial, "stdout": "out", "stderr": "err"}
    for key in range(20):
        orders = [
            {"op": "start", "processes": [{"key": key, **common}]},
            {"op": "signal", "keys": [key], "number": signal.SIGTERM},
        ]
        link._socket.sendall(b"".join(json.dumps(order).encode() + b"\n" for order in orders))
    begin = time.monotonic()
    while sum(each["event"] == "exit" for each in events) < 20:
        assert time.monotonic() - begin < 3
        time.sleep(0.005)
    assert {each["code"] for each in events if each["event"] == "exit"} == {-15}
    assert link.close(5)


def test_stop_of_one_that_hangs_before_its_exec(processes: Processes, trial: str) -> None:
    Path(trial).mkdir()
    os.mkfifo(Path(trial) / "server_0_out.txt")  # without a reader an open hangs, as on a file system that is gone
    starting = threading.Thread(target=processes.start, args=([spec("server_0", trial), spec("server_1", trial)],))
    starting.start()
    while "server_1" not in processes.started():
        time.sleep(0.005)
    begin = time.monotonic()
    ends = processes.stop([["server_0", "server_1"]], 3)
    assert time.monotonic() - begin < 1
    assert [end.returncode for end in ends.values()] == [-15, -15]
    starting.join(1)
    assert not starting.is_alive()


def test_a_fault_on_purpose_is_no_failure(processes: Processes, trial: str) -> None:
    start(processes, spec("server_0", trial), spec("client_0", trial, "sleep", "0.3", expected_exits=(0,)))
    processes.signal(["server_0"], signal.SIGKILL)
    assert processes.wait_exit(["client_0"], 5) is None
    assert processes.exits()["server_0"].returncode == -9


# -- readiness


@pytest.fixture
def port() -> int:
    return ports.free_ports("127.0.0.1", 1, 20000 + os.getpid() % 5000 * 2)[0]


def test_ready_when_all_addresses_are_listened_on(processes: Processes, trial: str, port: int) -> None:
    at = (("127.0.0.1", port), ("127.0.0.1", port + 1))
    words = (f"::ffff:127.0.0.1,{port},0.1", f"127.0.0.1,{port + 1},0.4")
    begin = time.monotonic()
    start(processes, listener("leader_0", trial, *words, at=at), spec("client_0", trial))
    assert processes.wait_ready(["leader_0", "client_0"], 10) is None
    assert 0.5 <= time.monotonic() - begin < 5, "the second endpoint came 0.4 s after the first"


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_a_wildcard_counts_only_if_it_was_asked_for(processes: Processes, trial: str, port: int, host: str) -> None:
    start(processes, listener("server_0", trial, f"{host},{port},0", at=(("127.0.0.1", port),)))
    failure = processes.wait_ready(["server_0"], 0.5)
    assert failure is not None
    assert failure.kind == "not-ready"
    shown = f"[{host}]:{port}" if host == "::" else f"{host}:{port}"
    assert f"(it listens on {shown})" in failure.detail
    processes.stop([["server_0"]])
    start(processes, listener("server_1", trial, f"{host},{port},0", at=(("0.0.0.0", port),)))
    assert processes.wait_ready(["server_1"], 5) is None


def test_ready_by_a_descendant(processes: Processes, trial: str, port: int) -> None:
    it = spec("server_0", trial, "sh", "-c", '"$@"; true', "sh", *PYTHON, LISTEN, f"127.0.0.1,{port},0",
              listens=(("localhost", port),))  # fmt: skip
    start(processes, it)
    assert processes.wait_ready(["server_0"], 5) is None


def test_a_port_that_another_has(processes: Processes, trial: str, port: int) -> None:
    with socket.create_server(("127.0.0.1", port + 1)):
        at = (("127.0.0.1", port), ("127.0.0.1", port + 1))
        words = (f"127.0.0.1,{port},0", f"127.0.0.1,{port + 1},0")
        start(processes, listener("leader_0", trial, *words, at=at))
        took, failure = timed(processes.wait_ready, ["leader_0"], 10)
    assert took < 2
    assert failure is not None
    assert (failure.kind, failure.label) == ("taken", "leader_0")
    assert f"port 127.0.0.1:{port + 1} is taken by pid {os.getpid()} (" in failure.detail


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_a_port_that_another_has_on_the_wildcard(processes: Processes, trial: str, port: int, host: str) -> None:
    with socket.create_server(
        (host, port), family=socket.AF_INET6 if host == "::" else socket.AF_INET, dualstack_ipv6=host == "::"
    ):
        start(processes, listener("server_0", trial, f"127.0.0.1,{port},0", at=(("127.0.0.1", port),)))
        failure = processes.wait_ready(["server_0"], 10)
    assert failure is not None
    assert failure.kind == "taken"


def test_a_port_that_a_sibling_has(processes: Processes, trial: str, port: int) -> None:
    specs = [listener(f"server_{i}", trial, f"127.0.0.1,{port},{i * 0.2}", at=(("127.0.0.1", port),)) for i in (0, 1)]
    start(processes, *specs)
    failure = processes.wait_ready(["server_0", "server_1"], 10)
    assert failure is not None
    assert failure.detail.endswith(
        f"is taken by pid {processes.started()['server_0'].pid} (server_0); server_1 cannot listen on it"
    )


def test_a_process_that_lives_on_without_listening(processes: Processes, trial: str, port: int) -> None:
    at = (("127.0.0.1", port),)
    start(processes, listener("server_0", trial, f"127.0.0.1,{port + 1},0", at=at), spec("server_1", trial, listens=at))
    took, failure = timed(processes.wait_ready, ["server_0", "server_1"], 0.5)
    assert 0.5 <= took < 2
    assert failure is not None
    assert (failure.kind, failure.label, failure.returncode) == ("not-ready", "server_0", None)
    assert f"(it listens on 127.0.0.1:{port + 1}); nor are ready: server_1" in failure.detail


def test_an_early_exit_ends_the_wait_at_once(processes: Processes, trial: str, port: int) -> None:
    at = (("127.0.0.1", port),)
    start(processes, spec("server_1", trial, listens=at), spec("server_0", trial, "sh", "-c", "sleep 0.4; exit 0"))
    failure = processes.wait_ready(["server_1"], 60, first_pause_s=60)  # it must not take a look to see that
    seen_ns = time.time_ns()
    assert failure is not None
    assert (failure.kind, failure.label, failure.returncode) == ("exited", "server_0", 0)
    assert seen_ns - processes.exits()["server_0"].ended_ns < 0.5e9


def test_one_that_ended_well_is_not_ready(processes: Processes, trial: str) -> None:
    start(processes, spec("driver_0", trial, "true", expected_exits=(0,)))
    assert processes.wait_exit(["driver_0"], 5) is None
    failure = processes.wait_ready(["driver_0"], 5)
    assert failure is not None
    assert failure.kind == "exited"


def test_a_client_that_ended_well_before_anybody_looked_was_ready(processes: Processes, trial: str, port: int) -> None:
    late = listener("client_1", trial, f"127.0.0.1,{port},0.3", at=(("127.0.0.1", port),))
    quick = spec("client_0", trial, "true", listens=(("127.0.0.1", port + 1),), expected_exits=(0,), brief=True)
    start(processes, quick, late)
    assert processes.wait_exit(["client_0"], 5) is None
    assert processes.wait_ready(["client_0"], 5) is None
    assert processes.wait_ready(["client_0", "client_1"], 5) is None
    assert processes.ready_after(["client_0", "client_1"]).keys() == {"client_1"}
    failed = spec("client_2", trial, "false", listens=(("127.0.0.1", port + 2),), expected_exits=(0,), brief=True)
    start(processes, failed)
    failure = processes.wait_ready(["client_2"], 5)
    assert failure is not None
    assert failure.returncode == 1


def test_the_raylet_must_live() -> None:
    gone = subprocess.Popen(["true"])
    gone.wait()
    with pytest.raises(Lost, match="did not start"):
        Processes(raylet_pid=gone.pid)


# -- logs


def test_tail(tmp_path: Path) -> None:
    log = tmp_path / "log"
    assert process_files.tail(log) == ()
    log.write_bytes(b"")
    assert process_files.tail(log) == ()
    log.write_bytes(b"one\r\n\n  two\n\nthree")
    assert process_files.tail(log, 2) == ("  two", "three")
    assert process_files.tail(log, 0) == ()
    log.write_bytes(b"a\n\xff\x00\x1b[31mred\tx\n")
    assert process_files.tail(log) == ("a", "\\xff\\x00\\x1b[31mred\tx")
    log.write_bytes(b"x" * 10_000_000 + b"\nlast\n")
    begin = time.monotonic()
    found = process_files.tail(log)
    assert time.monotonic() - begin < 0.2
    assert found[-1] == "last"
    assert len(found[0]) < 1100
    assert process_files.tail(tmp_path) == ()


def test_exit_is_python_and_the_file_is_shell() -> None:
    assert [process_files.shell_code(code) for code in (0, 1, -15, -9)] == [0, 1, 143, 137]
    assert Exit.__doc__ is not None


# -- ports


def test_the_tables_agree(port: int) -> None:
    with socket.create_server(("127.0.0.1", port)) as one, socket.socket(socket.AF_INET6) as two:
        two.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        two.bind(("::ffff:127.0.0.1", port + 1))
        two.listen()
        wanted = {
            ports.Socket("127.0.0.1", port, os.geteuid(), os.fstat(one.fileno()).st_ino),
            ports.Socket("127.0.0.1", port + 1, os.geteuid(), os.fstat(two.fileno()).st_ino),
        }
        by_netlink = set(ports.listeners())
        by_table = {
            each for name in ("tcp", "tcp6") for each in ports._read_table(f"/proc/net/{name}", 1 << ports.LISTEN)
        }
    assert wanted <= by_netlink
    assert wanted <= by_table


def test_free_ports(port: int) -> None:
    low, _ = ports.ephemeral_range()
    found = ports.free_ports("127.0.0.1", 50, port)
    assert len(set(found)) == 50
    assert all(b - a >= 2 for a, b in itertools.pairwise(found))
    assert all(port <= each < low - 1 for each in found)
    with socket.create_server(("127.0.0.1", found[0] + 1)), socket.socket() as bound:
        bound.bind(("127.0.0.1", found[1]))
        again = ports.free_ports("127.0.0.1", 50, port)
    assert found[0] not in again, "the one after it, for Prometheus, is taken"
    assert found[1] not in again, "bound, though it does not listen"
    assert again[0] == found[2]
    with socket.create_server(("127.0.0.2", found[0])):
        assert ports.free_ports("127.0.0.1", 1, port)[0] == found[1], "taken at another address: not fresh"


def test_free_ports_wrap_round(port: int) -> None:
    low, _ = ports.ephemeral_range()
    found = ports.free_ports("127.0.0.1", 4, low - 4)
    assert min(found) < ports.LOWEST_PORT + 2000
    assert max(found) <= low - 2
    assert ports.free_ports("127.0.0.1", 0, 0) == ()
    with pytest.raises(OSError, match="only"):
        ports.free_ports("127.0.0.1", 100_000, low)
    with pytest.raises(OSError, match="assign"):
        ports.free_ports("192.0.2.1", 1, port)


def test_a_port_in_time_wait_is_not_free(port: int) -> None:
    with socket.create_server(("127.0.0.1", port)) as server, socket.create_connection(("127.0.0.1", port)):
        accepted, _ = server.accept()
        accepted.close()
    assert port not in ports.free_ports("127.0.0.1", 5, port)
