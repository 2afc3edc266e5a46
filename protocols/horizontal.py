"""Horizontal MultiPaxos: the log itself holds reconfigurations; a driver asks for them, or kills a server."""

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
    ranges,
)
from fpray_protocols.driver_workloads import (
    DoNothing,
    LeaderFailure,
    LeaderReconfiguration,
    RepeatedLeaderReconfiguration,
)
from fpray_protocols.workloads import StringWorkload, Workload, workload_message

DriverWorkload = DoNothing | RepeatedLeaderReconfiguration | LeaderReconfiguration | LeaderFailure


@dataclass(frozen=True)
class ClientOptions:
    """The client's options."""

    resend_client_request_period: timedelta = seconds(1)


@dataclass(frozen=True)
class LeaderOptions:
    """The leader's options."""

    log_grow_size: int = 1000
    alpha: int = 1000
    resend_phase1as_period: timedelta = seconds(1)
    resend_phase2as_period: timedelta = seconds(1)
    election_options: ElectionOptions = ElectionOptions()


@dataclass(frozen=True)
class AcceptorOptions:
    """The acceptor has no options."""


@dataclass(frozen=True)
class ReplicaOptions:
    """The replica's options."""

    log_grow_size: int = 1000
    unsafe_dont_use_client_table: bool = False
    recover_log_entry_min_period: timedelta = seconds(10)
    recover_log_entry_max_period: timedelta = seconds(20)
    unsafe_dont_recover: bool = False


@dataclass(frozen=True)
class Params:
    """One trial of horizontal MultiPaxos."""

    f: int = 1
    num_client_procs: int = 1
    num_warmup_clients_per_proc: int = 1
    num_clients_per_proc: int = 1
    num_leaders: int = 2
    num_acceptors: int = 3
    num_replicas: int = 3
    client_jvm_heap_size: str = "100m"
    leader_jvm_heap_size: str = "100m"
    acceptor_jvm_heap_size: str = "100m"
    replica_jvm_heap_size: str = "100m"
    driver_jvm_heap_size: str = "100m"
    measurement_group_size: int = 1
    warmup_duration: timedelta = seconds(2)
    warmup_timeout: timedelta = seconds(3)
    warmup_sleep: timedelta = seconds(0)
    duration: timedelta = seconds(2)
    timeout: timedelta = seconds(3)
    client_lag: timedelta = seconds(0)
    state_machine: StateMachine = "Noop"
    workload: Workload = StringWorkload()
    driver_workload: DriverWorkload = DoNothing()
    profiled: bool = False
    monitored: bool = False
    prometheus_scrape_interval: timedelta = seconds(0.2)
    leader_options: LeaderOptions = LeaderOptions()
    leader_log_level: LogLevel = "debug"
    acceptor_options: AcceptorOptions = AcceptorOptions()
    acceptor_log_level: LogLevel = "debug"
    replica_options: ReplicaOptions = ReplicaOptions()
    replica_log_level: LogLevel = "debug"
    client_options: ClientOptions = ClientOptions()
    client_log_level: LogLevel = "debug"
    driver_log_level: LogLevel = "debug"


def _constraints(p: Params) -> Iterator[Problem]:
    yield from closed_loop_problems(p, fewest_clients=1)
    yield from ranges(p)
    yield from at_least(1, f=p.f)
    yield from enough(p.f, "f+1", num_leaders=p.num_leaders, num_replicas=p.num_replicas)
    yield from enough(p.f, "2f+1", num_acceptors=p.num_acceptors)
    if isinstance(p.driver_workload, LeaderReconfiguration) and p.num_acceptors == 2 * p.f + 1:
        sentence = "LeaderReconfiguration recovers on acceptors 1 to 2f+1: it needs at least 2f+2"
        yield Problem(f"num_acceptors={p.num_acceptors}", f"{sentence} = {2 * p.f + 2}")


def _config(p: Params, at: At) -> dict[str, object]:
    return {
        "f": p.f,
        "leader_address": at.addresses("leader"),
        "leader_election_address": at.addresses("leader_election"),
        "acceptor_address": at.addresses("acceptor"),
        "replica_address": at.addresses("replica"),
    }


HORIZONTAL = Protocol(
    name="horizontal",
    summary="horizontal MultiPaxos: reconfiguration through the log",
    params=Params,
    faults=lambda p: p.f,
    roles=(
        Role(
            name="acceptor",
            count=lambda p: p.num_acceptors,
            expected_exits=lambda p, i: (1,) if i == (0,) and p.driver_workload.name == "LeaderReconfiguration" else (),
        ),
        Role(
            name="replica",
            count=lambda p: p.num_replicas,
            runs=lambda p, at: {"state_machine": p.state_machine},
            options=lambda p: {"options": p.replica_options},
        ),
        # A leader sends its Phase1as once, when it starts. A process that does not listen yet misses them.
        Role(
            name="leader",
            stage=1,
            count=lambda p: p.num_leaders,
            listens=("leader", "leader_election"),
            options=lambda p: {"options": p.leader_options},
            expected_exits=lambda p, i: (1,) if i == (0,) and p.driver_workload.name == "LeaderFailure" else (),
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
        Role(
            name="driver",
            kind="driver",
            count=lambda p: 1,
            numbered=False,
            addressed=True,
            flags=lambda p, at: {"driver_workload": at.file("driver_workload.pbtxt")},
        ),
    ),
    port_order=("client", "leader", "leader_election", "acceptor", "replica", "driver"),
    config=_config,
    files=lambda p: {
        "workload.pbtxt": workload_message(p.workload),
        "driver_workload.pbtxt": workload_message(p.driver_workload),
    },
    loops=lambda p: p.num_clients_per_proc,
    flushes_groups=False,
    outputs={"write": ""},
    constraints=_constraints,
    constraints_in_words=(
        "num_leaders, num_replicas: at least f+1; num_acceptors: at least 2f+1, for LeaderReconfiguration 2f+2",
        "clients lose an unfinished measurement group at their end",
        "timeout >= duration, warmup_timeout >= warmup_duration",
    ),
    deviations=(
        "`RepeatedLeaderReconfiguration` has no `acceptors`: the driver does not read them.",
        "The driver starts when the clients listen, and is stopped when they are done: it never ends by itself.",
    ),
)
