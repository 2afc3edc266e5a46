"""Which machine serves which pool: by the file of `--cluster`, which is read once, here, or by the Ray nodes."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from fpray.cluster.launcher import read_launcher
from fpray.cluster.pools import Node, of_nodes
from fpray.errors import Cause, Problem, refuse_if_any
from fpray.plan.cluster import LOOPBACK, Cluster
from fpray.plan.cluster_file import read_cluster_file
from fpray.plan.host_names import with_addresses

_LAUNCHER_SUFFIXES = (".yaml", ".yml")


class Inventory(Protocol):
    """A `ClusterFile`, a `Launcher`, or `RayNodes`."""

    @property
    def address(self) -> str | None:
        """The Ray address of the cluster's head, where a file says it."""

    @property
    def takes_new_machines(self) -> bool:
        """Whether a machine that joins while a sweep runs may be used."""

    def expected_machines(self) -> Cluster:
        """The machines that there should be, before any of them is asked."""

    def with_addresses(self) -> Inventory:
        """The same with addresses in place of names of machines: what is planned only shows the names.

        Raises:
            Refused: a name has no address.
        """

    def cluster_of(self, nodes: Collection[Node], driver_host: str = LOOPBACK) -> Cluster:
        """The machines that there are. driver_host: this machine's address, as Ray knows it.

        Raises:
            Refused: a file names a machine that is not there.
        """

    def wait_for_all(self, nodes: Callable[[], Collection[Node]], say: Callable[[str], None]) -> None:
        """Wait until every machine has joined that is still being started.

        Raises:
            FprayError: one has not joined for a long time.
        """


@dataclass(frozen=True)
class ClusterFile:
    """FrankenPaxos's JSON. It lists every machine that may be used."""

    path: Path
    cluster: Cluster
    address: str | None = None
    takes_new_machines: bool = False

    def expected_machines(self) -> Cluster:
        """The machines of the file."""
        return self.cluster

    def with_addresses(self) -> ClusterFile:
        """The same with addresses in place of names."""
        return replace(self, cluster=with_addresses(self.cluster, str(self.path)))

    def cluster_of(self, nodes: Collection[Node], driver_host: str = LOOPBACK) -> Cluster:
        """The machines of the file; `localhost` in it is the driver's machine.

        Raises:
            Refused: the file names a machine that is not there.
        """
        cluster, hosts = self.cluster.renamed({LOOPBACK: driver_host}), [node.host for node in nodes]
        alone = driver_host == LOOPBACK
        local_only = (
            "there is no Ray cluster here, only this machine (127.0.0.1). Start Ray on your machines"
            " (ray start --head on one, then what that prints on the others), or correct the file"
        )
        in_ray = (
            f"it is not in the Ray cluster, which has {', '.join(hosts)}. Start Ray on that machine"
            " (ray start --address=HEAD:6379), or correct the file"
        )
        where = local_only if alone else in_ray
        missing = [address for address in cluster.addresses() if address not in hosts]
        refuse_if_any(
            [
                Problem(address, f"is in the cluster file {self.path}, but {where}", Cause.CLUSTER_FILE)
                for address in missing
            ]
        )
        return cluster

    def wait_for_all(self, nodes: Callable[[], Collection[Node]], say: Callable[[str], None]) -> None:
        """Do not wait: `joined` refuses if a machine is missing."""


@dataclass(frozen=True)
class RayNodes:
    """No file: each Ray node says by its labels and resources which pools it serves."""

    address: str | None = None
    takes_new_machines: bool = True

    def expected_machines(self) -> Cluster:
        """A cluster of this machine alone, which serves every pool."""
        return Cluster()

    def with_addresses(self) -> RayNodes:
        """The nodes have addresses."""
        return self

    def cluster_of(self, nodes: Collection[Node], driver_host: str = LOOPBACK) -> Cluster:
        """All nodes of the Ray cluster."""
        return of_nodes(nodes)

    def wait_for_all(self, nodes: Callable[[], Collection[Node]], say: Callable[[str], None]) -> None:
        """Do not wait: no file says which machines there should be."""


def is_launcher_file(path: Path) -> bool:
    """Whether a file is a launcher configuration, by its name: FrankenPaxos's cluster files are JSON."""
    return path.suffix in _LAUNCHER_SUFFIXES


def read_inventory(path: Path | None) -> Inventory:
    """Read the file that `--cluster` names; None: no file.

    Raises:
        Refused: the file is wrong.
    """
    if path is None:
        return RayNodes()
    return read_launcher(path) if is_launcher_file(path) else ClusterFile(path, read_cluster_file(path))
