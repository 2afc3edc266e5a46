"""Limits of CPU time by cgroups (`docker run --cpus`, `CPUQuota=`): how many cores they allow, and how often they stop.

Sources: docs.kernel.org, admin-guide/cgroup-v2 (cpu.max, cpu.stat) and scheduler/sched-bwc (cpu.cfs_quota_us).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from fpray.node.kernel_counters import is_number
from fpray.node.proc_files import read_text

Read = Callable[[str], str]
Periods = dict[str, tuple[int, int]]  # by cgroup: the periods of its limit, and those in which it was reached
_ROOT = "/sys/fs/cgroup"


def cgroups(read: Read = read_text) -> list[str]:
    """The directories of the cgroups that decide on CPU time, of this process's own one and of those around it."""
    directories: dict[str, None] = {}
    for line in read("/proc/self/cgroup").splitlines():
        parts = line.split(":", 2)
        if len(parts) != 3 or (parts[1] and "cpu" not in parts[1].split(",")):
            continue
        for mount in (parts[1], "") if parts[1] else ("", "unified"):
            steps = [step for step in parts[2].split("/") if step not in ("", "..")]
            for depth in range(len(steps) + 1):
                directories["/".join(step for step in (_ROOT, mount, *steps[:depth]) if step)] = None
    return list(directories)


def periods(directories: list[str], read: Read = read_text) -> Periods:
    """Of each of these cgroups that has a limit of CPU time."""
    by_cgroup = {}
    for directory in directories:
        counts = dict(pair for line in read(f"{directory}/cpu.stat").splitlines() if len(pair := line.split()) == 2)
        count, stops = counts.get("nr_periods", ""), counts.get("nr_throttled", "0")
        if is_number(count) and is_number(stops) and int(count):
            by_cgroup[directory] = int(count), int(stops)
    return by_cgroup


def stopped_share(first: Periods, last: Periods) -> float:
    """The largest share of a cgroup's periods in which its limit stopped its processes, between two moments."""
    shares = [_share(first.get(cgroup, (0, 0)), end) for cgroup, end in last.items()]
    return max(shares, default=0.0)


def _share(first: tuple[int, int], last: tuple[int, int]) -> float:
    return (last[1] - first[1]) / max(last[0] - first[0], 1)


def cores_allowed(directories: list[str], read: Read = read_text) -> float | None:
    """The cores that the tightest of these cgroups allows; None if there is no limit."""
    limits = [limit for directory in directories for limit in _limits(directory, read)]
    return min(limits, default=None)


def _limits(directory: str, read: Read) -> Iterator[float]:
    words = read(f"{directory}/cpu.max").split()
    words = words or [read(f"{directory}/cpu.cfs_{name}_us").strip() for name in ("quota", "period")]
    if len(words) == 2 and all(is_number(word) and int(word) for word in words):
        yield int(words[0]) / int(words[1])
