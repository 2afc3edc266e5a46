"""The threads of one process: how long they ran and waited for a core, and which of them is the busiest."""

# ruff: noqa: PTH208 -- pathlib is slow, and clients measure beside this
from __future__ import annotations

import functools
import os
import re
from dataclasses import dataclass

from fpray.files.printable import printable
from fpray.node.kernel_counters import thread_times
from fpray.node.proc_files import OpenFile, read_bytes

_LOOK_AGAIN = 10  # readings: then a thread may have got another name, or begun to count its work
_COUNT = re.compile(rb"(.*) (\d{1,12})ms", re.DOTALL)
_NS_OF_MS = 1_000_000
_NOT_KNOWN = -1


@dataclass(frozen=True, slots=True)
class ThreadUse:
    """What the threads of a process did between two readings.

    Attributes:
        waited_ns: that all of them waited for a core.
        name: of the busiest thread, without its count of work.
        ran, delayed: shares of the time in which that thread ran, and waited for a core.
        busy: the share in which it had work; None if that is not known.
    """

    waited_ns: int
    name: str
    ran: float
    delayed: float
    busy: float | None


@dataclass(slots=True)
class _Thread:
    """One thread as it was last read. work: milliseconds, by its own count; None if it does not count."""

    file: OpenFile
    comm: str
    name: str = ""
    counts: bool = False
    work: int | None = None
    times: tuple[int, int] | None = None


def split_name(comm: bytes) -> tuple[str, int | None]:
    """The name of a thread, and the milliseconds of work that it says it has done; None if it says none.

    A thread that polls always runs, so the kernel cannot tell whether it has work. Such a thread may count itself: a
    name that ends in ` N...ms`, such as `loop 8123ms`, says that it has had 8123 ms of work so far.
    """
    comm = comm.rstrip(b"\n")
    count = _COUNT.fullmatch(comm)
    if count is None:
        return printable(comm), None
    return printable(count[1]), int(count[2])


class Threads:
    """The threads of a process, each with a file that stays open. Threads that end or begin are noticed."""

    def __init__(self, pid: int) -> None:
        self._directory = f"/proc/{pid}/task"
        self._threads: dict[str, _Thread] = {}
        self._readings = 0

    def read(self, number: int, ns: int) -> ThreadUse | None:
        """What they did since the last reading; None where nothing of it is known.

        number: of threads that the process has now; ns: since the last reading.
        """
        if not _is_counted():
            return None
        if number != len(self._threads) or self._readings % _LOOK_AGAIN == 0:
            self._find()
        self._readings += 1
        waits, most, busiest = 0, -2, None
        ends = []
        for tid, thread in self._threads.items():
            before, text = thread.times, thread.file.read()
            thread.times = times = thread_times(text)
            is_counting, work_ms = thread.counts, _work_ms(thread) if thread.counts else None
            if before is None or times is None:
                if not text:
                    ends.append(tid)
                continue
            ran, delay = times[0] - before[0], times[1] - before[1]
            waits += delay
            # A thread that counts, of which nothing is known now, may poll: so it is no busy one by what it ran.
            work = (ran + delay) if not is_counting else _NOT_KNOWN if work_ms is None else work_ms * _NS_OF_MS
            if work > most:
                most, busiest = work, (thread.name, ran, delay)
        for tid in ends:
            self._threads.pop(tid).file.close()
        if busiest is None or ns <= 0:
            return None
        name, ran, delay = busiest
        shares = [min(1.0, max(0.0, amount / ns)) for amount in (ran, delay, most)]
        return ThreadUse(waits, name, shares[0], shares[1], shares[2] if most >= 0 else None)

    def close(self) -> None:
        """Close the files."""
        for thread in self._threads.values():
            thread.file.close()
        self._threads.clear()

    def _find(self) -> None:
        try:
            numbers = os.listdir(self._directory)
        except OSError:
            numbers = []
        for number in self._threads.keys() - set(numbers):
            self._threads.pop(number).file.close()
        for number in numbers:
            if number not in self._threads:
                path = f"{self._directory}/{number}"
                self._threads[number] = _Thread(OpenFile(f"{path}/schedstat", 128), f"{path}/comm")
            thread = self._threads[number]
            if not thread.counts:  # the others are read each time
                thread.name, work = split_name(read_bytes(thread.comm, 64))
                thread.counts = work is not None  # its first count is of the next reading: this one is no interval


def _work_ms(thread: _Thread) -> int | None:
    """By how much its count grew; None if it was not counted twice, or has begun anew."""
    before = thread.work
    thread.name, thread.work = split_name(read_bytes(thread.comm, 64))
    thread.counts = thread.work is not None
    if thread.work is None or before is None or thread.work < before:
        return None
    return thread.work - before


@functools.cache
def _is_counted() -> bool:
    """Whether this kernel counts what threads run and wait: this one has run."""
    return thread_times(read_bytes("/proc/thread-self/schedstat")) is not None
