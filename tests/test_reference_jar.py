"""The reference jar, as processes: refusals, ports, phases, recorder files, metrics, linearizable consensus."""

from __future__ import annotations

import csv
import itertools
import random
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

from fpray.jar.find import reference_jar
from tests.linearizability import read_history, violation

HOST = "127.0.0.1"
TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.(\d{3}|\d{6}|\d{9}))?Z"
ROW = re.compile(rf"{TIME},{TIME},\d+,\d+,(read|write)")
UNREPLICATED_SERVER = {
    "host": HOST,
    "port": "1",
    "log_level": "info",
    "state_machine": "Noop",
    "prometheus_host": HOST,
    "prometheus_port": "-1",
    "options.flushEveryN": "1",
}
_ports = itertools.count(random.randrange(11_000, 29_000))


@pytest.fixture(scope="session")
def jar() -> Path:
    return reference_jar("java")


def free_port() -> int:
    for port in _ports:
        with socket.socket() as probe:
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            return port
    raise AssertionError


def flags(values: dict[str, str]) -> list[str]:
    return [word for name, value in values.items() for word in (f"--{name}", value)]


def command(jar: Path, main: str, *arguments: str) -> list[str]:
    return ["java", "-Xms100m", "-Xmx100m", "-cp", str(jar), main, *arguments]


def run(jar: Path, main: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(jar, main, *arguments), capture_output=True, text=True, timeout=60)


def wait_until_listening(port: int, process: subprocess.Popen[str] | None = None) -> None:
    until = time.monotonic() + 30
    while time.monotonic() < until:
        with socket.socket() as probe:
            if probe.connect_ex((HOST, port)) == 0:
                return
        assert process is None or process.poll() is None, f"it ended with {process.returncode}"
        time.sleep(0.01)
    raise AssertionError(f"nobody listens on {port}")


class Processes:
    """Starts JVMs, and ends them with the test."""

    def __init__(self, jar: Path, directory: Path) -> None:
        self.jar = jar
        self.directory = directory
        self.by_label: dict[str, subprocess.Popen[str]] = {}

    def start(self, label: str, main: str, *arguments: str) -> subprocess.Popen[str]:
        with (self.directory / f"{label}.out").open("w") as out:
            process = subprocess.Popen(
                command(self.jar, main, *arguments), stdout=out, stderr=subprocess.STDOUT, text=True
            )
        self.by_label[label] = process
        return process

    def output(self, label: str) -> str:
        return (self.directory / f"{label}.out").read_text()

    def end(self) -> None:
        for process in self.by_label.values():
            process.kill()
        for process in self.by_label.values():
            process.wait()


@pytest.fixture
def processes(jar: Path, tmp_path: Path) -> Iterator[Processes]:
    made = Processes(jar, tmp_path)
    yield made
    made.end()


# Refusals -------------------------------------------------------------------------------------------------------------


def test_every_problem_with_flags_is_named_and_the_exit_code_is_1(jar: Path) -> None:
    done = run(
        jar,
        "frankenpaxos.unreplicated.ServerMain",
        *("--nope", "1", "--host", HOST, "--port", "abc", "--state_machine", "Foo", "--log_level", "info"),
    )
    assert done.returncode == 1
    choices = "Foo is not one of AppendLog, KeyValueStore, Noop, or Register."
    lines = done.stderr.splitlines()
    assert lines[:6] == [
        "Error: Unknown option --nope",
        "Error: Unknown argument '1'",
        "Error: Option --port expects a number but was given 'abc'",
        f"Error: Option --state_machine failed when given 'Foo'. {choices}",
        "Error: Missing option --options.flushEveryN",
        "Try --help for more information.",
    ]
    assert "IllegalArgumentException" in lines[6]
    assert lines[7].startswith("\tat ")


@pytest.mark.parametrize(
    ("flag", "value", "error"),
    [
        ("--duration", "abc", "Option --duration expects a number but was given 'abc'"),
        ("--duration", "Inf", "Option --duration failed when given 'Inf'"),
        ("--predetermined_read_fraction", "101", "Option --predetermined_read_fraction failed when given '101'"),
        ("--read_consistency", "strong", "strong is not one of linearizable, sequential, or eventual."),
        ("--options.unsafeReadAtI", "maybe", "'maybe' is not a boolean."),
        ("--workload", "/nowhere", "java.io.FileNotFoundException: /nowhere (No such file or directory)"),
    ],
)
def test_values_that_do_not_fit_are_refused(jar: Path, flag: str, value: str, error: str) -> None:
    done = run(jar, "frankenpaxos.multipaxos.ClientMain", flag, value, flag, value)
    assert done.returncode == 1
    assert error in done.stderr
    assert f"Error: Option {flag} is given more than once" in done.stderr
    assert "Error: Missing option --config" in done.stderr


@pytest.mark.parametrize("main", ["unreplicated.ClientMain", "multipaxos.ClientMain", "multipaxos.LeaderMain"])
def test_help_lists_the_flags(jar: Path, main: str) -> None:
    done = run(jar, f"frankenpaxos.{main}", "--help")
    assert done.returncode == 0
    assert re.search(r"--log_level <debug\|info\|warn\|error\|fatal> \(required\)", done.stdout)
    assert re.search(r"--prometheus_port <Int>", done.stdout)


def config(**changes: object) -> str:
    """A config that nobody listens for; `changes` replaces whole lines."""

    def addresses(n: int) -> list[str]:
        return [f'{{ host: "{HOST}" port: {free_port()} }}' for _ in range(n)]

    fields: dict[str, object] = {
        "f": 1,
        "leader_address": addresses(2),
        "leader_election_address": addresses(2),
        "proxy_leader_address": addresses(2),
        "acceptor_address": ["{ " + " ".join(f"acceptor_address {a}" for a in addresses(3)) + " }"],
        "replica_address": addresses(2),
        "flexible": "false",
        "distribution_scheme": "HASH",
    } | changes
    lines = []
    for name, value in fields.items():
        lines += [f"{name} {v}" for v in value] if isinstance(value, list) else [f"{name}: {value}"]
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize(
    ("text", "index", "error"),
    [
        ("nope: 1", "0", "Unknown field name 'nope' (line 1, column 6)"),
        ("f: 1", "0", "The required field flexible is missing"),
        (config(), "2", "IndexOutOfBoundsException: --index is 2, but the config has 2 leader addresses."),
        (config(f=0), "0", "f is 0, but must be at least 1"),
        (config(f=2), "0", "f = 2 needs at least 3 leaders, but there are 2"),
        (config(flexible="true"), "0", "a grid of 1 rows and 3 columns of acceptors does not tolerate f = 1 failures"),
        (config(distribution_scheme="SPREAD"), "0", "distribution_scheme is SPREAD"),
        (None, "0", "java.io.FileNotFoundException"),
    ],
)
def test_configs_that_cannot_work_end_the_process(
    jar: Path, tmp_path: Path, text: str | None, index: str, error: str
) -> None:
    path = tmp_path / "config.pbtxt"
    if text is not None:
        path.write_text(text)
    done = run(
        jar, "frankenpaxos.multipaxos.LeaderMain", "--index", index, "--config", str(path), "--log_level", "fatal"
    )
    assert done.returncode == 1
    assert error in done.stderr


# Ports and signals ----------------------------------------------------------------------------------------------------


def test_a_taken_port_is_said_and_ends_the_process(jar: Path, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        error = f"Address already in use: {HOST}:{port}"
        server = UNREPLICATED_SERVER | {"port": port}
        assert_ends(run(jar, "frankenpaxos.unreplicated.ServerMain", *flags(server)), error)
        server |= {"port": str(free_port()), "prometheus_port": port}
        assert_ends(run(jar, "frankenpaxos.unreplicated.ServerMain", *flags(server)), error)
        client = unreplicated_client(tmp_path, port=port, server_port="1")
        assert_ends(run(jar, "frankenpaxos.unreplicated.ClientMain", *flags(client)), error)
        path = tmp_path / "config.pbtxt"
        election = [f'{{ host: "{HOST}" port: {port} }}', f'{{ host: "{HOST}" port: {free_port()} }}']
        path.write_text(config(leader_election_address=election))
        leader = {"index": "0", "config": str(path), "log_level": "error"}
        assert_ends(run(jar, "frankenpaxos.multipaxos.LeaderMain", *flags(leader)), error)


def assert_ends(done: subprocess.CompletedProcess[str], error: str) -> None:
    assert done.returncode == 1
    assert error in done.stderr


def test_a_server_starts_at_once_and_ends_with_143_on_sigterm(processes: Processes) -> None:
    port = free_port()
    server = processes.start(
        "server", "frankenpaxos.unreplicated.ServerMain", *flags(UNREPLICATED_SERVER | {"port": str(port)})
    )
    wait_until_listening(port, server)
    # Bytes that are no message close their connection, and nothing else.
    with socket.create_connection((HOST, port)) as other:
        other.sendall(b"GET / HTTP/1.1\r\n\r\n")
        assert other.recv(1) == b""
    server.send_signal(signal.SIGTERM)
    assert server.wait(5) in (143, -signal.SIGTERM)
    assert f"Listening on {HOST}:{port}." in processes.output("server")


def test_a_command_that_does_not_fit_the_state_machine_ends_the_server_with_the_reason(processes: Processes) -> None:
    port = free_port()
    arguments = flags(UNREPLICATED_SERVER | {"port": str(port), "state_machine": "KeyValueStore"})
    server = processes.start("server", "frankenpaxos.unreplicated.ServerMain", *arguments)
    wait_until_listening(port, server)
    with socket.create_connection((HOST, port)) as client:
        client.sendall(bytes([0, 0, 0, 8, 0, 0, 1, 4, 0, 0, 0, 0]))
        assert server.wait(10) == 1
    assert "A command of 4 bytes is none of the KeyValueStore's" in processes.output("server")


# Clients --------------------------------------------------------------------------------------------------------------


def unreplicated_client(directory: Path, **changes: str) -> dict[str, str]:
    workload = directory / "workload.pbtxt"
    workload.write_text("string_workload { size_mean: 10 size_std: 3 }  # a comment\n")
    return {
        "host": HOST,
        "port": str(free_port()),
        "server_host": HOST,
        "log_level": "info",
        "prometheus_port": "-1",
        "warmup_duration": "0.2s",
        "warmup_timeout": "3s",
        "warmup_sleep": "0s",
        "num_warmup_clients": "1",
        "duration": "500ms",
        "timeout": "3s",
        "num_clients": "2",
        "workload": str(workload),
        "output_file_prefix": str(directory / "client_0"),
    } | changes


def rows(directory: Path, name: str = "client_0") -> list[dict[str, str]]:
    lines = (directory / f"{name}_data.csv").read_text().splitlines()
    assert lines[0] == "start,stop,count,latency_nanos,label"
    assert all(ROW.fullmatch(line) for line in lines[1:])
    return list(csv.DictReader(lines))


@pytest.mark.parametrize("group", ["1", "7"])
def test_an_unreplicated_run_records_what_it_says(processes: Processes, tmp_path: Path, group: str) -> None:
    port = free_port()
    processes.start("server", "frankenpaxos.unreplicated.ServerMain", *flags(UNREPLICATED_SERVER | {"port": str(port)}))
    wait_until_listening(port)
    client = unreplicated_client(tmp_path, server_port=str(port)) | {"measurement_group_size": group}
    begun = time.monotonic()
    done = run(processes.jar, "frankenpaxos.unreplicated.ClientMain", *flags(client))
    assert done.returncode == 0
    assert time.monotonic() - begun < 5
    phases = [line.split("] ")[1] for line in done.stdout.splitlines() if "[info] Client" in line]
    assert phases[0] == "Client warmup started."
    assert "Clients started." in phases
    assert phases[-1] == "Clients finished successfully."
    recorded = rows(tmp_path)
    assert len(recorded) > 20
    assert {row["label"] for row in recorded} == {"write"}
    assert {row["count"] for row in recorded[:-1]} == {group}
    assert 1 <= int(recorded[-1]["count"]) <= int(group)
    assert all(row["start"] <= row["stop"] for row in recorded if len(row["start"]) == len(row["stop"]))


class Silent(threading.Thread):
    """A server that takes frames and never answers: whoever talks to it is counted, and waits."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.listener = socket.create_server((HOST, free_port()))
        self.port = self.listener.getsockname()[1]
        self.frames: list[bytes] = []
        self.start()

    def run(self) -> None:
        buffers: dict[socket.socket, bytes] = {}
        while True:
            for ready in select.select([self.listener, *buffers], [], [])[0]:
                if ready is self.listener:
                    buffers[ready.accept()[0]] = b""
                elif data := ready.recv(65536):
                    buffers[ready] = self.take(buffers[ready] + data)
                else:
                    del buffers[ready]

    def take(self, data: bytes) -> bytes:
        while len(data) >= 4 and len(data) >= 4 + (length := int.from_bytes(data[:4], "big")):
            self.frames.append(data[4 : 4 + length])
            data = data[4 + length :]
        return data


def test_clients_that_get_no_answer_time_out_with_exit_code_0_and_their_number_of_loops(
    jar: Path, tmp_path: Path
) -> None:
    silent = Silent()
    short = {"warmup_timeout": "0.3s", "timeout": "0.4s", "num_warmup_clients": "3", "num_clients": "5"}
    client = unreplicated_client(tmp_path, server_port=str(silent.port)) | short
    begun = time.monotonic()
    done = run(jar, "frankenpaxos.unreplicated.ClientMain", *flags(client))
    assert 0.7 <= time.monotonic() - begun < 5
    assert done.returncode == 0
    assert done.stdout.count("[warn] Client futures timed out!") == 2
    assert "finished successfully" not in done.stdout
    assert len(silent.frames) == (3 + 1) + (5 + 1)
    assert rows(tmp_path) == []

    silent = Silent()
    path = tmp_path / "config.pbtxt"
    path.write_text(config(leader_address=[f'{{ host: "{HOST}" port: {p} }}' for p in (silent.port, free_port())]))
    workload = tmp_path / "writes.pbtxt"
    workload.write_text("write_only_uniform_single_key_workload { workload { num_keys: 2 size_mean: 1 size_std: 0 } }")
    client = {name: client[name] for name in client if not name.startswith("server_")}
    client |= {"config": str(path), "workload": str(workload), "log_level": "warn"}
    done = run(jar, "frankenpaxos.multipaxos.ClientMain", *flags(client))
    assert done.returncode == 0
    assert done.stdout.count("[warn] Client futures timed out!") == 2
    assert len(silent.frames) == 3 + 5


def test_a_killed_client_leaves_its_rows(processes: Processes, tmp_path: Path) -> None:
    port = free_port()
    processes.start("server", "frankenpaxos.unreplicated.ServerMain", *flags(UNREPLICATED_SERVER | {"port": str(port)}))
    wait_until_listening(port)
    client = unreplicated_client(tmp_path, server_port=str(port)) | {"duration": "60s", "timeout": "90s"}
    process = processes.start("client", "frankenpaxos.unreplicated.ClientMain", *flags(client))
    data = tmp_path / "client_0_data.csv"
    until = time.monotonic() + 20
    while (not data.exists() or data.stat().st_size < 20_000) and time.monotonic() < until:
        time.sleep(0.02)
    process.kill()
    process.wait()
    assert len(rows(tmp_path)) > 100


# Metrics --------------------------------------------------------------------------------------------------------------


def test_metrics_have_the_jvm_the_process_and_every_kind_of_request(processes: Processes, tmp_path: Path) -> None:
    port, metrics = free_port(), free_port()
    server = UNREPLICATED_SERVER | {"port": str(port), "prometheus_port": str(metrics)}
    processes.start("server", "frankenpaxos.unreplicated.ServerMain", *flags(server))
    wait_until_listening(metrics)
    client = unreplicated_client(tmp_path, server_port=str(port))
    assert run(processes.jar, "frankenpaxos.unreplicated.ClientMain", *flags(client)).returncode == 0
    with urllib.request.urlopen(f"http://{HOST}:{metrics}/metrics", timeout=10) as answer:
        text = answer.read().decode()
    for series in (
        r'jvm_memory_bytes_used\{area="heap",\} [\d.E]+',
        r'jvm_gc_collection_seconds_count\{gc="[^"]+",\} [\d.E]+',
        r"jvm_threads_current [\d.]+",
        r"process_cpu_seconds_total [\d.E]+",
        r"process_resident_memory_bytes [\d.E]+",
        r"process_start_time_seconds [\d.E]+",
        r"process_open_fds [\d.]+",
        r'unreplicated_server_requests_latency_sum\{type="ClientRequest",\} [\d.E]+',
    ):
        assert re.search(rf"^{series}$", text, re.MULTILINE), series
    counted = re.search(r'^unreplicated_server_requests_total\{type="ClientRequest",\} (\S+)$', text, re.MULTILINE)
    assert counted
    assert float(counted[1]) >= len(rows(tmp_path))


# MultiPaxos -----------------------------------------------------------------------------------------------------------


ROLES = {
    "acceptor": "AcceptorMain",
    "batcher": "BatcherMain",
    "read_batcher": "ReadBatcherMain",
    "proxy_leader": "ProxyLeaderMain",
    "replica": "ReplicaMain",
    "proxy_replica": "ProxyReplicaMain",
    "leader": "LeaderMain",
}
OPTIONS = {
    "leader": {
        "options.resendPhase1asPeriod": "60s",
        "options.election.pingPeriod": "0.5s",
        "options.election.noPingTimeoutMin": "1.5s",
        "options.election.noPingTimeoutMax": "3s",
    },
    "replica": {
        "state_machine": "KeyValueStore",
        "options.sendChosenWatermarkEveryNEntries": "100",
        "options.recoverLogEntryMinPeriod": "1s",
        "options.recoverLogEntryMaxPeriod": "2s",
    },
}
RESENDS = {f"options.resend{what}Period": "1s" for what in ("ClientRequest", "MaxSlotRequests", "ReadRequest")}


class Cluster(Processes):
    """A multipaxos cluster of f = 1, all processes started at once."""

    def __init__(
        self,
        jar: Path,
        directory: Path,
        *,
        counts: dict[str, int] | None = None,
        acceptors: tuple[int, int] = (1, 3),
        flexible: bool = False,
        options: dict[str, dict[str, str]] | None = None,
        later: str = "",
    ) -> None:
        super().__init__(jar, directory)
        number = {"leader": 2, "leader_election": 2, "proxy_leader": 2, "replica": 2} | (counts or {})
        self.ports = {role: [free_port() for _ in range(n)] for role, n in number.items()}
        self.groups = [[free_port() for _ in range(acceptors[1])] for _ in range(acceptors[0])]
        self.config = directory / "config.pbtxt"
        self.config.write_text(self._config(flexible))
        self.later: dict[str, tuple[str, list[str]]] = {}
        for role, main in ROLES.items():
            arguments = OPTIONS.get(role, {}) | (options or {}).get(role, {})
            for place in self._places(role):
                label = "_".join([role, *place.values()])
                self.later[label] = (f"frankenpaxos.multipaxos.{main}", flags(self._common() | place | arguments))
        for label in [label for label in self.later if label != later]:
            self.start_later(label)
        absent = self.ports["replica"][1:] if later else []
        for port in [p for group in (*self.ports.values(), *self.groups) for p in group if p not in absent]:
            wait_until_listening(port)

    def start_later(self, label: str) -> None:
        main, arguments = self.later.pop(label)
        self.start(label, main, *arguments)

    def _common(self) -> dict[str, str]:
        return {"config": str(self.config), "log_level": "info", "prometheus_port": "-1"}

    def _places(self, role: str) -> list[dict[str, str]]:
        if role == "acceptor":
            groups = enumerate(self.groups)
            return [{"group_index": str(g), "index": str(i)} for g, ports in groups for i in range(len(ports))]
        return [{"index": str(i)} for i in range(len(self.ports.get(role, [])))]

    def _config(self, flexible: bool) -> str:
        def address(port: int) -> str:
            return f'{{ host: "{HOST}" port: {port} }}'

        lines = [f"{role}_address {address(port)}" for role, ports in self.ports.items() for port in ports]
        for group in self.groups:
            lines.append("acceptor_address { " + " ".join(f"acceptor_address {address(p)}" for p in group) + " }")
        return "\n".join([*lines, "f: 1", f"flexible: {str(flexible).lower()}", "distribution_scheme: HASH", ""])

    def record_history(self, **arguments: str) -> subprocess.Popen[str]:
        own = {"host": HOST, "port": str(free_port()), "output_file": str(self.directory / "history.csv")}
        common = {name: value for name, value in self._common().items() if name != "prometheus_port"}
        return self.start(
            "history", "fpray.history.HistoryMain", "multipaxos", *flags(common | own | RESENDS | arguments)
        )

    def check_history(self, at_least: int) -> None:
        assert self.by_label["history"].wait(40) == 0, self.output("history")
        history = read_history(self.directory / "history.csv")
        answered = [o for o in history if o.returned is not None]
        assert len(answered) >= at_least
        assert len(history) - len(answered) == 0, "operations were never answered"
        assert violation(history) is None
        for label, process in self.by_label.items():
            assert process.poll() in (None, 0, -signal.SIGKILL), f"{label}: {self.output(label)}"


@pytest.fixture
def clusters(jar: Path, tmp_path: Path) -> Iterator[list[Cluster]]:
    made: list[Cluster] = []
    yield made
    for cluster in made:
        cluster.end()


def test_a_plain_cluster_is_linearizable(jar: Path, tmp_path: Path, clusters: list[Cluster]) -> None:
    cluster = Cluster(jar, tmp_path, acceptors=(2, 3))
    clusters.append(cluster)
    cluster.record_history(duration="2s", num_clients="10")
    cluster.check_history(at_least=300)


def test_a_dead_leader_is_taken_over(jar: Path, tmp_path: Path, clusters: list[Cluster]) -> None:
    cluster = Cluster(jar, tmp_path)
    clusters.append(cluster)
    cluster.record_history(duration="4.5s", timeout="30s")
    time.sleep(0.8)
    cluster.by_label["leader_0"].kill()
    killed = time.monotonic_ns()
    cluster.check_history(at_least=300)
    # CLOCK_MONOTONIC is what System.nanoTime() reads, too.
    after = [o for o in read_history(tmp_path / "history.csv") if o.returned and o.invoked > killed + 500_000_000]
    assert len(after) > 100
    assert min(o.returned or 0 for o in after) - killed < 8_000_000_000


def test_a_leader_that_wakes_up_and_still_believes_that_it_leads_does_no_harm(
    jar: Path, tmp_path: Path, clusters: list[Cluster]
) -> None:
    # Short timeouts, so that leaders change often; two processes that lead at once are what rounds are for.
    election = {
        "options.election.pingPeriod": "0.2s",
        "options.election.noPingTimeoutMin": "0.6s",
        "options.election.noPingTimeoutMax": "1s",
    }
    cluster = Cluster(jar, tmp_path, options={"leader": election}, counts={"proxy_replica": 2})
    clusters.append(cluster)
    cluster.record_history(duration="4s", timeout="30s")
    time.sleep(0.8)
    for stopped in ("leader_0", "leader_1"):
        cluster.by_label[stopped].send_signal(signal.SIGSTOP)
        time.sleep(1.5)
        cluster.by_label[stopped].send_signal(signal.SIGCONT)
    cluster.check_history(at_least=300)


def test_a_grid_with_batchers_and_proxies_is_linearizable(jar: Path, tmp_path: Path, clusters: list[Cluster]) -> None:
    cluster = Cluster(
        jar,
        tmp_path,
        counts={"batcher": 2, "read_batcher": 2, "proxy_replica": 2},
        acceptors=(2, 2),
        flexible=True,
        options={"batcher": {"options.batchSize": "1"}, "read_batcher": {"options.readBatchingScheme": "adaptive"}},
    )
    clusters.append(cluster)
    cluster.record_history(duration="2s")
    cluster.check_history(at_least=300)
    for consistency in ("sequential", "eventual"):
        client = {name: v for name, v in unreplicated_client(tmp_path).items() if not name.startswith("server_")}
        workload = tmp_path / "reads_and_writes.pbtxt"
        workload.write_text(
            "uniform_read_write_workload { num_keys: 3 read_fraction: 0.5 write_size_mean: 4 write_size_std: 0 }"
        )
        client |= {"config": str(cluster.config), "workload": str(workload), "read_consistency": consistency}
        done = run(jar, "frankenpaxos.multipaxos.ClientMain", *flags(client))
        assert "Clients finished successfully." in done.stdout
        assert {row["label"] for row in rows(tmp_path)} == {"read", "write"}


# Commands, byte for byte ----------------------------------------------------------------------------------------------


def varint(value: int) -> bytes:
    encoded = b""
    while value > 0x7F:
        encoded += bytes([value & 0x7F | 0x80])
        value >>= 7
    return encoded + bytes([value])


def read_varints(data: bytes, count: int) -> tuple[list[int], bytes]:
    values = []
    for _ in range(count):
        value = shift = 0
        while data[0] & 0x80:
            value |= (data[0] & 0x7F) << shift
            shift += 7
            data = data[1:]
        values.append(value | data[0] << shift)
        data = data[1:]
    return values, data


class AppendClient(Silent):
    """A client of an AppendLog that sends what it likes: the replies say how often something was executed."""

    def request(self, number: int) -> bytes:
        address = 0x7F000001 << 16 | self.port
        content = b"\0" + varint(address) + varint(3) + varint(number) + varint(1) + b"x"
        return len(content).to_bytes(4, "big") + content

    def replies(self, at_least: int) -> list[tuple[int, int]]:
        """Of every ClientReply the number of the request, and the index that it got in the log."""
        until = time.monotonic() + 15
        while len(self.frames) < at_least and time.monotonic() < until:
            time.sleep(0.02)
        parsed = [read_varints(frame[1:], 4) for frame in list(self.frames)]
        return sorted((number, int(result)) for (_, number, _, _), result in parsed)


def test_a_command_that_comes_twice_is_executed_once(jar: Path, tmp_path: Path, clusters: list[Cluster]) -> None:
    cluster = Cluster(jar, tmp_path, options={"replica": {"state_machine": "AppendLog"}})
    clusters.append(cluster)
    client = AppendClient()
    with socket.create_connection((HOST, cluster.ports["leader"][0])) as leader:
        for number in (1, 1, 2, 2, 2, 3):
            leader.sendall(client.request(number))
            time.sleep(0.1)
    assert client.replies(6) == [(1, 0)] * 2 + [(2, 1)] * 3 + [(3, 2)]


def test_a_replica_that_comes_late_gets_what_it_missed(jar: Path, tmp_path: Path, clusters: list[Cluster]) -> None:
    cluster = Cluster(jar, tmp_path, options={"replica": {"state_machine": "AppendLog"}}, later="replica_1")
    clusters.append(cluster)
    client = AppendClient()
    many = 50_000  # more than replicas keep for others: the late one gets a whole state
    with socket.create_connection((HOST, cluster.ports["leader"][0])) as leader:
        for begin in range(0, many, 1000):
            leader.sendall(b"".join(client.request(n) for n in range(begin, begin + 1000)))
        # The slots of replica_0 are the even ones.
        assert client.replies(many // 2) == [(n, n) for n in range(0, many, 2)]
        cluster.start_later("replica_1")
        until = time.monotonic() + 15
        while "with the state of another replica" not in cluster.output("replica_1") and time.monotonic() < until:
            time.sleep(0.05)
        leader.sendall(b"".join(client.request(n) for n in range(many, many + 10)))
        assert client.replies(many // 2 + 10)[-10:] == [(n, n) for n in range(many, many + 10)]
