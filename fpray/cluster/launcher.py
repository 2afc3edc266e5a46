"""What a configuration of Ray's cluster launcher promises: machines by address or by pool, and who has not come yet."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from fpray.cluster.pools import NO_POOL, Node, by_pools, of_nodes, pools_of
from fpray.errors import FprayError, Problem, refuse, refuse_if_any
from fpray.plan.cluster import LOOPBACK, Cluster
from fpray.plan.cluster_file import read_pools, resolve

POOLS = "fpray_pools"  # a key of onprem.yaml's provider: of the places that Ray's schema leaves free, the nearest
TYPE_LABEL = "ray.io/node-group"  # Ray's own: the node type that the launcher made the node of
# With nobody new for so long, nobody comes any more: an instance of EC2 is up and installed after three minutes.
_PATIENCE_S = 900.0
_LOOK_S = 1.0


@dataclass(frozen=True)
class Launcher:
    """A launcher configuration, as far as a sweep needs it.

    Attributes:
        path: the file.
        port: of the head's Ray.
        hosts: the addresses that it lists, the head's first; empty where a cloud gives them.
        types: node type -> how many of it are promised; empty where `hosts` lists them.
        pools: node type -> the pools that its label and resources say, where they say any.
        listed: the machines by pool, where the file says so of `hosts`.
    """

    path: Path
    port: int
    hosts: tuple[str, ...] = ()
    types: Mapping[str, int] = field(default_factory=dict)
    pools: Mapping[str, Sequence[str]] = field(default_factory=dict)
    listed: Cluster | None = None

    @property
    def address(self) -> str | None:
        """The head's Ray, where the file says its address."""
        return f"{self.hosts[0]}:{self.port}" if self.hosts else None

    def promised(self) -> Cluster:
        """The machines that will be there; a cloud's by the names of their types, such as `clients-1`."""
        if self.hosts:
            return self.listed or Cluster(self.hosts)
        named = [(f"{kind}-{k}", kind) for kind, count in self.types.items() for k in range(1, count + 1)]
        return by_pools(((name, self.pools.get(kind, ())) for name, kind in named), source=self.path.name)

    @property
    def takes_new_machines(self) -> bool:
        """A machine that is replaced joins under another address, so that every machine may be used."""
        return True

    def joined(self, nodes: Collection[Node], driver_host: str = LOOPBACK) -> Cluster:
        """The machines that are there: by pool as the file says, else as the nodes say themselves."""
        return self.listed or of_nodes(node for node in nodes if not self.hosts or node.host in self.hosts)

    def missing(self, nodes: Collection[Node]) -> list[str]:
        """Who is promised and not there: addresses, or `2 of 3 acceptors`."""
        absent = self._absent(nodes)
        return list(absent) if self.hosts else [f"{less} of {self.types[kind]} {kind}" for kind, less in absent.items()]

    def _absent(self, nodes: Collection[Node]) -> dict[str, int]:
        """Address or node type -> how many of it are promised and not there."""
        there = Counter(node.host if self.hosts else node.labels.get(TYPE_LABEL) for node in nodes)
        wanted = self.types or dict.fromkeys(self.hosts, 1)
        return {name: count - there[name] for name, count in wanted.items() if count > there[name]}

    def wait_for_all(
        self, nodes: Callable[[], Collection[Node]], say: Callable[[str], None], patience_s: float = _PATIENCE_S
    ) -> None:
        """Wait until everybody promised is there, and say who is not whenever that changes.

        Raises:
            FprayError: nobody has come for a quarter of an hour, and some are missing.
        """
        said, since = "", time.monotonic()
        while missing := self.missing(seen := nodes()):
            count = sum(self.types.values()) or len(self.hosts)
            there = count - sum(self._absent(seen).values())
            line = f"waiting for machines that {self.path.name} promises ({there} of {count} are there): "
            line += ", ".join(missing)
            if line != said:
                say(line)
                said, since = line, time.monotonic()
            if time.monotonic() - since > patience_s:
                raise FprayError(
                    f"{', '.join(missing)} of {self.path} did not join the cluster, and nobody has for"
                    f" {patience_s / 60:.0f} minutes: ray exec {self.path} 'tail /tmp/ray/session_latest/logs/monitor*'"
                    " says why; or correct the file, and run the same command again"
                )
            time.sleep(_LOOK_S)


def read_launcher(path: Path) -> Launcher:
    """Read the configuration that `ray up` was given, or the head's copy of it, `~/ray_bootstrap_config.yaml`.

    Raises:
        Refused: it cannot be read, or is none.
    """
    import yaml

    try:
        content = yaml.safe_load(path.read_text())
    except OSError as error:
        raise refuse(str(path), f"the launcher configuration cannot be read: {error.strerror}") from None
    except yaml.YAMLError as error:
        raise refuse(str(path), f"the launcher configuration is no YAML: {' '.join(str(error).split())}") from None
    if not isinstance(content, Mapping) or not isinstance(content.get("provider"), Mapping):
        raise refuse(str(path), "a launcher configuration is an object with a provider, as in cluster_configs/")
    provider, port = content["provider"], _port(content)
    if provider.get("type") == "local":
        hosts = _listed(path, provider)
        return Launcher(path, port, hosts=hosts, listed=_pools(path, provider, hosts))
    types = content.get("available_node_types")
    if not isinstance(types, Mapping) or not types:
        raise refuse(str(path), "the launcher configuration has no available_node_types, so it promises no machine")
    head = content.get("head_node_type")
    counts = {kind: int(said.get("min_workers", 0)) + (kind == head) for kind, said in types.items()}
    pools = {kind: pools_of(said.get("labels") or {}, said.get("resources") or {}) for kind, said in types.items()}
    return Launcher(path, port, types=counts, pools=pools)


def _listed(path: Path, provider: Mapping[str, Any]) -> tuple[str, ...]:
    workers = provider.get("worker_ips") or ()
    if not isinstance(workers, Sequence) or isinstance(workers, str):
        raise refuse(f"{path}: worker_ips", "must be a list of addresses")
    if not provider.get("head_ip"):
        raise refuse(f"{path}: head_ip", "is missing: the address of the head, as the other machines know it")
    names: Sequence[Any] = [provider["head_ip"], *workers]
    problems, hosts = [], []
    for name in names:
        try:
            hosts.append(resolve(str(name or "")))
        except OSError as error:
            problems.append(Problem(f"{path}: {name}", f"this machine does not resolve: {error.strerror}"))
    refuse_if_any(problems)
    if LOOPBACK in hosts:
        raise refuse(str(path), "lists this machine by its loopback address, at which no other reaches it")
    return tuple(dict.fromkeys(hosts))


def _pools(path: Path, provider: Mapping[str, Any], hosts: Sequence[str]) -> Cluster | None:
    """The pools of an on-premise provider, if it says any: as a cluster file does, of the machines that it lists."""
    if not provider.get(POOLS):
        return None
    where = f"{path}: {POOLS}"
    listed = read_pools(provider[POOLS], where, f"{POOLS} of {path.name}")
    known = f"is none of its machines: head_ip and worker_ips are {', '.join(hosts)}"
    refuse_if_any([Problem(f"{where}: {each}", known) for each in listed.addresses() if each not in hosts])
    pools = {
        faults: {pool: addresses for pool, addresses in named.items() if pool != NO_POOL}
        for faults, named in listed.pools.items()
    }
    return replace(listed, machines=tuple(host for host in hosts if host not in listed.addresses()), pools=pools)


def _port(content: Mapping[str, Any]) -> int:
    """Of the head's `ray start`, whose default it is otherwise."""
    commands = " ".join(map(str, content.get("head_start_ray_commands") or ()))
    told = re.search(r"--port[= ](\d+)", commands)
    return int(told[1]) if told else 6379
