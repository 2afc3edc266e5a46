"""Mencius with all roles in one process: node i is the i-th of everything, and leads in every leader group."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from fpray.errors import Problem
from fpray.params import seconds
from fpray.protocol import Endpoint, Index, Protocol, Role
from fpray_protocols import mencius
from fpray_protocols.common import DistributionScheme, at_least, closed_loop_problems, exactly
from fpray_protocols.workloads import workload_message


@dataclass(frozen=True)
class Params(mencius.Params):
    """One trial of super Mencius: the parameters of Mencius. The nodes have the leaders' heap and log level."""

    # A comment in FrankenPaxos's smoke says that it gets stuck with a single closed loop.
    num_clients_per_proc: int = 50
    num_leader_groups: int = 3
    num_leaders_per_group: int = 3
    num_proxy_leaders: int = 3
    num_acceptor_groups_per_leader_group: int = 1
    num_replicas: int = 3
    num_proxy_replicas: int = 3
    distribution_scheme: DistributionScheme = DistributionScheme.COLOCATED


def _constraints(p: mencius.Params) -> Iterator[Problem]:
    yield from closed_loop_problems(p, fewest_clients=1)
    yield from at_least(1, f=p.f)
    counts = ("num_leader_groups", "num_leaders_per_group", "num_proxy_leaders", "num_acceptors_per_group")
    for name in (*counts, "num_replicas", "num_proxy_replicas"):
        yield from exactly(p.f, "2f+1", **{name: getattr(p, name)})
    if p.num_batchers:
        yield from exactly(p.f, "2f+1", num_batchers=p.num_batchers)
    if p.num_acceptor_groups_per_leader_group != 1:
        groups = f"num_acceptor_groups_per_leader_group={p.num_acceptor_groups_per_leader_group}"
        yield Problem(groups, "must be 1: a super node has one acceptor for each leader group")
    if p.distribution_scheme is not DistributionScheme.COLOCATED:
        yield Problem(f"distribution_scheme={p.distribution_scheme.name}", "a super node needs COLOCATED")
    if p.state_machine != "Noop":
        yield Problem(f"state_machine={p.state_machine}", "must be Noop: a super node always runs it")


def _leaders(p: mencius.Params, node: Index) -> list[Index]:
    """Member k of the group k places after the node's own, as the jar's super node rotates the config's list."""
    return [((node[0] + k) % p.num_leader_groups, k) for k in range(p.num_leaders_per_group)]


SUPERMENCIUS = Protocol(
    name="supermencius",
    summary="Mencius, all roles of a machine in one process",
    jobs="mencius",
    package="frankenpaxos.mencius",
    params=Params,
    faults=lambda p: p.f,
    roles=(
        Role(
            name="super_node",
            count=lambda p: p.num_leader_groups,
            # Each node sleeps for 3 s before it makes its leaders. These send their first messages once.
            starts_within=seconds(3),
            listens=(
                Endpoint("leader", _leaders),
                Endpoint("leader_election", _leaders),
                Endpoint("batcher", lambda p, i: [i] if p.num_batchers else []),
                "proxy_leader",
                Endpoint("acceptor", lambda p, i: [(group, 0, *i) for group in range(p.num_leader_groups)]),
                "replica",
                "proxy_replica",
            ),
            pool="leaders",
            heap="leader_jvm_heap_size",
            log_level="leader_log_level",
            options=lambda p: {
                "leader": p.leader_options,
                "proxy_leader": p.proxy_leader_options,
                "replica": p.replica_options,
                "proxy_replica": p.proxy_replica_options,
                **({"batcher": p.batcher_options} if p.num_batchers else {}),
            },
        ),
        mencius.MENCIUS.role("client"),
    ),
    port_order=mencius.MENCIUS.port_order,
    config=mencius.config,
    files=lambda p: {"workload.pbtxt": workload_message(p.workload)},
    loops=lambda p: p.num_clients_per_proc,
    outputs={None: ""},
    constraints=_constraints,
    stands_still=mencius.stands_still,
    constraints_in_words=(
        "num_leader_groups, num_leaders_per_group, num_acceptors_per_group, num_replicas: exactly 2f+1",
        "num_proxy_leaders, num_proxy_replicas: exactly 2f+1; num_batchers: 0 or 2f+1",
        "num_acceptor_groups_per_leader_group=1, distribution_scheme=COLOCATED, state_machine=Noop",
        "timeout >= duration, warmup_timeout >= warmup_duration",
    ),
    deviations=(
        (
            "Every endpoint is on the machine of the node that owns it. In FrankenPaxos leaders are staggered in the "
            "opposite direction of nodes; on several machines, nodes bind addresses of other machines."
        ),
        (
            "If not all nodes listen within 3 s, the trial is started again; in FrankenPaxos such a trial measures "
            "nothing."
        ),
    ),
)
