"""Reads processes from /proc: the only place where fpray does so, in milliseconds for hundreds of processes."""

# ruff: noqa: PTH115, PTH123, PTH208 -- pathlib is slow, and would double the time that a supervisor takes to start
from __future__ import annotations

import os
import signal
from collections.abc import Iterable, Iterator
from typing import NamedTuple

_ENVIRONMENT_BYTES = 1 << 17


class Entry(NamedTuple):
    """One process as /proc/<pid>/stat has it. start: clock ticks after boot; a reused pid has another.

    stopped: whether it is suspended, by SIGSTOP say.
    """

    pid: int
    ppid: int
    pgid: int
    sid: int
    start: int
    alive: bool
    stopped: bool


def read_entry(pid: int | str) -> Entry | None:
    """The process with this pid, or None if there is none."""
    text = _read(f"/proc/{pid}/stat", 4096)
    if not text:
        return None
    parts = text[text.rindex(b")") + 2 :].split(None, 20)
    # A zombie with living threads (its main thread returned) still computes, so it counts as alive.
    alive = parts[0] not in (b"Z", b"X") or int(parts[17]) > 1
    stopped = parts[0] in (b"T", b"t")
    return Entry(int(pid), int(parts[1]), int(parts[2]), int(parts[3]), int(parts[19]), alive, stopped)


def pids() -> Iterator[int]:
    """The pid of every process of the machine."""
    return (int(name) for name in os.listdir("/proc") if name.isdigit())


def process_table() -> dict[int, Entry]:
    """Every process of the machine by pid, zombies included."""
    entries = (read_entry(pid) for pid in pids())
    return {entry.pid: entry for entry in entries if entry is not None}


def with_descendants(roots: Iterable[int], table: dict[int, Entry]) -> dict[int, Entry]:
    """The living ones of roots and of everything below them."""
    below: dict[int, list[int]] = {}
    for entry in table.values():
        below.setdefault(entry.ppid, []).append(entry.pid)
    living: dict[int, Entry] = {}
    visits: set[int] = set()
    todo = list(roots)
    while todo:
        pid = todo.pop()
        if pid in visits:
            continue
        visits.add(pid)
        todo += below.get(pid, [])
        if pid in table and table[pid].alive:
            living[pid] = table[pid]
    return living


def is_same(process: Entry, now: Entry | None) -> bool:
    """Whether `now`, an entry of the same pid, is this very process, alive."""
    return now is not None and now.alive and now.start == process.start


def read_environment(pid: int, containing: bytes = b"") -> dict[str, str]:
    """The environment that a process was started with; empty if it is gone, or not ours to read.

    containing: it is empty, too, if these bytes are not in its first 128 KiB; that spares the parsing.
    """
    data = _read(f"/proc/{pid}/environ", _ENVIRONMENT_BYTES)
    if containing not in b"\0" + data:
        return {}
    if len(data) == _ENVIRONMENT_BYTES:
        try:
            with open(f"/proc/{pid}/environ", "rb") as file:
                data = file.read()
        except OSError:
            return {}
    return dict(os.fsdecode(pair).split("=", 1) for pair in data.split(b"\0") if b"=" in pair)


def read_words(pid: int) -> list[bytes]:
    """The words of a process's command line, at most 128 KiB of them; [b""] if it is gone."""
    return _read(f"/proc/{pid}/cmdline", 1 << 17).split(b"\0")


def read_command(pid: int) -> str:
    """The command line of a process, at most 200 characters; "" if it is gone."""
    return os.fsdecode(b" ".join(read_words(pid)).strip())[:200]


def is_ours(pid: int) -> bool:
    """Whether a process is this user's."""
    return user_of(pid) == os.geteuid()


def user_of(pid: int) -> int | None:
    """The number of the user of a process; None if it is gone."""
    try:
        return os.stat(f"/proc/{pid}").st_uid  # noqa: PTH116
    except OSError:
        return None


def namespace(pid: int | str, kind: str) -> str:
    """A namespace of a process, such as `pid` or `net`; "" if it is gone, or not ours to read."""
    try:
        return os.readlink(f"/proc/{pid}/ns/{kind}")
    except OSError:
        return ""


def pid_of(process: int) -> int:
    """The pid of the process that a pidfd of ours stands for; -1 if it is gone."""
    for line in _read(f"/proc/self/fdinfo/{process}", 4096).splitlines():
        if line.startswith(b"Pid:"):
            return int(line.split()[1])
    return -1


def send_signal(pid: int, number: int) -> None:
    """Send a signal, as os.kill does; a process that is gone is no error."""
    try:
        os.kill(pid, number)
    except (ProcessLookupError, PermissionError):
        pass


def kill_same(process: Entry) -> None:
    """SIGKILL through a pidfd of this very process, so that a reused pid is never hit."""
    try:
        fd = os.pidfd_open(process.pid)
    except OSError:
        return
    try:
        now = read_entry(process.pid)
        if now is not None and now.start == process.start:
            signal.pidfd_send_signal(fd, signal.SIGKILL)
    except OSError:
        pass
    finally:
        os.close(fd)


def _read(path: str, size: int) -> bytes:
    """What one read gives; b"" if the process is gone, or not ours to read."""
    try:
        fd = os.open(path, os.O_RDONLY)
    except OSError:
        return b""
    try:
        return os.read(fd, size)
    except OSError:
        return b""
    finally:
        os.close(fd)
