"""Starting and ending as a description says: stages by index, a window, drivers, deaths by design, what must fit."""

from __future__ import annotations

import json
import os
import re
import signal
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from fpray.plan.cluster import Cluster
from fpray.plan.placement import place
from fpray.study.registry import find_protocol
from tests.conftest import CommandResult, cli, run
from tests.support.fake_java import install

SECOND = (
    "--set", "warmup_duration=0s", "--set", "warmup_timeout=60s", "--set", "duration=1s", "--set", "timeout=60s",
)  # fmt: skip


def _sweep(
    protocol: str, directory: Path, address: str, *words: str, **play: Any
) -> tuple[CommandResult, dict[str, Any]]:
    """A sweep of a protocol's fake mains; and its outcome."""
    mains = [find_protocol(protocol).main_class(role) for role in find_protocol(protocol).roles]
    java = install(directory, mains, labels=None not in find_protocol(protocol).outputs, **play)
    done = run("sweep", protocol, *SECOND, *words, *java, "--address", address, cwd=directory)
    outcome: dict[str, Any] = {}
    for trial in directory.glob("suites/*/001"):
        outcome = json.loads((trial / "outcome.json").read_text())
        outcome["events"] = json.loads((trial / "events.json").read_text())
    return done, outcome


def _listening(outcome: dict[str, Any]) -> list[str]:
    return [event["label"] for event in outcome["events"] if event["detail"] == "listening"]


def test_server_0_of_fasterpaxos_starts_when_the_others_listen(ray_address: str, tmp_path: Path) -> None:
    done, outcome = _sweep("fasterpaxos", tmp_path, ray_address, server_1={"late": 0.5})
    assert done.code == 0, done.err
    assert sorted(_listening(outcome)[:2]) == ["server_1", "server_2"]
    assert _listening(outcome)[2:] == ["server_0", "client_0"]
    plan = json.loads(next(tmp_path.glob("suites/*/001/plan.json")).read_text())
    assert [process["label"] for process in plan["processes"]] == ["server_1", "server_2", "server_0", "client_0"]


@pytest.mark.slow
def test_super_nodes_that_start_too_far_apart_are_no_result(ray_address: str, tmp_path: Path) -> None:
    words = ("--vary", "num_batchers=0")
    done, outcome = _sweep("supermencius", tmp_path, ray_address, *words, super_node_2={"late": 5})
    assert done.code == 0, done.err
    assert re.search(r"trial 001 · not-ready: super_node_2 was ready [0-9.]+ s after", done.err), done.err
    assert "all super_nodes must be ready within 3 s" in done.err
    assert "runs again automatically" in done.err
    assert outcome["status"] == "finished"


@pytest.mark.slow
def test_a_driver_starts_last_and_is_stopped_and_its_victim_is_no_failure(ray_address: str, tmp_path: Path) -> None:
    words = ("--vary", "f=1", "--set", "driver_workload.name=LeaderFailure")
    done, outcome = _sweep("horizontal", tmp_path, ray_address, *words, leader_0={"dies": True})
    assert done.code == 0, done.err
    assert outcome["status"] == "finished"
    assert _listening(outcome)[-2:] == ["client_0", "driver"]
    ends = {process["label"]: process["returncode"] for process in outcome["processes"]}
    assert ends["leader_0"] == 1
    assert ends["driver"] in (-signal.SIGTERM, -signal.SIGKILL)
    exits = {event["label"]: event["detail"] for event in outcome["events"] if event["kind"] == "exit"}
    assert "stopped" in exits["driver"]
    assert "stopped" not in exits["leader_0"]


def test_a_death_that_no_driver_asked_for_is_a_crash(ray_address: str, tmp_path: Path) -> None:
    done, outcome = _sweep("horizontal", tmp_path, ray_address, "--vary", "f=1", leader_0={"dies": True})
    assert done.code == 1
    assert outcome["status"] == "crashed"
    assert outcome["detail"].startswith("leader_0 exited with 1")


# driver workload of matchmakermultipaxos -> how many acceptors and matchmakers it needs at f=1, and what it kills
DRIVEN = {
    "DoNothing": (2, 3, []),
    "RepeatedLeaderReconfiguration": (3, 3, []),
    "LeaderReconfiguration": (4, 3, ["acceptor_0"]),
    "MatchmakerReconfiguration": (3, 4, ["matchmaker_3"]),
    "LeaderFailure": (2, 3, ["leader_0"]),
    "Chaos": (4, 4, ["acceptor_0", "matchmaker_0", "leader_0"]),
}


@pytest.mark.parametrize("workload", DRIVEN)
def test_a_driver_has_what_it_needs_and_its_victims_may_die(workload: str) -> None:
    acceptors, matchmakers, victims = DRIVEN[workload]
    words = ("plan", "matchmakermultipaxos", "--vary", "f=1", "--set", f"driver_workload.name={workload}")

    def plan(num_acceptors: int, num_matchmakers: int) -> Result:
        counts = ("--set", f"num_acceptors={num_acceptors}", "--set", f"num_matchmakers={num_matchmakers}")
        return cli(*words, *counts, "--json")

    (fits,) = json.loads(plan(acceptors, matchmakers).stdout)
    exits = {p["label"]: p["expected_exits"] for p in fits["processes"] if p["expected_exits"]}
    assert exits == {victim: [1] for victim in victims}
    assert f"num_acceptors={acceptors - 1}" in plan(acceptors - 1, matchmakers).stderr
    assert f"num_matchmakers={matchmakers - 1}" in plan(acceptors, matchmakers - 1).stderr


def test_heaps_that_do_not_fit_a_machine_are_refused(ray_address: str, tmp_path: Path) -> None:
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    words = ("--set", f"server_jvm_heap_size={int(total / 2)}g", "--set", "client_jvm_heap_size=1024m")
    done, outcome = _sweep("fasterpaxos", tmp_path, ray_address, *words)
    assert done.code == 2
    assert not outcome
    machine = ray_address.partition(":")[0]
    assert f"machine {machine} has {total:.1f} GiB of memory, but 1 of 1 trials need more for their heaps" in done.err
    assert f"3 x server of {int(total / 2)}g, 1 x client of 1024m" in done.err


STUDY = """
import fpray
STUDY = fpray.Study("wan", "fasterpaxos", regions={"servers": 3})
"""


def test_a_study_of_regions_is_refused_where_all_is_in_one_place(tmp_path: Path) -> None:
    (tmp_path / "wan.py").write_text(STUDY)
    assert cli("plan", "fasterpaxos", "--study", str(tmp_path / "wan.py")).exit_code == 0  # machines to be named yet
    done = cli("sweep", "fasterpaxos", "--study", str(tmp_path / "wan.py"), "--local")
    assert done.exit_code == 2
    sentence = "servers: the study needs the machines of this role in 3 regions, but they are all in one region"
    assert sentence in done.output
    servers = ["10.0.0.1", "10.1.0.1", "10.2.0.1"]
    pools = {"1": {"servers": servers, "clients": ["10.0.0.1"]}}
    cluster = tmp_path / "cluster.json"
    words = ("plan", "fasterpaxos", "--study", str(tmp_path / "wan.py"), "--cluster", str(cluster))
    cluster.write_text(json.dumps(pools))
    assert sentence in cli(*words).output
    regions = {"us-east-1": servers[:1], "us-west-2": servers[1:2], "eu-west-1": servers[2:]}
    cluster.write_text(json.dumps({**pools, "regions": regions}))
    assert cli(*words).exit_code == 0
    regions = {"us-east-1": servers[:1], "us-west-2": servers[1:]}
    cluster.write_text(json.dumps({**pools, "regions": regions}))
    assert "10.2.0.1) are in 2. fpray takes the first machines" in cli(*words).output
    # A pool that spans three regions, of which the three servers would get one.
    regions = {"us-east-1": servers, "us-west-2": ["10.3.0.1"], "eu-west-1": ["10.4.0.1"]}
    pools["1"]["servers"] = [*servers, "10.3.0.1", "10.4.0.1"]
    cluster.write_text(json.dumps({**pools, "regions": regions}))
    assert ") are in 1. fpray takes the first machines" in cli(*words).output
    cluster.write_text(json.dumps({**pools, "regions": {**regions, "ap-south-1": servers[:1]}}))
    assert f"regions lists {servers[0]} in 2 regions: remove it" in cli(*words).output
    cluster.write_text(json.dumps({**pools, "regions": {"us-east-1": servers[0]}}))
    assert (
        'regions must be an object that lists the machines of each region, such as {"eu-west-1": ["10.0.0.1"]}'
        in cli(*words).output
    )


def test_leaders_of_mencius_are_staggered_over_as_many_machines_as_a_group_has(tmp_path: Path) -> None:
    protocol = find_protocol("mencius")
    hosts = ("10.0.0.1", "10.0.0.2")
    for machines, indices in ((hosts, [0, 1, 1, 0]), ((*hosts, "10.0.0.3"), [0, 1, 2, 0])):
        pools = dict.fromkeys({role.hosts_key for role in protocol.roles}, machines)
        placed = place(protocol, protocol.params(), Cluster(pools={"1": pools}))
        leaders = [placed.listening["leader"][index].host for index in ((0, 0), (0, 1), (1, 0), (1, 1))]
        assert leaders == [machines[i] for i in indices]
        assert leaders == [address.host for address in placed.listening["leader_election"].values()]


@pytest.mark.parametrize("name", ["supermencius", "supermultipaxos"])
def test_everything_of_a_super_node_is_on_its_machine(name: str) -> None:
    protocol = find_protocol(name)
    pools = {"1": {"leaders": ("10.0.0.1", "10.0.0.2", "10.0.0.3"), "clients": ("10.0.0.9",)}}
    placed = place(protocol, protocol.params(), Cluster(pools=pools))
    nodes = placed.instances["super_node"]
    assert [node.host for node in nodes] == list(pools["1"]["leaders"])
    assert {len(node.endpoints) for node in nodes} == {12 if name == "supermencius" else 6}
    for endpoint, listening in placed.listening.items():
        if endpoint != "client":
            owners = [
                node.host for address in listening.values() for node in nodes if address.port in node.endpoints.values()
            ]
            assert owners == [address.host for address in listening.values()]


def test_a_super_node_of_mencius_binds_one_leader_of_each_group_as_the_jar_rotates_them() -> None:
    protocol = find_protocol("supermencius")
    placed = place(protocol, protocol.params(), Cluster())
    node = placed.instances["super_node"][1]
    assert [name for name in node.endpoints if name.startswith("leader_")][:3] == [
        "leader_1_0", "leader_2_1", "leader_0_2",
    ]  # fmt: skip
    assert node.address == placed.listening["leader"][1, 0]
    assert {"acceptor_0_0_1", "acceptor_1_0_1", "acceptor_2_0_1", "replica"} < set(node.endpoints)
