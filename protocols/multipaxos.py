"""Compartmentalized MultiPaxos: eight roles, acceptor groups or a flexible grid, three read consistencies."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from fpray.errors import Problem
from fpray.params import seconds
from fpray.protocol import At, Protocol, Role
from fpray_protocols.common import (
    DistributionScheme,
    ElectionOptions,
    LogLevel,
    StateMachine,
    at_least,
    batches_fill,
    closed_loop_flags,
    closed_loop_problems,
    fractions,
    ranges,
)
from fpray_protocols.workloads import ReadWriteWorkload, UniformReadWriteWorkload, workload_message

_PORTS = (
    "client", "batcher", "read_batcher", "leader", "leader_election", "proxy_leader", "acceptor", "replica",
    "proxy_replica",
)  # fmt: skip
_WORKLOADS = ("workload", "read_workload", "write_workload")
_READ_BATCHING = re.compile(r"size,\s*\d+\s*,.+|time,.+|adaptive")  # the jar reads more spellings of durations


@dataclass(frozen=True)
class ClientOptions:
    """The client's options."""

    resend_client_request_period: timedelta = seconds(1)
    resend_max_slot_requests_period: timedelta = seconds(1)
    resend_read_request_period: timedelta = seconds(1)
    resend_sequential_read_request_period: timedelta = seconds(1)
    resend_eventual_read_request_period: timedelta = seconds(1)
    unsafe_read_at_first_slot: bool = False
    unsafe_read_at_i: bool = False
    flush_writes_every_n: int = 1
    flush_reads_every_n: int = 1


@dataclass(frozen=True)
class BatcherOptions:
    """The batcher's options."""

    batch_size: int = 1


@dataclass(frozen=True)
class ReadBatcherOptions:
    """The read batcher's options; a scheme is `size,<n>,<duration>`, `time,<duration>` or `adaptive`."""

    read_batching_scheme: str = "size,1,10s"
    unsafe_read_at_first_slot: bool = False
    unsafe_read_at_i: bool = False


@dataclass(frozen=True)
class LeaderOptions:
    """The leader's options."""

    resend_phase1as_period: timedelta = seconds(1)
    flush_phase2as_every_n: int = 1
    noop_flush_period: timedelta = seconds(0)
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
    batch_flush: bool = False


@dataclass(frozen=True)
class Params:
    """One trial of MultiPaxos."""

    f: int = 1
    num_client_procs: int = 1
    num_warmup_clients_per_proc: int = 1
    num_clients_per_proc: int = 1
    num_batchers: int = 0
    num_read_batchers: int = 0
    num_leaders: int = 2
    num_proxy_leaders: int = 2
    num_acceptor_groups: int = 2
    num_acceptors_per_group: int = 3
    num_replicas: int = 2
    num_proxy_replicas: int = 2
    flexible: bool = False
    distribution_scheme: DistributionScheme = DistributionScheme.HASH
    client_jvm_heap_size: str = "100m"
    batcher_jvm_heap_size: str = "100m"
    read_batcher_jvm_heap_size: str = "100m"
    leader_jvm_heap_size: str = "100m"
    proxy_leader_jvm_heap_size: str = "100m"
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
    predetermined_read_fraction: int = -1
    workload_label: str = ""
    workload: ReadWriteWorkload = UniformReadWriteWorkload()
    read_workload: ReadWriteWorkload = UniformReadWriteWorkload(read_fraction=1.0)
    write_workload: ReadWriteWorkload = UniformReadWriteWorkload(read_fraction=0.0)
    read_consistency: Literal["linearizable", "sequential", "eventual"] = "linearizable"
    profiled: bool = False
    monitored: bool = False
    prometheus_scrape_interval: timedelta = seconds(0.2)
    batcher_options: BatcherOptions = BatcherOptions()
    batcher_log_level: LogLevel = "debug"
    read_batcher_options: ReadBatcherOptions = ReadBatcherOptions()
    read_batcher_log_level: LogLevel = "debug"
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
    yield from at_least(1, f=p.f, num_acceptor_groups=p.num_acceptor_groups)
    yield from _count_problems(p)
    yield from _acceptor_problems(p)
    yield from _reading_problems(p)


def _count_problems(p: Params) -> Iterator[Problem]:
    enough, colocated = p.f + 1, p.distribution_scheme is DistributionScheme.COLOCATED
    twins = {"num_batchers": "num_leaders", "num_read_batchers": None, "num_proxy_replicas": "num_replicas"}
    for name, twin in twins.items():
        count = getattr(p, name)
        if colocated and twin is not None and count not in (0, getattr(p, twin)):
            yield Problem(f"{name}={count}", f"COLOCATED needs 0 or {twin} = {getattr(p, twin)}")
        elif count != 0 and count < enough:
            yield Problem(f"{name}={count}", f"must be 0 or at least f+1 = {enough}, to survive f={p.f} failures")
    for name in ("num_leaders", "num_proxy_leaders", "num_replicas"):
        if (count := getattr(p, name)) < enough:
            yield Problem(f"{name}={count}", f"must be at least f+1 = {enough}, to survive f={p.f} failures")
    if colocated and p.num_proxy_leaders != p.num_leaders:
        yield Problem(f"num_proxy_leaders={p.num_proxy_leaders}", f"COLOCATED needs num_leaders = {p.num_leaders}")


def _reading_problems(p: Params) -> Iterator[Problem]:
    for name in _WORKLOADS:
        shares = ("read_fraction", "point_fraction")
        yield from fractions(**{f"{name}.{share}": getattr(getattr(p, name), share, 0.0) for share in shares})
    if not -1 <= (percentage := p.predetermined_read_fraction) <= 100:
        sentence = "must be a percentage, 0 to 100, or -1 (every closed loop draws from the workload)"
        yield Problem(f"predetermined_read_fraction={percentage}", sentence)
    if not _READ_BATCHING.fullmatch(scheme := p.read_batcher_options.read_batching_scheme):
        sentence = "must be size,N,DURATION or time,DURATION or adaptive (in --vary: each in double quotes)"
        yield Problem(f"read_batcher_options.read_batching_scheme={scheme}", sentence)


def _acceptor_problems(p: Params) -> Iterator[Problem]:
    rows, columns = p.num_acceptor_groups, p.num_acceptors_per_group
    if not p.flexible and columns != 2 * p.f + 1:
        yield Problem(f"num_acceptors_per_group={columns}", f"must be {2 * p.f + 1}, to survive f={p.f} failures")
    if p.flexible and min(rows, columns) - 1 < p.f:
        grid = f"num_acceptor_groups={rows}, num_acceptors_per_group={columns}"
        yield Problem(grid, f"a grid needs at least f+1 = {p.f + 1} rows and columns to survive f={p.f} failures")


def _options(role: str) -> Callable[[Params], dict[str, object]]:
    return lambda p: {"options": getattr(p, f"{role}_options")}


def _config(p: Params, at: At) -> dict[str, object]:
    return {
        "f": p.f,
        "batcher_address": at.addresses("batcher"),
        "read_batcher_address": at.addresses("read_batcher"),
        "leader_address": at.addresses("leader"),
        "leader_election_address": at.addresses("leader_election"),
        "proxy_leader_address": at.addresses("proxy_leader"),
        "acceptor_address": [{"acceptor_address": group} for group in at.addresses("acceptor")],
        "replica_address": at.addresses("replica"),
        "proxy_replica_address": at.addresses("proxy_replica"),
        "flexible": p.flexible,
        "distribution_scheme": p.distribution_scheme,
    }


MULTIPAXOS = Protocol(
    name="multipaxos",
    summary="compartmentalized MultiPaxos with reads (VLDB 2021)",
    params=Params,
    faults=lambda p: p.f,
    roles=(
        Role(name="acceptor", count=lambda p: (p.num_acceptor_groups, p.num_acceptors_per_group)),
        Role(name="batcher", count=lambda p: p.num_batchers, options=_options("batcher")),
        Role(name="read_batcher", count=lambda p: p.num_read_batchers, options=_options("read_batcher")),
        Role(name="proxy_leader", count=lambda p: p.num_proxy_leaders, options=_options("proxy_leader")),
        Role(
            name="replica",
            count=lambda p: p.num_replicas,
            runs=lambda p, at: {"state_machine": p.state_machine},
            options=_options("replica"),
        ),
        Role(name="proxy_replica", count=lambda p: p.num_proxy_replicas, options=_options("proxy_replica")),
        # A leader sends its Phase1as once, when it starts. A process that does not listen yet misses them.
        Role(
            name="leader",
            stage=1,
            count=lambda p: p.num_leaders,
            listens=("leader", "leader_election"),
            options=_options("leader"),
        ),
        Role(
            name="client",
            kind="client",
            count=lambda p: p.num_client_procs,
            addressed=True,
            flags=lambda p, at: {
                **closed_loop_flags(p),
                "output_file_prefix": at.file(at.label),
                "read_consistency": p.read_consistency,
                "predetermined_read_fraction": p.predetermined_read_fraction,
                **{name: at.file(f"{name}.pbtxt") for name in _WORKLOADS},
            },
            options=_options("client"),
        ),
    ),
    port_order=_PORTS,
    config=_config,
    files=lambda p: {f"{name}.pbtxt": workload_message(getattr(p, name)) for name in _WORKLOADS},
    loops=lambda p: p.num_clients_per_proc,
    outputs={"read": "read_output.", "write": "write_output."},
    constraints=_constraints,
    constraints_in_words=(
        "num_leaders, num_proxy_leaders, num_replicas: at least f+1",
        "num_batchers, num_read_batchers, num_proxy_replicas: 0 or at least f+1",
        "COLOCATED: num_proxy_leaders = num_leaders; num_batchers: 0 or num_leaders",
        "COLOCATED: num_proxy_replicas: 0 or num_replicas",
        "flexible=false: num_acceptors_per_group = 2f+1; flexible=true: at least f+1 rows and columns",
        "read_batcher_options.read_batching_scheme: `size,N,DURATION`, `time,DURATION` or `adaptive`",
        "timeout >= duration",
    ),
    deviations=(
        (
            "`WriteOnlyBernoulliSingleKeyWorkload` is written under its own name (FrankenPaxos: as the uniform one),"
            " and all three `WriteOnly` workloads as messages (FrankenPaxos: a crash)."
        ),
    ),
)
