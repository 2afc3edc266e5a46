"""The unreplicated state machine: one server, clients in closed loops; the yardstick of every other protocol."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from fpray.errors import Problem
from fpray.params import seconds
from fpray.protocol import Protocol, Role
from fpray_protocols.common import (
    LogLevel,
    StateMachine,
    at_least,
    closed_loop_flags,
    closed_loop_problems,
    one_loop_more,
)
from fpray_protocols.workloads import StringWorkload, Workload, workload_message


@dataclass(frozen=True)
class ClientOptions:
    """The client has no options."""


@dataclass(frozen=True)
class ServerOptions:
    """The server's options."""

    flush_every_n: int = 1


@dataclass(frozen=True)
class Params:
    """One trial of the unreplicated state machine."""

    num_client_procs: int = 1
    num_warmup_clients_per_proc: int = 1
    num_clients_per_proc: int = 1
    jvm_heap_size: str = "100m"
    measurement_group_size: int = 1
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
    client_options: ClientOptions = ClientOptions()
    client_log_level: LogLevel = "debug"
    server_options: ServerOptions = ServerOptions()
    server_log_level: LogLevel = "debug"


def _constraints(p: Params) -> Iterator[Problem]:
    yield from closed_loop_problems(p, fewest_clients=0)
    yield from at_least(1, **{"server_options.flush_every_n": p.server_options.flush_every_n})


UNREPLICATED = Protocol(
    name="unreplicated",
    summary="one server without replication: the yardstick",
    params=Params,
    roles=(
        Role(
            name="server",
            count=lambda p: 1,
            numbered=False,
            addressed=True,
            heap="jvm_heap_size",
            runs=lambda p, at: {"state_machine": p.state_machine},
            options=lambda p: {"options": p.server_options},
        ),
        Role(
            name="client",
            kind="client",
            count=lambda p: p.num_client_procs,
            addressed=True,
            connect=lambda p, at: {
                "server_host": at.address("server").host,
                "server_port": at.address("server").port,
            },
            flags=lambda p, at: {
                **closed_loop_flags(p),
                "workload": at.file("workload.pbtxt"),
                "output_file_prefix": at.file(at.label),
            },
        ),
    ),
    port_order=("client", "server"),
    files=lambda p: {"workload.pbtxt": workload_message(p.workload)},
    loops=one_loop_more,
    fastest_loop=150_000,
    outputs={"write": ""},
    constraints=_constraints,
    constraints_in_words=("timeout >= duration, warmup_timeout >= warmup_duration",),
)
