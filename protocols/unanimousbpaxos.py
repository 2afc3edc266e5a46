"""Unanimous BPaxos: dependency service nodes vote for leaders; only a unanimous vote is fast."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

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
    ranges,
)
from fpray_protocols.workloads import StringWorkload, Workload, workload_message


@dataclass(frozen=True)
class ClientOptions:
    """The client's options."""

    repropose_period: timedelta = seconds(0.1)


@dataclass(frozen=True)
class LeaderOptions:
    """The leader's options."""

    resend_dependency_requests_timer_period: timedelta = seconds(1)
    resend_phase1as_timer_period: timedelta = seconds(1)
    resend_phase2as_timer_period: timedelta = seconds(1)
    recover_vertex_timer_min_period: timedelta = seconds(1)
    recover_vertex_timer_max_period: timedelta = seconds(1)


@dataclass(frozen=True)
class DepServiceNodeOptions:
    """The dependency service node has no options."""


@dataclass(frozen=True)
class AcceptorOptions:
    """The acceptor has no options."""


@dataclass(frozen=True)
class Params:
    """One trial of unanimous BPaxos; clients do not warm up, and JVMs size their heaps themselves."""

    f: int = 1
    num_client_procs: int = 1
    num_clients_per_proc: int = 1
    duration: timedelta = seconds(2)
    timeout: timedelta = seconds(3)
    client_lag: timedelta = seconds(0)
    state_machine: StateMachine = "Noop"
    workload: Workload = StringWorkload(size_mean=0)
    profiled: bool = False
    monitored: bool = False
    prometheus_scrape_interval: timedelta = seconds(0.2)
    leader_options: LeaderOptions = LeaderOptions()
    leader_log_level: LogLevel = "debug"
    leader_dependency_graph: Literal["Jgrapht", "ScalaGraph", "Tarjan", "IncrementalTarjan"] = "Tarjan"
    dep_service_node_options: DepServiceNodeOptions = DepServiceNodeOptions()
    dep_service_node_log_level: LogLevel = "debug"
    acceptor_options: AcceptorOptions = AcceptorOptions()
    acceptor_log_level: LogLevel = "debug"
    client_options: ClientOptions = ClientOptions()
    client_log_level: LogLevel = "debug"


def _constraints(p: Params) -> Iterator[Problem]:
    yield from closed_loop_problems(p, fewest_clients=0)
    yield from at_least(1, f=p.f)
    yield from ranges(p)


UNANIMOUSBPAXOS = Protocol(
    name="unanimousbpaxos",
    summary="BPaxos with a fast path where dependencies are unanimous",
    jobs="bpaxos",
    params=Params,
    faults=lambda p: p.f,
    roles=(
        Role(name="acceptor", count=lambda p: 2 * p.f + 1),
        Role(
            name="dep_service_node",
            count=lambda p: 2 * p.f + 1,
            runs=lambda p, at: {"state_machine": p.state_machine},
        ),
        Role(
            name="leader",
            count=lambda p: p.f + 1,
            runs=lambda p, at: {"state_machine": p.state_machine, "dependency_graph": p.leader_dependency_graph},
            options=lambda p: {"options": p.leader_options},
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
    port_order=("client", "leader", "dep_service_node", "acceptor"),
    config=lambda p, at: {
        "f": p.f,
        "leaderAddress": at.addresses("leader"),
        "depServiceNodeAddress": at.addresses("dep_service_node"),
        "acceptorAddress": at.addresses("acceptor"),
    },
    files=lambda p: {"workload.pbtxt": workload_message(p.workload)},
    loops=one_loop_more,
    outputs={None: ""},
    constraints=_constraints,
    constraints_in_words=(
        "there are f+1 leaders, 2f+1 dependency service nodes and 2f+1 acceptors; f: at least 1",
        "timeout >= duration",
        "leader_options.recover_vertex_timer_max_period >= recover_vertex_timer_min_period",
    ),
    deviations=("Leaders start together with the other servers; in FrankenPaxos they start first.",),
)
