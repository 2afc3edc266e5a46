"""craq: a sweep with the reference jar, its refusals, and histories that stay linearizable when messages are lost."""

from __future__ import annotations

import json
import re
import select
import signal
import socket
import subprocess
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import QUICK, cli
from tests.conftest import run as fpray
from tests.linearizability import read_history, violation
from tests.test_batchedunreplicated import assert_flags_of_the_original, wait_for_frames
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

PACKAGE = "frankenpaxos.craq"
UNKNOWN = [
    "UniformMultiKeyReadWriteWorkload",
    "WriteOnlyStringWorkload",
    "WriteOnlyUniformSingleKeyWorkload",
    "WriteOnlyBernoulliSingleKeyWorkload",
]
WRITES = """point_skewed_read_write_workload {
  num_keys: 3 read_fraction: 0 point_fraction: 0.5 write_size_mean: 4 write_size_std: 0
}"""


def test_a_sweep_ends_with_answers(ray_address: str, tmp_path: Path) -> None:
    words = ["sweep", "craq", *QUICK, "--vary", "num_chain_nodes=2,4", "--set", "workload.read_fraction=0.5"]
    words += ["--set", "num_clients_per_proc=4", "--set", "client_options.batch_size=2"]
    words += ["--set", "client_options.resend_client_request_period=50ms"]
    words += ["--set", "client_options.resend_read_request_period=50ms"]
    done = fpray(*words, "--address", ray_address, "--json", cwd=tmp_path)
    assert done.code == 0, done.err
    trials = [json.loads(line) for line in done.out.splitlines()]
    assert [len(trial["processes"]) for trial in trials] == [3, 5]
    for trial in trials:
        assert trial["results"]["read_output.measured.throughput"] > 50
        assert trial["results"]["write_output.measured.throughput"] > 50


@pytest.mark.parametrize("kind", UNKNOWN)
def test_workloads_that_its_clients_do_not_know_are_refused_before_launch(
    reference_jar: Path, tmp_path: Path, kind: str
) -> None:
    done = cli("plan", "craq", "--set", f"workload.name={kind}")
    assert done.exit_code == 2
    assert f"workload.name={kind}" in done.output
    assert "craq's clients know only UniformReadWriteWorkload and PointSkewedReadWriteWorkload" in done.output
    # And rightly so: multipaxos' file of that workload is none of craq's.
    planned = cli("plan", "multipaxos", "--json", "--set", f"workload.name={kind}", "--set", "state_machine=Noop")
    workload = tmp_path / "workload.pbtxt"
    workload.write_text(json.loads(planned.output)[0]["files"]["workload.pbtxt"])
    jar = run(reference_jar, f"{PACKAGE}.ClientMain", "--workload", str(workload))
    assert jar.returncode == 1
    assert re.search(r"Option --workload failed when given .* Unknown field name", jar.stderr)


def test_what_cannot_work_is_refused_all_at_once() -> None:
    words = ["--set", "f=2", "--set", "workload.name=PointSkewedReadWriteWorkload", "--set", "workload.num_keys=1"]
    words += ["--set", "workload.point_fraction=1.5", "--set", "client_options.batch_size=3"]
    done = cli("plan", "craq", *words)
    assert done.exit_code == 2
    for said in (
        "num_chain_nodes=2 f=2 needs at least f+1 = 3",
        "workload.num_keys=1",
        "workload.point_fraction=1.5",
        "client_options.batch_size=3 never fills",
    ):
        assert said in " ".join(done.output.split())


def test_nodes_are_told_to_measure_latencies_only_where_the_original_is_not_enough() -> None:
    """The original never passes the option, which is on in the jar."""
    for words, passed in ([], False), (["--set", "chain_node_options.measure_latencies=false"], True):
        done = cli("plan", "craq", "--json", *words)
        nodes = [p for p in json.loads(done.output)[0]["processes"] if p["role"] == "chain_node"]
        for node in nodes:
            assert (node["argv"][-2:] == ["--options.measureLatencies", "False"]) == passed


@pytest.mark.parametrize("role", ["ClientMain", "ChainNodeMain"])
def test_mains_have_the_flags_of_the_original(reference_jar: Path, role: str) -> None:
    assert_flags_of_the_original(reference_jar, f"{PACKAGE}.{role}")


# The chain ------------------------------------------------------------------------------------------------------------


class Cut(threading.Thread):
    """Stands between two nodes, passes everything on, and loses it when told to."""

    def __init__(self, target: int) -> None:
        super().__init__(daemon=True)
        self.target = target
        self.listener = socket.create_server((HOST, free_port()))
        self.port = self.listener.getsockname()[1]
        self.peers: dict[socket.socket, socket.socket] = {}
        self.cuts = 0
        self.wanted = 0
        self.start()

    def run(self) -> None:
        while True:
            for ready in select.select([self.listener, *self.peers], [], [], 0.02)[0]:
                if ready is self.listener:
                    near, far = ready.accept()[0], socket.create_connection((HOST, self.target))
                    self.peers |= {near: far, far: near}
                elif ready in self.peers:
                    self.pass_on(ready)

    def pass_on(self, ready: socket.socket) -> None:
        try:
            data = ready.recv(65536)
        except OSError:
            data = b""
        if self.cuts < self.wanted or not data:
            self.cuts = self.wanted
            # What has just been read, from either side, is lost.
            for end in [ready, self.peers[ready]]:
                self.peers.pop(end).close()
        else:
            self.peers[ready].sendall(data)

    def cut(self) -> None:
        self.wanted += 1


class Chain(Processes):
    """A chain; with `cut_before`, a Cut stands between that node and the one before it."""

    def __init__(
        self, jar: Path, directory: Path, nodes: int = 3, *, cut_before: int = 0, metrics: bool = False
    ) -> None:
        super().__init__(jar, directory)
        self.ports = [free_port() for _ in range(nodes)]
        self.metrics = [free_port() if metrics else -1 for _ in range(nodes)]
        self.config = self.write_config("config.pbtxt", self.ports)
        self.cut = Cut(self.ports[cut_before]) if cut_before else None
        for index in range(nodes):
            self.start_node(index, cut_before)
        for index, port in enumerate(self.ports):
            wait_until_listening(port, self.by_label[f"chain_node_{index}"])

    def start_node(self, index: int, cut_before: int, **options: str) -> None:
        config = self.config
        if self.cut and index == cut_before - 1:
            seen = [self.cut.port if i == cut_before else port for i, port in enumerate(self.ports)]
            config = self.write_config(f"config_{index}.pbtxt", seen)
        own = {"index": str(index), "config": str(config), "log_level": "info"}
        own |= {"prometheus_host": HOST, "prometheus_port": str(self.metrics[index])} | options
        self.start(f"chain_node_{index}", f"{PACKAGE}.ChainNodeMain", *flags(own))

    def write_config(self, name: str, ports: list[int]) -> Path:
        path = self.directory / name
        lines = [f'chain_node_address {{ host: "{HOST}" port: {port} }}' for port in ports]
        path.write_text("\n".join([f"f: {len(ports) - 1}", *lines]))
        return path

    def record_history(self, **arguments: str) -> subprocess.Popen[str]:
        own = {"host": HOST, "port": str(free_port()), "output_file": str(self.directory / "history.csv")}
        own |= {"config": str(self.config), "log_level": "info", "timeout": "30s"}
        own |= {f"options.resend{what}RequestPeriod": "300ms" for what in ("Client", "Read")}
        return self.start("history", "fpray.history.HistoryMain", "craq", *flags(own | arguments))

    def check_history(self, at_least: int) -> None:
        assert self.by_label["history"].wait(40) == 0, self.output("history")
        history = read_history(self.directory / "history.csv")
        assert len(history) >= at_least
        assert all(operation.returned for operation in history), "operations were never answered"
        assert violation(history) is None
        for label, process in self.by_label.items():
            assert process.poll() in (None, 0), f"{label}: {self.output(label)}"

    def scrape(self, index: int) -> str:
        with urllib.request.urlopen(f"http://{HOST}:{self.metrics[index]}/metrics", timeout=10) as answer:
            return str(answer.read().decode())

    def received(self, index: int, kind: str) -> float:
        """How many messages of a kind a node has had."""
        found = re.search(
            rf'^craq_chain_node_requests_total{{type="{kind}",}} (\S+)$', self.scrape(index), re.MULTILINE
        )
        return float(found[1]) if found else 0


@pytest.fixture
def chains() -> Iterator[list[Chain]]:
    made: list[Chain] = []
    yield made
    for chain in made:
        chain.end()


@pytest.mark.parametrize("batch", ["1", "3"])
def test_clean_and_dirty_reads_at_every_node_are_linearizable(
    reference_jar: Path, tmp_path: Path, chains: list[Chain], batch: str
) -> None:
    chain = Chain(reference_jar, tmp_path, metrics=True)
    chains.append(chain)
    chain.record_history(
        duration="1s",
        num_clients="12",
        num_keys="2",
        pause="0ms" if batch == "1" else "1ms",
        **{"options.batchSize": batch},
    )
    chain.check_history(at_least=300)
    assert min(chain.received(index, "Read") for index in range(3)) > 10
    # The tail was asked for versions, so copies were dirty; and far less often than there were reads.
    assert 0 < chain.received(2, "VersionRequest") < sum(chain.received(index, "Read") for index in range(3))
    assert 'craq_chain_node_requests_latency_count{type="Read",}' in chain.scrape(0)


def test_a_node_that_stands_still_for_a_while_holds_up_but_breaks_nothing(
    reference_jar: Path, tmp_path: Path, chains: list[Chain]
) -> None:
    chain = Chain(reference_jar, tmp_path)
    chains.append(chain)
    chain.record_history(duration="3.5s")
    time.sleep(0.6)
    for stopped in ("chain_node_1", "chain_node_2"):
        chain.by_label[stopped].send_signal(signal.SIGSTOP)
        time.sleep(1.2)
        chain.by_label[stopped].send_signal(signal.SIGCONT)
    chain.check_history(at_least=300)


@pytest.mark.parametrize("before", [1, 2])
def test_what_a_broken_connection_of_the_chain_loses_comes_again(
    reference_jar: Path, tmp_path: Path, chains: list[Chain], before: int
) -> None:
    chain = Chain(reference_jar, tmp_path, cut_before=before)
    chains.append(chain)
    assert chain.cut
    history = chain.record_history(duration="2s", num_clients="12")
    while history.poll() is None:
        time.sleep(0.15)
        chain.cut.cut()
    assert chain.cut.cuts >= 5
    chain.check_history(at_least=100)


def test_a_chain_of_one_node_is_its_own_head_and_tail(reference_jar: Path, tmp_path: Path, chains: list[Chain]) -> None:
    chain = Chain(reference_jar, tmp_path, nodes=1)
    chains.append(chain)
    chain.record_history(duration="0.5s")
    chain.check_history(at_least=300)


def frame(kind: int, content: bytes) -> bytes:
    return (len(content) + 1).to_bytes(4, "big") + bytes([kind]) + content


def blob(content: bytes) -> bytes:
    return varint(len(content)) + content


def test_a_write_that_comes_twice_is_executed_once(reference_jar: Path, tmp_path: Path, chains: list[Chain]) -> None:
    chain = Chain(reference_jar, tmp_path)
    chains.append(chain)
    client = Silent()
    address = varint(0x7F000001 << 16 | client.port)

    def write(pseudonym: int, value: bytes) -> bytes:
        command = bytes([2, 1]) + blob(b"k") + blob(value)
        return frame(0, address + varint(pseudonym) + varint(7) + blob(command))

    with socket.create_connection((HOST, chain.ports[0]), timeout=10) as head:
        for sent, pseudonym in enumerate((0, 1)):
            head.sendall(write(pseudonym, b"ab"[pseudonym : pseudonym + 1]))
            assert len(wait_for_frames(client, sent + 1)) == sent + 1
        head.sendall(write(0, b"a"))
        # The head itself answers what was executed before, where it came from.
        assert read_varints(head.recv(100)[5:], 2)[0] == [0, 7]
        get = bytes([1, 1]) + blob(b"k")
        head.sendall(frame(4, varint(3) + varint(9) + blob(get)))
        assert read_varints(head.recv(100)[5:], 2) == ([3, 9], blob(bytes([1, 1, 1]) + blob(b"b")))
    assert [read_varints(reply[1:], 2)[0] for reply in client.frames] == [[0, 7], [1, 7]]


def test_a_client_has_as_many_loops_as_it_is_told_and_sends_again(reference_jar: Path, tmp_path: Path) -> None:
    silent = Silent()
    config = tmp_path / "config.pbtxt"
    config.write_text(f'f: 0 chain_node_address {{ host: "{HOST}" port: {silent.port} }}')
    workload = tmp_path / "writes.pbtxt"
    workload.write_text(WRITES)
    short = {"warmup_timeout": "0.3s", "timeout": "0.7s", "num_warmup_clients": "3", "num_clients": "5"}
    client = unreplicated_client(tmp_path, **short) | {"config": str(config), "workload": str(workload)}
    client = {name: value for name, value in client.items() if not name.startswith("server_")}
    client["options.resendClientRequestPeriod"] = "0.5s"
    done = run(reference_jar, f"{PACKAGE}.ClientMain", *flags(client))
    assert done.returncode == 0
    assert done.stdout.count("[warn] Client futures timed out!") == 2
    ids = [tuple(read_varints(sent[1:], 3)[0][1:]) for sent in silent.frames]
    # Each of the 3 + 5 pseudonyms sends one write; those of the warm-up go on being sent, too.
    assert sorted({pseudonym for pseudonym, _ in ids}) == list(range(8))
    assert len(set(ids)) == 8
    assert len(ids) > 8
    assert rows(tmp_path) == []


@pytest.mark.parametrize(
    ("text", "index", "error"),
    [
        ("f: 2", "0", "f = 2 needs at least 3 chain nodes, but there are 0"),
        ("nope: 1", "0", "Unknown field name 'nope' (line 1, column 6)"),
        (f'f: 0 chain_node_address {{ host: "{HOST}" port: 1 }}', "1", "IndexOutOfBoundsException: --index is 1"),
    ],
)
def test_configs_that_cannot_work_end_the_process(
    reference_jar: Path, tmp_path: Path, text: str, index: str, error: str
) -> None:
    path = tmp_path / "config.pbtxt"
    path.write_text(text)
    words = flags({"index": index, "config": str(path), "log_level": "fatal"})
    done = run(reference_jar, f"{PACKAGE}.ChainNodeMain", *words)
    assert done.returncode == 1
    assert error in done.stderr
