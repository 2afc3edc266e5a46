"""What a protocol cannot run is refused before launch, all at once."""

from __future__ import annotations

import json

import pytest

from tests.conftest import cli

OPTIONS = "replica_options.recover_instance_timer"
REFUSED = {
    "batchedunreplicated": (
        (
            *("num_batchers=0", "num_proxy_servers=0", "num_clients_per_proc=3"),
            *("batcher_options.batch_size=5", "proxy_server_options.flush_every_n=0"),
        ),
        (
            "num_batchers=0",
            "num_proxy_servers=0",
            "batcher_options.batch_size=5 is more than the 4 requests that clients send at a time",
            "proxy_server_options.flush_every_n=0",
        ),
    ),
    "craq": (
        (
            *("f=2", "workload.name=PointSkewedReadWriteWorkload", "workload.num_keys=1"),
            *("workload.point_fraction=1.5", "client_options.batch_size=3"),
        ),
        (
            "num_chain_nodes=2 must be at least f+1 = 3",
            "workload.num_keys=1",
            "workload.point_fraction=1.5",
            "client_options.batch_size=3: would never be full",
        ),
    ),
    "epaxos": (
        ("f=0", f"{OPTIONS}_min_period=2000s", "timeout=1s"),
        (
            "f=0 must be at least 1",
            f"{OPTIONS}_max_period must be at least recover",
            "timeout is shorter than duration",
        ),
    ),
}


@pytest.mark.parametrize("protocol", REFUSED)
def test_what_cannot_work_is_refused_all_at_once(protocol: str) -> None:
    settings, problems = REFUSED[protocol]
    done = cli("plan", protocol, *(word for setting in settings for word in ("--set", setting)))
    assert done.exit_code == 2
    for problem in problems:
        assert problem in " ".join(done.output.split())


@pytest.mark.parametrize(
    "kind",
    [
        "UniformMultiKeyReadWriteWorkload",
        "WriteOnlyStringWorkload",
        "WriteOnlyUniformSingleKeyWorkload",
        "WriteOnlyBernoulliSingleKeyWorkload",
    ],
)
def test_workloads_that_clients_of_craq_do_not_know_are_refused(kind: str) -> None:
    done = cli("plan", "craq", "--set", f"workload.name={kind}")
    assert done.exit_code == 2
    assert f"workload.name={kind}" in done.output
    assert "craq's clients know only UniformReadWriteWorkload and PointSkewedReadWriteWorkload" in done.output


def test_nodes_of_craq_get_the_option_for_latencies_only_where_its_default_is_not_wanted() -> None:
    """The original never passes the option, which is on in the jar."""
    for words, passed in ([], False), (["--set", "chain_node_options.measure_latencies=false"], True):
        done = cli("plan", "craq", "--json", *words)
        nodes = [p for p in json.loads(done.output)[0]["processes"] if p["role"] == "chain_node"]
        for node in nodes:
            assert (node["argv"][-2:] == ["--options.measureLatencies", "False"]) == passed
