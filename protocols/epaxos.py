"""EPaxos: every replica leads commands of its own, and only commands that conflict are ordered."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from fpray.errors import Problem
from fpray.params import seconds
from fpray.protocol import Protocol, Role
from fpray.protocol.flags import Milliseconds
from fpray_protocols.common import (
    LogLevel,
    StateMachine,
    ThriftySystem,
    ZigzagOptions,
    at_least,
    closed_loop_flags,
    closed_loop_problems,
    one_loop_more,
    ranges,
)
from fpray_protocols.workloads import StringWorkload, Workload, workload_message


@dataclass(frozen=True)
class ReplicaOptions:
    """The replica's options."""

    thrifty_system: ThriftySystem = "NotThrifty"
    resend_pre_accepts_timer_period: Milliseconds = seconds(1)
    default_to_slow_path_timer_period: Milliseconds = seconds(1)
    resend_accepts_timer_period: Milliseconds = seconds(1)
    resend_prepares_timer_period: Milliseconds = seconds(1)
    recover_instance_timer_min_period: Milliseconds = seconds(0.5)
    recover_instance_timer_max_period: Milliseconds = seconds(1.5)
    unsafe_skip_graph_execution: bool = False
    execute_graph_batch_size: int = 1
    execute_graph_timer_period: timedelta = seconds(1)
    num_blockers: int = 1
    top_k_dependencies: int = 1
    unsafe_return_no_dependencies: bool = False


@dataclass(frozen=True)
class ClientOptions:
    """The client's options."""

    repropose_period: timedelta = seconds(0.1)


@dataclass(frozen=True)
class Params:
    """One trial of EPaxos."""

    f: int = 1
    num_client_procs: int = 1
    num_warmup_clients_per_proc: int = 1
    num_clients_per_proc: int = 1
    warmup_duration: timedelta = seconds(2)
    warmup_timeout: timedelta = seconds(3)
    warmup_sleep: timedelta = seconds(0)
    duration: timedelta = seconds(2)
    timeout: timedelta = seconds(3)
    client_lag: timedelta = seconds(0)
    state_machine: StateMachine = "Register"
    workload: Workload = StringWorkload(size_mean=0)
    profiled: bool = False
    monitored: bool = False
    prometheus_scrape_interval: timedelta = seconds(0.2)
    replica_options: ReplicaOptions = ReplicaOptions()
    replica_zigzag_options: ZigzagOptions = ZigzagOptions()
    replica_log_level: LogLevel = "debug"
    client_options: ClientOptions = ClientOptions()
    client_log_level: LogLevel = "debug"


def _constraints(p: Params) -> Iterator[Problem]:
    yield from closed_loop_problems(p, fewest_clients=0)
    yield from at_least(1, f=p.f)
    options = p.replica_options
    yield from ranges(p)
    yield from at_least(
        1,
        **{
            "replica_options.execute_graph_batch_size": options.execute_graph_batch_size,
            "replica_options.top_k_dependencies": options.top_k_dependencies,
            "replica_zigzag_options.vertices_grow_size": p.replica_zigzag_options.vertices_grow_size,
            "replica_zigzag_options.garbage_collect_every_n_commands": (
                p.replica_zigzag_options.garbage_collect_every_n_commands
            ),
        },
    )


EPAXOS = Protocol(
    name="epaxos",
    summary="EPaxos: leaderless, ordering only commands that conflict",
    params=Params,
    faults=lambda p: p.f,
    roles=(
        Role(
            name="replica",
            count=lambda p: 2 * p.f + 1,
            runs=lambda p, at: {"state_machine": p.state_machine},
            options=lambda p: {"options": p.replica_options, "zigzag": p.replica_zigzag_options},
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
    port_order=("client", "replica"),
    config=lambda p, at: {"f": p.f, "replicaAddress": at.addresses("replica")},
    files=lambda p: {"workload.pbtxt": workload_message(p.workload)},
    loops=one_loop_more,
    records_warmup=True,
    outputs={None: ""},
    constraints=_constraints,
    constraints_in_words=(
        "there are 2f+1 replicas; f: at least 1",
        "a client process runs num_clients_per_proc + 1 closed loops, and records its warm-up, which is left out",
        "timeout >= duration, warmup_timeout >= warmup_duration",
        "replica_options.recover_instance_timer_max_period >= recover_instance_timer_min_period",
    ),
)
