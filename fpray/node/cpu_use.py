"""What the kernel says of CPU time on a machine: of processes and their descendants, and of the machine as a whole.

Read at the beginning, in the middle and at the end of a time: 0.3 ms of work for a JVM, and nothing between. The first
time also looks for what the processes have started, among all processes of the machine (1 ms for a hundred).
"""

# ruff: noqa: PTH208 -- pathlib is slow, and clients measure beside this
from __future__ import annotations

import os
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from fpray.node.cpu_limits import Periods, cgroups, periods, stopped_share
from fpray.node.kernel_counters import core_times, pressure_s, process_times, thread_times
from fpray.node.proc_files import read_text
from fpray.node.supervisor.procfs import process_table, with_descendants

_AT_ONCE_S = 0.001


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
        held_back: the share of the kernel's periods in which a limit of the cgroup (`docker run --cpus`) stopped its
            processes.
        suspended_s: how long the machine slept meanwhile, as a laptop does.
        set_s: by how much its wall clock was set meanwhile; negative: back.
        ran_by_label: of each process that was asked for, with the children that it waited for.
    """

    seconds: float
    cores: int
    busy_s: float
    stolen_s: float
    pressed_s: float | None
    ran_s: float
    waited_s: float | None
    complete: bool = True
    held_back: float = 0.0
    suspended_s: float = 0.0
    set_s: float = 0.0
    ran_by_label: Mapping[str, float] = field(default_factory=dict)


class Clocks(NamedTuple):
    """Three clocks at one moment: running is without the time in which the machine slept, wall is set by people."""

    running: float
    since_boot: float
    wall: float


@dataclass(frozen=True)
class CpuCounters:
    """The counters at one moment; by thread: seconds that it waited for a core. roots: what was asked for.

    periods: by cgroup: the periods of its limit, and those in which it was reached.
    """

    at: float
    roots: frozenset[int]
    processes: frozenset[int]
    busy_s: float
    stolen_s: float
    pressed_s: float | None
    ran_by_pid: Mapping[int, float]
    waited_s: dict[str, float] | None
    complete: bool
    periods: Periods
    clocks: Clocks


def first_reading(pids: Iterable[int]) -> CpuCounters:
    """The counters of the machine, and those of processes and their descendants."""
    roots = frozenset(pids)
    return _read_counters(roots, roots | with_descendants(roots, process_table()).keys())


def read_again(first: CpuCounters) -> CpuCounters:
    """The same counters later; the processes are not looked for again, since clients measure meanwhile."""
    return _read_counters(first.roots, first.processes)


def _read_counters(roots: frozenset[int], processes: frozenset[int]) -> CpuCounters:
    ran = {pid: seconds for pid in processes if (seconds := _ran_s(pid)) is not None}
    waits: dict[str, float] | None = {}
    for pid in processes:
        for thread, seconds in _waited_s(pid):
            if seconds is None:
                waits = None
            elif waits is not None:
                waits[thread] = seconds
    busy_s, stolen_s = _machine_s()
    return CpuCounters(
        clocks=_clocks(),
        at=time.monotonic(),
        roots=roots,
        processes=processes,
        busy_s=busy_s,
        stolen_s=stolen_s,
        pressed_s=_pressed_s(),
        ran_by_pid=ran,
        waited_s=waits,
        complete=roots <= ran.keys(),
        periods=_periods(),
    )


def cpu_use_between(first: CpuCounters, last: CpuCounters, labels: Mapping[int, str] | None = None) -> CpuUse:
    """What was used between two readings. What a thread waited that ended meanwhile is not known, and not counted.

    labels: of the processes that were asked for, by their ids.
    """
    wait_s = pressure = None
    if first.waited_s is not None and last.waited_s is not None:
        wait_s = sum(seconds - first.waited_s.get(thread, 0.0) for thread, seconds in last.waited_s.items())
    if first.pressed_s is not None and last.pressed_s is not None:
        pressure = last.pressed_s - first.pressed_s
    ran, since_boot, wall = (now - before for now, before in zip(last.clocks, first.clocks, strict=True))
    return CpuUse(
        seconds=last.at - first.at,
        cores=len(os.sched_getaffinity(0)),
        busy_s=last.busy_s - first.busy_s,
        stolen_s=last.stolen_s - first.stolen_s,
        pressed_s=pressure,
        ran_s=sum(last.ran_by_pid.values()) - sum(first.ran_by_pid.values()),
        waited_s=wait_s,
        complete=first.complete and last.complete,
        held_back=stopped_share(first.periods, last.periods),
        suspended_s=since_boot - ran,
        set_s=wall - since_boot,
        ran_by_label={
            label: last.ran_by_pid[pid] - first.ran_by_pid[pid]
            for pid, label in (labels or {}).items()
            if pid in first.ran_by_pid and pid in last.ran_by_pid
        },
    )


def _clocks() -> Clocks:
    """Read again where this process had to wait between two of them."""
    for _ in range(5):
        clocks = Clocks(time.monotonic(), time.clock_gettime(time.CLOCK_BOOTTIME), time.time())
        if time.monotonic() - clocks.running < _AT_ONCE_S:
            break
    return clocks


def _ran_s(pid: int) -> float | None:
    """CPU seconds of a process, and of its children that have ended; None if it has ended itself."""
    times = process_times(_read(f"/proc/{pid}/stat").encode())
    return None if times is None else times.ran_s


def _waited_s(pid: int) -> Iterable[tuple[str, float | None]]:
    """Each thread of a process, and how long it waited for a core; None where the kernel does not say."""
    try:
        threads = os.listdir(f"/proc/{pid}/task")
    except OSError:
        return
    for thread in threads:
        times = thread_times(_read(f"/proc/{pid}/task/{thread}/schedstat").encode())
        if times is not None:
            yield thread, times[1] / 1e9
        elif os.path.exists(f"/proc/{pid}/task/{thread}"):  # noqa: PTH110
            yield thread, None


def _machine_s() -> tuple[float, float]:
    """Seconds of processes on the cores that this one may use, of all users' processes; and stolen ones."""
    times = core_times(_read("/proc/stat").encode(), os.sched_getaffinity(0))
    return times.busy, times.stolen


def _periods() -> Periods:
    """Of the cgroups that this process is in, and those around them, each that has a limit of CPU time."""
    return periods(cgroups(_read), _read)


def _pressed_s() -> float | None:
    return pressure_s(_read("/proc/pressure/cpu").encode())


def _read(path: str) -> str:
    return read_text(path)
