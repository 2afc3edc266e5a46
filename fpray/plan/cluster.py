"""The machines, by pool: every machine serves every role, unless a cluster file or a launcher file says otherwise."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from fpray.errors import Cause, Problem, closest
from fpray.plan.words import RAY_START

LOOPBACK = "127.0.0.1"
EVERY_F = "*"  # in the place of an f: for every f that has no list of its own
CLUSTER_FILE = "the cluster file"


@dataclass(frozen=True)
class Cluster:
    """Which machine may run which role.

    Attributes:
        machines: addresses that serve every pool that `pools` does not list.
        pools: f (as text, or `*`) -> pool -> addresses, as in FrankenPaxos's cluster file; empty without one.
        regions: region -> addresses, where the cluster file says so.
        source: what says which machine serves which pool, for messages about it.
        policy: role (`*`: every other) -> how its pool's machines are shared, see `fpray.plan.placement_policy`.
    """

    machines: tuple[str, ...] = (LOOPBACK,)
    pools: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    regions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    source: str = CLUSTER_FILE
    policy: Mapping[str, str] = field(default_factory=dict)

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
        """Every address once, in the order in which they are listed."""
        in_pools = [a for pools in self.pools.values() for addresses in pools.values() for a in addresses]
        return list(dict.fromkeys([*in_pools, *self.machines]))

    def renamed(self, names: Mapping[str, str]) -> Cluster:
        """The same cluster with some addresses replaced."""
        pools = {
            f: {pool: tuple(names.get(a, a) for a in addresses) for pool, addresses in of_faults.items()}
            for f, of_faults in self.pools.items()
        }
        regions = {region: tuple(names.get(a, a) for a in addresses) for region, addresses in self.regions.items()}
        machines = tuple(names.get(a, a) for a in self.machines)
        return replace(self, machines=machines, pools=pools, regions=regions)

    def problems(self, faults: int, pool: str) -> list[Problem]:
        """Why a role that has processes cannot be placed on this pool; empty if it can."""
        pools = self._pools(faults)
        if self.hosts(faults, pool):
            # A pool that is misspelt in one place must not get the machines that serve every other pool.
            near = difflib.get_close_matches(pool, pools or (), n=1, cutoff=0.9) if pool not in (pools or ()) else []
            return [
                Problem(pool, f"is not in {self.source}, but {name} is: rename {name} to {pool} there", Cause.MACHINES)
                for name in near
            ]
        if pools is None and self.pools:
            others = f"{self.source} has machines for f = {', '.join(self.pools)} only"
            sentence = f'{others}: add an entry for "{faults}" to it, or set f={next(iter(self.pools))}'
            return [Problem(f"f={faults}", sentence, Cause.MACHINES)]
        if not pools:
            return [Problem(pool, f"has no machine, because {self._why_none(faults, pool)}", Cause.MACHINES)]
        if pool in pools:
            return [
                Problem(
                    pool,
                    f"has an empty list of machines for f={faults} in {self.source}: add the address"
                    " of a machine to it",
                    Cause.MACHINES,
                )
            ]
        similar = closest(pool, pools)
        hint = f"; if you wrote {similar} for {pool}, rename {similar} to {pool} there" if similar is not None else ""
        choices = f"The pools (the machines of a role) there are {', '.join(pools)}{hint}"
        entry, label = f'add some there, such as "{pool}": ["10.0.0.1"]', f"add a machine with label fpray/pool={pool}"
        how = entry if self.source == CLUSTER_FILE else f"{label} (docs/clusters.md)"
        sentence = f"has no machines for f={faults} in {self.source}: {how}. {choices}"
        return [Problem(pool, sentence, Cause.MACHINES)]

    def _why_none(self, faults: int, pool: str) -> str:
        if self.source == CLUSTER_FILE:
            example = f'"{faults}": {{"{pool}": ["10.0.0.1"]}}'
            return f"{self.source} lists no machines for f={faults}: add some to that file, such as {example}"
        drivers = "each machine of the Ray cluster has the label fpray/pool=driver, so no trial runs on it"
        return f"{drivers}. Start Ray on other machines, without that label: {RAY_START}"
