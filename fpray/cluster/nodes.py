"""The nodes of the Ray cluster as machines: which live, and which are about to be taken away."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from fpray.plan.cluster import LOOPBACK


@dataclass(frozen=True)
class Machine:
    """A living node of the cluster.

    Attributes:
        draining: it is about to be taken away: what runs there may end, and nothing new may begin.
    """

    node_id: str
    host: str
    cores: int
    labels: Mapping[str, str]
    draining: bool = False
    resources: Mapping[str, float] = field(default_factory=dict)

    @property
    def is_head(self) -> bool:
        """Whether the head of the cluster runs there."""
        return "node:__internal_head__" in self.resources

    def actor_class(self, cls: Any, threads: int) -> Any:
        """A class as a Ray actor on this machine. It reserves no CPU, and Ray restarts and repeats nothing of it."""
        import ray
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        return ray.remote(cls).options(
            num_cpus=0,
            max_concurrency=threads,
            max_restarts=0,
            max_task_retries=0,
            scheduling_strategy=NodeAffinitySchedulingStrategy(self.node_id, soft=False),
        )


class NodeTable:
    """The living nodes, as of the last `refresh`."""

    def __init__(self, *, embedded: bool) -> None:
        self._embedded = embedded
        self.by_host: Mapping[str, Machine] = {}  # sorted by address

    @property
    def head(self) -> Machine | None:
        """The machine of the cluster's head, where that is a node."""
        return next((machine for machine in self.by_host.values() if machine.is_head), None)

    def schedulable(self) -> Collection[str]:
        """The hosts on which a trial may begin."""
        if not any(machine.draining for machine in self.by_host.values()):
            return self.by_host
        return [host for host, machine in self.by_host.items() if not machine.draining]

    def refresh(self) -> None:
        """Ask Ray which nodes live."""
        import ray
        from ray._private.state import state

        draining = state.get_draining_nodes()
        machines = [
            Machine(
                node["NodeID"],
                LOOPBACK if self._embedded else node["NodeManagerAddress"],
                int(node["Resources"].get("CPU", 0)) or 1,
                node["Labels"],
                node["NodeID"] in draining,
                node["Resources"],
            )
            for node in ray.nodes()
            if node["Alive"]
        ]
        self.by_host = {machine.host: machine for machine in sorted(machines, key=_numerically)}


def _numerically(machine: Machine) -> list[tuple[int, int | str]]:
    """10.0.0.9 comes before 10.0.0.10."""
    return [(0, int(part)) if part.isdigit() else (1, part) for part in re.split(r"[.:]", machine.host)]
