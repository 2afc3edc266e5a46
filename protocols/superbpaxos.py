"""Simple BPaxos with all roles in one process: node i is leader, proposer, dependency node, acceptor and replica i."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from fpray.errors import Problem
from fpray.protocol import Protocol, Role
from fpray_protocols import simplebpaxos
from fpray_protocols.common import at_least, closed_loop_problems, exactly

_BPAXOS = simplebpaxos.SIMPLEBPAXOS


@dataclass(frozen=True)
class Params(simplebpaxos.Params):
    """One trial of super BPaxos: the parameters of Simple BPaxos. The nodes have the leaders' log level."""

    num_leaders: int = 3
    num_replicas: int = 3


def _constraints(p: simplebpaxos.Params) -> Iterator[Problem]:
    yield from closed_loop_problems(p, fewest_clients=0)
    yield from at_least(1, f=p.f)
    for name in ("num_leaders", "num_dep_service_nodes", "num_acceptors", "num_replicas"):
        yield from exactly(p.f, "2f+1", **{name: getattr(p, name)})
    yield from simplebpaxos.graph_problems(p)


SUPERBPAXOS = Protocol(
    name="superbpaxos",
    summary="Simple BPaxos, all roles of a machine in one process",
    jobs="bpaxos",
    package="frankenpaxos.simplebpaxos",
    params=Params,
    faults=lambda p: p.f,
    roles=(
        Role(
            name="super_node",
            count=lambda p: p.num_leaders,
            listens=("leader", "dep_service_node", "proposer", "acceptor", "replica"),
            pool="leaders",
            heap="jvm_heap_size",
            log_level="leader_log_level",
            runs=lambda p, at: {"state_machine": p.state_machine},
            options=lambda p: {
                "leader": p.leader_options,
                "depnode": p.dep_service_node_options,
                "proposer": p.proposer_options,
                "replica": p.replica_options,
                "zigzag": p.replica_zigzag_options,
            },
        ),
        _BPAXOS.role("client"),
    ),
    port_order=_BPAXOS.port_order,
    config=_BPAXOS.config,
    files=_BPAXOS.files,
    loops=_BPAXOS.loops,
    outputs=_BPAXOS.outputs,
    constraints=_constraints,
    constraints_in_words=(
        "num_leaders, num_dep_service_nodes, num_acceptors, num_replicas: exactly 2f+1; f: at least 1",
        "timeout >= duration, warmup_timeout >= warmup_duration",
        "replica_options.recover_vertex_timer_max_period >= recover_vertex_timer_min_period",
    ),
    deviations=(
        (
            "Every endpoint is on its node's machine. In FrankenPaxos each is assigned from its own list; if the lists "
            "differ, nodes bind addresses of other machines."
        ),
    ),
)
