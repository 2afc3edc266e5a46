"""Simple BPaxos: leader, dependency service, proposer, acceptor and replica are roles; any leader takes a command."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from fpray.errors import Problem
from fpray.params import seconds
from fpray.protocol import At, Protocol, Role
from fpray_protocols.common import (
    LogLevel,
    StateMachine,
    ThriftySystem,
    ZigzagOptions,
    at_least,
    closed_loop_flags,
    closed_loop_problems,
    enough,
    exactly,
    one_loop_more,
    ranges,
)
from fpray_protocols.workloads import StringWorkload, Workload, workload_message


@dataclass(frozen=True)
class ClientOptions:
    """The client's options."""

    repropose_period: timedelta = seconds(0.1)


@dataclass(frozen=True)
class ProposerOptions:
    """The proposer's options."""

    thrifty_system: ThriftySystem = "NotThrifty"
    resend_phase1as_timer_period: timedelta = seconds(1)
    resend_phase2as_timer_period: timedelta = seconds(1)


@dataclass(frozen=True)
class LeaderOptions:
    """The leader's options."""

    thrifty_system: ThriftySystem = "NotThrifty"
    resend_dependency_requests_timer_period: timedelta = seconds(1)


@dataclass(frozen=True)
class DepServiceNodeOptions:
    """The dependency service node's options."""

    top_k_dependencies: int = -1
    unsafe_return_no_dependencies: bool = False


@dataclass(frozen=True)
class AcceptorOptions:
    """The acceptor has no options."""


@dataclass(frozen=True)
class ReplicaOptions:
    """The replica's options."""

    recover_vertex_timer_min_period: timedelta = seconds(1)
    recover_vertex_timer_max_period: timedelta = seconds(1)
    unsafe_skip_graph_execution: bool = False
    execute_graph_batch_size: int = 1
    execute_graph_timer_period: timedelta = seconds(1)
    num_blockers: int = -1


@dataclass(frozen=True)
class Params:
    """One trial of Simple BPaxos; there are as many proposers as leaders."""

    f: int = 1
    num_client_procs: int = 1
    num_warmup_clients_per_proc: int = 1
    num_clients_per_proc: int = 1
    num_leaders: int = 2
    num_dep_service_nodes: int = 3
    num_acceptors: int = 3
    num_replicas: int = 2
    jvm_heap_size: str = "100m"
    warmup_duration: timedelta = seconds(2)
    warmup_timeout: timedelta = seconds(3)
    warmup_sleep: timedelta = seconds(0)
    duration: timedelta = seconds(2)
    timeout: timedelta = seconds(3)
    client_lag: timedelta = seconds(0)
    state_machine: StateMachine = "Noop"
    workload: Workload = StringWorkload(size_mean=0)
    profiled: bool = False
    monitored: bool = False
    prometheus_scrape_interval: timedelta = seconds(0.2)
    leader_options: LeaderOptions = LeaderOptions()
    leader_log_level: LogLevel = "debug"
    proposer_options: ProposerOptions = ProposerOptions()
    proposer_log_level: LogLevel = "debug"
    dep_service_node_options: DepServiceNodeOptions = DepServiceNodeOptions()
    dep_service_node_log_level: LogLevel = "debug"
    acceptor_options: AcceptorOptions = AcceptorOptions()
    acceptor_log_level: LogLevel = "debug"
    replica_options: ReplicaOptions = ReplicaOptions()
    replica_zigzag_options: ZigzagOptions = ZigzagOptions()
    replica_log_level: LogLevel = "debug"
    client_options: ClientOptions = ClientOptions()
    client_log_level: LogLevel = "debug"


def graph_problems(p: Any) -> Iterator[Problem]:
    """A problem for each option with which no replica could execute its graph; for simplegcbpaxos, too."""
    replica, zigzag = p.replica_options, p.replica_zigzag_options
    sizes = {
        "replica_options.execute_graph_batch_size": replica.execute_graph_batch_size,
        "replica_zigzag_options.vertices_grow_size": zigzag.vertices_grow_size,
        "replica_zigzag_options.garbage_collect_every_n_commands": zigzag.garbage_collect_every_n_commands,
    }
    yield from at_least(1, **sizes)
    yield from ranges(p)


def _constraints(p: Params) -> Iterator[Problem]:
    yield from closed_loop_problems(p, fewest_clients=0)
    yield from at_least(1, f=p.f)
    yield from enough(p.f, "f+1", num_leaders=p.num_leaders, num_replicas=p.num_replicas)
    yield from exactly(p.f, "2f+1", num_dep_service_nodes=p.num_dep_service_nodes, num_acceptors=p.num_acceptors)
    yield from graph_problems(p)


def _config(p: Params, at: At) -> dict[str, object]:
    return {
        "f": p.f,
        "leaderAddress": at.addresses("leader"),
        "depServiceNodeAddress": at.addresses("dep_service_node"),
        "proposerAddress": at.addresses("proposer"),
        "acceptorAddress": at.addresses("acceptor"),
        "replicaAddress": at.addresses("replica"),
    }


SIMPLEBPAXOS = Protocol(
    name="simplebpaxos",
    summary="Simple BPaxos: leaderless, each job a role of its own",
    jobs="bpaxos",
    params=Params,
    faults=lambda p: p.f,
    # No server sends anything before a client does, so servers start in any order.
    roles=(
        Role(
            name="dep_service_node",
            count=lambda p: p.num_dep_service_nodes,
            heap="jvm_heap_size",
            runs=lambda p, at: {"state_machine": p.state_machine},
            options=lambda p: {"options": p.dep_service_node_options},
        ),
        Role(name="acceptor", count=lambda p: p.num_acceptors, heap="jvm_heap_size"),
        Role(
            name="replica",
            count=lambda p: p.num_replicas,
            heap="jvm_heap_size",
            runs=lambda p, at: {"state_machine": p.state_machine},
            options=lambda p: {"options": p.replica_options, "zigzag": p.replica_zigzag_options},
        ),
        Role(
            name="proposer",
            count=lambda p: p.num_leaders,
            heap="jvm_heap_size",
            options=lambda p: {"options": p.proposer_options},
        ),
        Role(
            name="leader",
            count=lambda p: p.num_leaders,
            heap="jvm_heap_size",
            options=lambda p: {"options": p.leader_options},
        ),
        Role(
            name="client",
            kind="client",
            main="BenchmarkClientMain",
            count=lambda p: p.num_client_procs,
            addressed=True,
            flags=lambda p, at: {
                **closed_loop_flags(p),
                "workload": at.file("workload.pbtxt"),
                "output_file_prefix": at.file(at.label),
            },
            options=lambda p: {"options": p.client_options},
        ),
    ),
    port_order=("client", "leader", "proposer", "dep_service_node", "acceptor", "replica"),
    config=_config,
    files=lambda p: {"workload.pbtxt": workload_message(p.workload)},
    loops=one_loop_more,
    outputs={None: ""},
    constraints=_constraints,
    constraints_in_words=(
        "num_leaders, num_replicas: at least f+1; num_dep_service_nodes, num_acceptors: exactly 2f+1",
        "there are num_leaders proposers; f: at least 1",
        "timeout >= duration, warmup_timeout >= warmup_duration",
        "replica_options.recover_vertex_timer_max_period >= recover_vertex_timer_min_period",
    ),
)
