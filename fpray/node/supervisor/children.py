"""The processes that were started, each from its fork until it and all of its descendants are gone."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable, Iterable
from typing import Any

from .channel import Poller
from .procfs import Entry, process_table, read_environment, send_signal, with_descendants
from .spawn import spawn

LEFTOVER_GRACE_S = 1.0  # between TERM and KILL for what a process leaves behind when it ends by itself
RETRY_S = 0.05  # how soon to look again for what is still there after a KILL


class Child:
    """One process that was started."""

    def __init__(self, key: int, pid: int, report: int) -> None:
        self.key, self.pid = key, pid
        self.forked = time.monotonic()
        self.nice = os.getpriority(os.PRIO_PROCESS, pid)
        self.report = report  # a pipe: why it could not become its program; -1: it has, or the reason is here
        self.problem = b""  # the reason
        self.reaped = self.gone = False
        self.kill_at: float | None = None  # set when it is being ended, or has ended and left descendants
        self.recipients: set[tuple[int, int]] = set()  # (pid, start) of the processes that got their TERM

    def end_by(self, kill_at: float) -> None:
        """End it and its descendants: TERM at the next step, KILL at a time.monotonic(), or at an earlier one."""
        self.kill_at = kill_at if self.kill_at is None else min(self.kill_at, kill_at)


class Children:
    """All processes of this supervisor.

    mark: of this supervisor, which each process gets in its environment with the driver's id; send: where events go.
    """

    def __init__(self, poller: Poller, send: Callable[[dict[str, Any]], None], mark: str, driver: str) -> None:
        self._poller, self._send = poller, send
        self._mark, self._driver = mark, driver
        self._pid = os.getpid()
        self._by_key: dict[int, Child] = {}
        self._by_pid: dict[int, Child] = {}

    def start(self, process: dict[str, Any]) -> None:
        """Fork a process, as in a start order; an event says later how that went."""
        marks = {"FPRAY_DRIVER": self._driver, "FPRAY_SUPERVISOR": self._mark, "FPRAY_CHILD": str(process["key"])}
        env = marks | process["env"] | marks  # first, so that the first read of an environment has them
        try:
            pid, report = spawn(process, env, self._pid)
        except OSError as error:
            self._send({"event": "failed", "key": process["key"], "errno": error.errno, "at": "fork"})
            return
        child = Child(process["key"], pid, report)
        self._by_key[child.key] = self._by_pid[pid] = child
        self._poller.watch(report, lambda: self._on_report(child))

    def find(self, keys: Iterable[int]) -> list[Child]:
        """The children with these keys, without those that are gone."""
        return [self._by_key[key] for key in keys if key in self._by_key]

    def signal(self, keys: Iterable[int], number: int) -> list[int]:
        """Send a signal to processes and their descendants; the keys of those that run."""
        living = [child for child in self.find(keys) if not child.reaped]
        table = process_table() if living else {}
        for child in living:
            for pid in self._members(child, table):
                send_signal(pid, number)
        return [child.key for child in living]

    def reap(self) -> None:
        """Take note of every process that has ended."""
        while True:
            try:
                pid, status, usage = os.wait4(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            child = self._by_pid.pop(pid, None)
            if child is not None:  # else: an orphan that came to us when its parent died
                self._on_exit(child, status, usage)

    def step(self) -> None:
        """Carry every ending one step on: TERM to what is new, KILL to what is late."""
        ending = [child for child in self._by_key.values() if child.kill_at is not None]
        table = process_table() if ending else {}
        for child in ending:
            members = self._members(child, table)
            if not members and child.reaped:
                child.gone = True
                del self._by_key[child.key]
            elif child.kill_at is not None and time.monotonic() >= child.kill_at:
                for pid in members:
                    send_signal(pid, signal.SIGKILL)
            else:
                terminate(members, child.recipients)

    def next_step_ms(self) -> float | None:
        """Milliseconds until the next step; None if nothing is being ended."""
        times = [child.kill_at for child in self._by_key.values() if child.kill_at is not None]
        if not times:
            return None
        now = time.monotonic()
        return 1000 * min(at - now if at > now else RETRY_S for at in times)

    def _on_report(self, child: Child) -> None:
        """Read on without blocking, since a child may hang on the way to its exec, which closes the pipe."""
        try:
            while data := os.read(child.report, 4096):
                child.problem += data
        except BlockingIOError:
            return
        self._poller.forget(child.report)
        os.close(child.report)
        child.report = -1
        if child.problem:
            code, at = json.loads(child.problem)
            self._send({"event": "failed", "key": child.key, "errno": code, "at": at})
        else:
            self._send({"event": "started", "key": child.key, "pid": child.pid, "nice": child.nice})

    def _on_exit(self, child: Child, status: int, usage: Any) -> None:
        now = time.monotonic()
        child.reaped = True
        if child.kill_at is None:
            child.kill_at = now + LEFTOVER_GRACE_S
        if child.report >= 0:
            self._on_report(child)
        if child.problem:
            return
        self._send({
            "event": "exit", "key": child.key, "code": os.waitstatus_to_exitcode(status), "utime": usage.ru_utime,
            "stime": usage.ru_stime, "maxrss_kb": usage.ru_maxrss, "wall": now - child.forked, "ns": time.time_ns(),
        })  # fmt: skip

    def _members(self, child: Child, table: dict[int, Entry]) -> dict[int, Entry]:
        """The child and what descends from it, also what left its session or its parentage."""
        roots = [] if child.reaped else [child.pid]
        for entry in table.values():
            if entry.ppid == self._pid and entry.pid not in self._by_pid and (
                child.pid in (entry.pgid, entry.sid)
                or (entry.pid, entry.start) in child.recipients
                or self._is_marked(entry.pid, child.key)
            ):  # fmt: skip
                roots.append(entry.pid)
        return with_descendants(roots, table)

    def _is_marked(self, pid: int, key: int) -> bool:
        env = read_environment(pid)
        return env.get("FPRAY_SUPERVISOR") == self._mark and env.get("FPRAY_CHILD") == str(key)


def terminate(members: dict[int, Entry], recipients: set[tuple[int, int]]) -> None:
    """TERM to the processes that had none yet; `recipients` notes them."""
    for entry in members.values():
        if (entry.pid, entry.start) not in recipients:
            recipients.add((entry.pid, entry.start))
            send_signal(entry.pid, signal.SIGTERM)
            send_signal(entry.pid, signal.SIGCONT)  # a stopped process cannot die of a TERM
