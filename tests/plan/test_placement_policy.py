"""`--place`: roles spread over their pools, packed on a machine, or with no other role on theirs; what cannot be."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from fpray.cluster.allocator import Allocator
from fpray.plan.cluster import Cluster
from fpray.plan.placement import place
from fpray.plan.plan import Trial
from fpray.study.registry import find_protocol
from tests.conftest import QUICK, cli

ALL = ["10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4"]


def _plan(tmp_path: Path, pools: Any, *words: str, protocol: str = "unreplicated") -> Any:
    file = tmp_path / "cluster.json"
    file.write_text(json.dumps(pools))
    return cli("plan", protocol, "--cluster", str(file), *words)


def _hosts(tmp_path: Path, *words: str) -> dict[str, str]:
    """label -> the last number of its machine's address, of a server and three clients on four machines."""
    pools = {"server": ALL, "clients": ALL}
    done = _plan(tmp_path, pools, "--set", "num_client_procs=3", "--json", *[f"--place={word}" for word in words])
    assert done.exit_code == 0, done.output
    return {p["label"]: p["host"][-1] for p in json.loads(done.stdout)[0]["processes"]}


@pytest.mark.parametrize(
    ("words", "server", "clients"),
    [
        ([], "1", "123"),
        (["spread"], "1", "123"),
        (["pack"], "1", "111"),
        (["exclusive"], "1", "234"),
        (["server=exclusive"], "4", "123"),
        (["client=exclusive"], "1", "234"),
        (["client=pack", "exclusive"], "4", "111"),
    ],
)
def test_where_roles_go(tmp_path: Path, words: list[str], server: str, clients: str) -> None:
    hosts = _hosts(tmp_path, *words)
    assert (hosts.pop("server"), "".join(hosts.values())) == (server, clients)


def test_with_too_few_machines_for_all_exclusive_roles_take_them_in_turns(tmp_path: Path) -> None:
    pools = dict.fromkeys(("leaders", "proxy_leaders", "acceptors", "replicas", "proxy_replicas", "clients"), ALL)
    done = _plan(tmp_path, pools, "--place=leader=exclusive", "--place=acceptor=exclusive", protocol="craq")
    assert "craq has no such role" in done.output
    words = ["--set", "num_batchers=0", "--set", "num_read_batchers=0", "--json"]
    done = _plan(tmp_path, pools, *words, "--place=acceptor=exclusive", protocol="multipaxos")
    roles: dict[str, set[str]] = {}
    for process in json.loads(done.stdout)[0]["processes"]:
        roles.setdefault(process["role"], set()).add(process["host"])
    own = roles.pop("acceptor")
    others = set().union(*roles.values())
    assert (len(own), len(others), own & others) == (2, 2, set())


@pytest.mark.jvm
def test_what_never_fits_is_refused_with_what_is_missing(tmp_path: Path) -> None:
    done = _plan(tmp_path, {"server": ALL[:1], "clients": ALL[:1]}, "--place", "exclusive")
    assert done.exit_code == 2
    assert "pools server, clients: 1 more machine needed: there is 1 (10.0.0.1), and --place allows" in done.stderr
    assert "no other role on a machine of server or client. Add machines to server, clients (docs/" in done.stderr
    done = cli("sweep", "unreplicated", *QUICK, "--local", "--place", "server=exclusive", "-s", str(tmp_path / "s"))
    assert done.exit_code == 2, "refused before Ray starts"
    assert "pool server: 1 more machine needed: there is 1 (127.0.0.1), and --place allows" in done.stderr
    assert "no other role on a machine of server. Add machines" in done.stderr
    assert not list((tmp_path / "s").iterdir())


def test_what_cannot_be_read_is_refused() -> None:
    done = cli(
        "plan",
        "unreplicated",
        "--place",
        "exclusiv",
        "--place",
        "servr=pack",
        "--place",
        "a=pack",
        "--place",
        "a=spread",
    )
    assert "--place exclusiv" in done.stderr
    assert "did you mean exclusive?" in done.stderr
    assert "unreplicated has no such role; did you mean server?" in done.stderr
    assert "conflicts with --place a=pack: remove one of the two" in done.stderr


def test_slices_keep_roles_apart_and_packed_trials_have_a_machine_each() -> None:
    protocol = find_protocol("unreplicated")
    trial = Trial(protocol, protocol.params(num_client_procs=2))
    for word, machines, side_by_side in (("exclusive", 3, 2), ("pack", 1, 7)):
        allocator = Allocator(Cluster(tuple("abcdefg"), policy={"*": word}))
        assert allocator.capacity(trial) == side_by_side
        allocator.allocate(trial)
        second = allocator.allocate(trial)
        assert second is not None
        placed = {instance.label: instance.host for instance in place(protocol, trial.params, second.cluster)}
        assert (set(placed.values()), len(second.hosts)) == (set(second.hosts), machines)
