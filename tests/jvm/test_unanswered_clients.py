"""Benchmark clients that get no answer: the number of their loops, what is sent again, and the end of their phases."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

import pytest

from tests.jvm.batchedunreplicated.roles import Roles
from tests.jvm.clients import client_flags, rows, workload_file
from tests.jvm.multipaxos.cluster import config
from tests.jvm.processes import Processes, address, free_port, run, wait_until
from tests.jvm.unreplicated import CLIENT, servers
from tests.jvm.wire import Silent, read_varints

pytestmark = pytest.mark.jvm
# Phases end soon. Clients of some protocols have one loop more than their flags say, as FrankenPaxos's.
UNANSWERED = {"warmup_timeout": "0.3s", "timeout": "0.4s", "num_warmup_clients": "3", "num_clients": "5"}
WRITES = "write_only_uniform_single_key_workload { workload { num_keys: 2 size_mean: 1 size_std: 0 } }"
CRAQ_WRITES = """point_skewed_read_write_workload {
  num_keys: 3 read_fraction: 0 point_fraction: 0.5 write_size_mean: 4 write_size_std: 0
}"""


def _assert_timed_out(done: subprocess.CompletedProcess[str]) -> None:
    assert done.returncode == 0
    assert done.stdout.count("[warn] Client futures timed out!") == 2
    assert "finished successfully" not in done.stdout


def test_unanswered_clients_of_unreplicated_time_out(reference_jar: Path, tmp_path: Path) -> None:
    silent = Silent()
    start = time.monotonic()
    done = run(reference_jar, CLIENT, *client_flags(tmp_path, servers(silent.port), **UNANSWERED))
    assert time.monotonic() - start >= 0.7
    _assert_timed_out(done)
    assert len(silent.wait_for(4 + 6)) == (3 + 1) + (5 + 1)
    assert rows(tmp_path) == []


def test_unanswered_clients_of_batchedunreplicated_send_nothing_again(processes: Processes, tmp_path: Path) -> None:
    silent = Silent()
    roles = Roles(processes, batcher=silent.port, server=1, proxy_server=1)
    words = client_flags(tmp_path, roles.servers, measurement_group_size="1", **UNANSWERED)
    _assert_timed_out(run(processes.jar, "frankenpaxos.batchedunreplicated.ClientMain", *words))
    assert len(silent.wait_for(4 + 6)) == (3 + 1) + (5 + 1)


def test_unanswered_clients_of_multipaxos_have_as_many_loops_as_their_flags_say(
    reference_jar: Path, tmp_path: Path
) -> None:
    silent = Silent()
    path = tmp_path / "config.pbtxt"
    path.write_text(config(leader_address=[address(silent.port), address(free_port())]))
    servers_of = {"config": str(path), "workload": workload_file(tmp_path, WRITES), "log_level": "warn"}
    done = run(reference_jar, "frankenpaxos.multipaxos.ClientMain", *client_flags(tmp_path, servers_of, **UNANSWERED))
    _assert_timed_out(done)
    assert len(silent.wait_for(8)) == 3 + 5


def test_unanswered_clients_of_craq_send_again(reference_jar: Path, tmp_path: Path) -> None:
    silent = Silent()
    path = tmp_path / "config.pbtxt"
    path.write_text(f"f: 0 chain_node_address {address(silent.port)}")
    servers_of = {"config": str(path), "workload": workload_file(tmp_path, CRAQ_WRITES)}
    flags = UNANSWERED | {"options.resendClientRequestPeriod": "0.05s"}
    done = run(reference_jar, "frankenpaxos.craq.ClientMain", *client_flags(tmp_path, servers_of, **flags))
    _assert_timed_out(done)

    def ids() -> set[tuple[int, ...]]:
        return {tuple(read_varints(request[1:], 3)[0][1:]) for request in [*silent.frames]}

    # Each of the 3 + 5 pseudonyms sends one write; those of the warm-up go on being sent, too.
    wait_until(lambda: {pseudonym for pseudonym, _ in ids()} == set(range(8)), "a write of each pseudonym")
    assert len(ids()) == 8
    assert rows(tmp_path) == []


def test_unanswered_clients_of_epaxos_propose_again_to_other_replicas(reference_jar: Path, tmp_path: Path) -> None:
    silents = [Silent() for _ in range(3)]
    path = tmp_path / "config.pbtxt"
    path.write_text("\n".join(["f: 1", *(f"replicaAddress {address(silent.port)}" for silent in silents)]))

    def proposals() -> int:
        return sum(len(silent.frames) for silent in silents)

    main, servers_of = "frankenpaxos.epaxos.BenchmarkClientMain", {"config": str(path)}
    _assert_timed_out(run(reference_jar, main, *client_flags(tmp_path, servers_of, **UNANSWERED)))
    wait_until(lambda: proposals() >= 10, "the proposals of all loops")
    assert proposals() == (3 + 1) + (5 + 1)
    flags = UNANSWERED | {"options.reproposePeriod": "50ms"}
    run(reference_jar, main, *client_flags(tmp_path, servers_of, **flags))
    wait_until(lambda: proposals() >= 10 + 10 + 4 + 6, "proposals that were sent again")
    assert all(silent.frames for silent in silents)
