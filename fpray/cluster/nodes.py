"""The nodes of the Ray cluster as machines: which live, and which are about to be taken away."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field


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


class NodeTable:
    """The living nodes, as they were when they were last looked at."""

    def __init__(self) -> None:
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
