"""A plan: everything one trial will do, as strings and numbers. Pure: it reads and writes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Generic, TypeVar

from fpray.errors import Problem
from fpray.files import layout
from fpray.plan.capacity import heap_size_problems
from fpray.plan.cluster import Cluster
from fpray.plan.command_line import Paths, Surroundings, command_line
from fpray.plan.placement import Instance, Placement, place
from fpray.protocol import params as param_values
from fpray.protocol.protocol import Protocol
from fpray.protocol.role import Role
from fpray.protocol.textproto import to_pbtxt
from fpray.protocol.values import to_json

P = TypeVar("P")


@dataclass(frozen=True)
class Process:
    """One process of a trial: its name, its machine and directory, its ports, and its exact command line."""

    label: str
    role: str
    index: tuple[int, ...]
    kind: str
    stage: int
    pool: str
    host: str
    port: int
    endpoints: Mapping[str, int]
    directory: str
    argv: tuple[str, ...]
    env: Mapping[str, str]
    expected_exits: tuple[int, ...]


@dataclass(frozen=True)
class Trial(Generic[P]):
    """A protocol, its parameters, and which repeat of them: what is run once, and what resume is keyed by."""

    protocol: Protocol[P]
    params: P
    repeat: int = 0

    @cached_property
    def id(self) -> str:
        """Content hash of protocol, all parameters and repeat; not of jar, ports or machines."""
        identity = {"protocol": self.protocol.name, "params": to_json(self.params), "repeat": self.repeat}
        return param_values.content_hash(identity)

    @cached_property
    def size(self) -> int:
        """How many processes it starts."""
        return sum(role.size(self.params) for role in self.protocol.roles)


@dataclass(frozen=True)
class Plan:
    """What one trial will do."""

    trial: str
    params: Mapping[str, Any]
    files: Mapping[str, str]
    processes: tuple[Process, ...]

    def stages(self) -> list[list[Process]]:
        """The servers, stage by stage in the order of starting."""
        servers = self.of_kind("server")
        return [[p for p in servers if p.stage == stage] for stage in sorted({p.stage for p in servers})]

    def of_kind(self, kind: str) -> list[Process]:
        """The processes of a kind, in order of launching."""
        return [process for process in self.processes if process.kind == kind]

    def hosts(self) -> list[str]:
        """The machines that take part, once each."""
        return list(dict.fromkeys(process.host for process in self.processes))

    def to_json(self) -> dict[str, Any]:
        """What `fpray plan --json` prints and `plan.json` holds."""
        processes = [{name: param_values.json_of(value) for name, value in vars(p).items()} for p in self.processes]
        return {"trial": self.trial, "params": self.params, "files": dict(self.files), "processes": processes}


def build_plan(trial: Trial[P], cluster: Cluster, *, paths: Paths | None = None) -> Plan:
    """Turn a trial into files and processes on the machines of a cluster, with FrankenPaxos's ports."""
    return plan_placed(trial, place(trial.protocol, trial.params, cluster), paths or Paths())


def plan_placed(trial: Trial[P], placement: Placement, paths: Paths) -> Plan:
    """Turn a trial that is placed already into files and processes."""
    protocol, params = trial.protocol, trial.params
    files = {name: to_pbtxt(message) for name, message in protocol.files(params).items()}
    if protocol.config is not None:
        files = {layout.CONFIG: to_pbtxt(protocol.config(params, Surroundings(placement, paths)))} | files
    stages = _stages(trial, placement)
    processes = [
        _process(trial, role, instance, stages[instance.label], Surroundings(placement, paths.on(instance.host)))
        for role in protocol.roles
        for instance in placement.instances[role.name]
    ]
    by_stage = sorted(processes, key=lambda process: process.stage)
    return Plan(trial.id, to_json(params), files, tuple(by_stage))


def _stages(trial: Trial[Any], placement: Placement) -> dict[str, int]:
    """Label -> the stage in which the process starts: clients after all servers, drivers after the clients."""
    roles = {role.name: role for role in trial.protocol.roles}
    stages = {i.label: roles[i.role].stage_of(trial.params, i.index) for i in placement}
    last_of_servers = max(stages[i.label] for i in placement if roles[i.role].kind == "server")
    after = {"server": 0, "sidecar": 0, "client": last_of_servers + 1, "driver": last_of_servers + 2}
    return {i.label: stages[i.label] + after[roles[i.role].kind] for i in placement}


def _process(trial: Trial[P], role: Role[P], instance: Instance, stage: int, at: Surroundings) -> Process:
    at = replace(at, label=instance.label)
    return Process(
        label=instance.label,
        role=role.name,
        index=instance.index if role.numbered else (),
        kind=role.kind,
        stage=stage,
        pool=role.hosts_key,
        host=instance.host,
        port=instance.address.port,
        endpoints=instance.endpoints,
        directory=at.paths.directory,
        argv=command_line(trial.protocol, trial.params, role, instance, at),
        env={},
        expected_exits=role.expected_exits(trial.params, instance.index),
    )


def parameter_problems(protocol: Protocol[P], params: P) -> list[Problem]:
    """What java or the jar would refuse, or could not measure, in the user's terms."""
    return [*protocol.constraints(params), *heap_size_problems(protocol, (params,))]
