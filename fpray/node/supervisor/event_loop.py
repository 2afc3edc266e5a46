"""Obeys the owner's orders until the owner, the raylet or the head is gone, then ends everything that was started.

It leaves its owner's parentage and process group, because Ray kills both the direct children and the group of a
worker. No process gets a session of its own: Linux schedules each session apart (autogroup), and a client and a server
in two sessions measured 5 % more latency, on a busy machine half the throughput (`bench/disturbance.py`).
"""

from __future__ import annotations

import os
import select
import signal
import socket
import time
from typing import Any, NamedTuple

from .channel import Channel, Poller
from .children import RETRY_S, Child, Children, terminate
from .kernel import PR_SET_CHILD_SUBREAPER, PR_SET_NAME, prctl, reset_priority
from .procfs import process_table, read_entry, send_signal, with_descendants
from .spawn import IGNORED

NAME = b"fpray-supervise"  # 15 bytes are all that the kernel keeps
END_GRACE_S = 1.0  # between TERM and KILL for all processes when the owner is gone


class Stop(NamedTuple):
    """A stop order under way: the first group is ending, the others wait for it."""

    id: int
    groups: list[list[Child]]
    grace: float

    def begin_group(self) -> None:
        """End the first group, if there is one left."""
        kill_at = time.monotonic() + self.grace
        for child in self.groups[0] if self.groups else []:
            child.end_by(kill_at)


class Supervisor:
    """The event loop. Single-threaded, since a parent-death signal comes at the death of the *thread* that forked."""

    def __init__(self, link: socket.socket, fds: list[int], head: int | None, driver: str) -> None:
        """fds: pidfds of the owner and the raylet."""
        self._pid = os.getpid()
        entry = read_entry(self._pid)
        mark = f"{self._pid}:{entry.start if entry else 0}"
        self._over = False
        self._stops: list[Stop] = []
        self._poller = Poller()
        self._channel = Channel(link, self._poller, self._obey, self._finish)
        self._children = Children(self._poller, self._channel.send, mark, driver)
        self._wake, wake_end = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        signal.set_wakeup_fd(wake_end, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGTERM, lambda *_: self._finish())
        self._poller.watch(self._wake, self._on_signal)
        for fd in fds:
            self._poller.watch(fd, self._finish)
        if head is not None:
            self._poller.watch(head, self._on_head_gone)

    def run(self) -> None:
        """Work until the owner is gone or says so, then end everything."""
        try:
            self._channel.send({"event": "hello", "pid": self._pid})
            while not self._over:
                self._poller.wait(self._children.next_step_ms())
                self._step()
        except Exception:
            import traceback

            self._channel.send({"event": "error", "text": traceback.format_exc()})
        finally:
            self._end_all()
            os._exit(0)  # at once: when the owner sees the end of the socket, there should be no supervisor

    def _finish(self) -> None:
        self._over = True

    def _on_head_gone(self) -> None:
        text = "the head of the Ray cluster is gone, or that machine cannot reach it any more"
        self._channel.send({"event": "error", "text": text})
        self._finish()

    def _on_signal(self) -> None:
        try:
            os.read(self._wake, 4096)
        except BlockingIOError:
            pass
        self._children.reap()

    def _obey(self, order: dict[str, Any]) -> None:
        match order["op"]:
            case "start":
                for process in order["processes"]:
                    self._children.start(process)
            case "stop":
                groups = [self._children.find(keys) for keys in order["groups"]]
                self._stops.append(Stop(order["id"], groups, order["grace"]))
                self._stops[-1].begin_group()
            case "signal":
                living = self._children.signal(order["keys"], order["number"])
                self._channel.send({"event": "signalled", "id": order["id"], "keys": living})
            case "end":
                self._finish()

    def _step(self) -> None:
        """Carry every ending one step on; the next group of a stop order begins when the one before is gone."""
        self._children.step()
        for stop in list(self._stops):
            while stop.groups and all(child.gone for child in stop.groups[0]):
                stop.groups.pop(0)
                stop.begin_group()
                if stop.groups and not all(child.gone for child in stop.groups[0]):
                    self._step()
                    return
            if not stop.groups:
                self._stops.remove(stop)
                self._channel.send({"event": "stopped", "id": stop.id})

    def _end_all(self) -> None:
        """TERM, at most END_GRACE_S, then KILL to all descendants until none is left."""
        self._channel.send({"event": "ending"})
        kill_at = time.monotonic() + END_GRACE_S
        recipients: set[tuple[int, int]] = set()
        while True:
            self._children.reap()
            self._channel.flush()
            descendants = with_descendants([self._pid], process_table())
            descendants.pop(self._pid, None)
            if not descendants:
                break
            wait = kill_at - time.monotonic()
            if wait > 0:
                terminate(descendants, recipients)
            else:
                wait = RETRY_S
                for pid in descendants:
                    send_signal(pid, signal.SIGKILL)
            select.select([self._wake], [], [], wait)
            self._on_signal()
        self._channel.flush_all(1)


def main(arguments: list[str]) -> None:
    """Leave the owner's parentage and process group, then supervise."""
    link = socket.socket(fileno=int(arguments[0]))
    os.set_inheritable(link.fileno(), False)
    owner, raylet = int(arguments[1]), int(arguments[2])
    head = int(arguments[4]) if len(arguments) > 4 else None
    if head is not None:
        os.set_inheritable(head, False)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    for number in set(signal.valid_signals()) - {signal.SIGKILL, signal.SIGSTOP}:
        signal.signal(number, signal.SIG_IGN if number in IGNORED else signal.SIG_DFL)
    try:
        fds = [os.pidfd_open(pid) for pid in (owner, raylet) if pid]
    except ProcessLookupError:
        return
    if os.getppid() != owner:  # asked after pidfd_open, so the pidfd is surely that of the owner
        return
    if os.fork():
        os._exit(0)
    os.setpgid(0, 0)
    os.chdir("/")
    reset_priority()
    prctl(PR_SET_CHILD_SUBREAPER, 1)
    prctl(PR_SET_NAME, NAME)
    Supervisor(link, fds, head, arguments[3]).run()
