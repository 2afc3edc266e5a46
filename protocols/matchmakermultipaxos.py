"""Matchmaker MultiPaxos: matchmakers know the acceptors of each round; a driver reconfigures, or kills servers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from fpray.errors import Problem
from fpray.params import seconds
from fpray.protocol import At, Index, Protocol, Role
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
    Chaos,
    DoNothing,
    LeaderFailure,
    LeaderReconfiguration,
    MatchmakerReconfiguration,
    RepeatedLeaderReconfiguration,
)
from fpray_protocols.workloads import StringWorkload, Workload, workload_message

DriverWorkload = (
    DoNothing
    | RepeatedLeaderReconfiguration
    | LeaderReconfiguration
    | MatchmakerReconfiguration
    | LeaderFailure
    | Chaos
)


@dataclass(frozen=True)
class ClientOptions:
    """The client's options."""

    resend_client_request_period: timedelta = seconds(1)
    stutter: int = 1000


@dataclass(frozen=True)
class LeaderOptions:
    """The leader's options."""

    thrifty: bool = True
    resend_match_requests_period: timedelta = seconds(1)
    resend_reconfigure_period: timedelta = seconds(1)
    resend_phase1as_period: timedelta = seconds(1)
    resend_phase2as_period: timedelta = seconds(1)
    resend_executed_watermark_requests_period: timedelta = seconds(1)
    resend_persisted_period: timedelta = seconds(1)
    resend_garbage_collects_period: timedelta = seconds(1)
    send_chosen_watermark_every_n: int = 100
    stutter: int = 1000
    stall_during_matchmaking: bool = False
    stall_during_phase1: bool = False
    disable_gc: bool = False
    election_options: ElectionOptions = ElectionOptions()


@dataclass(frozen=True)
class MatchmakerOptions:
    """The matchmaker's options."""

    match_request_delay: timedelta = seconds(0)


@dataclass(frozen=True)
class ReconfigurerOptions:
    """The reconfigurer's options."""

    resend_stops_period: timedelta = seconds(1)
    resend_bootstraps_period: timedelta = seconds(1)
    resend_match_phase1as_period: timedelta = seconds(1)
    resend_match_phase2as_period: timedelta = seconds(1)


@dataclass(frozen=True)
class AcceptorOptions:
    """The acceptor's options."""

    phase1a_delay: timedelta = seconds(0)


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
    """One trial of matchmaker MultiPaxos."""

    f: int = 1
    num_client_procs: int = 1
    num_warmup_clients_per_proc: int = 1
    num_clients_per_proc: int = 1
    num_leaders: int = 2
    num_matchmakers: int = 3
    num_reconfigurers: int = 2
    num_acceptors: int = 3
    num_replicas: int = 3
    client_jvm_heap_size: str = "100m"
    leader_jvm_heap_size: str = "100m"
    matchmaker_jvm_heap_size: str = "100m"
    reconfigurer_jvm_heap_size: str = "100m"
    acceptor_jvm_heap_size: str = "100m"
    replica_jvm_heap_size: str = "100m"
    driver_jvm_heap_size: str = "100m"
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
    matchmaker_options: MatchmakerOptions = MatchmakerOptions()
    matchmaker_log_level: LogLevel = "debug"
    reconfigurer_options: ReconfigurerOptions = ReconfigurerOptions()
    reconfigurer_log_level: LogLevel = "debug"
    acceptor_options: AcceptorOptions = AcceptorOptions()
    acceptor_log_level: LogLevel = "debug"
    replica_options: ReplicaOptions = ReplicaOptions()
    replica_log_level: LogLevel = "debug"
    client_options: ClientOptions = ClientOptions()
    client_log_level: LogLevel = "debug"
    driver_log_level: LogLevel = "debug"


def _constraints(p: Params) -> Iterator[Problem]:
    yield from closed_loop_problems(p, fewest_clients=1)
    yield from at_least(1, f=p.f)
    yield from enough(p.f, "f+1", num_leaders=p.num_leaders, num_reconfigurers=p.num_reconfigurers)
    yield from enough(p.f, "2f+1", num_matchmakers=p.num_matchmakers, num_replicas=p.num_replicas)
    yield from ranges(p)
    driven, all_of_them, one_spare = p.driver_workload, 2 * p.f + 1, 2 * p.f + 2
    acceptors, why = p.f + 1, f"to survive f={p.f} failures it must be at least f+1"
    if isinstance(driven, LeaderReconfiguration | Chaos):
        acceptors, why = one_spare, f"{driven.name} replaces acceptor 0: f={p.f} needs at least 2f+2"
    elif isinstance(driven, RepeatedLeaderReconfiguration | MatchmakerReconfiguration):
        acceptors, why = all_of_them, f"{driven.name} reconfigures to acceptors 0 to 2f: f={p.f} needs at least 2f+1"
    if p.num_acceptors < acceptors:
        yield Problem(f"num_acceptors={p.num_acceptors}", f"{why} = {acceptors}")
    if isinstance(driven, MatchmakerReconfiguration | Chaos) and p.num_matchmakers == all_of_them:
        why = f"{driven.name} replaces a matchmaker: f={p.f} needs at least 2f+2"
        yield Problem(f"num_matchmakers={p.num_matchmakers}", f"{why} = {one_spare}")


def _config(p: Params, at: At) -> dict[str, object]:
    return {
        "f": p.f,
        "leader_address": at.addresses("leader"),
        "leader_election_address": at.addresses("leader_election"),
        "reconfigurer_address": at.addresses("reconfigurer"),
        "matchmaker_address": at.addresses("matchmaker"),
        "acceptor_address": at.addresses("acceptor"),
        "replica_address": at.addresses("replica"),
    }


def _dies(process: Index, victim: int, p: Params, *by: type) -> tuple[int, ...]:
    return (1,) if process == (victim,) and isinstance(p.driver_workload, by) else ()


def _dying_matchmaker(p: Params, process: Index) -> tuple[int, ...]:
    return _dies(process, 0, p, Chaos) + _dies(process, 2 * p.f + 1, p, MatchmakerReconfiguration)


MATCHMAKERMULTIPAXOS = Protocol(
    name="matchmakermultipaxos",
    summary="MultiPaxos that reconfigures through matchmakers (VLDB 2020)",
    params=Params,
    faults=lambda p: p.f,
    roles=(
        Role(
            name="acceptor",
            count=lambda p: p.num_acceptors,
            options=lambda p: {"options": p.acceptor_options},
            expected_exits=lambda p, i: _dies(i, 0, p, LeaderReconfiguration, Chaos),
        ),
        Role(
            name="matchmaker",
            count=lambda p: p.num_matchmakers,
            options=lambda p: {"options": p.matchmaker_options},
            expected_exits=_dying_matchmaker,
        ),
        Role(
            name="reconfigurer",
            count=lambda p: p.num_reconfigurers,
            options=lambda p: {"options": p.reconfigurer_options},
        ),
        Role(
            name="replica",
            count=lambda p: p.num_replicas,
            runs=lambda p, at: {"state_machine": p.state_machine},
            options=lambda p: {"options": p.replica_options},
        ),
        # A leader asks matchmakers and acceptors once, when it starts. A process that does not listen yet misses it.
        Role(
            name="leader",
            stage=1,
            count=lambda p: p.num_leaders,
            listens=("leader", "leader_election"),
            options=lambda p: {"options": p.leader_options},
            expected_exits=lambda p, i: _dies(i, 0, p, LeaderFailure, Chaos),
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
        Role(
            name="driver",
            kind="driver",
            count=lambda p: 1,
            numbered=False,
            addressed=True,
            flags=lambda p, at: {"driver_workload": at.file("driver_workload.pbtxt")},
        ),
    ),
    port_order=("client", "leader", "leader_election", "matchmaker", "reconfigurer", "acceptor", "replica", "driver"),
    config=_config,
    files=lambda p: {
        "workload.pbtxt": workload_message(p.workload),
        "driver_workload.pbtxt": workload_message(p.driver_workload),
    },
    loops=lambda p: p.num_clients_per_proc,
    outputs={None: ""},
    constraints=_constraints,
    constraints_in_words=(
        "num_leaders, num_reconfigurers: at least f+1; num_matchmakers, num_replicas: at least 2f+1",
        "num_acceptors: at least f+1; 2f+1 for RepeatedLeaderReconfiguration and MatchmakerReconfiguration",
        "LeaderReconfiguration, Chaos: num_acceptors at least 2f+2",
        "MatchmakerReconfiguration, Chaos: num_matchmakers at least 2f+2",
        "timeout >= duration, warmup_timeout >= warmup_duration",
        "leader_options.election_options.no_ping_timeout_max >= no_ping_timeout_min",
        "replica_options.recover_log_entry_max_period >= recover_log_entry_min_period",
    ),
    deviations=(
        "`RepeatedLeaderReconfiguration` has no `acceptors`: the driver does not read them.",
        "The driver starts when the clients listen, and is stopped when they are done: it never ends by itself.",
    ),
)
