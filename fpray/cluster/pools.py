"""Which pools a Ray node serves: those of its label or custom resources, otherwise every pool that no node names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from fpray.plan.cluster import EVERY_F, Cluster

POOL_LABEL = "fpray/pool"
# In place of the label, for a Ray without labels and for a machine of several pools: a custom resource for each pool.
POOL_RESOURCE = "fpray_pool_"
# The pool of a machine that takes no roles, such as a head that is busy with the other machines.
NO_POOL = "driver"
SOURCE = f"the labels {POOL_LABEL} and resources {POOL_RESOURCE}... of the Ray nodes"


class Node(Protocol):
    """What must be known about a machine that has joined."""

    @property
    def host(self) -> str:
        """Its address."""

    @property
    def labels(self) -> Mapping[str, str]:
        """Its Ray labels."""

    @property
    def resources(self) -> Mapping[str, float]:
        """Its Ray resources."""


def pools_of(labels: Mapping[str, Any], resources: Mapping[str, Any]) -> tuple[str, ...]:
    """The pools that a node's label and custom resources name; none where they name none."""
    labelled = [str(labels[POOL_LABEL])] if labels.get(POOL_LABEL) else []
    from_resources = [name.removeprefix(POOL_RESOURCE) for name in sorted(resources) if name.startswith(POOL_RESOURCE)]
    return tuple(dict.fromkeys(labelled + from_resources))


def by_pools(machines: Iterable[tuple[str, Iterable[str]]], source: str = SOURCE) -> Cluster:
    """Machines with their pools -> a cluster. A machine without pools serves every pool that no machine names.

    source: see `Cluster`.
    """
    pools: dict[str, tuple[str, ...]] = {}
    rest: tuple[str, ...] = ()
    for host, pools_of_host in machines:
        own = list(pools_of_host)
        for pool in own:
            if pool != NO_POOL:
                pools[pool] = (*pools.get(pool, ()), host)
        rest += () if own else (host,)
    return Cluster(rest, {EVERY_F: pools} if pools else {}, source=source)


def of_nodes(nodes: Iterable[Node]) -> Cluster:
    """The cluster of Ray nodes, with the pools that each names."""
    return by_pools((node.host, pools_of(node.labels, node.resources)) for node in nodes)
