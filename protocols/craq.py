"""CRAQ: chain replication of a key-value store in which every node of the chain answers reads."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from fpray.errors import Problem
from fpray.params import seconds
from fpray.protocol import Protocol, Role
from fpray_protocols.common import LogLevel, at_least, closed_loop_flags, closed_loop_problems, enough, fractions
from fpray_protocols.workloads import (
    PointSkewedReadWriteWorkload,
    ReadWriteWorkload,
    UniformReadWriteWorkload,
    workload_message,
)

# FrankenPaxos's input allows all read-write workloads, but craq's client reads only the fields of these two.
_WORKLOADS = (UniformReadWriteWorkload, PointSkewedReadWriteWorkload)


@dataclass(frozen=True)
class ClientOptions:
    """The client's options. The client itself makes batches, before requests leave its process."""

    resend_client_request_period: timedelta = seconds(1)
    resend_read_request_period: timedelta = seconds(1)
    flush_writes_every_n: int = 1
    flush_reads_every_n: int = 1
    batch_size: int = 1


@dataclass(frozen=True)
class ChainNodeOptions:
    """The chain node's options."""

    measure_latencies: bool = True


@dataclass(frozen=True)
class Params:
    """One trial of CRAQ."""

    f: int = 1
    num_client_procs: int = 1
    num_warmup_clients_per_proc: int = 1
    num_clients_per_proc: int = 1
    num_chain_nodes: int = 2
    client_jvm_heap_size: str = "100m"
    chain_node_jvm_heap_size: str = "100m"
    measurement_group_size: int = 1
    warmup_duration: timedelta = seconds(2)
    warmup_timeout: timedelta = seconds(3)
    warmup_sleep: timedelta = seconds(0)
    duration: timedelta = seconds(2)
    timeout: timedelta = seconds(3)
    client_lag: timedelta = seconds(0)
    workload_label: str = ""
    workload: ReadWriteWorkload = UniformReadWriteWorkload()
    profiled: bool = False
    monitored: bool = False
    prometheus_scrape_interval: timedelta = seconds(0.2)
    chain_node_options: ChainNodeOptions = ChainNodeOptions()
    chain_node_log_level: LogLevel = "debug"
    client_options: ClientOptions = ClientOptions()
    client_log_level: LogLevel = "debug"


def _constraints(p: Params) -> Iterator[Problem]:
    yield from closed_loop_problems(p, fewest_clients=1)
    yield from at_least(0, f=p.f)
    yield from enough(p.f, "f+1", num_chain_nodes=p.num_chain_nodes)
    for name in ("flush_writes_every_n", "flush_reads_every_n", "batch_size"):
        yield from at_least(1, **{f"client_options.{name}": getattr(p.client_options, name)})
    if p.client_options.batch_size > p.num_clients_per_proc >= 1:
        yield Problem(
            f"client_options.batch_size={p.client_options.batch_size}",
            f"would never be full, because a client process sends up to {p.num_clients_per_proc} requests at a"
            f" time: write at most {p.num_clients_per_proc}, or raise num_clients_per_proc",
        )
    yield from _workload_problems(p.workload)


def _workload_problems(workload: ReadWriteWorkload) -> Iterator[Problem]:
    if not isinstance(workload, _WORKLOADS):
        kinds = " and ".join(kind.__name__ for kind in _WORKLOADS)
        yield Problem(f"workload.name={type(workload).__name__}", f"craq's clients know only {kinds}")
        return
    skewed = isinstance(workload, PointSkewedReadWriteWorkload)
    # Skewed: the hot key, and the other keys that share the rest.
    yield from at_least(2 if skewed else 1, **{"workload.num_keys": workload.num_keys})
    names = ("read_fraction", "point_fraction") if skewed else ("read_fraction",)
    yield from fractions(**{f"workload.{name}": getattr(workload, name) for name in names})


CRAQ = Protocol(
    name="craq",
    summary="chain replication with apportioned queries: reads at every node",
    params=Params,
    faults=lambda p: p.f,
    roles=(
        Role(
            name="chain_node",
            count=lambda p: p.num_chain_nodes,
            flags=lambda p, at: {} if p.chain_node_options.measure_latencies else {"options.measureLatencies": False},
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
    port_order=("client", "chain_node"),
    config=lambda p, at: {"f": p.f, "chain_node_address": at.addresses("chain_node")},
    files=lambda p: {"workload.pbtxt": workload_message(p.workload)},
    loops=lambda p: p.num_clients_per_proc,
    fastest_loop=130_000,
    outputs={"read": "read_output.", "write": "write_output."},
    constraints=_constraints,
    constraints_in_words=(
        "num_chain_nodes: at least f+1",
        "workload: UniformReadWriteWorkload or PointSkewedReadWriteWorkload",
        "client_options.batch_size <= num_clients_per_proc",
        "timeout >= duration, warmup_timeout >= warmup_duration",
    ),
    deviations=(
        (
            "Workloads without a field in the jar's workload file (`UniformMultiKeyReadWriteWorkload`, "
            "`WriteOnly...`) are refused; in FrankenPaxos every client crashes."
        ),
        (
            "`chain_node_options.measure_latencies=false` reaches the nodes as `--options.measureLatencies`; "
            "FrankenPaxos drops it, so the jar's default, true, applies."
        ),
    ),
)
