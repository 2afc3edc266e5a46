"""What the kernel says of CPU time on a machine: of processes and their descendants, and of the machine as a whole.

Read at the beginning, in the middle and at the end of a time: 0.3 ms of work for a JVM, and nothing between. The first
time also looks for what the processes have started, among all processes of the machine (1 ms for a hundred).
"""

# ruff: noqa: PTH123, PTH208 -- pathlib is slow, and clients measure beside this
from __future__ import annotations

import os
import time
from collections.abc import Iterable
from dataclasses import dataclass

from fpray.node.supervisor.procfs import process_table, with_descendants

_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class CpuUse:
    """CPU time between two readings, in seconds.

    Attributes:
        seconds: how long it was from one to the other.
        cores: of the machine.
        busy_s: of all processes of the machine, on all cores; without interrupts.
        stolen_s: that the machine could have used, and its host gave to others; on all cores.
        pressed_s: in which some process of the machine waited for a core; None where the kernel does not count it.
        ran_s: of the processes that were asked for.
        waited_s: that these waited for a core, each thread by itself; None where the kernel does not count it.
        complete: whether all of them still ran at the end.
    """

    seconds: float
    cores: int
    busy_s: float
    stolen_s: float
    pressed_s: float | None
    ran_s: float
    waited_s: float | None
    complete: bool = True


@dataclass(frozen=True)
class CpuCounters:
    """The counters at one moment; by thread: seconds that it waited for a core. roots: what was asked for."""

    at: float
    roots: frozenset[int]
    processes: frozenset[int]
    busy_s: float
    stolen_s: float
    pressed_s: float | None
    ran_s: float
    waited_s: dict[str, float] | None
    complete: bool


def first_reading(pids: Iterable[int]) -> CpuCounters:
    """The counters of the machine, and those of processes and their descendants."""
    roots = frozenset(pids)
    return _read_counters(roots, roots | with_descendants(roots, process_table()).keys())


def read_again(first: CpuCounters) -> CpuCounters:
    """The same counters later; the processes are not looked for again, since clients measure meanwhile."""
    return _read_counters(first.roots, first.processes)


def _read_counters(roots: frozenset[int], processes: frozenset[int]) -> CpuCounters:
    ran = {pid: seconds for pid in processes if (seconds := _ran_s(pid)) is not None}
    waited: dict[str, float] | None = {}
    for pid in processes:
        for thread, seconds in _waited_s(pid):
            if seconds is None:
                waited = None
            elif waited is not None:
                waited[thread] = seconds
    busy_s, stolen_s = _machine_s()
    return CpuCounters(
        at=time.monotonic(),
        roots=roots,
        processes=processes,
        busy_s=busy_s,
        stolen_s=stolen_s,
        pressed_s=_pressed_s(),
        ran_s=sum(ran.values()),
        waited_s=waited,
        complete=roots <= ran.keys(),
    )


def cpu_use_between(first: CpuCounters, last: CpuCounters) -> CpuUse:
    """What was used between two readings. What a thread waited that ended meanwhile is not known, and not counted."""
    waited = pressed = None
    if first.waited_s is not None and last.waited_s is not None:
        waited = sum(seconds - first.waited_s.get(thread, 0.0) for thread, seconds in last.waited_s.items())
    if first.pressed_s is not None and last.pressed_s is not None:
        pressed = last.pressed_s - first.pressed_s
    return CpuUse(
        seconds=last.at - first.at,
        cores=len(os.sched_getaffinity(0)),
        busy_s=last.busy_s - first.busy_s,
        stolen_s=last.stolen_s - first.stolen_s,
        pressed_s=pressed,
        ran_s=last.ran_s - first.ran_s,
        waited_s=waited,
        complete=first.complete and last.complete,
    )


def _ran_s(pid: int) -> float | None:
    """CPU seconds of a process, and of its children that have ended; None if it has ended itself."""
    text = _read(f"/proc/{pid}/stat")
    parts = text[text.rindex(")") + 2 :].split() if text else ["Z"]
    # Of a process that has ended, a zombie may stay; one with other threads still computes.
    is_dead = parts[0] in "ZX" and int(parts[17] if parts[17:] else 0) <= 1
    return None if is_dead else sum(map(int, parts[11:15])) / _TICKS


def _waited_s(pid: int) -> Iterable[tuple[str, float | None]]:
    """Each thread of a process, and how long it waited for a core; None where the kernel does not say."""
    try:
        threads = os.listdir(f"/proc/{pid}/task")
    except OSError:
        return
    for thread in threads:
        parts = _read(f"/proc/{pid}/task/{thread}/schedstat").split()
        if len(parts) == 3:
            yield thread, int(parts[1]) / 1e9
        elif os.path.exists(f"/proc/{pid}/task/{thread}"):  # noqa: PTH110
            yield thread, None


def _machine_s() -> tuple[float, float]:
    """Seconds of all cores in processes; and stolen ones."""
    parts = _read("/proc/stat").partition("\n")[0].split()[1:]
    user, nice, system, *_ = (*map(int, parts), 0, 0, 0)
    return (user + nice + system) / _TICKS, (int(parts[7]) if len(parts) > 7 else 0) / _TICKS


def _pressed_s() -> float | None:
    text = _read("/proc/pressure/cpu").partition("\n")[0]
    total = text.rpartition("total=")[2]
    return int(total) / 1e6 if text.startswith("some") and total.isdigit() else None


def _read(path: str) -> str:
    try:
        with open(path) as file:
            return file.read()
    except OSError:
        return ""
