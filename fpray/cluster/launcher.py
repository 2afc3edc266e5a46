"""A configuration of Ray's cluster launcher: which machines it promises, their pools, and which are missing."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from fpray.cluster.launcher_file import (
    LOCAL_TYPE,
    LauncherFile,
    Provider,
    expected_counts,
    node_types,
    read_launcher_file,
)
from fpray.cluster.pools import NO_POOL, Node, by_pools, of_nodes, pools_of
from fpray.errors import Cause, FprayError, Problem, refuse, refuse_if_any
from fpray.plan.cluster import LOOPBACK, Cluster
from fpray.plan.cluster_file import MOST_MACHINES, read_pools
from fpray.plan.host_names import address_of, look_up

POOLS = "fpray_pools"  # a key of onprem.yaml's provider: Ray's schema allows further keys there
TYPE_LABEL = "ray.io/node-group"  # Ray's own label: the node type that the launcher started the node as
# If no machine joins for so long, none will: an instance of EC2 has started and is installed after three minutes.
_PATIENCE_S = 900.0
_POLL_S = 1.0


@dataclass(frozen=True)
class Launcher:
    """A launcher configuration, as far as a sweep needs it.

    Attributes:
        path: the file.
        port: of the head's Ray.
        hosts: the addresses that it lists, the head's first; empty where a cloud gives them.
        types: node type -> how many machines of it the file promises; empty where `hosts` lists them.
        pools: node type -> the pools of its label and resources, where they name any.
        listed: the machines by pool, where the file lists the pools of `hosts`.
        file, content: what the file says, typed, and all of it.
    """

    path: Path
    port: int
    file: LauncherFile = field(compare=False, repr=False)
    hosts: tuple[str, ...] = ()
    types: Mapping[str, int] = field(default_factory=dict)
    pools: Mapping[str, Sequence[str]] = field(default_factory=dict)
    listed: Cluster | None = None
    content: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)

    @property
    def address(self) -> str | None:
        """The address of the head's Ray, where the file says it."""
        return f"{self.hosts[0]}:{self.port}" if self.hosts else None

    @property
    def takes_new_machines(self) -> bool:
        """True: a machine that replaces another one joins under another address."""
        return True

    def expected_machines(self) -> Cluster:
        """The machines that there will be; those of a cloud by the names of their types, such as `clients-1`."""
        if self.hosts:
            return self.listed or Cluster(self.hosts)
        kinds_by_name = [(f"{kind}-{k}", kind) for kind, count in self.types.items() for k in range(1, count + 1)]
        return by_pools(((name, self.pools.get(kind, ())) for name, kind in kinds_by_name), source=self.path.name)

    def cluster_of(self, nodes: Collection[Node], driver_host: str = LOOPBACK) -> Cluster:
        """The machines that there are: with the pools of the file, otherwise those that the nodes name."""
        return self.listed or of_nodes(node for node in nodes if not self.hosts or node.host in self.hosts)

    def with_addresses(self) -> Launcher:
        """The same with addresses in place of names.

        Raises:
            Refused: there is no machine of a name, or it is this machine under another name.
        """
        addresses, problems = look_up(self.hosts, str(self.path))
        refuse_if_any(problems)
        hosts = tuple(dict.fromkeys(addresses.values()))
        _refuse_loopback(self.path, hosts)
        return replace(self, hosts=hosts, listed=self.listed and self.listed.renamed(addresses))

    def missing(self, nodes: Collection[Node]) -> list[str]:
        """The machines that the file promises and that have not joined: addresses, or `2 of 3 acceptors`."""
        missing = self._missing(nodes)
        if self.hosts:
            return list(missing)
        return [f"{count} of {self.types[kind]} {kind}" for kind, count in missing.items()]

    def _missing(self, nodes: Collection[Node]) -> dict[str, int]:
        """Address or node type -> how many of it have not joined."""
        counts = Counter(node.host if self.hosts else node.labels.get(TYPE_LABEL) for node in nodes)
        expected = self.types or dict.fromkeys(self.hosts, 1)
        return {name: count - counts[name] for name, count in expected.items() if count > counts[name]}

    def wait_for_all(
        self, nodes: Callable[[], Collection[Node]], say: Callable[[str], None], patience_s: float = _PATIENCE_S
    ) -> None:
        """Wait until every promised machine has joined; say which are missing, and again when that changes.

        Raises:
            FprayError: some are missing, and none has joined for a quarter of an hour.
        """
        last, since = "", time.monotonic()
        while missing := self._missing(nodes_now := nodes()):
            count = sum(self.types.values()) or len(self.hosts)
            names = ", ".join(self.missing(nodes_now))
            message = (
                f"waiting for the machines of {self.path.name}: {count - sum(missing.values())} of {count} are in the"
                f" Ray cluster; missing: {names}. The sweep starts automatically when all are there"
            )
            if message != last:
                say(message)
                last, since = message, time.monotonic()
            if time.monotonic() - since > patience_s:
                raise FprayError(
                    f"{names} of {self.path} did not join the cluster, and no machine has joined for"
                    f" {patience_s / 60:.0f} minutes. To see why: ray exec {self.path} 'tail"
                    " /tmp/ray/session_latest/logs/monitor*'. Then correct the file or the cluster, and run the"
                    " same fpray command again",
                    Cause.MACHINES,
                )
            time.sleep(_POLL_S)


def read_launcher(path: Path) -> Launcher:
    """Read the configuration that `ray up` was given, or the head's copy of it, `~/ray_bootstrap_config.yaml`.

    Names of machines stay as they are.

    Raises:
        Refused: it cannot be read, or is not a launcher configuration.
    """
    file, content = read_launcher_file(path)
    if file.provider.type == "local":
        hosts = _hosts(path, file)
        return Launcher(path, file.port, file, hosts=hosts, listed=_listed(path, file.provider, hosts), content=content)
    types, head = node_types(file, path)
    counts = expected_counts(types, head)
    if (count := sum(counts.values())) > MOST_MACHINES:
        raise refuse(
            str(path),
            f"starts {count:,} machines: lower min_workers in available_node_types to at most {MOST_MACHINES:,} in all",
            Cause.LAUNCHER_FILE,
        )
    pools = {name: pools_of(kind.labels or {}, kind.resources or {}) for name, kind in types.items()}
    return Launcher(path, file.port, file, types=counts, pools=pools, content=content)


def _hosts(path: Path, file: LauncherFile) -> tuple[str, ...]:
    """The names or addresses of an on-premise provider, the head's first: those that Ray starts."""
    provider = file.provider
    if not provider.head_ip:
        raise refuse(
            f"{path}: provider.head_ip",
            "is missing: add the address of the head node, such as provider: {head_ip: 10.0.0.5}",
            Cause.LAUNCHER_FILE,
        )
    workers = list(provider.worker_ips or ())
    kind = (file.available_node_types or {}).get(LOCAL_TYPE)  # `ray up` moves min_workers there
    count = file.min_workers if kind is None else kind.min_workers
    hosts = [address_of(name) for name in (provider.head_ip, *workers[:count])]
    _refuse_loopback(path, hosts)
    return tuple(dict.fromkeys(hosts))


def _refuse_loopback(path: Path, hosts: Collection[str]) -> None:
    if LOOPBACK in hosts:
        raise refuse(
            str(path),
            "has a loopback address (127.0.0.1 or localhost) in provider.head_ip or provider.worker_ips, to"
            " which other machines cannot connect: write the machine's address in the network, such as 10.0.0.5",
            Cause.LAUNCHER_FILE,
        )


def _listed(path: Path, provider: Provider, hosts: Sequence[str]) -> Cluster | None:
    """The machines of an on-premise provider by pool, if it lists pools as a cluster file does."""
    if not provider.fpray_pools:
        return None
    where = f"{path}: provider.{POOLS}"
    cluster = read_pools(provider.fpray_pools, where, f"{POOLS} of {path.name}")
    sentence = (
        f"is not among the machines of this file ({', '.join(hosts)}): add it to provider.worker_ips, or"
        f" correct it in provider.{POOLS}. Only the first min_workers addresses of worker_ips count: raise min_workers"
        " if it is too low"
    )
    addresses = cluster.addresses()
    refuse_if_any(
        [Problem(f"{where}: {address}", sentence, Cause.LAUNCHER_FILE) for address in addresses if address not in hosts]
    )
    pools = {
        faults: {pool: machines for pool, machines in by_pool.items() if pool != NO_POOL}
        for faults, by_pool in cluster.pools.items()
    }
    return replace(cluster, machines=tuple(host for host in hosts if host not in addresses), pools=pools)
