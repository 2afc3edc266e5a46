"""Which machines can replace each other: those of the same pools, regions and hardware are of one kind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fpray.plan.cluster import Cluster

MachineKind = tuple[Any, ...]  # what is equal for machines that can replace each other


class MachineKinds:
    """The machines of a sweep with their kinds, those that joined later included.

    Attributes:
        hosts: all of them, in the order of the cluster and then of joining.
    """

    def __init__(self, cluster: Cluster, hardware: Mapping[str, Any]) -> None:
        """hardware: host -> what must be equal for machines to replace each other."""
        self.hosts = cluster.addresses()
        self._hardware = dict(hardware)
        # Each machine -> the cluster of the time when it joined, which lists its pools. So a lost machine keeps its
        # kind, and a similar machine can replace it.
        self._clusters = dict.fromkeys(self.hosts, cluster)
        self._kinds: dict[int, dict[str, MachineKind]] = {}

    def add(self, cluster: Cluster, host: str, hardware: Any) -> bool:
        """Add a machine that has joined; cluster: with its pools. Whether it can replace another one.

        Does nothing for a machine that is known, that the cluster does not list, or that can replace no other one.
        """
        if host in self._clusters or host not in cluster.addresses():
            return False
        before, self._kinds = self._kinds, {}
        self._clusters[host], self._hardware[host] = cluster, hardware
        if not any(self.equivalents(f, host) for f in before):  # `hosts` does not have it yet
            del self._clusters[host], self._hardware[host]
            self._kinds = before
            return False
        self.hosts = [*self.hosts, host]
        return True

    def under(self, faults: int) -> Mapping[str, MachineKind]:
        """host -> its kind, for trials with this f: pools may depend on f."""
        if faults not in self._kinds:
            self._kinds[faults] = {
                host: (
                    frozenset(cluster.pools_of(faults, host)),
                    frozenset(cluster.regions_of([host])),
                    self._hardware.get(host),
                )
                for host, cluster in self._clusters.items()
            }
        return self._kinds[faults]

    def equivalents(self, faults: int, host: str) -> list[str]:
        """The machines of `hosts` that can replace a machine, itself included."""
        kinds = self.under(faults)
        return [other for other in self.hosts if kinds[other] == kinds[host]]
