"""Machines for trials: as many as on the whole cluster, of the same kinds, and disjoint unless they are shared."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Sequence
from typing import Any

import pytest

from fpray.cluster.allocator import BRIEF_QUARANTINE_S, Allocation, Allocator
from fpray.plan.cluster import Cluster
from fpray.plan.placement import place
from fpray.plan.plan import Trial
from fpray.study.registry import find_protocol


def _trial(protocol: str = "unreplicated", **params: Any) -> Trial[Any]:
    declaration = find_protocol(protocol)
    return Trial(declaration, declaration.params(**params))


def _hosts(trial: Trial[Any], cluster: Cluster) -> dict[str, str]:
    return {instance.label: instance.host for instance in place(trial.protocol, trial.params, cluster)}


def _allocate(allocator: Allocator, trial: Trial[Any]) -> Allocation:
    allocation = allocator.allocate(trial)
    assert allocation is not None
    return allocation


def test_an_allocation_has_as_many_machines_as_the_whole_cluster_gives_and_pools_keep_theirs() -> None:
    pools = {"*": {"server": ("a", "b"), "clients": ("c", "d", "e", "f", "g")}}
    allocator = Allocator(Cluster(pools=pools))
    trial = _trial(num_client_procs=2)
    assert allocator.capacity(trial) == 2
    first, second = _allocate(allocator, trial), _allocate(allocator, trial)
    assert allocator.allocate(trial) is None, "both servers' machines are in use"
    assert _hosts(trial, first.cluster) == {"server": "a", "client_0": "c", "client_1": "d"}
    assert _hosts(trial, second.cluster) == {"server": "b", "client_0": "e", "client_1": "f"}
    allocator.release(first)
    third = _allocate(allocator, trial)
    assert third.hosts == first.hosts, "with its own machines free, a trial is at home"
    for allocation in (second, third):
        allocator.release(allocation)
    _allocate(allocator, trial)


@pytest.mark.parametrize("protocol", ["multipaxos", "mencius", "supermencius"])
def test_processes_that_share_a_machine_on_the_whole_cluster_share_one_in_every_allocation(protocol: str) -> None:
    trial, machines = _trial(protocol), tuple("abcdefghijkl")
    alone = _hosts(trial, Cluster(machines))
    allocator = Allocator(Cluster(machines))
    hosts_so_far: set[str] = set()
    for _ in range(allocator.capacity(trial)):
        allocation = _allocate(allocator, trial)
        hosts = _hosts(trial, allocation.cluster)
        assert {instance.label: instance.host for instance in allocation.placement} == hosts
        assert set(hosts.values()) == set(allocation.hosts)
        assert not hosts_so_far & set(allocation.hosts)
        hosts_so_far |= set(allocation.hosts)
        for one, other in itertools.combinations(hosts, 2):
            assert (hosts[one] == hosts[other]) == (alone[one] == alone[other]), (one, other)


def test_machines_of_other_hardware_or_regions_and_dead_ones_replace_none() -> None:
    trial, machines = _trial(), ("a", "b", "c")
    assert Allocator(Cluster(machines), {"a": 4, "b": 8, "c": 4}).capacity(trial) == 2
    pools = {"1": {"server": ("a", "b"), "clients": ("a", "b")}}
    assert Allocator(Cluster(pools=pools, regions={"x": ("a",), "y": ("b",)})).capacity(trial) == 1
    alive = ["b", "c"]
    allocator = Allocator(Cluster(machines), alive=lambda: alive)
    allocation = _allocate(allocator, trial)
    assert allocation.hosts == ("b",)
    allocator.release(allocation)
    alive.clear()
    assert allocator.allocate(trial) is None
    assert allocator.shortage(trial) == (
        "the trial needs any 1 of the machines a, b, c, but of these the Ray cluster has none now. Start Ray on them:"
        " ray start --address=HEAD:6379, with the address of the head node in place of HEAD"
    )


def test_a_machine_that_lost_a_trial_is_avoided_for_a_while_and_so_are_others_that_are_in_use(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("fpray.cluster.allocator.time.monotonic", lambda: 100.0)
    trial, allocator = _trial(), Allocator(Cluster(("a", "b", "c")))
    lost = _allocate(allocator, trial)
    allocator.quarantine_briefly(lost.hosts)
    allocator.release(lost)
    other = _allocate(allocator, trial)
    assert (lost.hosts, other.hosts) == (("a",), ("b",))
    assert allocator.brief_quarantine_left_s() == BRIEF_QUARANTINE_S
    assert allocator.reallocate(trial, other, ["b"])
    assert other.hosts == ("c",)
    assert {instance.host for instance in other.placement} == {"c"}, "the placement moves with the trial"
    assert not allocator.reallocate(trial, other, ["b", "c"]), "no other machine is free, so it keeps its own"
    assert other.hosts == ("c",)
    allocator.release(other)


def test_a_machine_that_lost_a_trial_is_avoided_longer_where_others_are_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ray calls a machine dead after a minute at most; until then it would take the trial's next attempt as well."""
    trial, allocator = _trial(), Allocator(Cluster(("a", "b")))
    lost = _allocate(allocator, trial)
    allocator.quarantine_briefly(lost.hosts)
    allocator.release(lost)
    after = time.monotonic() + BRIEF_QUARANTINE_S + 1
    monkeypatch.setattr("fpray.cluster.allocator.time.monotonic", lambda: after)
    other = _allocate(allocator, trial)
    assert (lost.hosts, other.hosts) == (("a",), ("b",))
    assert not allocator.has_room(trial), "it waits for b"
    allocator.quarantine_briefly(other.hosts)
    monkeypatch.setattr("fpray.cluster.allocator.time.monotonic", lambda: after + BRIEF_QUARANTINE_S + 1)
    assert _allocate(allocator, trial).hosts == ("a",), "where all are in doubt, one of them is used"


def test_what_changes_how_machines_are_chosen_waits_until_they_are_chosen() -> None:
    waiting: list[bool] = []

    def alive() -> Sequence[str]:  # is asked while machines are chosen
        for change in (lambda: allocator.quarantine_briefly(["a"]), allocator.brief_quarantine_left_s):
            thread = threading.Thread(target=change)
            thread.start()
            thread.join(0.2)
            waiting.append(thread.is_alive())
        return "a", "b"

    allocator = Allocator(Cluster(("a", "b")), alive=alive)
    assert allocator.has_room(_trial())
    assert waiting == [True, True]


def test_shared_machines_have_a_lane_for_each_trial() -> None:
    trial, allocator = _trial(), Allocator(Cluster(("a", "b")), shared=True)
    allocations = [_allocate(allocator, trial) for _ in range(4)]
    assert [(a.hosts, a.lane) for a in allocations] == [(("a",), 0), (("b",), 0), (("a",), 1), (("b",), 1)]


@pytest.mark.parametrize(("quarantined", "hosts"), [("a", "b"), ("ab", "c"), ("abc", "a")])
def test_a_quarantined_machine_is_used_only_where_there_are_too_few_others(
    quarantined: Sequence[str], hosts: str
) -> None:
    trial, allocator = _trial(), Allocator(Cluster(("a", "b", "c")))
    for host in quarantined:
        allocator.quarantine(host)
    assert _allocate(allocator, trial).hosts == (hosts,)


def test_a_machine_that_joins_replaces_those_of_its_kind_also_when_they_are_gone() -> None:
    trial, alive = _trial(), ["a", "b"]
    allocator = Allocator(Cluster(("a", "b")), {"a": 4, "b": 4}, alive=lambda: alive)
    assert allocator.capacity(trial) == 2
    assert not allocator.add(Cluster(("a", "b", "c")), "c", 8), "it has other hardware"
    assert not allocator.add(Cluster(("a", "b", "c", "f")), "f", 8), "one that was not added cannot be replaced"
    assert allocator.hosts() == ["a", "b"]
    assert not allocator.add(Cluster(("a", "b")), "d", 4), "it serves no pool"
    assert allocator.add(Cluster(("e",)), "e", 4)
    alive[:] = ["e"]
    assert _allocate(allocator, trial).hosts == ("e",)
