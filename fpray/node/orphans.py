"""Finds and kills orphans: processes of a supervisor that was itself killed, by its mark in their environment."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass

from fpray.node.supervisor.procfs import (
    Entry,
    is_ours,
    is_same,
    kill_same,
    namespace,
    pids,
    process_table,
    read_command,
    read_entry,
    read_environment,
    read_words,
    with_descendants,
)
from fpray.node.supervisor_client import owner_of

_KILL_S = 5.0  # how long a process may live on after SIGKILL


@dataclass(frozen=True)
class Orphan:
    """A living process of a dead supervisor. start: clock ticks after boot; a reused pid has another."""

    pid: int
    start: int
    driver: str
    command: str


def find_orphans(driver: str | None = None) -> list[Orphan]:
    """This user's processes of dead supervisors, without their descendants; about 1 ms per 100 processes.

    driver: only those of this driver. Processes of a living supervisor are never orphans, nor are processes that fpray
    did not start, nor those of another PID namespace (where the supervisor's pid means another process) or network
    namespace (which is another machine to fpray, see `machine_lock`).
    """
    alive: dict[str, bool] = {}  # the supervisors, by their marks
    orphans = []
    for pid in pids():
        if (marks := _marks(pid)) is None:
            continue
        mark, owner = marks
        if mark not in alive:
            alive[mark] = supervisor_lives(mark)
        if alive[mark] or driver not in (None, owner) or not _is_here(pid):
            continue
        entry = read_entry(pid)
        if entry is not None and entry.alive:
            orphans.append(Orphan(entry.pid, entry.start, owner, read_command(entry.pid)))
    return orphans


def _is_here(pid: int) -> bool:
    """Whether a process is of the same machine, as fpray sees it."""
    return all(namespace(pid, kind) == namespace("self", kind) for kind in ("pid", "net"))


def kill_orphans(driver: str | None = None) -> list[Orphan]:
    """SIGKILL the orphans (of one driver) and their descendants until none is left; returns the orphans.

    A supervisor that is stopped (SIGSTOP), and has lost its actor, cannot end its processes: it is killed first.

    Raises TimeoutError, naming them, if some still live after _KILL_S (a process that hangs in the kernel).
    """
    until = time.monotonic() + _KILL_S
    for supervisor in _abandoned():
        kill_same(supervisor)
        while is_same(supervisor, read_entry(supervisor.pid)) and time.monotonic() < until:
            time.sleep(0.005)  # its processes are orphans as soon as it is gone
    victims: dict[tuple[int, int], Orphan] = {}
    targets: dict[tuple[int, int], Entry] = {}
    while True:
        orphans = find_orphans(driver)
        if not orphans and not targets:
            return []
        victims |= {(orphan.pid, orphan.start): orphan for orphan in orphans}
        table = process_table()
        # A process that was once seen below an orphan stays a target, even if its parent is gone by now.
        targets |= {(entry.pid, entry.start): entry for entry in _trees(orphans, table)}
        alive = [entry for entry in targets.values() if is_same(entry, table.get(entry.pid))]
        if not alive:
            return list(victims.values())
        for entry in alive:
            kill_same(entry)
        if time.monotonic() > until:
            names = ", ".join(f"{entry.pid} ({read_command(entry.pid)})" for entry in alive)
            raise TimeoutError(
                f"processes of an earlier, killed sweep still run on the machine {os.uname().nodename} {_KILL_S:g} s"
                f" after SIGKILL: {names}. Restart that machine"
            )
        time.sleep(0.005)


def _abandoned() -> list[Entry]:
    """This user's supervisors that are stopped, and have lost their actor."""
    table = process_table()
    supervisors = []
    for entry in table.values():
        if not entry.alive or not entry.stopped or not is_ours(entry.pid) or not _is_here(entry.pid):
            continue
        owner = owner_of(read_words(entry.pid))
        actor = table.get(owner) if owner is not None else None
        if owner is not None and (actor is None or not actor.alive or actor.start > entry.start):
            supervisors.append(entry)
    return supervisors


def _trees(orphans: list[Orphan], table: dict[int, Entry]) -> list[Entry]:
    """The orphans and their descendants, without any that a living supervisor has."""
    roots = [
        orphan.pid for orphan in orphans if (entry := table.get(orphan.pid)) is not None and entry.start == orphan.start
    ]
    entries = with_descendants(roots, table).values()
    return [entry for entry in entries if (marks := _marks(entry.pid)) is None or not supervisor_lives(marks[0])]


def supervisor_lives(mark: str) -> bool:
    """Whether the supervisor of a mark `<pid>:<start>` lives; an unreaped zombie does not."""
    pid, _, start = mark.partition(":")
    entry = read_entry(pid) if pid.isdigit() else None
    return entry is not None and entry.alive and str(entry.start) == start


def _marks(pid: int) -> tuple[str, str] | None:
    """FPRAY_SUPERVISOR and FPRAY_DRIVER of a process of this user; one read for the many processes without them."""
    env = read_environment(pid, containing=b"\0FPRAY_SUPERVISOR=")
    if "FPRAY_SUPERVISOR" not in env or not is_ours(pid):
        return None
    return env["FPRAY_SUPERVISOR"], env.get("FPRAY_DRIVER", "")
