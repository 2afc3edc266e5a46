"""A process is ready when it listens itself, on every address of its own."""

from __future__ import annotations

import os
import socket
import time

import pytest

from fpray.node.processes import Processes
from tests.node.programs import LISTEN, PYTHON, listener, spec, start, timed, wait_for_listener
from tests.support.patience import LONG


def test_ready_when_all_addresses_are_listened_on(processes: Processes, trial: str, port: int) -> None:
    at = (("127.0.0.1", port), ("127.0.0.1", port + 1))
    words = (f"::ffff:127.0.0.1,{port},0.1", f"127.0.0.1,{port + 1},0.4")
    begin = time.monotonic()
    start(processes, listener("leader_0", trial, *words, at=at), spec("client_0", trial))
    assert processes.wait_ready(["leader_0", "client_0"], LONG) is None
    assert time.monotonic() - begin >= 0.5, "the second endpoint came 0.4 s after the first"


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_a_wildcard_counts_only_if_it_was_asked_for(processes: Processes, trial: str, port: int, host: str) -> None:
    start(processes, listener("server_0", trial, f"{host},{port},0", at=(("127.0.0.1", port),)))
    wait_for_listener(port)
    failure = processes.wait_ready(["server_0"], 0.5)
    assert failure is not None
    assert failure.kind == "not-ready"
    address = f"[{host}]:{port}" if host == "::" else f"{host}:{port}"
    assert f"(it listens on {address})" in failure.detail
    processes.stop([["server_0"]])
    start(processes, listener("server_1", trial, f"{host},{port},0", at=(("0.0.0.0", port),)))
    assert processes.wait_ready(["server_1"], LONG) is None


def test_ready_by_a_descendant(processes: Processes, trial: str, port: int) -> None:
    it = spec("server_0", trial, "sh", "-c", '"$@"; true', "sh", *PYTHON, LISTEN, f"127.0.0.1,{port},0",
              listens=(("localhost", port),))  # fmt: skip
    start(processes, it)
    assert processes.wait_ready(["server_0"], LONG) is None


def test_a_port_that_another_has(processes: Processes, trial: str, port: int) -> None:
    with socket.create_server(("127.0.0.1", port + 1)):
        at = (("127.0.0.1", port), ("127.0.0.1", port + 1))
        words = (f"127.0.0.1,{port},0", f"127.0.0.1,{port + 1},0")
        start(processes, listener("leader_0", trial, *words, at=at))
        failure = processes.wait_ready(["leader_0"], LONG)
    assert failure is not None
    assert (failure.kind, failure.label) == ("taken", "leader_0")
    assert f"port 127.0.0.1:{port + 1} is taken by pid {os.getpid()} (" in failure.detail


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_a_port_that_another_has_on_the_wildcard(processes: Processes, trial: str, port: int, host: str) -> None:
    with socket.create_server(
        (host, port), family=socket.AF_INET6 if host == "::" else socket.AF_INET, dualstack_ipv6=host == "::"
    ):
        start(processes, listener("server_0", trial, f"127.0.0.1,{port},0", at=(("127.0.0.1", port),)))
        failure = processes.wait_ready(["server_0"], LONG)
    assert failure is not None
    assert failure.kind == "taken"


def test_a_port_that_a_sibling_has(processes: Processes, trial: str, port: int) -> None:
    first, second = (listener(f"server_{i}", trial, f"127.0.0.1,{port},0", at=(("127.0.0.1", port),)) for i in (0, 1))
    start(processes, first)
    wait_for_listener(port)
    start(processes, second)
    failure = processes.wait_ready(["server_0", "server_1"], LONG)
    assert failure is not None
    pid = processes.started()["server_0"].pid
    assert f"is taken by pid {pid} (server_0), so server_1 cannot listen on it. fpray's next attempt" in failure.detail


def test_a_process_that_lives_on_without_listening(processes: Processes, trial: str, port: int) -> None:
    at = (("127.0.0.1", port),)
    start(processes, listener("server_0", trial, f"127.0.0.1,{port + 1},0", at=at), spec("server_1", trial, listens=at))
    wait_for_listener(port + 1)
    took, failure = timed(processes.wait_ready, ["server_0", "server_1"], 0.5)
    assert 0.5 <= took < LONG
    assert failure is not None
    assert (failure.kind, failure.label, failure.returncode) == ("not-ready", "server_0", None)
    assert f"(it listens on 127.0.0.1:{port + 1}); also not ready: server_1" in failure.detail


def test_an_early_exit_ends_the_wait_at_once(processes: Processes, trial: str, port: int) -> None:
    at = (("127.0.0.1", port),)
    start(processes, spec("server_1", trial, listens=at), spec("server_0", trial, "sh", "-c", "sleep 0.4; exit 0"))
    failure = processes.wait_ready(["server_1"], LONG, first_pause_s=LONG)  # it must not take a look to see that
    seen_ns = time.time_ns()
    assert failure is not None
    assert (failure.kind, failure.label, failure.returncode) == ("exited", "server_0", 0)
    assert seen_ns - processes.exits()["server_0"].ended_ns < LONG * 1e9


def test_one_that_ended_well_is_not_ready(processes: Processes, trial: str) -> None:
    start(processes, spec("driver_0", trial, "true", expected_exits=(0,)))
    assert processes.wait_exit(["driver_0"], LONG) is None
    failure = processes.wait_ready(["driver_0"], LONG)
    assert failure is not None
    assert failure.kind == "exited"


def test_a_client_that_ended_well_before_the_first_look_was_ready(processes: Processes, trial: str, port: int) -> None:
    late = listener("client_1", trial, f"127.0.0.1,{port},0.3", at=(("127.0.0.1", port),))
    quick = spec("client_0", trial, "true", listens=(("127.0.0.1", port + 1),), expected_exits=(0,), brief=True)
    start(processes, quick, late)
    assert processes.wait_exit(["client_0"], LONG) is None
    assert processes.wait_ready(["client_0"], LONG) is None
    assert processes.wait_ready(["client_0", "client_1"], LONG) is None
    assert processes.ready_after(["client_0", "client_1"]).keys() == {"client_1"}
    failed = spec("client_2", trial, "false", listens=(("127.0.0.1", port + 2),), expected_exits=(0,), brief=True)
    start(processes, failed)
    failure = processes.wait_ready(["client_2"], LONG)
    assert failure is not None
    assert failure.returncode == 1
