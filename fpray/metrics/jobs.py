"""Which jobs Prometheus scrapes in a trial, by the names that FrankenPaxos gives them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from fpray.plan.plan import Plan, Process, Trial
from fpray.protocol.protocol import Protocol
from fpray.protocol.role import Role


@dataclass(frozen=True)
class Job:
    """A job: the processes of one role.

    Attributes:
        name: such as `multipaxos_proxy_leader`.
        role: the role of the processes.
        processes: that are scraped, in the order of the plan.
        parts: the jobs of further roles that each of these processes plays, as a super node does; their series are
            told apart by the names of the metrics.
    """

    name: str
    role: str
    processes: Sequence[Process]
    parts: Sequence[str] = ()


def jobs(plan: Plan, trial: Trial[Any]) -> Iterator[Job]:
    """The jobs of a trial, in the order of the roles; a role without processes or without a metrics port has none."""
    protocol = trial.protocol
    for role in protocol.roles:
        processes = [process for process in plan.processes if process.role == role.name and metrics_port(process)]
        if processes:
            name, *parts = job_names(protocol, role)
            yield Job(name, role.name, processes, parts)


def job_names(protocol: Protocol[Any], role: Role[Any]) -> list[str]:
    """The job of a role; of one that plays the roles of its endpoints, the jobs of these, its main one first."""
    prefix = protocol.jobs or protocol.name
    names = [role.name] if role.name in role.endpoints else role.endpoints
    return [f"{prefix}_{name}" for name in names]


def metrics_port(process: Process) -> int | None:
    """The port at which a process serves its metrics; None if it serves none."""
    flags = dict(zip(process.argv, process.argv[1:], strict=False))
    port = int(flags.get("--prometheus_port", "-1"))
    return port if port > 0 else None


def instance(process: Process) -> str:
    """Where a process serves its metrics: Prometheus's label `instance`."""
    host = f"[{process.host}]" if ":" in process.host else process.host
    return f"{host}:{metrics_port(process)}"
