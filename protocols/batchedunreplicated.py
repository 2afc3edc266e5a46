"""The unreplicated state machine with batchers, and proxy servers for replies: the effect of batching alone."""

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
    batches_fill,
    closed_loop_flags,
    closed_loop_problems,
    one_loop_more,
)
from fpray_protocols.workloads import StringWorkload, Workload, workload_message


@dataclass(frozen=True)
class ClientOptions:
    """The client has no options."""


@dataclass(frozen=True)
class BatcherOptions:
    """The batcher's options."""

    batch_size: int = 1


@dataclass(frozen=True)
class ServerOptions:
    """The server's options."""

    flush_every_n: int = 1


@dataclass(frozen=True)
class ProxyServerOptions:
    """The proxy server's options."""

    flush_every_n: int = 1


@dataclass(frozen=True)
class Params:
    """One trial of the unreplicated state machine behind batchers."""

    num_client_procs: int = 1
    num_warmup_clients_per_proc: int = 1
    num_clients_per_proc: int = 1
    num_batchers: int = 1
    num_proxy_servers: int = 1
    client_jvm_heap_size: str = "100m"
    batcher_jvm_heap_size: str = "100m"
    server_jvm_heap_size: str = "100m"
    proxy_server_jvm_heap_size: str = "100m"
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
    batcher_options: BatcherOptions = BatcherOptions()
    batcher_log_level: LogLevel = "debug"
    server_options: ServerOptions = ServerOptions()
    server_log_level: LogLevel = "debug"
    proxy_server_options: ProxyServerOptions = ProxyServerOptions()
    proxy_server_log_level: LogLevel = "debug"


def _constraints(p: Params) -> Iterator[Problem]:
    yield from closed_loop_problems(p, fewest_clients=0)
    # The jar does not check this. Its client picks one of the batchers, and its server one of the proxy servers.
    yield from at_least(1, num_batchers=p.num_batchers, num_proxy_servers=p.num_proxy_servers)
    loops = one_loop_more(p) * p.num_client_procs
    for name, size in (
        ("batcher_options.batch_size", p.batcher_options.batch_size),
        ("server_options.flush_every_n", p.server_options.flush_every_n),
        ("proxy_server_options.flush_every_n", p.proxy_server_options.flush_every_n),
    ):
        yield from at_least(1, **{name: size})
        yield from batches_fill(loops, **{name: size})


BATCHEDUNREPLICATED = Protocol(
    name="batchedunreplicated",
    summary="one server behind batchers, without replication",
    params=Params,
    roles=(
        Role(name="batcher", count=lambda p: p.num_batchers, options=lambda p: {"options": p.batcher_options}),
        Role(
            name="proxy_server",
            count=lambda p: p.num_proxy_servers,
            options=lambda p: {"options": p.proxy_server_options},
        ),
        Role(
            name="server",
            count=lambda p: 1,
            numbered=False,
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
                "workload": at.file("workload.pbtxt"),
                "output_file_prefix": at.file(at.label),
            },
        ),
    ),
    port_order=("client", "batcher", "server", "proxy_server"),
    config=lambda p, at: {
        "batcher_address": at.addresses("batcher"),
        "server_address": at.address("server").message,
        "proxy_server_address": at.addresses("proxy_server"),
    },
    files=lambda p: {"workload.pbtxt": workload_message(p.workload)},
    loops=one_loop_more,
    fastest_loop=80_000,
    flushes_groups=False,
    outputs={"write": ""},
    constraints=_constraints,
    constraints_in_words=(
        "num_batchers, num_proxy_servers: at least 1",
        "batch_size, flush_every_n: at most the number of closed loops",
        "timeout >= duration, warmup_timeout >= warmup_duration",
    ),
)
