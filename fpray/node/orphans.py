"""Finds and kills what a keeper could not end because it was itself killed: its marks are in the environment."""

# ruff: noqa: PTH115, PTH123, PTH208 -- reads /proc of every process; pathlib is slow
from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass

from fpray.node.supervisor import Entry, process_table, read_entry, read_environment, with_descendants


@dataclass(frozen=True)
class Orphan:
    """A living process of a keeper that no longer lives. start: clock ticks after boot, which tells a reused pid."""

    pid: int
    start: int
    lease: str
    command: str


def find_orphans(lease_is_alive: Callable[[str], bool] | None = None) -> list[Orphan]:
    """This user's processes whose keeper is gone, without their descendants; about 1 ms per 100 processes.

    lease_is_alive, if given, says of a lease id whether its driver lives: what has a living lease is left alone too.
    A driver that clears its own machines should answer False for its own lease, since nobody else will end those.
    Never finds what a living keeper keeps, what fpray did not start, or what another PID namespace holds (where the
    keeper's pid means another process).
    """
    keepers: dict[str, bool] = {}
    leases: dict[str, bool] = {}
    found = []
    namespace = _namespace("self")
    for name in os.listdir("/proc"):
        if not name.isdigit() or not (marks := _marks(int(name))):
            continue
        mark, lease = marks
        if mark not in keepers:
            keepers[mark] = keeper_lives(mark)
        if keepers[mark] or _namespace(name) != namespace:
            continue
        if lease_is_alive is not None:
            if lease not in leases:
                leases[lease] = lease_is_alive(lease)
            if leases[lease]:
                continue
        entry = read_entry(name)
        if entry is not None and entry.alive:
            found.append(Orphan(entry.pid, entry.start, lease, _command(entry.pid)))
    return found


def kill_orphans(lease_is_alive: Callable[[str], bool] | None = None, deadline_s: float = 5.0) -> list[Orphan]:
    """SIGKILL the leftovers and their descendants until none is left; returns those that were found.

    Raises TimeoutError, naming them, if some are still there after deadline_s (a process that hangs in the kernel).
    """
    until = time.monotonic() + deadline_s
    killed: dict[tuple[int, int], Orphan] = {}
    descendants: dict[tuple[int, int], Entry] = {}
    while True:
        found = find_orphans(lease_is_alive)
        table = process_table()
        for entry in with_descendants([each.pid for each in found if _same(table, each)], table).values():
            marks = _marks(entry.pid)
            if marks is None or not keeper_lives(marks[0]):
                descendants[entry.pid, entry.start] = entry
        # One that was seen below a leftover stays on the list, even if its parent, and so the link, is gone by now.
        alive = [each for each in descendants.values() if _same(table, each)]
        killed |= {(each.pid, each.start): each for each in found}
        if not alive:
            return list(killed.values())
        for entry in alive:
            _kill(entry)
        if time.monotonic() > until:
            names = ", ".join(f"{each.pid} ({_command(each.pid)})" for each in alive)
            raise TimeoutError(f"leftover processes that survive SIGKILL for {deadline_s:g} s: {names}")
        time.sleep(0.005)


def keeper_lives(mark: str) -> bool:
    """Whether the keeper of a mark `<pid>:<start>` lives; an unreaped zombie does not."""
    pid, _, start = mark.partition(":")
    entry = read_entry(pid) if pid.isdigit() else None
    return entry is not None and entry.alive and str(entry.start) == start


def _marks(pid: int) -> tuple[str, str] | None:
    """FPRAY_KEEPER and FPRAY_LEASE of a process of this user; one read for the many processes that have none."""
    try:
        fd = os.open(f"/proc/{pid}/environ", os.O_RDONLY)
    except OSError:
        return None
    try:
        data = b"\0" + os.read(fd, 1 << 17)
        if b"\0FPRAY_KEEPER=" not in data or os.fstat(fd).st_uid != os.geteuid():
            return None
    except OSError:
        return None
    finally:
        os.close(fd)
    env = read_environment(pid)
    return (env["FPRAY_KEEPER"], env.get("FPRAY_LEASE", "")) if "FPRAY_KEEPER" in env else None


def _namespace(pid: str) -> str:
    try:
        return os.readlink(f"/proc/{pid}/ns/pid")
    except OSError:
        return ""


def _command(pid: int) -> str:
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            return os.fsdecode(file.read().replace(b"\0", b" ").strip())[:200]
    except OSError:
        return ""


def _same(table: dict[int, Entry], process: Orphan | Entry) -> bool:
    entry = table.get(process.pid)
    return entry is not None and entry.alive and entry.start == process.start


def _kill(process: Entry) -> None:
    """Kill through a pidfd that was seen to be this very process, so that a reused pid is never hit."""
    try:
        fd = os.pidfd_open(process.pid)
    except OSError:
        return
    try:
        entry = read_entry(process.pid)
        if entry is not None and entry.start == process.start:
            signal.pidfd_send_signal(fd, signal.SIGKILL)
    except OSError:
        pass
    finally:
        os.close(fd)
