"""Compartmentalized Mencius: leader groups that share the log, each with acceptor groups of its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from fpray.errors import Problem
from fpray.params import seconds
from fpray.protocol import At, Protocol, Role
from fpray.protocol.assignment import staggered
from fpray_protocols.common import (
    DistributionScheme,
    ElectionOptions,
    LogLevel,
    StateMachine,
    at_least,
    batches_fill,
    closed_loop_flags,
    closed_loop_problems,
    enough,
    exactly,
    none_or_enough,
    ranges,
)
from fpray_protocols.workloads import StringWorkload, Workload, workload_message


@dataclass(frozen=True)
class ClientOptions:
    """The client's options."""

    resend_client_request_period: timedelta = seconds(1)


@dataclass(frozen=True)
class BatcherOptions:
    """The batcher's options."""

    batch_size: int = 1


@dataclass(frozen=True)
class LeaderOptions:
    """The leader's options."""

    send_high_watermark_every_n: int = 1000
    send_noop_range_if_lagging_by: int = 5000
    resend_phase1as_period: timedelta = seconds(1)
    flush_phase2as_every_n: int = 1
    election_options: ElectionOptions = ElectionOptions()


@dataclass(frozen=True)
class ProxyLeaderOptions:
    """The proxy leader's options."""

    flush_phase2as_every_n: int = 1


@dataclass(frozen=True)
class AcceptorOptions:
    """The acceptor has no options."""


@dataclass(frozen=True)
class ReplicaOptions:
    """The replica's options."""

    log_grow_size: int = 1000
    unsafe_dont_use_client_table: bool = False
    send_chosen_watermark_every_n_entries: int = 100
    recover_log_entry_min_period: timedelta = seconds(10)
    recover_log_entry_max_period: timedelta = seconds(20)
    unsafe_dont_recover: bool = False


@dataclass(frozen=True)
class ProxyReplicaOptions:
    """The proxy replica's options."""

    flush_every_n: int = 1


@dataclass(frozen=True)
class Params:
    """One trial of Mencius."""

    f: int = 1
    num_client_procs: int = 1
    num_warmup_clients_per_proc: int = 1
    num_clients_per_proc: int = 1
    num_batchers: int = 0
    num_leader_groups: int = 2
    num_leaders_per_group: int = 2
    num_proxy_leaders: int = 2
    num_acceptor_groups_per_leader_group: int = 2
    num_acceptors_per_group: int = 3
    num_replicas: int = 2
    num_proxy_replicas: int = 2
    distribution_scheme: DistributionScheme = DistributionScheme.HASH
    client_jvm_heap_size: str = "100m"
    batcher_jvm_heap_size: str = "100m"
    leader_jvm_heap_size: str = "100m"
    proxy_leader_jvm_heap_size: str = "100m"
    acceptor_jvm_heap_size: str = "100m"
    replica_jvm_heap_size: str = "100m"
    proxy_replica_jvm_heap_size: str = "100m"
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
    batcher_options: BatcherOptions = BatcherOptions()
    batcher_log_level: LogLevel = "debug"
    leader_options: LeaderOptions = LeaderOptions()
    leader_log_level: LogLevel = "debug"
    proxy_leader_options: ProxyLeaderOptions = ProxyLeaderOptions()
    proxy_leader_log_level: LogLevel = "debug"
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
    if p.num_batchers:
        loops = p.num_clients_per_proc * p.num_client_procs
        yield from batches_fill(loops, **{"batcher_options.batch_size": p.batcher_options.batch_size})
    yield from ranges(p)
    yield from at_least(1, f=p.f, num_leader_groups=p.num_leader_groups)
    yield from at_least(1, num_acceptor_groups_per_leader_group=p.num_acceptor_groups_per_leader_group)
    yield from none_or_enough(p.f, "f+1", num_batchers=p.num_batchers)
    yield from enough(p.f, "f+1", num_leaders_per_group=p.num_leaders_per_group, num_replicas=p.num_replicas)
    yield from exactly(p.f, "2f+1", num_acceptors_per_group=p.num_acceptors_per_group)
    if p.distribution_scheme is not DistributionScheme.COLOCATED:
        yield from enough(p.f, "f+1", num_proxy_leaders=p.num_proxy_leaders, num_proxy_replicas=p.num_proxy_replicas)
        return
    if p.num_proxy_leaders != p.num_leader_groups:
        yield Problem(
            f"num_proxy_leaders={p.num_proxy_leaders}", f"COLOCATED needs num_leader_groups = {p.num_leader_groups}"
        )
    if p.num_proxy_replicas != p.num_replicas:
        yield Problem(f"num_proxy_replicas={p.num_proxy_replicas}", f"COLOCATED needs num_replicas = {p.num_replicas}")


def config(p: Params, at: At) -> dict[str, object]:
    """The config message: leaders by group, acceptors by leader group and acceptor group."""
    return {
        "f": p.f,
        "batcher_address": at.addresses("batcher"),
        "leader_address": [{"address": group} for group in at.addresses("leader")],
        "leader_election_address": [{"address": group} for group in at.addresses("leader_election")],
        "proxy_leader_address": at.addresses("proxy_leader"),
        "acceptor_address": [
            {"groups": [{"address": group} for group in groups]} for groups in at.addresses("acceptor")
        ],
        "replica_address": at.addresses("replica"),
        "proxy_replica_address": at.addresses("proxy_replica"),
        "distribution_scheme": p.distribution_scheme,
    }


def stands_still(p: Params) -> Iterator[str]:
    """Groups of leaders share the slots in turn: one that gets few requests must give its slots up soon."""
    rarely = {
        f"leader_options.{name}": value
        for name in ("send_high_watermark_every_n", "send_noop_range_if_lagging_by")
        if (value := getattr(p.leader_options, name)) > 1
    }
    if p.num_leader_groups > 1 and rarely:
        values = " and ".join(f"{name}={value}" for name, value in rarely.items())
        yield (
            f"a group of leaders that gets few requests holds back the slots of the others with {values}: set both"
            " leader_options.send_high_watermark_every_n and leader_options.send_noop_range_if_lagging_by to 1"
        )


MENCIUS = Protocol(
    name="mencius",
    summary="compartmentalized Mencius (EuroSys 2021)",
    params=Params,
    faults=lambda p: p.f,
    roles=(
        Role(name="batcher", count=lambda p: p.num_batchers, options=lambda p: {"options": p.batcher_options}),
        Role(
            name="proxy_leader",
            count=lambda p: p.num_proxy_leaders,
            options=lambda p: {"options": p.proxy_leader_options},
        ),
        Role(
            name="acceptor",
            count=lambda p: (p.num_leader_groups, p.num_acceptor_groups_per_leader_group, p.num_acceptors_per_group),
            index_flags=("leader_group_index", "acceptor_group_index", "index"),
        ),
        Role(
            name="replica",
            count=lambda p: p.num_replicas,
            runs=lambda p, at: {"state_machine": p.state_machine},
            options=lambda p: {"options": p.replica_options},
        ),
        Role(
            name="proxy_replica",
            count=lambda p: p.num_proxy_replicas,
            options=lambda p: {"options": p.proxy_replica_options},
        ),
        # A leader sends its Phase1as once, when it starts. A process that does not listen yet misses them.
        Role(
            name="leader",
            stage=1,
            count=lambda p: (p.num_leader_groups, p.num_leaders_per_group),
            listens=("leader", "leader_election"),
            deal=staggered,
            options=lambda p: {"options": p.leader_options},
        ),
        Role(
            name="client",
            kind="client",
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
    port_order=(
        "client",
        "batcher",
        "leader",
        "leader_election",
        "proxy_leader",
        "acceptor",
        "replica",
        "proxy_replica",
    ),
    config=config,
    files=lambda p: {"workload.pbtxt": workload_message(p.workload)},
    loops=lambda p: p.num_clients_per_proc,
    outputs={None: ""},
    constraints=_constraints,
    stands_still=stands_still,
    constraints_in_words=(
        "num_leaders_per_group, num_proxy_leaders, num_replicas, num_proxy_replicas: at least f+1",
        "num_batchers: 0 or at least f+1; num_acceptors_per_group: exactly 2f+1",
        "COLOCATED: num_proxy_leaders = num_leader_groups, num_proxy_replicas = num_replicas",
        "timeout >= duration, warmup_timeout >= warmup_duration",
    ),
)
