"""Counts that a FrankenPaxos jar refuses are refused before anything starts."""

from __future__ import annotations

from typing import Any

import pytest

from fpray.study.registry import find_protocol, find_study

# protocol, settings, what is wrong with them: what the jar's own checks of its config would end every process for.
COUNTS: list[tuple[str, dict[str, Any], list[str]]] = [
    ("scalog", {"num_leaders": 3}, ["num_leaders=3"]),
    ("scalog", {"num_acceptors": 5, "num_proxy_replicas": 1}, ["num_acceptors=5", "num_proxy_replicas=1"]),
    ("scalog", {"num_shards": 0, "num_servers_per_shard": 1}, ["num_shards=0", "num_servers_per_shard=1"]),
    ("scalog", {"num_shards": 5, "num_servers_per_shard": 3, "num_replicas": 5, "num_proxy_replicas": 3}, []),
    ("simplebpaxos", {"num_leaders": 1, "num_replicas": 1}, ["num_leaders=1", "num_replicas=1"]),
    ("simplebpaxos", {"num_dep_service_nodes": 4, "num_acceptors": 2}, ["num_dep_service_nodes=4", "num_acceptors=2"]),
    ("simplebpaxos", {"num_leaders": 10, "num_replicas": 3, "num_clients_per_proc": 0}, []),
    ("simplegcbpaxos", {"f": 2}, ["num_leaders=2"]),
    ("simplegcbpaxos", {"f": 2, "num_leaders": 7}, []),
    ("superbpaxos", {"num_leaders": 4, "num_replicas": 2}, ["num_leaders=4", "num_replicas=2"]),
    (
        "superbpaxos",
        {"f": 2, "num_leaders": 5, "num_dep_service_nodes": 5, "num_acceptors": 5, "num_replicas": 5},
        [],
    ),
    ("fastmultipaxos", {"f": 0, "duration_seconds": 4, "timeout_seconds": 3}, ["timeout_seconds", "f=0"]),
    ("fastmultipaxos", {"f": 2, "num_clients_per_proc": 0}, []),
    ("fastmultipaxos", {"leader.election.no_ping_timeout_max_ms": 5}, ["leader.election.no_ping_timeout_max_ms"]),
    ("matchmakermultipaxos", {"f": 1, "num_leaders": 1, "num_replicas": 2}, ["num_leaders=1", "num_replicas=2"]),
    (
        "matchmakermultipaxos",
        {"f": 1, "num_reconfigurers": 1, "num_matchmakers": 2, "num_acceptors": 1},
        ["num_reconfigurers=1", "num_matchmakers=2", "num_acceptors=1"],
    ),
    ("matchmakermultipaxos", {"f": 1, "num_acceptors": 2}, []),
    ("unanimousbpaxos", {"f": 0, "timeout": "1s"}, ["timeout", "f=0"]),
    (
        "unanimousbpaxos",
        {"leader_options.recover_vertex_timer_min_period": "3s"},
        ["leader_options.recover_vertex_timer_max_period"],
    ),
    ("vanillamencius", {"num_servers": 4}, ["num_servers=4"]),
    ("vanillamencius", {"f": 2, "num_servers": 5}, []),
]


@pytest.mark.parametrize(("name", "settings", "wrong"), COUNTS)
def test_counts_that_the_jar_refuses_are_refused(name: str, settings: dict[str, Any], wrong: list[str]) -> None:
    protocol = find_protocol(name)
    problems = find_study(protocol, "smoke").trials(protocol, {}, settings, None)[1]
    assert list(dict.fromkeys(problem.about for problem in problems)) == wrong
