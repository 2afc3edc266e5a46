"""Servers of the jar as processes: ports, signals, bytes that are no messages, and metrics."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import urllib.request
from pathlib import Path

import pytest

from tests.jvm.clients import client_flags, rows
from tests.jvm.multipaxos.cluster import config
from tests.jvm.processes import HOST, Processes, address, flags, free_port, run, wait_until_listening
from tests.jvm.unreplicated import CLIENT, SERVER, server_flags, servers, start_server
from tests.jvm.wire import Peer
from tests.support.patience import LONG

pytestmark = pytest.mark.jvm


def test_a_taken_port_is_named_and_ends_the_process(reference_jar: Path, tmp_path: Path) -> None:
    with socket.socket() as listener:
        listener.bind((HOST, 0))
        listener.listen()
        port = listener.getsockname()[1]
        error = f"Address already in use: {HOST}:{port}"
        _assert_ends(run(reference_jar, SERVER, *server_flags(port)), error)
        _assert_ends(run(reference_jar, SERVER, *server_flags(free_port(), prometheus_port=str(port))), error)
        _assert_ends(run(reference_jar, CLIENT, *client_flags(tmp_path, servers(1), port=str(port))), error)
        path = tmp_path / "config.pbtxt"
        path.write_text(config(leader_election_address=[address(port), address(free_port())]))
        leader = {"index": "0", "config": str(path), "log_level": "error"}
        _assert_ends(run(reference_jar, "frankenpaxos.multipaxos.LeaderMain", *flags(leader)), error)


def _assert_ends(done: subprocess.CompletedProcess[str], error: str) -> None:
    assert done.returncode == 1
    assert error in done.stderr


def test_a_server_ends_with_143_on_sigterm(processes: Processes) -> None:
    port = start_server(processes)
    # Bytes that are no message close their connection, and nothing else.
    with socket.create_connection((HOST, port)) as other:
        other.sendall(b"GET / HTTP/1.1\r\n\r\n")
        assert other.recv(1) == b""
    server = processes.by_label["server"]
    server.send_signal(signal.SIGTERM)
    assert server.wait(LONG) in (143, -signal.SIGTERM)
    assert f"Listening on {HOST}:{port}." in processes.output("server")


def test_a_command_that_does_not_fit_the_state_machine_ends_the_server_with_the_reason(processes: Processes) -> None:
    port = start_server(processes, state_machine="KeyValueStore")
    Peer(port).send(0, bytes([0, 1, 4, 0, 0, 0, 0]))
    assert processes.by_label["server"].wait(LONG) == 1
    assert "A command of 4 bytes is none of the KeyValueStore's" in processes.output("server")


def test_metrics_have_the_jvm_the_process_and_every_kind_of_request(processes: Processes, tmp_path: Path) -> None:
    metrics = free_port()
    port = start_server(processes, prometheus_port=str(metrics))
    wait_until_listening(metrics)
    assert run(processes.jar, CLIENT, *client_flags(tmp_path, servers(port))).returncode == 0
    with urllib.request.urlopen(f"http://{HOST}:{metrics}/metrics", timeout=LONG) as answer:
        text = answer.read().decode()
    for series in (
        r'jvm_memory_bytes_used\{area="heap",\} [\d.E]+',
        r'jvm_gc_collection_seconds_count\{gc="[^"]+",\} [\d.E]+',
        r"jvm_threads_current [\d.]+",
        r"event_loop_ready_connections [\d.]+",
        r"process_cpu_seconds_total [\d.E]+",
        r"process_resident_memory_bytes [\d.E]+",
        r"process_start_time_seconds [\d.E]+",
        r"process_open_fds [\d.]+",
        r'unreplicated_server_requests_latency_sum\{type="ClientRequest",\} [\d.E]+',
    ):
        assert re.search(rf"^{series}$", text, re.MULTILINE), series
    match = re.search(r'^unreplicated_server_requests_total\{type="ClientRequest",\} (\S+)$', text, re.MULTILINE)
    assert match
    assert float(match[1]) >= len(rows(tmp_path))
