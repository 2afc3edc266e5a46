"""A process of a trial with what descends from it: CPU, memory, threads, and pauses of its garbage collector."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping

from fpray.node.kernel_counters import ProcessTimes, process_times
from fpray.node.proc_files import OpenFile
from fpray.node.sampling.jvm import GcTime
from fpray.node.sampling.rows import Value
from fpray.node.sampling.threads import Threads, ThreadUse


class _Member:
    """One process of them, as it was last read."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._stat, self._threads = OpenFile(f"/proc/{pid}/stat", 1024), Threads(pid)
        self._gc: GcTime | None = None
        self._gc_s: float | None = None
        self.times: ProcessTimes | None = None
        self.ran_s = 0.0  # in all, as it was last known
        self.is_gone = False  # and no zombie, of which the parent has not yet asked how it ended

    def look_for_gc(self) -> None:
        """Look for the file of a JVM that has just begun, or that a process becomes."""
        if self._gc is None:
            self._gc = GcTime.of(self._pid)

    def read(self, ns: int) -> tuple[float, ThreadUse | None, float | None] | None:
        """CPU seconds, threads and seconds of GC since the last reading; None if the process has ended."""
        text = self._stat.read()
        before, self.times = self.times, process_times(text)
        if self.times is None:
            self.is_gone = not text
            return None
        ran_s, self.ran_s = self.times.ran_s - self.ran_s if before is not None else 0.0, self.times.ran_s
        return ran_s, self._threads.read(self.times.threads, ns), self._gc_pauses()

    def close(self) -> None:
        """Close its files."""
        self._threads.close()
        self._stat.close()
        if self._gc is not None:
            self._gc.close()

    def _gc_pauses(self) -> float | None:
        before, self._gc_s = self._gc_s, self._gc.seconds() if self._gc is not None else None
        return None if before is None or self._gc_s is None else self._gc_s - before


class ProcessReader:
    """A process that the trial has started, with what descends from it."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._members: dict[int, _Member] = {}
        self._at: int | None = None
        self._ended_s = 0.0  # CPU time of what was gone at the last reading, which its parent did not yet have then

    @property
    def is_over(self) -> bool:
        """Whether nothing of it runs any more, as far as the last reading says."""
        return all(member.times is None for member in self._members.values())

    def update(self, pids: Collection[int]) -> None:
        """Read these processes, too, from the next time on; one that has ended is noticed there.

        Once the process itself is gone, nothing is added: another one may have its number by then.
        """
        if self._at is not None and self.pid not in self._members:
            return
        for pid in (self.pid, *pids):
            if pid not in self._members:
                self._members[pid] = _Member(pid)
        for member in self._members.values():
            member.look_for_gc()

    def read(self) -> Mapping[str, Value] | None:
        """The columns of a row, of the time since the last reading; None at the first one, and if it is over."""
        before_ns, self._at = self._at, time.monotonic_ns()
        ns = max(1, self._at - (before_ns or self._at))
        ran_s, ended_s, waits, busiest, gc_s = 0.0, 0.0, list[int](), None, list[float]()
        for pid, member in list(self._members.items()):
            use = member.read(ns)
            if use is None:
                if member.is_gone:
                    ended_s += member.ran_s
                    self._members.pop(pid).close()
                continue
            ran_s += use[0]
            if use[1] is not None:
                waits.append(use[1].waited_ns)
                busiest = use[1] if busiest is None or _busy(use[1]) > _busy(busiest) else busiest
            if use[2] is not None:
                gc_s.append(use[2])
        ran_s = self._without_ended(ran_s, ended_s)
        if before_ns is None or self.is_over:
            return None
        return {
            "seconds": ns / 1e9,
            "cpu": max(0.0, 1e9 * ran_s / ns),
            **self._sizes(),
            "waited": sum(waits) / ns if waits else None,
            **_of_thread(busiest),
            "gc": min(1.0, max(0.0, 1e9 * max(gc_s) / ns)) if gc_s else None,
        }

    def close(self) -> None:
        """Close all files."""
        while self._members:
            self._members.popitem()[1].close()

    def _without_ended(self, ran_s: float, ended_s: float) -> float:
        """CPU time without that of a process that has ended: that of its parent, which waited for its end, has it now.

        The parent may have been read just before.
        """
        owed_s = self._ended_s + ended_s
        self._ended_s = ended_s if owed_s > ran_s else 0.0
        return ran_s - owed_s if owed_s <= ran_s else ran_s

    def _sizes(self) -> Mapping[str, Value]:
        """A process that is just ending has no memory any more; what it had is not known."""
        living = [member.times for member in self._members.values() if member.times is not None]
        memory = sum(times.memory for times in living)
        return {"memory": memory or None, "threads": sum(times.threads for times in living)}


def _busy(use: ThreadUse) -> float:
    return -1.0 if use.busy is None else use.busy


def _of_thread(use: ThreadUse | None) -> Mapping[str, Value]:
    if use is None:
        return {}
    return {"thread": use.name, "thread_cpu": use.ran, "thread_waited": use.delayed, "thread_busy": use.busy}
