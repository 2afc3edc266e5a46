"""multipaxos: what concurrent clients see is linearizable, whatever happens to leaders."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from tests.jvm.clients import client_flags, rows, workload_file
from tests.jvm.histories import now
from tests.jvm.multipaxos.cluster import PACKAGE, Cluster
from tests.jvm.processes import Processes, holds_within, run

pytestmark = pytest.mark.jvm
READS_AND_WRITES = "uniform_read_write_workload { num_keys: 3 read_fraction: 0.5 write_size_mean: 4 write_size_std: 0 }"


def test_a_plain_cluster_is_linearizable(processes: Processes) -> None:
    history = Cluster(processes, acceptors=(2, 3)).history(num_clients="10")
    history.wait_for(500)
    history.finish()


def test_a_dead_leader_is_taken_over(processes: Processes) -> None:
    cluster = Cluster(processes)
    history = cluster.history()
    history.wait_for(100)
    processes.by_label[cluster.leading()].kill()
    # Without a leader, no set is answered that begins from now on.
    history.wait_for(100, "set")
    history.finish()


def test_a_leader_that_wakes_up_and_still_believes_that_it_leads_does_no_harm(processes: Processes) -> None:
    # Two processes that lead at once are what rounds are for.
    cluster = Cluster(processes, counts={"proxy_replica": 2})
    history = cluster.history()
    history.wait_for(100)
    woken_leaders = 0
    while woken_leaders < 2:
        leader = cluster.leading()
        before = cluster.step_downs(leader)
        processes.stop(leader)
        history.wait_for(50, "set")
        awake = now()
        processes.wake(leader)
        history.wait_for(50, "set", since=awake)
        # On a busy machine, the other one may have led before this one was stopped: then once more.
        woken_leaders += holds_within(5, partial(_has_stepped_down, cluster, leader, before))
    history.finish()


def _has_stepped_down(cluster: Cluster, leader: str, before: int) -> bool:
    return cluster.step_downs(leader) > before


def test_a_grid_with_batchers_and_proxies_is_linearizable(processes: Processes, tmp_path: Path) -> None:
    cluster = Cluster(
        processes,
        counts={"batcher": 2, "read_batcher": 2, "proxy_replica": 2},
        acceptors=(2, 2),
        flexible=True,
        options={
            "batcher": {"options.batchSize": "1"},
            "read_batcher": {"options.readBatchingScheme": "adaptive"},
            # With 16 JVMs on a busy machine, pings are late, and elections would follow one another without end.
            "leader": {f"options.election.noPingTimeout{bound}": "600s" for bound in ("Min", "Max")},
        },
    )
    history = cluster.history()
    history.wait_for(500)
    history.finish()
    servers = {"config": str(cluster.config), "workload": workload_file(tmp_path, READS_AND_WRITES)}
    for consistency in ("sequential", "eventual"):
        words = client_flags(tmp_path, servers, read_consistency=consistency, duration="5s")
        done = run(processes.jar, f"{PACKAGE}.ClientMain", *words)
        assert "Clients finished successfully." in done.stdout
        assert {row["label"] for row in rows(tmp_path)} == {"read", "write"}
