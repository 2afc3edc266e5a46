"""Faster Paxos: f+1 of 2f+1 servers are delegates that choose values in parallel."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from fpray.errors import Problem
from fpray.params import seconds
from fpray.protocol import Protocol, Role
from fpray_protocols.common import (
    HeartbeatOptions,
    LogLevel,
    StateMachine,
    at_least,
    closed_loop_flags,
    closed_loop_problems,
    exactly,
    ranges,
)
from fpray_protocols.workloads import UniformSingleKeyWorkload, Workload, workload_message


@dataclass(frozen=True)
class ClientOptions:
    """The client's options."""

    resend_client_request_period: timedelta = seconds(1)


@dataclass(frozen=True)
class ServerOptions:
    """The server's options."""

    ack_noops_with_commands: bool = False
    log_grow_size: int = 1000
    resend_phase1as_period: timedelta = seconds(1)
    resend_phase2a_anys_period: timedelta = seconds(1)
    use_f1_optimization: bool = False
    recover_log_entry_min_period: timedelta = seconds(1)
    recover_log_entry_max_period: timedelta = seconds(2)
    leader_change_entry_min_period: timedelta = seconds(1)
    leader_change_entry_max_period: timedelta = seconds(2)
    unsafe_dont_recover: bool = False
    heartbeat_options: HeartbeatOptions = HeartbeatOptions()


@dataclass(frozen=True)
class Params:
    """One trial of Faster Paxos."""

    f: int = 1
    num_client_procs: int = 1
    num_warmup_clients_per_proc: int = 1
    num_clients_per_proc: int = 1
    num_servers: int = 3
    client_jvm_heap_size: str = "100m"
    server_jvm_heap_size: str = "100m"
    measurement_group_size: int = 1
    warmup_duration: timedelta = seconds(2)
    warmup_timeout: timedelta = seconds(3)
    warmup_sleep: timedelta = seconds(0)
    duration: timedelta = seconds(2)
    timeout: timedelta = seconds(3)
    client_lag: timedelta = seconds(0)
    state_machine: StateMachine = "KeyValueStore"
    workload: Workload = UniformSingleKeyWorkload()
    profiled: bool = False
    monitored: bool = False
    prometheus_scrape_interval: timedelta = seconds(0.2)
    server_options: ServerOptions = ServerOptions()
    server_log_level: LogLevel = "debug"
    client_options: ClientOptions = ClientOptions()
    client_log_level: LogLevel = "debug"


def _constraints(p: Params) -> Iterator[Problem]:
    yield from closed_loop_problems(p, fewest_clients=1)
    yield from ranges(p)
    yield from at_least(1, f=p.f)
    yield from exactly(p.f, "2f+1", num_servers=p.num_servers)


FASTERPAXOS = Protocol(
    name="fasterpaxos",
    summary="Faster Paxos: delegates that choose values in parallel",
    params=Params,
    faults=lambda p: p.f,
    roles=(
        Role(
            name="server",
            count=lambda p: p.num_servers,
            # Server 0 leads. It exits if too few of the other servers answer its first heartbeat.
            stage=lambda _p, index: 1 if index == (0,) else 0,
            listens=("server", "heartbeat"),
            runs=lambda p, at: {"state_machine": p.state_machine},
            options=lambda p: {"options": p.server_options},
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
    port_order=("client", "server", "heartbeat"),
    config=lambda p, at: {
        "f": p.f,
        "server_address": at.addresses("server"),
        "heartbeat_address": at.addresses("heartbeat"),
    },
    files=lambda p: {"workload.pbtxt": workload_message(p.workload)},
    loops=lambda p: p.num_clients_per_proc,
    outputs={"write": "output."},
    constraints=_constraints,
    constraints_in_words=("num_servers: exactly 2f+1", "timeout >= duration, warmup_timeout >= warmup_duration"),
    deviations=("`server_0` starts when the other servers listen: its first heartbeat must find them.",),
)
