"""The machines there are, by pool: every machine for every role, or as a FrankenPaxos cluster file says."""

from __future__ import annotations

import contextlib
import difflib
import ipaddress
import json
import socket
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from fpray.errors import Problem, Refused, nearest, refuse

LOOPBACK = "127.0.0.1"
EVERY_F = "*"  # in the place of an f: for those that have no list of their own


@dataclass(frozen=True)
class Cluster:
    """Who may run what.

    Attributes:
        machines: addresses that serve every pool that `pools` does not list.
        pools: f (as text, or `*`) -> pool -> addresses: FrankenPaxos's cluster file; empty without one.
        regions: region -> addresses, where the cluster file says so.
        said: who says which machine serves which pool, for sentences about it.
        place: role (`*`: every other) -> how its pool's machines are shared, see `fpray.plan.placement_policy`.
    """

    machines: tuple[str, ...] = (LOOPBACK,)
    pools: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    regions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    said: str = "the cluster file"
    place: Mapping[str, str] = field(default_factory=dict)

    def hosts(self, faults: int, pool: str) -> tuple[str, ...]:
        """The machines of a pool, in order; empty where it has none."""
        return (self._pools(faults) or {}).get(pool, self.machines)

    def _pools(self, faults: int) -> Mapping[str, tuple[str, ...]] | None:
        return self.pools.get(str(faults), self.pools.get(EVERY_F))

    def pools_of(self, faults: int, host: str) -> set[str]:
        """The pools that list a machine; none where every machine serves every pool."""
        return {pool for pool, addresses in (self._pools(faults) or {}).items() if host in addresses}

    def regions_of(self, hosts: Iterable[str]) -> set[str]:
        """The regions that machines are known to be in."""
        hosts = set(hosts)
        return {region for region, addresses in self.regions.items() if hosts & set(addresses)}

    def addresses(self) -> list[str]:
        """Every address once, in order of mention."""
        listed = [a for pools in self.pools.values() for addresses in pools.values() for a in addresses]
        return list(dict.fromkeys([*listed, *self.machines]))

    def renamed(self, names: Mapping[str, str]) -> Cluster:
        """The same cluster with some addresses replaced."""
        pools = {
            f: {pool: tuple(names.get(a, a) for a in addresses) for pool, addresses in listed.items()}
            for f, listed in self.pools.items()
        }
        regions = {region: tuple(names.get(a, a) for a in addresses) for region, addresses in self.regions.items()}
        machines = tuple(names.get(a, a) for a in self.machines)
        return replace(self, machines=machines, pools=pools, regions=regions)

    def problems(self, faults: int, pool: str) -> list[Problem]:
        """Why a role with instances cannot be placed on this pool, if so."""
        listed = self._pools(faults)
        if self.hosts(faults, pool):
            # A pool that is misspelt in one place must not land on the machines that are left over.
            near = difflib.get_close_matches(pool, listed or (), n=1, cutoff=0.9) if pool not in (listed or ()) else []
            meant = [f"no machine serves it, but some serve {each} ({self.said}): is {pool} meant?" for each in near]
            return [Problem(pool, sentence) for sentence in meant]
        if listed is None and self.pools:
            return [Problem(f"f={faults}", f"{self.said} has machines for f = {', '.join(self.pools)} only")]
        if not listed:
            return [Problem(pool, "no machine of the cluster takes roles")]
        if pool in listed:
            return [Problem(pool, f"its list of machines in {self.said} is empty (f={faults})")]
        hint = nearest(pool, listed)
        return [Problem(pool, f"no machine serves it under f={faults} ({self.said}: {', '.join(listed)}){hint}")]


def read_cluster_file(path: Path) -> Cluster:
    """FrankenPaxos's JSON, `{"1": {"clients": ["10.0.0.1"], "leaders": [...]}}`; names become addresses.

    Raises:
        Refused: the file cannot be read, or has another shape.
    """
    try:
        content = json.loads(path.read_text())
    except OSError as error:
        raise refuse(str(path), f"the cluster file cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise refuse(str(path), f"the cluster file is no JSON: {error}") from None
    return read_pools(content, str(path))


def read_pools(content: object, where: str, others: Sequence[str] = (), said: str = "the cluster file") -> Cluster:
    """What a cluster file says: f -> pool -> addresses, or pool -> addresses, alike for every f.

    A key "regions" beside them says where machines are: `{"regions": {"us-east-1": ["10.0.0.1"]}}`.

    where: the file, for sentences about it; others: machines that serve every pool that is not listed.

    Raises:
        Refused: it has another shape, or names what does not resolve.
    """
    if not isinstance(content, Mapping):
        raise refuse(where, "a cluster file is a JSON object: f -> pool -> list of addresses")
    problems: list[Problem] = []
    pools: dict[str, dict[str, tuple[str, ...]]] = {}
    flat = {pool: addresses for pool, addresses in content.items() if _is_addresses(addresses)}
    if flat:
        content = {**{key: value for key, value in content.items() if key not in flat}, EVERY_F: flat}
        if mixed := content.keys() - {EVERY_F, "regions"}:
            said_of = f"lists {', '.join(flat)} for every f, and others for f = {', '.join(map(str, sorted(mixed)))}"
            raise refuse(where, f"{said_of}: which of them is meant?")
    for faults, listed in content.items():
        if not isinstance(listed, Mapping) or not all(_is_addresses(a) for a in listed.values()):
            what = "region" if faults == "regions" else "pool"
            problems.append(Problem(f"{where}: {faults}", f"must be an object: {what} -> list of addresses"))
            continue
        pools[str(faults)] = {str(pool): _resolved(addresses, problems) for pool, addresses in listed.items()}
    regions = pools.pop("regions", {})
    for address, count in Counter(a for addresses in regions.values() for a in {*addresses}).items():
        if count > 1:
            problems.append(Problem(f"{where}: regions", f"lists {address} in {count} regions: a machine is in one"))
    if problems:
        raise Refused(*dict.fromkeys(problems))
    return Cluster(tuple(others), pools, regions, said)


def _is_addresses(value: object) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str) and all(isinstance(a, str) for a in value)


def _resolved(names: Sequence[str], problems: list[Problem]) -> tuple[str, ...]:
    """The jar wants the concrete address that its peers connect to, so names are looked up once, here."""
    addresses = []
    for name in names:
        try:
            addresses.append(resolve(name))
        except OSError as error:
            problems.append(Problem(name, f"the name of this machine does not resolve: {error.strerror}"))
    return tuple(addresses)


def resolve(name: str, lookup: Callable[[str], str] = socket.gethostbyname) -> str:
    """The address of a machine; an address is its own, `localhost` is 127.0.0.1.

    Raises:
        OSError: there is no machine of that name, or it is none.
    """
    with contextlib.suppress(ValueError):
        return str(ipaddress.ip_address(name))
    if name == "localhost":
        return LOOPBACK
    no_name = socket.gaierror(socket.EAI_NONAME, "it is no name")
    if not name:  # for the resolver that is 0.0.0.0
        raise no_name
    try:
        return lookup(name)
    except UnicodeError:  # an empty label, such as in 10.0..1
        raise no_name from None
