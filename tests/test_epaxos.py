"""epaxos: a sweep with the reference jar, its files, and histories that stay linearizable when replicas die or stop."""

from __future__ import annotations

import csv
import json
import re
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from tests.conftest import QUICK, cli
from tests.conftest import run as fpray
from tests.linearizability import read_history, violation
from tests.test_batchedunreplicated import assert_flags_of_the_original
from tests.test_reference_jar import (
    HOST,
    Processes,
    Silent,
    flags,
    free_port,
    read_varints,
    run,
    unreplicated_client,
    varint,
    wait_until_listening,
)

PACKAGE = "frankenpaxos.epaxos"
TIMERS = {
    "options.resendPreAcceptsTimerPeriod": "100ms",
    "options.defaultToSlowPathTimerPeriod": "100ms",
    "options.resendAcceptsTimerPeriod": "100ms",
    "options.resendPreparesTimerPeriod": "100ms",
    "options.recoverInstanceTimerMinPeriod": "100ms",
    "options.recoverInstanceTimerMaxPeriod": "300ms",
}


class Cluster(Processes):
    """All replicas of an EPaxos."""

    def __init__(
        self,
        jar: Path,
        directory: Path,
        *,
        f: int = 1,
        absent: int = -1,
        state_machine: str = "KeyValueStore",
        options: dict[str, str] | None = None,
    ) -> None:
        super().__init__(jar, directory)
        self.ports = [free_port() for _ in range(2 * f + 1)]
        self.config = directory / "config.pbtxt"
        addresses = [f'replicaAddress {{ host: "{HOST}" port: {port} }}' for port in self.ports]
        self.config.write_text("\n".join([f"f: {f}", *addresses, ""]))
        for i in range(len(self.ports)):
            if i != absent:
                replica = {"state_machine": state_machine, **TIMERS, **(options or {})}
                self.start(f"replica_{i}", f"{PACKAGE}.ReplicaMain", *flags(self.common("debug", i) | replica))
        for port in [port for i, port in enumerate(self.ports) if i != absent]:
            wait_until_listening(port)

    def common(self, log_level: str, index: int | None = None) -> dict[str, str]:
        """What every process is told."""
        place = {} if index is None else {"index": str(index), "prometheus_port": "-1"}
        return {"config": str(self.config), "log_level": log_level} | place

    def record_history(self, **arguments: str) -> subprocess.Popen[str]:
        """Clients that write values nobody else writes, and read."""
        own = {"host": HOST, "port": str(free_port()), "output_file": str(self.directory / "history.csv")}
        own |= {"options.reproposePeriod": "300ms", "timeout": "30s"}
        return self.start(
            "history", "fpray.history.HistoryMain", "epaxos", *flags(self.common("info") | own | arguments)
        )

    def check_history(self, at_least: int) -> None:
        """Every operation was answered, some order explains all answers, and nothing broke."""
        assert self.by_label["history"].wait(40) == 0, self.output("history")
        history = read_history(self.directory / "history.csv")
        assert [o for o in history if o.returned is None] == [], "never answered"
        assert len(history) >= at_least
        assert violation(history) is None
        for label, process in self.by_label.items():
            assert process.poll() in (None, 0, -signal.SIGKILL), f"{label}: {self.output(label)}"

    def recoveries(self) -> int:
        """How often a replica began to recover an instance."""
        return sum(self.output(label).count(" recovers the instance ") for label in self.by_label)


@pytest.fixture
def clusters() -> Iterator[list[Cluster]]:
    made: list[Cluster] = []
    yield made
    for cluster in made:
        cluster.end()


# The sweep and the mains ----------------------------------------------------------------------------------------------


def test_a_sweep_ends_with_answers(ray_address: str, tmp_path: Path) -> None:
    words = ["sweep", "epaxos", *QUICK, "--set", "num_clients_per_proc=3", "--set", "num_client_procs=2"]
    words += ["--set", "state_machine=KeyValueStore", "--set", "workload.name=BernoulliSingleKeyWorkload"]
    words += ["--set", "workload.conflict_rate=0.2", "--vary", "replica_options.thrifty_system=NotThrifty,Closest"]
    done = fpray(*words, "--address", ray_address, "--json", cwd=tmp_path)
    assert done.code == 0, done.err
    trials = [json.loads(line) for line in done.out.splitlines()]
    assert [len(trial["processes"]) for trial in trials] == [3 + 2] * 2
    for trial in trials:
        assert trial["results"]["measured.throughput"] > 50
        # Throughput x latency is the number of loops, which is one more for each client than it is told; the warm-up,
        # which the clients record, is left out.
        assert 0.8 < trial["results"]["measured.littles_law"] < 1.2


def test_what_cannot_work_is_refused_all_at_once() -> None:
    options = "replica_options.recover_instance_timer"
    done = cli("plan", "epaxos", "--set", "f=0", "--set", f"{options}_min_period=2000s", "--set", "timeout=1s")
    assert done.exit_code == 2
    for said in ("f=0 must be at least 1", f"{options}_max_period is less", "timeout is shorter than duration"):
        assert said in " ".join(done.output.split())


@pytest.mark.parametrize("main", ["BenchmarkClientMain", "ReplicaMain"])
def test_mains_have_the_flags_of_the_original(reference_jar: Path, main: str) -> None:
    assert_flags_of_the_original(reference_jar, f"{PACKAGE}.{main}")


@pytest.mark.parametrize(
    ("config", "error"),
    [
        ("f: 1 replicaAddress { host: '127.0.0.1' port: 1 }", "f = 1 needs exactly 3 replicas, but there are 1."),
        ("f: 0 replicaAddress { host: '127.0.0.1' port: 1 }", "f is 0, but must be at least 1."),
        ("f: 1 replica_address { host: '127.0.0.1' port: 1 }", "Unknown field name 'replica_address'"),
    ],
)
def test_configs_that_cannot_work_end_a_replica(reference_jar: Path, tmp_path: Path, config: str, error: str) -> None:
    path = tmp_path / "config.pbtxt"
    path.write_text(config)
    words = {"index": "0", "config": str(path), "log_level": "info", "state_machine": "Noop", "prometheus_port": "-1"}
    done = run(reference_jar, f"{PACKAGE}.ReplicaMain", *flags(words))
    assert done.returncode == 1
    assert error in done.stderr


def client(cluster: Cluster | None, directory: Path, **changes: str) -> dict[str, str]:
    """The flags of a client of string commands."""
    own = {name: v for name, v in unreplicated_client(directory).items() if not name.startswith("server_")}
    return own | {"config": str(cluster.config if cluster else directory / "config.pbtxt")} | changes


def test_a_client_has_one_loop_more_and_proposes_again(reference_jar: Path, tmp_path: Path) -> None:
    silents = [Silent() for _ in range(3)]
    addresses = [f'replicaAddress {{ host: "{HOST}" port: {silent.port} }}' for silent in silents]
    (tmp_path / "config.pbtxt").write_text("\n".join(["f: 1", *addresses]))
    short = {"warmup_timeout": "0.3s", "timeout": "0.4s", "num_warmup_clients": "3", "num_clients": "5"}
    done = run(reference_jar, f"{PACKAGE}.BenchmarkClientMain", *flags(client(None, tmp_path, **short)))
    assert done.returncode == 0
    assert done.stdout.count("[warn] Client futures timed out!") == 2
    assert sum(len(silent.frames) for silent in silents) == (3 + 1) + (5 + 1)
    again = short | {"options.reproposePeriod": "150ms"}
    run(reference_jar, f"{PACKAGE}.BenchmarkClientMain", *flags(client(None, tmp_path, **again)))
    assert all(len(silent.frames) > 0 for silent in silents)
    assert sum(len(silent.frames) for silent in silents) >= 10 + 10 + 4 + 6


def test_the_recorder_file_has_the_warm_up_and_the_columns_of_the_original(
    reference_jar: Path, tmp_path: Path, clusters: list[Cluster]
) -> None:
    cluster = Cluster(reference_jar, tmp_path, state_machine="AppendLog")
    clusters.append(cluster)
    arguments = client(cluster, tmp_path, warmup_duration="0.6s", duration="0.2s")
    done = run(reference_jar, f"{PACKAGE}.BenchmarkClientMain", *flags(arguments))
    assert "Clients finished successfully." in done.stdout
    lines = (tmp_path / "client_0_data.csv").read_text().splitlines()
    assert lines[0] == "start,stop,latency_nanos,host,port"
    rows = list(csv.DictReader(lines))
    assert {(row["host"], row["port"]) for row in rows} == {(HOST, arguments["port"])}
    starts = [datetime.fromisoformat(re.sub(r"(\.\d{6})\d*Z", r"\1+00:00", row["start"])) for row in rows]
    assert (max(starts) - min(starts)).total_seconds() > 0.6


# Linearizability ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("thrifty", ["NotThrifty", "Random", "Closest"])
def test_concurrent_clients_see_one_order(
    reference_jar: Path,
    tmp_path: Path,
    clusters: list[Cluster],
    thrifty: str,
) -> None:
    cluster = Cluster(reference_jar, tmp_path, f=1, options={"options.thriftySystem": thrifty})
    clusters.append(cluster)
    cluster.record_history(duration="1.5s", num_clients="10")
    cluster.check_history(at_least=300)


@pytest.mark.parametrize("f", [1, 2])
def test_a_killed_replica_does_no_harm_and_the_others_go_on(
    reference_jar: Path,
    tmp_path: Path,
    clusters: list[Cluster],
    f: int,
) -> None:
    cluster = Cluster(reference_jar, tmp_path, f=f)
    clusters.append(cluster)
    cluster.record_history(duration="2s")
    time.sleep(0.8)
    cluster.by_label["replica_0"].kill()
    killed = time.monotonic_ns()
    cluster.check_history(at_least=300)
    # CLOCK_MONOTONIC is what System.nanoTime() reads, too.
    after = [o for o in read_history(tmp_path / "history.csv") if o.returned and o.invoked > killed + 500_000_000]
    assert len(after) > 100


def test_replicas_that_stop_and_wake_up_do_no_harm(
    reference_jar: Path,
    tmp_path: Path,
    clusters: list[Cluster],
) -> None:
    # Who wakes up goes on with instances that others have meanwhile recovered, some of them with nothing in them.
    cluster = Cluster(reference_jar, tmp_path, f=2, options={"options.thriftySystem": "Random"})
    clusters.append(cluster)
    cluster.record_history(duration="3.2s")
    time.sleep(0.8)
    for i in (0, 1, 2):
        stopped = cluster.by_label[f"replica_{i}"]
        stopped.send_signal(signal.SIGSTOP)
        time.sleep(0.7)
        stopped.send_signal(signal.SIGCONT)
    cluster.check_history(at_least=300)


# Instances and commands, byte for byte --------------------------------------------------------------------------------


class Peer:
    """Sends a replica what it likes, and takes replies."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection((HOST, port), timeout=20)

    def send(self, kind: int, content: bytes) -> None:
        """One message."""
        self.socket.sendall((len(content) + 1).to_bytes(4, "big") + bytes([kind]) + content)

    def receive(self) -> bytes:
        """The next message, its type first."""
        return self.exactly(int.from_bytes(self.exactly(4), "big"))

    def exactly(self, size: int) -> bytes:
        """So many bytes."""
        data = b""
        while len(data) < size:
            more = self.socket.recv(size - len(data))
            assert more, "the replica has closed the connection"
            data += more
        return data

    def result(self, command: bytes, number: int = 0, client: int = 1) -> bytes:
        """What a command gives, sent under a number."""
        self.send(0, request(command, number, client))
        reply = self.receive()
        assert reply[0] == 1
        (pseudonym, answered, _), rest = read_varints(reply[1:], 3)
        assert (pseudonym, answered) == (0, number)
        return rest


def request(command: bytes, number: int, client: int, pseudonym: int = 0) -> bytes:
    return client.to_bytes(8, "big") + varint(pseudonym) + varint(number) + varint(len(command)) + command


def put(key: bytes, value: bytes) -> bytes:
    return b"\2\1" + varint(len(key)) + key + varint(len(value)) + value


def get(key: bytes) -> bytes:
    return b"\1\1" + varint(len(key)) + key


def pre_accept(columns: int, command: bytes, number: int = 0) -> bytes:
    """An instance of replica 0, which knows of nothing that conflicts but what it has led before."""
    return (
        varint(0)
        + varint(number)
        + varint(number)
        + varint(number)
        + varint(0) * (columns - 1)
        + request(command, number, 9)
    )


@pytest.mark.parametrize("f", [1, 2])
def test_what_a_dead_leader_may_have_decided_is_kept(
    reference_jar: Path, tmp_path: Path, clusters: list[Cluster], f: int
) -> None:
    # Replica 0 is dead. As many have pre-accepted its command unchanged as make a fast quorum with it.
    cluster = Cluster(reference_jar, tmp_path, f=f, absent=0)
    clusters.append(cluster)
    for port in cluster.ports[1 : f + 1]:
        dead = Peer(port)
        dead.send(2, pre_accept(2 * f + 1, put(b"k", b"dead")))
        assert dead.receive()[0] == 3
    assert Peer(cluster.ports[1]).result(get(b"k")) == b"\1\1\1\4dead"
    assert cluster.recoveries() > 0


@pytest.mark.parametrize("f", [1, 2])
def test_what_a_dead_leader_cannot_have_decided_is_given_up(
    reference_jar: Path, tmp_path: Path, clusters: list[Cluster], f: int
) -> None:
    cluster = Cluster(reference_jar, tmp_path, f=f, absent=0)
    clusters.append(cluster)
    alive = Peer(cluster.ports[1])
    alive.result(put(b"k", b"alive"))
    # Who pre-accepts the dead one's now adds a dependency, and that rules out the fast path.
    dead = Peer(cluster.ports[1])
    dead.send(2, pre_accept(2 * f + 1, put(b"k", b"dead")))
    assert dead.receive()[0] == 3
    assert alive.result(get(b"k"), 1) == b"\1\1\1\5alive"
    assert cluster.recoveries() > 0


def test_all_that_a_dead_leader_has_left_is_recovered_together(
    reference_jar: Path, tmp_path: Path, clusters: list[Cluster]
) -> None:
    cluster = Cluster(reference_jar, tmp_path, absent=0)
    clusters.append(cluster)
    dead, many = Peer(cluster.ports[1]), 80
    for number in range(many):
        dead.send(2, pre_accept(3, put(b"k", b"%04d" % number), number))
        assert dead.receive()[0] == 3
    begun = time.monotonic()
    assert Peer(cluster.ports[2]).result(get(b"k")) == b"\1\1\1\4%04d" % (many - 1)
    # One after the other, each after its time, would be 0.1 s for each at least.
    assert time.monotonic() - begun < 0.1 * many / 2


def test_a_command_that_comes_twice_is_executed_once(
    reference_jar: Path, tmp_path: Path, clusters: list[Cluster]
) -> None:
    cluster = Cluster(reference_jar, tmp_path, state_machine="AppendLog")
    clusters.append(cluster)
    peers = [Peer(port) for port in cluster.ports]
    assert [peer.result(b"x", 0) for peer in (peers[0], peers[0], peers[1], peers[2])] == [b"0"] * 4
    assert [peer.result(b"x", 1) for peer in (peers[2], peers[0])] == [b"1"] * 2
    # Another client's is another command.
    assert peers[1].result(b"x", 0, client=2) == b"2"


def test_memory_does_not_grow_with_the_commands_while_a_replica_is_dead(
    reference_jar: Path, tmp_path: Path, clusters: list[Cluster]
) -> None:
    # What the dead one lacks is kept for it, but only as far as memory allows: 4 KB each, in heaps of 100 MB.
    cluster = Cluster(reference_jar, tmp_path, absent=0, state_machine="Noop")
    clusters.append(cluster)
    peer = Peer(cluster.ports[1])
    for number in range(60):
        for pseudonym in range(1_000):
            peer.send(0, request(bytes(4_000), number, 1, pseudonym))
        for _ in range(1_000):
            assert peer.receive()[0] == 1
    assert all(process.poll() is None for process in cluster.by_label.values())
