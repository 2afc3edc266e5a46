"""Which process runs where: the machine and the ports of every process of a trial. Pure."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from fpray.errors import Problem
from fpray.plan.cluster import Cluster
from fpray.plan.placement_policy import Demand, machines_by_role
from fpray.protocol.protocol import Protocol
from fpray.protocol.role import Address, Index, Role

P = TypeVar("P")

Shape = tuple[int, tuple[tuple[int, ...], ...]]


@dataclass(frozen=True)
class Instance:
    """A process that has a place: its role, index, machine, and its port for each endpoint, the main one first.

    An endpoint that is not numbered as the processes are has its index in its name: `leader_1_0`.
    """

    role: str
    label: str
    index: Index
    host: str
    endpoints: Mapping[str, int]

    @property
    def address(self) -> Address:
        """Its main endpoint; port 0 if it listens on nothing."""
        return Address(self.host, next(iter(self.endpoints.values()), 0))


@dataclass(frozen=True)
class Placement:
    """Where everything is: role -> its instances, and endpoint -> index -> its address, in the protocol's order."""

    instances: Mapping[str, Sequence[Instance]]
    listening: Mapping[str, Mapping[Index, Address]]

    def __iter__(self) -> Iterator[Instance]:
        """Every instance, role by role in the order of launching."""
        return itertools.chain(*self.instances.values())

    def hosts(self) -> tuple[str, ...]:
        """The machines of the instances, in the order of launching, without duplicates."""
        return tuple(dict.fromkeys(instance.host for instance in self))

    def role_on(self, host: str) -> str:
        """The first role that has an instance on a machine; its actor can speak for the machine."""
        return next(instance.role for instance in self if instance.host == host)

    def port_counts(self) -> Mapping[str, int]:
        """host -> how many ports its endpoints need."""
        return Counter(address.host for address in self._addresses())

    def with_ports(self, ports: Mapping[str, Sequence[int]]) -> Placement:
        """The same instances on the same machines, at other ports: host -> one port for each of its endpoints."""
        unused = {host: iter(numbers) for host, numbers in ports.items()}
        changed = {address: Address(address.host, next(unused[address.host])) for address in self._addresses()}

        def moved(instance: Instance) -> Instance:
            addresses = {name: Address(instance.host, port) for name, port in instance.endpoints.items()}
            return replace(instance, endpoints={name: changed[address].port for name, address in addresses.items()})

        return Placement(
            {role: [moved(instance) for instance in instances] for role, instances in self.instances.items()},
            {
                endpoint: {index: changed[address] for index, address in addresses.items()}
                for endpoint, addresses in self.listening.items()
            },
        )

    def _addresses(self) -> Iterator[Address]:
        """Every endpoint's address, in the protocol's order."""
        return itertools.chain(*(addresses.values() for addresses in self.listening.values()))


def shape(protocol: Protocol[P], params: P) -> Shape:
    """What the placement depends on: f, and how many of each role there are. Equal for most trials of a sweep."""
    return protocol.faults(params), tuple(role.dimensions(params) for role in protocol.roles)


def placement_problems(protocol: Protocol[P], params: P, cluster: Cluster) -> list[Problem]:
    """Why the protocol cannot be placed on the cluster: pools that are missing, empty or too small."""
    faults = protocol.faults(params)
    pools = [role.hosts_key for role in protocol.roles if role.size(params)]
    problems = [problem for pool in dict.fromkeys(pools) for problem in cluster.problems(faults, pool)]
    return problems or machines_by_role(_demands(protocol, params, cluster), cluster.policy)[1]


def place(protocol: Protocol[P], params: P, cluster: Cluster) -> Placement:
    """Assign every role's instances to its pool's machines, with FrankenPaxos's ports in the protocol's order."""
    indices = {role.name: role.indices(params) for role in protocol.roles}
    machines, _ = machines_by_role(_demands(protocol, params, cluster), cluster.policy)
    hosts = {
        role.name: role.deal(machines[role.name], role.dimensions(params)) if role.name in machines else []
        for role in protocol.roles
    }
    listening: dict[str, dict[Index, Address]] = {}
    ports = itertools.count(10_000, 100)  # as FrankenPaxos does: one counter over all machines
    owners = _owners(protocol, params, indices, hosts)
    for endpoint in protocol.port_order:
        listening[endpoint] = {index: Address(host, next(ports)) for index, host in sorted(owners[endpoint].items())}
    return Placement(
        {
            role.name: [
                Instance(
                    role.name,
                    _label(role.name, index, role.numbered),
                    index,
                    host,
                    dict(_endpoints(role, params, index, listening)),
                )
                for index, host in zip(indices[role.name], hosts[role.name], strict=True)
            ]
            for role in protocol.roles
        },
        listening,
    )


def _owners(
    protocol: Protocol[P], params: P, indices: Mapping[str, list[Index]], hosts: Mapping[str, list[str]]
) -> dict[str, dict[Index, str]]:
    """Endpoint -> its indices -> the machine of the process that listens there."""
    owners: dict[str, dict[Index, str]] = {endpoint: {} for endpoint in protocol.port_order}
    for role in protocol.roles:
        for process, host in zip(indices[role.name], hosts[role.name], strict=True):
            for endpoint, owned in role.owned(params, process).items():
                if twice := owners[endpoint].keys() & set(owned):
                    fault = f"Python code of {protocol.name}: {endpoint} {min(twice)} belongs to 2 processes"
                    raise TypeError(f"{fault}: correct `owned` of this Endpoint, so that only one process has it")
                owners[endpoint] |= dict.fromkeys(owned, host)
    return owners


def _endpoints(
    role: Role[P], params: P, process: Index, listening: Mapping[str, Mapping[Index, Address]]
) -> Iterator[tuple[str, int]]:
    own = {endpoint for endpoint in role.listens or () if isinstance(endpoint, str)} or {role.name}
    for endpoint, owned in role.owned(params, process).items():
        for index in owned:
            yield _label(endpoint, index, endpoint not in own), listening[endpoint][index].port


def _demands(protocol: Protocol[P], params: P, cluster: Cluster) -> list[Demand]:
    """The roles that have processes, each with its pool's machines."""
    faults = protocol.faults(params)
    return [
        Demand(role.name, role.hosts_key, cluster.hosts(faults, role.hosts_key), role.size(params))
        for role in protocol.roles
        if role.size(params)
    ]


def _label(name: str, index: Index, numbered: bool) -> str:
    return "_".join([name, *map(str, index)]) if numbered else name
