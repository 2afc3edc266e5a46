"""batchedunreplicated: a sweep with the reference jar, its refusals, and what its roles do with batches."""

from __future__ import annotations

import json
import re
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import QUICK, cli
from tests.conftest import run as fpray
from tests.test_reference_jar import (
    HOST,
    Processes,
    Silent,
    flags,
    free_port,
    read_varints,
    rows,
    run,
    unreplicated_client,
    varint,
    wait_until_listening,
)

MAINS = json.loads((Path(__file__).parent / "data" / "mains.json").read_text())["mains"]
PACKAGE = "frankenpaxos.batchedunreplicated"
OPTION = {"batcher": "options.batchSize", "proxy_server": "options.flushEveryN"}


def assert_flags_of_the_original(jar: Path, main: str) -> None:
    """A main of the jar accepts what FrankenPaxos's accepts, and requires the same."""
    usage = run(jar, main, "--help").stdout
    listed = re.findall(r"^  (--\S+) <.*> \((required|optional|default: .*)\)$", usage, re.MULTILINE)
    assert {flag: kind == "required" for flag, kind in listed} == MAINS[main]


def test_a_sweep_ends_with_answers(ray_address: str, tmp_path: Path) -> None:
    words = ["sweep", "batchedunreplicated", *QUICK, "--vary", "num_batchers=1,2", "--set", "num_proxy_servers=2"]
    words += ["--set", "num_client_procs=2", "--set", "state_machine=AppendLog"]
    done = fpray(*words, "--address", ray_address, "--json", cwd=tmp_path)
    assert done.code == 0, done.err
    trials = [json.loads(line) for line in done.out.splitlines()]
    assert [len(trial["processes"]) for trial in trials] == [6, 7]
    for trial in trials:
        assert trial["results"]["measured.throughput"] > 100
        # Throughput x latency is the number of loops, which is one more for each client than it is told.
        assert 0.7 < trial["results"]["measured.littles_law"] < 1.3


def test_requests_that_wait_for_others_at_the_end_are_a_doubt_not_a_failure(ray_address: str, tmp_path: Path) -> None:
    words = ["sweep", "batchedunreplicated", *QUICK, "--set", "batcher_options.batch_size=10"]
    words += ["--set", "num_clients_per_proc=22", "--set", "num_batchers=1"]
    done = fpray(*words, "--address", ray_address, "--json", cwd=tmp_path)
    assert done.code == 0, done.err
    (trial,) = [json.loads(line) for line in done.out.splitlines()]
    assert trial["status"] == "finished"
    assert any("client_0 waited for its last answers" in doubt for doubt in trial["doubts"]), trial["doubts"]
    assert any("batcher_options.batch_size=10" in doubt for doubt in trial["doubts"])


def test_what_could_never_be_answered_is_refused_all_at_once() -> None:
    words = ["--set", "num_batchers=0", "--set", "num_proxy_servers=0", "--set", "num_clients_per_proc=3"]
    words += ["--set", "batcher_options.batch_size=5", "--set", "proxy_server_options.flush_every_n=0"]
    done = cli("plan", "batchedunreplicated", *words)
    assert done.exit_code == 2
    for said in (
        "num_batchers=0",
        "num_proxy_servers=0",
        "batcher_options.batch_size=5 is more than the 4 closed loops that there are",
        "proxy_server_options.flush_every_n=0",
    ):
        assert said in " ".join(done.output.split())


@pytest.mark.parametrize("role", ["ClientMain", "BatcherMain", "ServerMain", "ProxyServerMain"])
def test_mains_have_the_flags_of_the_original(reference_jar: Path, role: str) -> None:
    assert_flags_of_the_original(reference_jar, f"{PACKAGE}.{role}")


# The roles ------------------------------------------------------------------------------------------------------------


class Roles(Processes):
    """Some of the roles, with one instance each; the others are the test's."""

    def __init__(self, jar: Path, directory: Path, **others: int) -> None:
        super().__init__(jar, directory)
        self.ports = {role: others.get(role) or free_port() for role in ("batcher", "server", "proxy_server")}
        self.config = directory / "config.pbtxt"
        lines = [f'{role}_address {{ host: "{HOST}" port: {port} }}' for role, port in self.ports.items()]
        self.config.write_text("\n".join(lines))
        self.common = {"config": str(self.config), "log_level": "info", "prometheus_port": "-1"}
        for role in self.ports.keys() - others.keys():
            main = "".join(word.capitalize() for word in role.split("_")) + "Main"
            own = {"state_machine": "AppendLog", "options.flushEveryN": "1"} if role == "server" else {"index": "0"}
            own |= {OPTION[role]: "3" if role == "batcher" else "1"} if role in OPTION else {}
            self.start(role, f"{PACKAGE}.{main}", *flags(self.common | own))
        for role in self.ports.keys() - others.keys():
            wait_until_listening(self.ports[role], self.by_label[role])

    def client(self, **changes: str) -> dict[str, str]:
        """The flags of a client."""
        values = unreplicated_client(self.directory, measurement_group_size="1", **changes)
        return {name: v for name, v in values.items() if not name.startswith("server_")} | self.common


@pytest.fixture
def started() -> Iterator[list[Processes]]:
    """What a test starts, ended with it."""
    made: list[Processes] = []
    yield made
    for processes in made:
        processes.end()


def wait_for_frames(silent: Silent, count: int) -> list[bytes]:
    until = time.monotonic() + 10
    while len(silent.frames) < count and time.monotonic() < until:
        time.sleep(0.01)
    return list(silent.frames)


def test_a_client_has_one_loop_more_and_sends_nothing_again(
    reference_jar: Path, tmp_path: Path, started: list[Processes]
) -> None:
    silent = Silent()
    roles = Roles(reference_jar, tmp_path, batcher=silent.port, server=1, proxy_server=1)
    started.append(roles)
    short = {"warmup_timeout": "0.3s", "timeout": "0.4s", "num_warmup_clients": "3", "num_clients": "5"}
    done = run(reference_jar, f"{PACKAGE}.ClientMain", *flags(roles.client(**short)))
    assert done.returncode == 0
    assert done.stdout.count("[warn] Client futures timed out!") == 2
    assert len(silent.frames) == (3 + 1) + (5 + 1)


def request(client: int, number: int, command: bytes) -> bytes:
    """A ClientRequest of loop 0, as a frame."""
    content = b"\0" + varint(0x7F000001 << 16 | client) + varint(0) + varint(number) + varint(len(command)) + command
    return len(content).to_bytes(4, "big") + content


def test_a_batcher_waits_for_a_full_batch(reference_jar: Path, tmp_path: Path, started: list[Processes]) -> None:
    silent = Silent()
    roles = Roles(reference_jar, tmp_path, server=silent.port, proxy_server=1)
    started.append(roles)
    requests = [request(9, number, b"x") for number in range(7)]
    with socket.create_connection((HOST, roles.ports["batcher"])) as batcher:
        batcher.sendall(b"".join(requests))
        # The batches are the requests as they came; the seventh waits for two more.
        bodies = [frame[5:] for frame in requests]
        full = [b"\1" + b"".join(bodies[0:3]), b"\1" + b"".join(bodies[3:6])]
        assert wait_for_frames(silent, 2) == full
        time.sleep(0.2)
        assert len(silent.frames) == 2
        batcher.sendall(requests[0] + requests[1])
        assert wait_for_frames(silent, 3)[2] == b"\1" + bodies[6] + bodies[0] + bodies[1]


def test_every_request_of_a_batch_is_executed_once_and_answered_to_its_client(
    reference_jar: Path, tmp_path: Path, started: list[Processes]
) -> None:
    one, other = Silent(), Silent()
    roles = Roles(reference_jar, tmp_path)
    started.append(roles)
    with socket.create_connection((HOST, roles.ports["batcher"])) as batcher:
        for number in range(6):
            batcher.sendall(request((one, other)[number % 2].port, number, b"entry"))
    for client, expected in ((one, [0, 2, 4]), (other, [1, 3, 5])):
        replies = [read_varints(frame[1:], 3) for frame in wait_for_frames(client, 3)]
        # Results of an AppendLog are its indices: each was appended once, in the order of the batcher.
        assert [(number, int(result)) for (_, number, _), result in replies] == [(n, n) for n in expected]


def test_unfinished_measurement_groups_are_lost(reference_jar: Path, tmp_path: Path, started: list[Processes]) -> None:
    roles = Roles(reference_jar, tmp_path)
    started.append(roles)
    client = roles.client(num_warmup_clients="2", num_clients="2") | {"measurement_group_size": "100"}
    assert run(reference_jar, f"{PACKAGE}.ClientMain", *flags(client)).returncode == 0
    assert {row["count"] for row in rows(tmp_path)} == {"100"}
