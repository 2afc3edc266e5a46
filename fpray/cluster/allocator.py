"""Allocates machines to trials: disjoint sets of machines, unless the user allows trials to share."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from fpray.cluster.machine_kinds import MachineKinds
from fpray.cluster.substitutes import Home, dispensable, free_by_kind, keep_at_home, wanted_kinds
from fpray.plan.cluster import Cluster
from fpray.plan.placement import Placement, Shape, place, shape
from fpray.plan.plan import Trial
from fpray.plan.words import RAY_START, START_RAY

# Seconds for which a machine that lost a trial is not allocated: Ray needs a moment to notice that a machine is gone,
# and another one may be free.
BRIEF_QUARANTINE_S = 5.0
# And seconds for which it is not allocated where the others are enough: Ray calls a machine dead after five checks
# without an answer, one each 3 s, which wait up to 10 s (health_check_* in Ray's ray_config_def.h).
LONG_QUARANTINE_S = 75.0


@dataclass(eq=False)
class Allocation:
    """The machines of one trial, from `allocate` to `release`.

    Attributes:
        cluster: the whole cluster, with machines renamed so that the trial is placed on its own ones.
        hosts: the trial's own machines.
        placement: of the trial's instances on them, with FrankenPaxos's ports.
        lane: distinguishes trials on the same machines; 0 where there is only one.
    """

    cluster: Cluster
    hosts: tuple[str, ...]
    placement: Placement = Placement({}, {})
    lane: int = 0


class Allocator:
    """Allocates the machines of a cluster to trials. Any thread may call it.

    A trial's home is the set of machines that it would have alone on the whole cluster. It gets its home, with each
    machine that is in use replaced by a free one of its kind. So processes that share a machine on the whole cluster
    always share one, every trial has as many machines as it would have alone, and every pool keeps its machines.

    Attributes:
        cluster: the machines of the sweep's begin.
        shared: whether trials may share machines.
        kinds: which machines can replace each other, those that have joined included.
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

        hardware: host -> what must be equal for machines to replace each other; alive: the hosts that live now;
        shared: whether trials may share machines.
        """
        self.cluster, self.shared = cluster, shared
        self.kinds = MachineKinds(cluster, hardware or {})
        self._alive = alive or (lambda: self.kinds.hosts)
        self._allocations: set[Allocation] = set()
        self._users: Counter[str] = Counter()  # host -> how many trials have it
        self._lost_at: dict[str, float] = {}  # host -> the time.monotonic() at which it lost a trial
        self._quarantined: set[str] = set()
        self._homes: dict[Shape, Home] = {}
        self._lock = threading.Lock()

    def hosts(self) -> list[str]:
        """Every machine that a trial may get, those that have joined among them."""
        with self._lock:
            return list(self.kinds.hosts)

    def has_room(self, like: Trial[Any]) -> bool:
        """Whether a trial such as this one would get machines now."""
        with self._lock:
            return self._choose(like, ()) is not None

    def allocate(self, trial: Trial[Any]) -> Allocation | None:
        """Machines for a trial, or None while too few are free."""
        with self._lock:
            names = self._choose(trial, ())
            if names is None:
                return None
            allocation = Allocation(self.cluster, ())
            self._assign(trial, allocation, names)
            return allocation

    def reallocate(self, trial: Trial[Any], allocation: Allocation, avoid: Collection[str]) -> bool:
        """Give a trial other machines in place of some that another driver uses; False: there are too few, none change.

        avoid: the machines that it must not get.
        """
        with self._lock:
            self._users.subtract(allocation.hosts)
            names = self._choose(trial, avoid)
            if names is None:
                self._users.update(allocation.hosts)
                return False
            self._allocations.remove(allocation)
            self._assign(trial, allocation, names)
            return True

    def release(self, allocation: Allocation) -> None:
        """The trial is over: its machines are free."""
        with self._lock:
            self._allocations.remove(allocation)
            self._users.subtract(allocation.hosts)

    def quarantine_briefly(self, hosts: Collection[str]) -> None:
        """A trial was lost on these machines: do not allocate them for a while, if there are others."""
        with self._lock:
            if len(self.kinds.hosts) > 1:
                self._lost_at |= dict.fromkeys(hosts, time.monotonic())

    def brief_quarantine_left_s(self) -> float | None:
        """Seconds until the next machine can be allocated again; None where all can be."""
        with self._lock:
            now = time.monotonic()
            pauses = [at + BRIEF_QUARANTINE_S - now for at in self._lost_at.values()]
            return min((pause for pause in pauses if pause > 0), default=None)

    def quarantine(self, host: str) -> None:
        """Do not allocate this machine any more, as long as a trial has enough others of its kind."""
        with self._lock:
            self._quarantined.add(host)

    def add(self, cluster: Cluster, host: str, hardware: Any) -> bool:
        """A machine has joined: allocate it in place of others of its kind. Whether there is any other of its kind.

        cluster: the machines that there are now. The placement of trials stays that of the sweep's begin, so that its
        trials can be compared.
        """
        with self._lock:
            return self.kinds.add(cluster, host, hardware)

    def shortage(self, trial: Trial[Any]) -> str | None:
        """Why a trial could not get machines even if all were free; None where it could."""
        kinds, alive = self.kinds.under(trial.protocol.faults(trial.params)), self._alive()
        for kind, needed_hosts in wanted_kinds(self._home(trial), kinds).items():
            of_kind = [host for host in self.kinds.hosts if kinds[host] == kind]
            living = [host for host in of_kind if host in alive]
            if len(living) < len(needed_hosts):
                if len(of_kind) == 1:
                    return f"the trial needs machine {of_kind[0]}, which is not in the Ray cluster now. {START_RAY}"
                present = f"only {', '.join(living)}" if living else "none"
                needs = f"the trial needs any {len(needed_hosts)} of the machines {', '.join(of_kind)}"
                others = "the others" if living else "them"
                return f"{needs}, but of these the Ray cluster has {present} now. Start Ray on {others}: {RAY_START}"
        return None

    def capacity(self, trial: Trial[Any]) -> int:
        """How many trials like this one can run in parallel, without sharing."""
        kinds = self.kinds.under(trial.protocol.faults(trial.params))
        counts = Counter(kinds.values())
        return min(counts[kind] // len(hosts) for kind, hosts in wanted_kinds(self._home(trial), kinds).items())

    def _choose(self, trial: Trial[Any], avoid: Collection[str]) -> dict[str, str] | None:
        """Home machine -> the machine that the trial gets in its place; None where there are too few."""
        home, kinds = self._home(trial), self.kinds.under(trial.protocol.faults(trial.params))
        needs, alive, now = wanted_kinds(home, kinds), self._alive(), time.monotonic()
        unusable = {*avoid, *(host for host, at in self._lost_at.items() if now < at + BRIEF_QUARANTINE_S)}
        lately = {host for host, at in self._lost_at.items() if now < at + LONG_QUARANTINE_S}
        if doubtful := self._quarantined | lately:
            unusable |= dispensable(doubtful, needs, alive, kinds)
        users = self._users
        idle = self.kinds.hosts if self.shared else [host for host in self.kinds.hosts if not users[host]]
        # The least used first, and of those the home: a trial that runs alone is at home.
        by_use = sorted(idle, key=lambda host: (users[host], host not in home))
        free = free_by_kind(needs, (host for host in by_use if host in alive and host not in unusable), kinds)
        return keep_at_home(needs, free) if free is not None else None

    def _assign(self, trial: Trial[Any], allocation: Allocation, names: Mapping[str, str]) -> None:
        """names: home machine -> the machine in its place."""
        allocation.hosts = tuple(names.values())
        # A machine that takes the name of a home machine gives its own name to an unused one: each pool keeps its size.
        unused = iter([host for host in names if host not in allocation.hosts])
        exchanges = {host: next(unused) for host in allocation.hosts if host not in names}
        allocation.cluster = self.cluster.renamed({**exchanges, **names})
        allocation.placement = place(trial.protocol, trial.params, allocation.cluster)
        sharing = [a for a in self._allocations if set(a.hosts) & set(allocation.hosts)] if self.shared else []
        lanes = {other.lane for other in sharing}
        allocation.lane = next(lane for lane in range(len(lanes) + 1) if lane not in lanes)
        self._allocations.add(allocation)
        self._users.update(allocation.hosts)

    def _home(self, trial: Trial[Any]) -> Home:
        key = shape(trial.protocol, trial.params)
        if key not in self._homes:
            self._homes[key] = place(trial.protocol, trial.params, self.cluster).hosts()
        return self._homes[key]
