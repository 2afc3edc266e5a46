"""Which process runs where: a protocol and its params dealt to machines and ports. Pure."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from fpray.cluster import Cluster
from fpray.errors import Problem
from fpray.protocol import Address, Protocol, Role

P = TypeVar("P")

# host, k (the endpoint's number in FrankenPaxos's order, over all hosts) -> its port
PortRule = Callable[[str, int], int]


def frankenpaxos_ports(_host: str, k: int) -> int:
    """FrankenPaxos's rule: one counter over every endpoint, whatever its machine."""
    return 10000 + 100 * k


@dataclass(frozen=True)
class Instance:
    """One process to be: its role, index, machine, and where it listens."""

    role: str
    label: str
    index: tuple[int, ...]
    host: str
    endpoints: Mapping[str, int]

    @property
    def address(self) -> Address:
        """Its main endpoint."""
        return Address(self.host, self.endpoints[self.role])


def placement_problems(protocol: Protocol[P], params: P, cluster: Cluster) -> list[Problem]:
    """Why the cluster has no place for the protocol, if so: pools that are missing or empty."""
    faults = protocol.faults(params)
    needed = [role.hosts_key for role in protocol.roles if _size(role, params)]
    return [problem for pool in dict.fromkeys(needed) for problem in cluster.problems(faults, pool)]


def place(protocol: Protocol[P], params: P, cluster: Cluster, ports: PortRule) -> dict[str, list[Instance]]:
    """Deal every role's instances to its pool's machines, round robin, and ports in the protocol's order."""
    faults = protocol.faults(params)
    indices = {role.name: _indices(role, params) for role in protocol.roles}
    hosts = {role.name: _round_robin(role, len(indices[role.name]), cluster, faults) for role in protocol.roles}
    owner = {endpoint: role.name for role in protocol.roles for endpoint in role.endpoints}
    listening: dict[str, list[dict[str, int]]] = {name: [{} for _ in found] for name, found in indices.items()}
    number = itertools.count()
    for endpoint in protocol.port_order:
        name = owner[endpoint]
        for host, endpoints in zip(hosts[name], listening[name], strict=True):
            endpoints[endpoint] = ports(host, next(number))
    return {
        role.name: [
            Instance(role.name, _label(role, index), index, host, {e: endpoints[e] for e in role.endpoints})
            for index, host, endpoints in zip(indices[role.name], hosts[role.name], listening[role.name], strict=True)
        ]
        for role in protocol.roles
    }


def endpoints_per_host(protocol: Protocol[P], params: P, cluster: Cluster) -> dict[str, list[int]]:
    """host -> the numbers k of the endpoints that it will hold: what a trial needs ports for."""
    numbers: dict[str, list[int]] = {}

    def record(host: str, k: int) -> int:
        numbers.setdefault(host, []).append(k)
        return k

    place(protocol, params, cluster, record)
    return numbers


def _size(role: Role[Any], params: Any) -> int:
    return math.prod(role.dimensions(params))


def _indices(role: Role[Any], params: Any) -> list[tuple[int, ...]]:
    return list(itertools.product(*(range(size) for size in role.dimensions(params))))


def _round_robin(role: Role[Any], count: int, cluster: Cluster, faults: int) -> list[str]:
    if count == 0:
        return []
    return list(itertools.islice(itertools.cycle(cluster.hosts(faults, role.hosts_key)), count))


def _label(role: Role[Any], index: tuple[int, ...]) -> str:
    return "_".join([role.name, *map(str, index)]) if role.numbered else role.name
