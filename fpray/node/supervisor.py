"""Keeps the processes of one owner: starts them clean, and ends all of them when the owner is gone.

Standard library only, one file, run as `python -I -S keeper.py FD OWNER_PID RAYLET_PID LEASE [HEAD_FD]` (0: no
raylet). It leaves its owner's parentage and process group, because Ray kills both the direct children and the group of
a worker. HEAD_FD becomes readable when the head of the cluster is gone (`head.py`).
Nobody gets a session of its own: Linux schedules each session apart (autogroup), and a client and a server in two
sessions measured 5 % more latency, on a busy machine half the throughput (`bench/disturbance.py`).
It talks JSON lines over the socket FD; `processes.py` holds the other end.

Orders:  {"op": "start", "processes": [{"key", "argv", "env", "cwd", "stdout", "stderr"}]}
         {"op": "stop", "id": n, "groups": [[key, ...], ...], "grace": seconds}
         {"op": "signal", "keys": [...], "number": n}        to the process groups
         {"op": "end"}
Events:  {"event": "hello", "pid", "mark"}
         {"event": "started", "key", "pid", "nice", "oom", "ns"} or {"event": "failed", "key", "errno", "at"}
         {"event": "exit", "key", "code", "utime", "stime", "maxrss_kb", "wall", "ns"}   code as in subprocess: -15
         {"event": "stopped", "id": n}                         the groups and all of their descendants are gone
         {"event": "error", "text"}                            the keeper itself failed; it ends everything
The end of the socket means that nothing that was kept is alive.
"""

# ruff: noqa: PTH123, PTH208 -- pathlib would double the time that a keeper takes to start
from __future__ import annotations

import ctypes
import errno
import json
import os
import select
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple, NoReturn

END_GRACE_S = 1.0  # what the kept get between TERM and KILL when the owner is gone
SWEEP_GRACE_S = 1.0  # the same for what a process leaves behind when it ends by itself
RETRY_S = 0.05  # how soon to look again for what is still there after a KILL
PR_SET_PDEATHSIG, PR_SET_NAME, PR_SET_CHILD_SUBREAPER = 1, 15, 36
IGNORED = (signal.SIGINT, signal.SIGHUP, signal.SIGPIPE)  # by the keeper; all others have their default
_libc = ctypes.CDLL(None, use_errno=True)


class Entry(NamedTuple):
    """One process as /proc/<pid>/stat has it; start: clock ticks after boot, which tells a reused pid apart."""

    pid: int
    ppid: int
    pgid: int
    sid: int
    start: int
    alive: bool


def read_entry(pid: int | str) -> Entry | None:
    """The process of this pid, or None if there is none."""
    try:
        fd = os.open(f"/proc/{pid}/stat", os.O_RDONLY)
    except OSError:
        return None
    try:
        text = os.read(fd, 4096)
    except OSError:
        return None
    finally:
        os.close(fd)
    parts = text[text.rindex(b")") + 2 :].split(None, 20)
    # A zombie with living threads (its main thread returned) still computes, so it counts as alive.
    alive = parts[0] not in (b"Z", b"X") or int(parts[17]) > 1
    return Entry(int(pid), int(parts[1]), int(parts[2]), int(parts[3]), int(parts[19]), alive)


def process_table() -> dict[int, Entry]:
    """Every process of the machine by pid, zombies included."""
    entries = (read_entry(name) for name in os.listdir("/proc") if name.isdigit())
    return {entry.pid: entry for entry in entries if entry is not None}


def with_descendants(roots: Iterable[int], table: dict[int, Entry]) -> dict[int, Entry]:
    """The living ones of roots and of everything below them."""
    below: dict[int, list[int]] = {}
    for entry in table.values():
        below.setdefault(entry.ppid, []).append(entry.pid)
    found: dict[int, Entry] = {}
    seen: set[int] = set()
    todo = list(roots)
    while todo:
        pid = todo.pop()
        if pid in seen:
            continue
        seen.add(pid)
        todo += below.get(pid, [])
        if pid in table and table[pid].alive:
            found[pid] = table[pid]
    return found


def read_environment(pid: int) -> dict[str, str]:
    """The environment a process was started with; empty if it is gone or not ours to read."""
    try:
        with open(f"/proc/{pid}/environ", "rb") as file:
            pairs = file.read().split(b"\0")
    except OSError:
        return {}
    return dict(os.fsdecode(pair).split("=", 1) for pair in pairs if b"=" in pair)


def send_signal(pid: int, number: int) -> None:
    """As os.kill; a process that is gone is no error."""
    try:
        os.kill(pid, number)
    except (ProcessLookupError, PermissionError):
        pass


def _prctl(option: int, value: int | bytes) -> None:
    if _libc.prctl(option, value, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def reset_priority() -> int | None:
    """Undo Ray's nice 15 and OOM score 1000, where permitted, and the batch policy of fpray's own processes.

    For this process and those that it will fork.

    Returns the OOM score adjustment that it really has; None if that cannot be read.
    """
    try:
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
    except OSError:
        pass  # a container may forbid to choose; then nobody has chosen batch either
    try:
        os.setpriority(os.PRIO_PROCESS, 0, 0)
    except OSError:
        pass  # only root, or RLIMIT_NICE, may go down again
    oom: int | None = None
    try:
        with open("/proc/self/oom_score_adj") as file:
            oom = int(file.read())
        if oom > 0:
            with open("/proc/self/oom_score_adj", "w") as file:
                file.write("0")
            oom = 0
    except OSError:
        pass
    return oom


class Child:
    """A process that is kept, from its fork until it and all of its descendants are gone."""

    def __init__(self, key: int, pid: int, report: int) -> None:
        self.key, self.pid = key, pid
        self.forked, self.forked_ns = time.monotonic(), time.time_ns()
        self.nice = os.getpriority(os.PRIO_PROCESS, pid)
        self.report = report  # where the child tells why it could not become its program; -1: it has, or has not
        self.problem = b""  # what it told there
        self.reaped = self.gone = False
        self.kill_at: float | None = None  # set once it is being ended, or once it ended and is being swept
        self.warned: set[tuple[int, int]] = set()  # (pid, start) of those who got their TERM


class Stop(NamedTuple):
    """A stop order under way: the first group is ending, the others wait for it."""

    id: int
    groups: list[list[Child]]
    grace: float


class Keeper:
    """The event loop. Single-threaded, since a parent-death signal comes at the death of the *thread* that forked."""

    def __init__(self, link: socket.socket, watched: list[int], head: int | None, lease: str, oom: int | None) -> None:
        self.pid = os.getpid()
        entry = read_entry(self.pid)
        self.mark = f"{self.pid}:{entry.start if entry else 0}"
        self.lease = lease
        self.oom = oom  # the score of this process, and so of its children
        self.link = link
        self.link.setblocking(False)
        self.incoming = b""
        self.outgoing = b""
        self.over = False
        self.children: dict[int, Child] = {}
        self.by_pid: dict[int, Child] = {}
        self.stops: list[Stop] = []
        self.wake, wake_end = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        signal.set_wakeup_fd(wake_end, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGTERM, self._on_term)
        self.poller = select.poll()
        self.handlers: dict[int, Callable[[int], None]] = {}
        self._watch(self.link.fileno(), self._on_link)
        self._watch(self.wake, self._on_signal)
        for fd in watched:
            self._watch(fd, self._on_owner_gone)
        if head is not None:
            self._watch(head, self._on_head_gone)

    def _watch(self, fd: int, handler: Callable[[int], None]) -> None:
        self.handlers[fd] = handler
        self.poller.register(fd, select.POLLIN)

    def run(self) -> None:
        """Work until the owner is gone or says so, then end everything."""
        try:
            self.send({"event": "hello", "pid": self.pid, "mark": self.mark})
            while not self.over:
                for fd, _ in self.poller.poll(self._timeout_ms()):
                    if fd in self.handlers:
                        self.handlers[fd](fd)
                self._step()
        except Exception:
            import traceback

            self.send({"event": "error", "text": traceback.format_exc()})
        finally:
            self.end_all()
            os._exit(0)  # at once: who waits for the end of the socket should find no keeper

    # -- talking with the owner

    def send(self, event: dict[str, Any]) -> None:
        """Queue an event; never blocks, so that an owner who does not read cannot hold up the watching."""
        self.outgoing += json.dumps(event).encode() + b"\n"
        self._flush()

    def _flush(self) -> None:
        try:
            while self.outgoing:
                self.outgoing = self.outgoing[self.link.send(self.outgoing) :]
        except BlockingIOError:
            pass
        except OSError:
            self.outgoing = b""  # nobody listens any more; the poll sees that too
        want = select.POLLIN | (select.POLLOUT if self.outgoing else 0)
        self.poller.modify(self.link.fileno(), want)

    def _on_link(self, _: int) -> None:
        self._flush()
        try:
            data = self.link.recv(1 << 16)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self.over = True
            return
        *lines, self.incoming = (self.incoming + data).split(b"\n")
        for line in lines:
            self._obey(json.loads(line))

    def _obey(self, order: dict[str, Any]) -> None:
        match order["op"]:
            case "start":
                for process in order["processes"]:
                    self._start(process)
            case "stop":
                groups = [[self.children[key] for key in keys if key in self.children] for keys in order["groups"]]
                self.stops.append(Stop(order["id"], groups, order["grace"]))
                self._begin_group(self.stops[-1])
            case "signal":
                for key in order["keys"]:
                    if key in self.children and not self.children[key].reaped:
                        self._signal_group(self.children[key], order["number"])
            case "end":
                self.over = True

    def _on_owner_gone(self, _: int) -> None:
        self.over = True

    def _on_head_gone(self, _: int) -> None:
        self.send({"event": "error", "text": "the head of the Ray cluster is gone, or out of reach from this machine"})
        self.over = True

    def _on_term(self, *_: object) -> None:
        self.over = True

    # -- starting

    def _start(self, process: dict[str, Any]) -> None:
        marks = {"FPRAY_LEASE": self.lease, "FPRAY_KEEPER": self.mark, "FPRAY_CHILD": str(process["key"])}
        env = marks | process["env"] | marks  # first, so that the first read of an environment finds them
        report, report_end = os.pipe2(os.O_CLOEXEC)
        os.set_blocking(report, False)
        # Blocked over the fork: a TERM that comes before the exec must end the child, not run this Python's handler.
        signal.pthread_sigmask(signal.SIG_SETMASK, signal.valid_signals())
        try:
            pid = os.fork()
            if pid == 0:
                become(process, env, report_end, self.pid)
        except OSError as error:
            os.close(report)
            self.send({"event": "failed", "key": process["key"], "errno": error.errno, "at": "fork"})
            return
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, ())
            os.close(report_end)
        child = Child(process["key"], pid, report)
        self.children[child.key] = self.by_pid[pid] = child
        self._watch(report, lambda _: self._on_report(child))

    def _on_report(self, child: Child) -> None:
        """Read on without blocking, since a child may hang on the way to its exec, which closes the pipe."""
        try:
            while data := os.read(child.report, 4096):
                child.problem += data
        except BlockingIOError:
            return
        del self.handlers[child.report]
        self.poller.unregister(child.report)
        os.close(child.report)
        child.report = -1
        if child.problem:
            code, at = json.loads(child.problem)
            self.send({"event": "failed", "key": child.key, "errno": code, "at": at})
        else:
            self.send({
                "event": "started", "key": child.key, "pid": child.pid, "nice": child.nice, "oom": self.oom,
                "ns": child.forked_ns,
            })  # fmt: skip

    # -- ending

    def _on_signal(self, _: int) -> None:
        try:
            os.read(self.wake, 4096)
        except BlockingIOError:
            pass
        self._reap()

    def _reap(self) -> None:
        while True:
            try:
                pid, status, usage = os.wait4(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            child = self.by_pid.pop(pid, None)
            if child is not None:  # else: a leftover that came to us when its parent died
                self._ended(child, status, usage)

    def _ended(self, child: Child, status: int, usage: Any) -> None:
        now = time.monotonic()
        child.reaped = True
        if child.kill_at is None:
            child.kill_at = now + SWEEP_GRACE_S
        if child.report >= 0:
            self._on_report(child)
        if child.problem:
            return
        self.send({
            "event": "exit", "key": child.key, "code": os.waitstatus_to_exitcode(status), "utime": usage.ru_utime,
            "stime": usage.ru_stime, "maxrss_kb": usage.ru_maxrss, "wall": now - child.forked, "ns": time.time_ns(),
        })  # fmt: skip

    def _signal_group(self, child: Child, number: int) -> None:
        try:
            os.killpg(child.pid, number)
        except ProcessLookupError:
            send_signal(child.pid, number)  # forked, but not yet leader of its group

    def _begin_group(self, stop: Stop) -> None:
        until = time.monotonic() + stop.grace
        for child in stop.groups[0] if stop.groups else []:
            child.kill_at = until if child.kill_at is None else min(child.kill_at, until)

    def _step(self) -> None:
        """Carry every ending one step on: TERM to the new, KILL to the late, and the next group when one is gone."""
        ending = [child for child in self.children.values() if child.kill_at is not None]
        if ending:
            table = process_table()
            for child in ending:
                self._end_step(child, table)
        for stop in list(self.stops):
            while stop.groups and all(child.gone for child in stop.groups[0]):
                stop.groups.pop(0)
                self._begin_group(stop)
                if stop.groups and not all(child.gone for child in stop.groups[0]):
                    self._step()
                    return
            if not stop.groups:
                self.stops.remove(stop)
                self.send({"event": "stopped", "id": stop.id})

    def _end_step(self, child: Child, table: dict[int, Entry]) -> None:
        members = self._members(child, table)
        if not members and child.reaped:
            child.gone = True
            del self.children[child.key]
        elif child.kill_at is not None and time.monotonic() >= child.kill_at:
            for pid in members:
                send_signal(pid, signal.SIGKILL)
        else:
            self._terminate(members, child.warned)

    def _members(self, child: Child, table: dict[int, Entry]) -> dict[int, Entry]:
        """The child and what descends from it, also what left its session or its parentage."""
        roots = [] if child.reaped else [child.pid]
        for entry in table.values():
            if entry.ppid == self.pid and entry.pid not in self.by_pid and (
                child.pid in (entry.pgid, entry.sid)
                or (entry.pid, entry.start) in child.warned
                or self._is_marked(entry.pid, child.key)
            ):  # fmt: skip
                roots.append(entry.pid)
        return with_descendants(roots, table)

    def _is_marked(self, pid: int, key: int) -> bool:
        env = read_environment(pid)
        return env.get("FPRAY_KEEPER") == self.mark and env.get("FPRAY_CHILD") == str(key)

    def _terminate(self, members: dict[int, Entry], warned: set[tuple[int, int]]) -> None:
        for entry in members.values():
            if (entry.pid, entry.start) not in warned:
                warned.add((entry.pid, entry.start))
                send_signal(entry.pid, signal.SIGTERM)
                send_signal(entry.pid, signal.SIGCONT)  # a stopped process cannot die of a TERM

    def _timeout_ms(self) -> float | None:
        times = [child.kill_at for child in self.children.values() if child.kill_at is not None]
        if not times:
            return None
        now = time.monotonic()
        return 1000 * min(at - now if at > now else RETRY_S for at in times)

    def end_all(self) -> None:
        """TERM, at most END_GRACE_S, then KILL to all descendants until none is left."""
        self.send({"event": "ending"})  # the exits that follow are our doing, not the processes'
        kill_at = time.monotonic() + END_GRACE_S
        warned: set[tuple[int, int]] = set()
        while True:
            self._reap()
            self._flush()
            left = with_descendants([self.pid], process_table())
            left.pop(self.pid, None)
            if not left:
                break
            wait = kill_at - time.monotonic()
            if wait > 0:
                self._terminate(left, warned)
            else:
                wait = RETRY_S
                for pid in left:
                    send_signal(pid, signal.SIGKILL)
            select.select([self.wake], [], [], wait)
            self._on_signal(self.wake)
        self.link.settimeout(1)
        try:
            self.link.sendall(self.outgoing)
        except OSError:
            pass


def become(process: dict[str, Any], env: dict[str, str], report: int, keeper: int) -> NoReturn:
    """In the forked child, all signals still blocked: become the program, or say on report why not."""
    at = "setpgid"
    try:
        os.setpgid(0, 0)
        _prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != keeper:  # it died before the prctl
            os._exit(1)
        for ignored in (*IGNORED, signal.SIGTERM):
            signal.signal(ignored, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, ())
        for number, (path, flags) in enumerate((
            ("/dev/null", os.O_RDONLY),
            (process["stdout"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC),
            (process["stderr"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC),
        )):  # fmt: skip
            at = path
            os.dup2(os.open(path, flags, 0o666), number)
        if report != 3:
            os.dup2(report, 3, inheritable=False)
            report = 3
        os.closerange(4, 1 << 20)
        at = process["cwd"]
        os.chdir(at)
        at = process["argv"][0]
        os.execvpe(at, process["argv"], env)
    except OSError as error:
        os.write(report, json.dumps([error.errno, at]).encode())
    except BaseException:
        os.write(report, json.dumps([errno.EINVAL, at]).encode())
    finally:
        os._exit(127)


def main(arguments: list[str]) -> None:
    """Leave the owner's parentage and process group, then keep."""
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
        watched = [os.pidfd_open(pid) for pid in (owner, raylet) if pid]
    except ProcessLookupError:
        return
    if os.getppid() != owner:  # asked after pidfd_open, so the pidfd is surely that of the owner
        return
    if os.fork():
        os._exit(0)
    os.setpgid(0, 0)
    os.chdir("/")
    oom = reset_priority()
    _prctl(PR_SET_CHILD_SUBREAPER, 1)
    _prctl(PR_SET_NAME, b"fpray-keeper")
    Keeper(link, watched, head, arguments[3], oom).run()


if __name__ == "__main__":
    main(sys.argv[1:])
