"""What one construction is: its number and the seed alone decide protocol, processes, loops, burns and cores."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

SEED, CONSTRUCTIONS = 20261130, 100
CLIENT = "client"
SHORTEST_US, LONGEST_US, MOST_LOOPS = 30, 1000, 200
# Parameter -> values, of which one is drawn; several instances of most roles are among them.
INSTANCES: Mapping[str, Mapping[str, tuple[Any, ...]]] = {
    "unreplicated": {},
    "batchedunreplicated": {"num_batchers": (1, 2, 3), "num_proxy_servers": (1, 2, 3)},
    "craq": {"num_chain_nodes": (2, 3, 4), "workload.read_fraction": (0.0, 0.5, 1.0)},
    "epaxos": {"f": (1, 2)},
    "multipaxos": {"num_batchers": (0, 2), "num_proxy_leaders": (2, 4), "num_replicas": (2, 3)},
}
# The roles that burn; those of multipaxos that have no instance do not.
ROLES = {
    "unreplicated": ("server",),
    "batchedunreplicated": ("batcher", "server", "proxy_server"),
    "craq": ("chain_node",),
    "epaxos": ("replica",),
    "multipaxos": ("batcher", "leader", "proxy_leader", "acceptor", "replica", "proxy_replica"),
}
# What a construction is about -> of ten, so many: no kind of verdict is to be rare.
AIMS = {"any": 4, "client": 2, "small load": 2, "full machine": 2}


@dataclass(frozen=True)
class Construction:
    """A trial with some roles that are slow on purpose.

    Attributes:
        params: what differs from the smoke study.
        burns: role -> microseconds for each message.
        pinned: whether the clients have one core of two, and the servers the other.
    """

    number: int
    aim: str
    protocol: str
    params: Mapping[str, Any]
    burns: Mapping[str, int]
    pinned: bool

    @property
    def loops(self) -> int:
        """Closed loops of a client process."""
        return int(self.params["num_clients_per_proc"])

    def in_words(self) -> str:
        """`7: unreplicated, num_client_procs=1, ...; burns server 200; pinned`."""
        params = ", ".join(f"{name}={value}" for name, value in self.params.items())
        burns = ", ".join(f"{role} {micros}" for role, micros in self.burns.items())
        return f"{self.number}: {self.protocol}, {params}; burns {burns}{'; pinned' if self.pinned else ''}"


def construction(number: int, seed: int = SEED) -> Construction:
    """The construction of this number."""
    rng = random.Random(f"{seed} {number}")
    aim = rng.choices([*AIMS], [*AIMS.values()])[0]
    protocol = "multipaxos" if aim == "full machine" else rng.choice([*INSTANCES])
    params = {name: rng.choice(values) for name, values in INSTANCES[protocol].items()}
    roles = [role for role in ROLES[protocol] if params.get(f"num_{role}s") != 0]
    procs = rng.choice((1, 1, 2))
    loops = rng.randint(1, 2) if aim == "small load" else _log_uniform(rng, 8 if aim != "any" else 1, MOST_LOOPS)
    params |= {"num_client_procs": procs, "num_clients_per_proc": max(1, loops // procs)}
    return Construction(
        number, aim, protocol, params, _burns(rng, aim, roles), aim != "full machine" and rng.random() < 0.25
    )


def _burns(rng: random.Random, aim: str, roles: list[str]) -> dict[str, int]:
    """Each role burns: what limits a trial is measured by taking a burn away."""
    if aim == "client":
        few = {role: _log_uniform(rng, SHORTEST_US, 100) for role in roles}
        return {CLIENT: _log_uniform(rng, 300, LONGEST_US), **few}
    if aim == "full machine":  # but here: what all processes do without burns is most of the work
        return {role: _log_uniform(rng, SHORTEST_US, 60) for role in rng.sample([*roles, CLIENT], rng.randint(1, 3))}
    slow = [role for role in (*roles, CLIENT) if rng.random() < 0.5] or [rng.choice(roles)]
    most = {role: LONGEST_US if role in slow else SHORTEST_US for role in (*roles, CLIENT)}
    return {role: _log_uniform(rng, SHORTEST_US, high) for role, high in most.items()}


def _log_uniform(rng: random.Random, low: int, high: int) -> int:
    return round(float(low * (high / low) ** rng.random()))
