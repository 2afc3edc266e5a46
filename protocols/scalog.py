"""Scalog: shards of servers keep the commands, an aggregator cuts them, and MultiPaxos orders only the cuts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from fpray.errors import Problem
from fpray.params import seconds
from fpray.protocol import At, Protocol, Role
from fpray_protocols.common import (
    ElectionOptions,
    LogLevel,
    StateMachine,
    at_least,
    closed_loop_flags,
    closed_loop_problems,
    enough,
    exactly,
    none_or_enough,
    ranges,
)
from fpray_protocols.workloads import UniformSingleKeyWorkload, Workload, workload_message


@dataclass(frozen=True)
class ClientOptions:
    """The client's options."""

    resend_client_request_period: timedelta = seconds(1)


@dataclass(frozen=True)
class ServerOptions:
    """The server's options: it pushes its watermarks every `push_period`, and after every `push_size` commands."""

    push_size: int = 0
    push_period: timedelta = seconds(1)
    recover_period: timedelta = seconds(1)
    log_grow_size: int = 5000
    unsafe_dont_recover: bool = False


@dataclass(frozen=True)
class AggregatorOptions:
    """The aggregator's options."""

    num_shard_cuts_per_proposal: int = 2
    recover_period: timedelta = seconds(1)
    leader_info_period: timedelta = seconds(1)
    log_grow_size: int = 5000
    unsafe_dont_recover: bool = False


@dataclass(frozen=True)
class LeaderOptions:
    """The leader's options."""

    resend_phase1as_period: timedelta = seconds(1)
    flush_phase2as_every_n: int = 1
    log_grow_size: int = 5000
    election_options: ElectionOptions = ElectionOptions()


@dataclass(frozen=True)
class AcceptorOptions:
    """The acceptor has no options."""


@dataclass(frozen=True)
class ReplicaOptions:
    """The replica's options."""

    log_grow_size: int = 5000
    batch_flush: bool = False
    recover_log_entry_min_period: timedelta = seconds(10)
    recover_log_entry_max_period: timedelta = seconds(20)
    unsafe_dont_recover: bool = False
    unsafe_yolo_execution: bool = False
    unsafe_round_robin_by_chunk: bool = False


@dataclass(frozen=True)
class ProxyReplicaOptions:
    """The proxy replica's options."""

    batch_flush: bool = False


@dataclass(frozen=True)
class Params:
    """One trial of Scalog."""

    f: int = 1
    num_client_procs: int = 1
    num_warmup_clients_per_proc: int = 5
    num_clients_per_proc: int = 5
    num_shards: int = 1
    num_servers_per_shard: int = 2
    num_leaders: int = 2
    num_acceptors: int = 3
    num_replicas: int = 2
    num_proxy_replicas: int = 0
    client_jvm_heap_size: str = "100m"
    server_jvm_heap_size: str = "100m"
    aggregator_jvm_heap_size: str = "100m"
    leader_jvm_heap_size: str = "100m"
    acceptor_jvm_heap_size: str = "100m"
    replica_jvm_heap_size: str = "100m"
    proxy_replica_jvm_heap_size: str = "100m"
    measurement_group_size: int = 1
    warmup_duration: timedelta = seconds(2)
    warmup_timeout: timedelta = seconds(3)
    warmup_sleep: timedelta = seconds(0)
    duration: timedelta = seconds(2)
    timeout: timedelta = seconds(3)
    client_lag: timedelta = seconds(0)
    state_machine: StateMachine = "KeyValueStore"
    workload_label: str = ""
    workload: Workload = UniformSingleKeyWorkload()
    profiled: bool = False
    monitored: bool = False
    prometheus_scrape_interval: timedelta = seconds(0.2)
    server_options: ServerOptions = ServerOptions()
    server_log_level: LogLevel = "debug"
    aggregator_options: AggregatorOptions = AggregatorOptions()
    aggregator_log_level: LogLevel = "debug"
    leader_options: LeaderOptions = LeaderOptions()
    leader_log_level: LogLevel = "debug"
    acceptor_options: AcceptorOptions = AcceptorOptions()
    acceptor_log_level: LogLevel = "debug"
    replica_options: ReplicaOptions = ReplicaOptions()
    replica_log_level: LogLevel = "debug"
    proxy_replica_options: ProxyReplicaOptions = ProxyReplicaOptions()
    proxy_replica_log_level: LogLevel = "debug"
    client_options: ClientOptions = ClientOptions()
    client_log_level: LogLevel = "debug"


def _constraints(p: Params) -> Iterator[Problem]:
    yield from closed_loop_problems(p, fewest_clients=1)
    yield from at_least(1, f=p.f, num_shards=p.num_shards)
    yield from exactly(p.f, "f+1", num_leaders=p.num_leaders)
    yield from exactly(p.f, "2f+1", num_acceptors=p.num_acceptors)
    yield from enough(p.f, "f+1", num_servers_per_shard=p.num_servers_per_shard, num_replicas=p.num_replicas)
    yield from none_or_enough(p.f, "f+1", num_proxy_replicas=p.num_proxy_replicas)
    yield from ranges(p)


def _config(p: Params, at: At) -> dict[str, object]:
    return {
        "f": p.f,
        "server_address": [{"server_address": shard} for shard in at.addresses("server")],
        "aggregator_address": at.address("aggregator").message,
        "leader_address": at.addresses("leader"),
        "leader_election_address": at.addresses("leader_election"),
        "acceptor_address": at.addresses("acceptor"),
        "replica_address": at.addresses("replica"),
        "proxy_replica_address": at.addresses("proxy_replica"),
    }


SCALOG = Protocol(
    name="scalog",
    summary="Scalog: a sharded log, in which only cuts are ordered",
    params=Params,
    faults=lambda p: p.f,
    roles=(
        Role(name="acceptor", count=lambda p: p.num_acceptors),
        Role(
            name="proxy_replica",
            count=lambda p: p.num_proxy_replicas,
            runs=lambda p, at: {"state_machine": p.state_machine},
            options=lambda p: {"options": p.proxy_replica_options},
        ),
        Role(
            name="replica",
            count=lambda p: p.num_replicas,
            runs=lambda p, at: {"state_machine": p.state_machine},
            options=lambda p: {"options": p.replica_options},
        ),
        Role(
            name="aggregator",
            count=lambda p: 1,
            numbered=False,
            options=lambda p: {"options": p.aggregator_options},
        ),
        Role(
            name="server",
            count=lambda p: (p.num_shards, p.num_servers_per_shard),
            index_flags=("shard_index", "index"),
            options=lambda p: {"options": p.server_options},
        ),
        # A leader sends its Phase1as once, when it starts. A process that does not listen yet misses them. The original
        # starts servers after leaders. Servers push the same again, so they need not be the last ones.
        Role(
            name="leader",
            stage=1,
            count=lambda p: p.num_leaders,
            listens=("leader", "leader_election"),
            options=lambda p: {"options": p.leader_options},
        ),
        Role(
            name="client",
            kind="client",
            count=lambda p: p.num_client_procs,
            addressed=True,
            flags=lambda p, at: {
                **closed_loop_flags(p),
                "output_file_prefix": at.file(at.label),
                "workload": at.file("workload.pbtxt"),
            },
            options=lambda p: {"options": p.client_options},
        ),
    ),
    port_order=("client", "server", "aggregator", "leader", "leader_election", "acceptor", "replica", "proxy_replica"),
    config=_config,
    files=lambda p: {"workload.pbtxt": workload_message(p.workload)},
    loops=lambda p: p.num_clients_per_proc,
    outputs={"write": "output."},
    constraints=_constraints,
    constraints_in_words=(
        "num_leaders: exactly f+1; num_acceptors: exactly 2f+1; num_shards: at least 1",
        "num_servers_per_shard, num_replicas: at least f+1; num_proxy_replicas: 0 or at least f+1",
        "timeout >= duration, warmup_timeout >= warmup_duration",
        "replica_options.recover_log_entry_max_period >= recover_log_entry_min_period",
        "leader_options.election_options.no_ping_timeout_max >= no_ping_timeout_min",
    ),
    deviations=("Leaders start after the servers; in FrankenPaxos they start before them.",),
)
