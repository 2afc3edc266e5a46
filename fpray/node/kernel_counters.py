"""The numbers in the kernel's texts about CPU time: cores, pressure, processes and threads."""

from __future__ import annotations

import os
import re
from collections.abc import Collection
from typing import NamedTuple

_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_TOTAL = re.compile(rb"^some .*\btotal=(\d{1,18})$", re.MULTILINE)


def is_number(word: bytes | str) -> bool:
    """Whether a word is a number that the kernel may have written."""
    return word.isascii() and word.isdigit() and len(word) < 20


class CoreTimes(NamedTuple):
    """Seconds since boot, added up over some cores: of processes, of interrupts, and given to others by the host."""

    busy: float
    interrupts: float
    stolen: float


class ProcessTimes(NamedTuple):
    """What /proc/PID/stat says of a living process.

    Attributes:
        ran_s: CPU seconds of it, and of its children that have ended.
        threads: how many it has.
        memory: bytes that are resident.
    """

    ran_s: float
    threads: int
    memory: int


def core_times(stat: bytes, cores: Collection[int]) -> CoreTimes:
    """Of /proc/stat, on the cores that are asked for."""
    names = {b"cpu%d" % core for core in cores}
    busy = interrupts = stolen = 0
    for line in stat.splitlines():
        name, *parts = line.split() or (b"",)
        if not name.startswith(b"cpu"):
            break
        if name in names and all(map(is_number, parts)):
            numbers = [*map(int, parts), *[0] * 8]
            busy += sum(numbers[:3])  # user, nice, system
            interrupts += sum(numbers[5:7])
            stolen += numbers[7]
    return CoreTimes(busy / _TICKS, interrupts / _TICKS, stolen / _TICKS)


def pressure_s(text: bytes) -> float | None:
    """Of a file of /proc/pressure: seconds in which some process waited; None where the kernel does not count."""
    total = _TOTAL.search(text)
    return int(total[1]) / 1e6 if total is not None else None


def process_times(stat: bytes) -> ProcessTimes | None:
    """Of /proc/PID/stat; None if the process has ended.

    Of a process that has ended, a zombie may stay; one with other threads still computes.
    """
    parts = stat[stat.rfind(b")") + 2 :].split()
    if len(parts) < 22 or not all(map(is_number, (*parts[11:15], parts[17], parts[21]))):
        return None
    threads, memory = int(parts[17]), int(parts[21]) * _PAGE_BYTES
    ran_s = sum(map(int, parts[11:15])) / _TICKS
    return None if parts[0] in (b"Z", b"X") and threads <= 1 else ProcessTimes(ran_s, threads, memory)


def thread_times(schedstat: bytes) -> tuple[int, int] | None:
    """Of /proc/PID/task/TID/schedstat: nanoseconds that the thread ran, and that it waited for a core.

    None where the kernel does not count: some kernels have the file, and say 0 0 0, also of threads that have run.
    """
    try:
        ran, delay, slices = map(int, schedstat.split())
    except ValueError:
        return None
    return (ran, delay) if ran or delay or slices else None
