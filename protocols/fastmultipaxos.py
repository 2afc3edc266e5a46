"""Fast MultiPaxos: clients may propose to acceptors themselves, in rounds that are fast."""

from __future__ import annotations

import enum
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from fpray.errors import Problem
from fpray.params import seconds
from fpray.protocol import Protocol, Role
from fpray_protocols.common import (
    LogLevel,
    StateMachine,
    ThriftySystem,
    at_least,
    closed_loop_flags,
    closed_loop_problems,
    one_loop_more,
    ranges,
)
from fpray_protocols.workloads import StringWorkload, Workload, workload_message


class RoundSystemType(enum.Enum):
    """Which rounds are fast: none, round 0, or every second one. The leaders own the other rounds in turn."""

    CLASSIC_ROUND_ROBIN = "CLASSIC_ROUND_ROBIN"
    ROUND_ZERO_FAST = "ROUND_ZERO_FAST"
    MIXED_ROUND_ROBIN = "MIXED_ROUND_ROBIN"


@dataclass(frozen=True)
class ElectionOptions:
    """The options of the leaders' election, which is Raft's."""

    ping_period_ms: float = 1000.0
    no_ping_timeout_min_ms: float = 10_000.0
    no_ping_timeout_max_ms: float = 12_000.0
    not_enough_votes_timeout_min_ms: float = 10_000.0
    not_enough_votes_timeout_max_ms: float = 12_000.0


@dataclass(frozen=True)
class HeartbeatOptions:
    """The options of heartbeats between leaders and acceptors."""

    fail_period_ms: float = 1000.0
    success_period_ms: float = 2000.0
    num_retries: int = 3
    network_delay_alpha: float = 0.9


@dataclass(frozen=True)
class AcceptorOptions:
    """The acceptor's options."""

    wait_period_ms: float = 0.0
    wait_stagger_ms: float = 0.0


@dataclass(frozen=True)
class LeaderOptions:
    """The leader's options."""

    thrifty_system: ThriftySystem = "NotThrifty"
    resend_phase1as_timer_period_ms: float = 5000.0
    resend_phase2as_timer_period_ms: float = 5000.0
    phase2a_max_buffer_size: int = 1
    phase2a_buffer_flush_period_ms: float = 1_000_000_000.0
    value_chosen_max_buffer_size: int = 1
    value_chosen_buffer_flush_period_ms: float = 1_000_000_000.0
    election: ElectionOptions = ElectionOptions()
    heartbeat: HeartbeatOptions = HeartbeatOptions()


@dataclass(frozen=True)
class ClientOptions:
    """The client's options."""

    repropose_period_ms: float = 10_000.0


@dataclass(frozen=True)
class Params:
    """One trial of Fast MultiPaxos. Most times are numbers; the name of such a parameter has the unit."""

    f: int = 1
    num_client_procs: int = 1
    num_warmup_clients_per_proc: int = 1
    num_clients_per_proc: int = 1
    round_system_type: RoundSystemType = RoundSystemType.CLASSIC_ROUND_ROBIN
    jvm_heap_size: str = "100m"
    warmup_duration: timedelta = seconds(2)
    warmup_timeout: timedelta = seconds(3)
    warmup_sleep: timedelta = seconds(0)
    duration_seconds: float = 2.0
    timeout_seconds: float = 3.0
    client_lag_seconds: float = 0.0
    state_machine: StateMachine = "Noop"
    workload: Workload = StringWorkload(size_mean=0)
    profiled: bool = False
    monitored: bool = False
    prometheus_scrape_interval_ms: int = 200
    acceptor: AcceptorOptions = AcceptorOptions()
    acceptor_log_level: LogLevel = "debug"
    leader: LeaderOptions = LeaderOptions()
    leader_log_level: LogLevel = "debug"
    client: ClientOptions = ClientOptions()
    client_log_level: LogLevel = "debug"

    @property
    def duration(self) -> timedelta:
        """How long clients measure."""
        return seconds(self.duration_seconds)

    @property
    def timeout(self) -> timedelta:
        """How long clients wait for unanswered requests, counted from the start of their measurement."""
        return seconds(self.timeout_seconds)

    @property
    def client_lag(self) -> timedelta:
        """The time from when all servers listen until the clients start, in which a leader can be elected."""
        return seconds(self.client_lag_seconds)


def _constraints(p: Params) -> Iterator[Problem]:
    yield from closed_loop_problems(p, fewest_clients=0)
    yield from at_least(1, f=p.f)
    yield from ranges(p)


FASTMULTIPAXOS = Protocol(
    name="fastmultipaxos",
    summary="MultiPaxos with fast rounds",
    jobs="fast_multipaxos",
    params=Params,
    faults=lambda p: p.f,
    roles=(
        Role(
            name="acceptor",
            count=lambda p: 2 * p.f + 1,
            heap="jvm_heap_size",
            listens=("acceptor", "acceptor_heartbeat"),
            options=lambda p: {"options": p.acceptor},
        ),
        # A leader sends its Phase1as once, when it starts. A process that does not listen yet misses them.
        Role(
            name="leader",
            stage=1,
            count=lambda p: p.f + 1,
            heap="jvm_heap_size",
            listens=("leader", "leader_election", "leader_heartbeat"),
            runs=lambda p, at: {"state_machine": p.state_machine},
            options=lambda p: {"options": p.leader},
        ),
        Role(
            name="client",
            kind="client",
            main="BenchmarkClientMain",
            count=lambda p: p.num_client_procs,
            addressed=True,
            heap="jvm_heap_size",
            flags=lambda p, at: {
                **closed_loop_flags(p),
                "workload": at.file("workload.pbtxt"),
                "output_file_prefix": at.file(at.label),
            },
            options=lambda p: {"options": p.client},
        ),
    ),
    port_order=("leader", "leader_election", "leader_heartbeat", "acceptor", "acceptor_heartbeat", "client"),
    config=lambda p, at: {
        "f": p.f,
        "leaderAddress": at.addresses("leader"),
        "leaderElectionAddress": at.addresses("leader_election"),
        "leaderHeartbeatAddress": at.addresses("leader_heartbeat"),
        "acceptorAddress": at.addresses("acceptor"),
        "acceptorHeartbeatAddress": at.addresses("acceptor_heartbeat"),
        "roundSystemType": p.round_system_type,
    },
    files=lambda p: {"workload.pbtxt": workload_message(p.workload)},
    loops=one_loop_more,
    outputs={None: ""},
    constraints=_constraints,
    constraints_in_words=(
        "there are f+1 leaders and 2f+1 acceptors; f: at least 1",
        "a client writes a debug log to a .txt file beside its rows, whatever client_log_level is",
        "timeout_seconds >= duration_seconds, warmup_timeout >= warmup_duration",
        "leader.election: no_ping_timeout_max_ms >= no_ping_timeout_min_ms, likewise not_enough_votes_timeout_max_ms",
    ),
    deviations=("The flags of clients have the same order as in other protocols; the jar accepts any order.",),
)
