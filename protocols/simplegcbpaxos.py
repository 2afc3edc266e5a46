"""Simple BPaxos with garbage collection: replicas tell collectors what they executed, and the other roles forget it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from fpray.errors import Problem
from fpray.params import seconds
from fpray.protocol import At, Protocol, Role
from fpray_protocols.common import (
    LogLevel,
    StateMachine,
    ZigzagOptions,
    at_least,
    closed_loop_flags,
    closed_loop_problems,
    enough,
    one_loop_more,
)
from fpray_protocols.simplebpaxos import ClientOptions, LeaderOptions, ProposerOptions, graph_problems
from fpray_protocols.workloads import StringWorkload, Workload, workload_message


@dataclass(frozen=True)
class DepServiceNodeOptions:
    """The dependency service node's options."""

    top_k_dependencies: int = -1
    garbage_collect_every_n_commands: int = 10000
    unsafe_return_no_dependencies: bool = False
    measure_latencies: bool = True


@dataclass(frozen=True)
class AcceptorOptions:
    """The acceptor's options."""

    states_grow_size: int = 1000
    measure_latencies: bool = True


@dataclass(frozen=True)
class ReplicaOptions:
    """The replica's options."""

    commands_grow_size: int = 10000
    recover_vertex_timer_min_period: timedelta = seconds(1)
    recover_vertex_timer_max_period: timedelta = seconds(1)
    unsafe_skip_graph_execution: bool = False
    num_blockers: int = -1
    execute_graph_batch_size: int = 1
    execute_graph_timer_period: timedelta = seconds(1)
    send_watermark_every_n_commands: int = 10000
    send_snapshot_every_n_commands: int = 10000
    measure_latencies: bool = True
    unsafe_dont_recover: bool = False


@dataclass(frozen=True)
class GarbageCollectorOptions:
    """The garbage collector has no options."""


@dataclass(frozen=True)
class Params:
    """One trial of Simple BPaxos with garbage collection. f decides all counts but those of leaders and proposers."""

    f: int = 1
    num_client_procs: int = 1
    num_warmup_clients_per_proc: int = 1
    num_clients_per_proc: int = 1
    num_leaders: int = 2
    jvm_heap_size: str = "100m"
    warmup_duration: timedelta = seconds(2)
    warmup_timeout: timedelta = seconds(3)
    warmup_sleep: timedelta = seconds(0)
    duration: timedelta = seconds(2)
    timeout: timedelta = seconds(3)
    client_lag: timedelta = seconds(0)
    state_machine: StateMachine = "Noop"
    workload: Workload = StringWorkload()
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
    garbage_collector_options: GarbageCollectorOptions = GarbageCollectorOptions()
    garbage_collector_log_level: LogLevel = "debug"
    client_options: ClientOptions = ClientOptions()
    client_log_level: LogLevel = "debug"


def _constraints(p: Params) -> Iterator[Problem]:
    yield from closed_loop_problems(p, fewest_clients=0)
    yield from at_least(1, f=p.f)
    yield from enough(p.f, "f+1", num_leaders=p.num_leaders)
    yield from graph_problems(p)
    dep_service, acceptor, replica = p.dep_service_node_options, p.acceptor_options, p.replica_options
    sizes = {
        "dep_service_node_options.garbage_collect_every_n_commands": dep_service.garbage_collect_every_n_commands,
        "acceptor_options.states_grow_size": acceptor.states_grow_size,
        "replica_options.commands_grow_size": replica.commands_grow_size,
        "replica_options.send_watermark_every_n_commands": replica.send_watermark_every_n_commands,
        "replica_options.send_snapshot_every_n_commands": replica.send_snapshot_every_n_commands,
    }
    yield from at_least(1, **sizes)


def _config(p: Params, at: At) -> dict[str, object]:
    return {
        "f": p.f,
        "leaderAddress": at.addresses("leader"),
        "depServiceNodeAddress": at.addresses("dep_service_node"),
        "proposerAddress": at.addresses("proposer"),
        "acceptorAddress": at.addresses("acceptor"),
        "replicaAddress": at.addresses("replica"),
        "garbageCollectorAddress": at.addresses("garbage_collector"),
    }


SIMPLEGCBPAXOS = Protocol(
    name="simplegcbpaxos",
    summary="Simple BPaxos with garbage collection",
    jobs="bpaxos",
    params=Params,
    faults=lambda p: p.f,
    # No server sends anything before a client does, so servers start in any order.
    roles=(
        Role(
            name="dep_service_node",
            count=lambda p: 2 * p.f + 1,
            heap="jvm_heap_size",
            runs=lambda p, at: {"state_machine": p.state_machine},
            options=lambda p: {"options": p.dep_service_node_options},
        ),
        Role(
            name="acceptor",
            count=lambda p: 2 * p.f + 1,
            heap="jvm_heap_size",
            options=lambda p: {"options": p.acceptor_options},
        ),
        Role(
            name="replica",
            count=lambda p: p.f + 1,
            heap="jvm_heap_size",
            runs=lambda p, at: {"state_machine": p.state_machine},
            options=lambda p: {"options": p.replica_options, "zigzag": p.replica_zigzag_options},
        ),
        Role(name="garbage_collector", count=lambda p: p.f + 1, heap="jvm_heap_size"),
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
    port_order=("client", "leader", "proposer", "dep_service_node", "acceptor", "replica", "garbage_collector"),
    config=_config,
    files=lambda p: {"workload.pbtxt": workload_message(p.workload)},
    loops=one_loop_more,
    outputs={None: ""},
    constraints=_constraints,
    constraints_in_words=(
        "num_leaders: at least f+1; f: at least 1",
        "there are num_leaders proposers, 2f+1 dependency service nodes and acceptors, f+1 replicas and collectors",
        "timeout >= duration, warmup_timeout >= warmup_duration",
        "replica_options.recover_vertex_timer_max_period >= recover_vertex_timer_min_period",
    ),
)
