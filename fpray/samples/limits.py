"""The verdict: what limits a trial, from what its machines and processes did while the clients measured.

docs/decisions/inside.md says why it is as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, TypeVar

from fpray.samples.load import Machine, Process, by_second, machines, rows_in
from fpray.store.bottleneck import Bottleneck, Kind

T = TypeVar("T")

# What is right is defined by what would help: a role limits a trial if the throughput rises by more than 20 % without
# its work. A sixth of a whole is what the rest gains 20 % by. bench/bottlenecks.py measures how often that is right.
_SIXTH: Final = 1 / 6
# Of the time, a thread has work. A closed loop leaves pauses: while its answers are on their way, there is no request.
SATURATED: Final = 0.85
# Of the cores of a machine. The kernel itself always leaves some of the time of a full machine idle.
FULL: Final = 0.93
# Of the time in which a thread could run: it waits for a core. With a core of its own it would do a fifth more.
WAITS: Final = _SIXTH
# Of the time in which cores are asked for: the machine's host gives them to others.
STOLEN: Final = _SIXTH
# Of the time, a garbage collector stops a process: without these stops it would do a fifth more.
COLLECTS: Final = _SIXTH
# Of a link's speed, as bytes of IP: headers of the link and the gaps between frames are not counted.
LINK_FULL: Final = 0.85
# Of the cgroup's periods: in each of them the processes stand still for a part of a tenth of a second.
THROTTLED: Final = 0.25
# Of the CPU time of the processes that compete for the cores. Over a half: the cores are full because of this role.
# Over a quarter, and a thread of it always has work: the trial gains by relieving it, as if it had a core of its own.
MOSTLY: Final = 0.5
ENOUGH: Final = 0.25


def bottleneck(table: Any, window_ns: tuple[int, int], clients: Collection[str]) -> Bottleneck:
    """What limits a trial.

    The means over the window decide. The confidence is the share of the seconds of which the same is true when each is
    looked at alone, with Jeffreys' prior: (n + 0.5) / (seconds + 1).

    table: rows of `fpray.samples.schema`. window_ns: in which the clients measured, Unix time. clients: their labels.

    Without a row in the window, all of the result is None.
    """
    rows = rows_in(table, window_ns)
    whole = limit(machines(rows), clients)
    if whole.kind is None:
        return whole
    seconds = [limit(machines(second), clients) for second in by_second(rows)]
    same = sum(_is_same(second, whole) for second in seconds)
    share = round(whole.share, 4) if whole.share is not None else None
    return replace(whole, share=share, confidence=round((same + 0.5) / (len(seconds) + 1), 4))


def _is_same(one: Bottleneck, other: Bottleneck) -> bool:
    return one.kind is other.kind and (one.role == other.role or one.kind is Kind.NONE)


def limit(trial: Sequence[Machine], clients: Collection[str]) -> Bottleneck:
    """What limits a trial, from the means of some time; `confidence` is None.

    A garbage collector and a full link come first: what they hold up is also busy, or waits. Then the busiest thread,
    unless it cannot get a core; then the cores of the fullest machine.
    """
    threads = [_Thread(machine, own) for machine in trial for own in machine.processes if own.busy is not None]
    always_busy = _most([thread for thread in threads if thread.busy >= SATURATED], lambda thread: thread.process.work)
    if always_busy is not None:
        crowded = always_busy.machine if always_busy.lacks_core else None
    else:
        crowded = _most(filter(_is_crowded, trial), lambda machine: machine.fullness)
    verdict = _collector(trial) or _link(trial)
    if verdict is not None:
        return verdict
    if crowded is not None:
        return _stolen(crowded) or _cores(crowded, always_busy, clients)
    if always_busy is not None:
        return _stolen(always_busy.machine) or always_busy.verdict(clients)
    busiest = _most(threads, lambda thread: thread.process.work)
    return busiest.verdict(clients, Kind.NONE) if busiest is not None else Bottleneck()


@dataclass(frozen=True)
class _Thread:
    """The busiest thread of a process on a machine."""

    machine: Machine
    process: Process

    @property
    def busy(self) -> float:
        return self.process.busy or 0.0

    @property
    def lacks_core(self) -> bool:
        """Whether it often waits for a core, and what else the trial runs there is to blame for it.

        With a core of its own the thread does more, and all others of the trial have more work in proportion. Where
        they would still leave it a core, programs of others fill the machine, and the thread limits the trial.
        """
        if self.machine.throttled >= THROTTLED:
            return True
        wait = self.process.wait_share
        if wait < WAITS or self.machine.cores is None:
            return wait >= WAITS
        others = sum(other.useful_cpu for other in self.machine.processes if other is not self.process)
        return others > (self.machine.cores - 1) * (1 - wait)

    def verdict(self, clients: Collection[str], kind: Kind | None = None) -> Bottleneck:
        """That it limits the trial, or another kind of verdict about it."""
        usual = Kind.CLIENT if self.process.label in clients else Kind.THREAD
        return Bottleneck(kind or usual, self.process.role, self.process.label, self.busy)


def _most(things: Iterable[T], size: Callable[[T], float]) -> T | None:
    return max(things, key=size, default=None)


def _is_crowded(machine: Machine) -> bool:
    """Whether its cores are all in use, and threads of the trial wait for them."""
    if machine.throttled >= THROTTLED:
        return True
    return machine.fullness >= FULL and machine.own_wait >= WAITS


def _collector(trial: Sequence[Machine]) -> Bottleneck | None:
    process = _most((p for machine in trial for p in machine.processes), lambda process: process.gc or 0.0)
    if process is None or process.gc is None or process.gc < COLLECTS:
        return None
    return Bottleneck(Kind.GC, process.role, process.label, process.gc)


def _link(trial: Sequence[Machine]) -> Bottleneck | None:
    machine = _most(trial, lambda machine: machine.link_share or 0.0)
    if machine is None or machine.link_share is None or machine.link_share < LINK_FULL:
        return None
    return Bottleneck(Kind.NETWORK, None, machine.host, machine.link_share)


def _stolen(machine: Machine) -> Bottleneck | None:
    share = machine.steal / (machine.cpu + machine.steal) if machine.steal > 0 else 0.0
    return Bottleneck(Kind.STEAL, None, machine.host, share) if share >= STOLEN else None


def _cores(machine: Machine, always_busy: _Thread | None, clients: Collection[str]) -> Bottleneck:
    """The cores of a machine limit the trial; or the role that needs so much of them that it is its work that does.

    Processes that need not wait do not compete: they have a core of their own, by affinity.
    """
    rivals = [process for process in machine.processes if process.wait_share >= WAITS / 2] or [*machine.processes]
    whole = sum(process.useful_cpu for process in rivals)
    cpu_by_role: dict[str | None, float] = {}
    for process in rivals:
        cpu_by_role[process.role] = cpu_by_role.get(process.role, 0.0) + process.useful_cpu
    share_by_role = {role: cpu / whole for role, cpu in cpu_by_role.items()} if whole > 0 else {}
    role = _most(share_by_role, lambda role: share_by_role[role])
    fullness = max(machine.fullness, machine.throttled, always_busy.busy if always_busy is not None else 0.0)
    if share_by_role.get(role, 0.0) <= MOSTLY:
        if always_busy is not None and share_by_role.get(always_busy.process.role, 0.0) >= ENOUGH:
            return always_busy.verdict(clients)
        role = None
    is_of_clients = all(process.label in clients for process in machine.processes)
    return Bottleneck(Kind.CLIENT if is_of_clients else Kind.CPU, role, machine.host, fullness)
