"""Which machines each trial gets: slices of the cluster, disjoint unless the user says otherwise."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from fpray.plan.cluster import Cluster
from fpray.plan.placement import Placement, Shape, place, shape
from fpray.plan.plan import Trial

Kind = tuple[Any, ...]  # what is equal for machines that may stand in for one another
# A machine that lost a trial rests: Ray takes a moment to see that it is gone, and another one may be free.
BACKOFF_S = 5.0


@dataclass(eq=False)
class Allocation:
    """The machines of one trial, from when they are lent until they are given back.

    Attributes:
        cluster: the whole cluster, with machines renamed so that the trial is placed on its own ones.
        hosts: these.
        placement: of the trial's instances on them, with FrankenPaxos's ports.
        lane: tells it from other trials on the same machines; 0 where there is none.
    """

    cluster: Cluster
    hosts: tuple[str, ...]
    placement: Placement = Placement({}, {})
    lane: int = 0


class Allocator:
    """Lends the machines of a cluster to trials; any thread may ask.

    A trial's slice is what it would get alone on the whole cluster, each machine replaced by a free one of its kind: of
    the same pools and regions, and the same hardware. So processes that share a machine there share one here, every
    trial has as many machines as it would have alone, and every pool's machines stay in their pool.
    """

    def __init__(
        self,
        cluster: Cluster,
        hardware: Mapping[str, Any] | None = None,
        *,
        alive: Callable[[], Collection[str]] | None = None,
        shared: bool = False,
    ) -> None:
        """All machines are free.

        hardware: host -> what must be equal for machines to stand in for one another; alive: who lives now; shared:
        whether trials may share machines.
        """
        self.cluster, self.shared = cluster, shared
        self._hardware = dict(hardware or {})
        self._hosts = cluster.addresses()
        # Each machine, those that have joined since among them -> the cluster of when it came, which tells its pools:
        # who is gone is of the kind that it was, or nobody could take its place.
        self._known = dict.fromkeys(self._hosts, cluster)
        self._alive = alive or (lambda: self._hosts)
        self._lent: set[Allocation] = set()
        self._users: Counter[str] = Counter()
        self._resting: dict[str, float] = {}
        self._aside: set[str] = set()
        self._homes: dict[Shape, tuple[str, ...]] = {}
        self._kinds: dict[int, dict[str, Kind]] = {}
        self._lock = threading.Lock()

    def has_room(self, like: Trial[Any]) -> bool:
        """Whether a trial such as this one would get a slice now."""
        with self._lock:
            return self._choose(like, ()) is not None

    def allocate(self, trial: Trial[Any]) -> Allocation | None:
        """A slice for a trial, or None while too few machines are free."""
        with self._lock:
            names = self._choose(trial, ())
            if names is None:
                return None
            taken = Allocation(self.cluster, ())
            self._lend(trial, taken, names)
            return taken

    def reallocate(self, trial: Trial[Any], held: Allocation, avoid: Collection[str]) -> bool:
        """Give a trial other machines in place of those that somebody else holds; whether there are any."""
        with self._lock:
            self._free(held)
            names = self._choose(trial, avoid)
            if names is None:
                self._lent.add(held)
                self._users.update(held.hosts)
                return False
            self._lend(trial, held, names)
            return True

    def release(self, held: Allocation) -> None:
        """The trial is over."""
        with self._lock:
            self._free(held)

    def back_off(self, hosts: Collection[str]) -> None:
        """A trial was lost on these machines: others go first for a while, where there are others."""
        if len(self._hosts) > 1:
            self._resting |= dict.fromkeys(hosts, time.monotonic() + BACKOFF_S)

    def quarantine(self, host: str) -> None:
        """Lend this machine to nobody from now on, as long as there are enough others of its kind for a trial."""
        with self._lock:
            self._aside.add(host)

    def backoff_left_s(self) -> float | None:
        """Seconds until the next machine has rested; None where none rests."""
        now = time.monotonic()
        return min((until - now for until in self._resting.values() if until > now), default=None)

    def add(self, cluster: Cluster, host: str, hardware: Any) -> bool:
        """A machine has joined, and stands in for others of its kind from now on; whether it can for any.

        cluster: all that there are now. Trials stay placed as they were when the sweep began: its trials compare.
        """
        with self._lock:
            if host in self._hosts or host not in cluster.addresses():
                return False
            self._known[host], self._hosts = cluster, [*self._hosts, host]
            self._hardware[host] = hardware
            faults = list(self._kinds)
            self._kinds.clear()
            return any(len(self.equivalents(f, host)) > 1 for f in faults)

    def shortage(self, trial: Trial[Any]) -> str | None:
        """Why there is no slice for a trial even when all are free; None where there is one."""
        kinds, alive = self._kinds_of(trial), self._alive()
        for kind, wanted in Counter(kinds[host] for host in self._home(trial)).items():
            known = [host for host in self._hosts if kinds[host] == kind]
            living = [host for host in known if host in alive]
            if len(living) < wanted:
                of = f"the machines {', '.join(known)}" if len(known) > 1 else f"machine {known[0]}"
                needs = f"{wanted} of {of}" if len(known) > 1 else of
                return f"it needs {needs}, and {', '.join(living) or 'none'} of them is left in the Ray cluster"
        return None

    def capacity(self, trial: Trial[Any]) -> int:
        """How many trials like this one fit; without sharing."""
        kinds = self._kinds_of(trial)
        known = Counter(kinds.values())
        return min(known[kind] // wanted for kind, wanted in Counter(kinds[h] for h in self._home(trial)).items())

    def equivalents(self, faults: int, host: str) -> list[str]:
        """The machines that may stand in for one of them, itself included."""
        kinds = self._kinds_for(faults)
        return [each for each in self._hosts if kinds[each] == kinds[host]]

    def _choose(self, trial: Trial[Any], avoid: Collection[str]) -> dict[str, str] | None:
        """The trial's machine on the whole cluster -> the one it gets; None where there are too few."""
        homes, kinds = self._home(trial), self._kinds_of(trial)
        now, alive = time.monotonic(), self._alive()
        wanted: dict[Kind, list[str]] = {}
        for home in homes:
            wanted.setdefault(kinds[home], []).append(home)
        free: dict[Kind, list[str]] = {kind: [] for kind in wanted}
        # The least used first, those of the trial itself among them: with nothing else running it is at home.
        users = self._users.get
        idle = self._hosts if self.shared else [host for host in self._hosts if not users(host)]
        spared = self._spared(homes, kinds, alive) if self._aside else ()
        lacking = len(homes)
        for host in sorted(idle, key=lambda host: (users(host, 0), host not in homes)):
            lent = free.get(kinds[host])
            if lent is None or len(lent) == len(wanted[kinds[host]]):
                continue
            usable = host in alive and host not in avoid and host not in spared
            if usable and self._resting.get(host, 0.0) <= now:
                lent.append(host)
                lacking -= 1
                if not lacking:
                    break
        if lacking:
            return None
        names: dict[str, str] = {}
        for kind, theirs in wanted.items():
            lent = free[kind]
            stay = [home for home in theirs if home in lent]
            others = iter(host for host in lent if host not in stay)
            names |= {home: home if home in stay else next(others) for home in theirs}
        return names

    def _spared(self, homes: Collection[str], kinds: Mapping[str, Kind], alive: Collection[str]) -> set[str]:
        """Of those that are set aside, the ones without which there are machines enough."""
        wanted = Counter(kinds[home] for home in homes)
        others = Counter(kinds[host] for host in self._hosts if host in alive and host not in self._aside)
        return {host for host in self._aside if others[kinds[host]] >= wanted[kinds[host]]}

    def _lend(self, trial: Trial[Any], held: Allocation, names: Mapping[str, str]) -> None:
        held.hosts = tuple(names.values())
        # Whoever gives a name away gets one that is not needed: every pool stays as long as it was.
        spare = iter(home for home in names if home not in held.hosts)
        swapped = {host: next(spare) for host in held.hosts if host not in names}
        held.cluster = self.cluster.renamed({**swapped, **names})
        held.placement = place(trial.protocol, trial.params, held.cluster)
        beside = {each.lane for each in self._lent if set(each.hosts) & set(held.hosts)} if self.shared else ()
        held.lane = next(lane for lane in range(len(beside) + 1) if lane not in beside)
        self._lent.add(held)
        self._users.update(held.hosts)

    def _free(self, held: Allocation) -> None:
        self._lent.remove(held)
        self._users.subtract(held.hosts)

    def _home(self, trial: Trial[Any]) -> tuple[str, ...]:
        """The machines that a trial would have alone on the whole cluster."""
        key = shape(trial.protocol, trial.params)
        if key not in self._homes:
            placed = place(trial.protocol, trial.params, self.cluster)
            self._homes[key] = tuple(dict.fromkeys(instance.host for instance in placed))
        return self._homes[key]

    def _kinds_of(self, trial: Trial[Any]) -> Mapping[str, Kind]:
        return self._kinds_for(trial.protocol.faults(trial.params))

    def _kinds_for(self, faults: int) -> Mapping[str, Kind]:
        if faults not in self._kinds:
            self._kinds[faults] = {
                host: (
                    frozenset(self._known[host].pools_of(faults, host)),
                    frozenset(self._known[host].regions_of([host])),
                    self._hardware.get(host),
                )
                for host in self._hosts
            }
        return self._kinds[faults]
