"""A machine as a whole: CPU, run queue, steal, throttling, pressure, memory, network."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Mapping

from fpray.node.cpu_limits import cgroups, cores_allowed, periods, stopped_share
from fpray.node.kernel_counters import CoreTimes, core_times, is_number, pressure_s
from fpray.node.proc_files import OpenFile
from fpray.node.sampling.links import Links
from fpray.node.sampling.rows import Value

_RUNNING = re.compile(rb"^procs_running (\d{1,9})$", re.MULTILINE)
_MEMORY = re.compile(rb"^Mem(Total|Available): +(\d{1,15}) kB$", re.MULTILINE)
_REFAULTS = re.compile(rb"^workingset_refault(?:_anon|_file)? (\d{1,18})$", re.MULTILINE)
_PRESSURES = ("cpu", "memory", "io")


class MachineReader:
    """The machine on which this process runs, between readings. Only the cores that this process may use count."""

    def __init__(self) -> None:
        self._cores = os.sched_getaffinity(0)
        self._cgroups = cgroups()
        self._limit = cores_allowed(self._cgroups)
        self._periods = periods(self._cgroups)
        self._stat, self._memory = OpenFile("/proc/stat", 1 << 17), OpenFile("/proc/meminfo", 1 << 12)
        self._pages = OpenFile("/proc/vmstat", 1 << 12)
        self._tcp = OpenFile("/proc/self/net/snmp", 1 << 14)
        self._pressure = {name: OpenFile(f"/proc/pressure/{name}", 256) for name in _PRESSURES}
        self._links = Links()
        self._at: int | None = None
        self._times: CoreTimes | None = None
        self._before: Mapping[str, float | None] = {}

    def update(self) -> None:
        """See what may have changed: limits and links."""
        self._cores, self._limit = os.sched_getaffinity(0), cores_allowed(self._cgroups)
        self._links.update()

    def read(self) -> Mapping[str, Value] | None:
        """The columns of a row, of the time since the last reading; None at the first one."""
        before_ns, self._at = self._at, time.monotonic_ns()
        seconds = max(1, self._at - (before_ns or self._at)) / 1e9
        stat = self._stat.read()
        running = _RUNNING.search(stat)
        row = {
            "seconds": seconds,
            "cores": len(self._cores),
            "cpu_limit": self._limit,
            "throttled": self._stopped_share(),
            "runnable": max(0, int(running[1]) - 1) if running is not None else None,  # without this thread
            "memory": memory_in_use(self._memory.read()),
            **self._cpu(stat, seconds),
            **self._per_second(seconds),
            **self._network(seconds),
        }
        return row if before_ns is not None else None

    def close(self) -> None:
        """Close all files."""
        for file in (self._stat, self._memory, self._pages, self._tcp, *self._pressure.values()):
            file.close()
        self._links.close()

    def _cpu(self, stat: bytes, seconds: float) -> Mapping[str, Value]:
        before, self._times = self._times, core_times(stat, self._cores)
        if before is None or not stat:
            return {}
        used_s, interrupts_s, steal_s = (max(0.0, b - a) for a, b in zip(before, self._times, strict=True))
        return {"cpu": used_s / seconds, "interrupts": interrupts_s / seconds, "steal": steal_s / seconds}

    def _stopped_share(self) -> float | None:
        if self._limit is None:
            return None
        before, self._periods = self._periods, periods(self._cgroups)
        return min(1.0, max(0.0, stopped_share(before, self._periods)))

    def _per_second(self, seconds: float) -> Mapping[str, Value]:
        """What counters gained; one that was set back is not known."""
        before, now = self._before, self._counters()
        self._before = now
        rates: dict[str, Value] = {}
        for name, value in now.items():
            last = before.get(name)
            if value is not None and last is not None and value >= last:
                rate = (value - last) / seconds
                rates[name] = min(1.0, rate) if name.startswith("pressure") else rate
        return rates

    def _counters(self) -> Mapping[str, float | None]:
        return {
            **{f"pressure_{name}": pressure_s(file.read()) for name, file in self._pressure.items()},
            "retransmits": tcp_retransmits(self._tcp.read()),
            "refaults": page_refaults(self._pages.read()),
        }

    def _network(self, seconds: float) -> Mapping[str, Value]:
        use = self._links.read(seconds)
        if use is None:
            return {}
        return {"received": round(use.received), "sent": round(use.sent), "link": use.link, "link_share": use.share}


def memory_in_use(meminfo: bytes) -> int | None:
    """Of /proc/meminfo: bytes in use, without what the kernel could free; None where it does not say."""
    sizes = {name: int(size) for name, size in _MEMORY.findall(meminfo)}
    if sizes.keys() != {b"Total", b"Available"}:
        return None
    return max(0, sizes[b"Total"] - sizes[b"Available"]) * 1024


def page_refaults(vmstat: bytes) -> int | None:
    """Of /proc/vmstat: pages that had to be read again soon after they were evicted; None where it does not say."""
    counts = _REFAULTS.findall(vmstat)
    return sum(map(int, counts)) if counts else None


def tcp_retransmits(snmp: bytes) -> int | None:
    """Of /proc/net/snmp: segments of TCP that were sent more than once; None where it does not say."""
    lines = [line.split() for line in snmp.splitlines() if line.startswith(b"Tcp:")]
    if len(lines) != 2 or b"RetransSegs" not in lines[0] or len(lines[0]) != len(lines[1]):
        return None
    count = lines[1][lines[0].index(b"RetransSegs")]
    return int(count) if is_number(count) else None
