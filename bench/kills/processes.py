"""The processes of one run of the command: what can be killed, which JVMs live, and what is left of Ray."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from fpray.node.supervisor.procfs import (
    Entry,
    is_same,
    kill_same,
    process_table,
    read_command,
    read_entry,
    read_environment,
    read_words,
)

MARK = "FPRAY_KILLS"  # in the environment of the command, and so of its Ray
_TICKS = os.sysconf("SC_CLK_TCK")
_RAY = {
    "fpray-ray": "Ray process",
    "gcs_server": "gcs",
    "raylet": "raylet",
    "sh": "agent",  # what stands in for one of Ray's
    "ray::RoleActor": "actor",
    "fpray-supervise": "supervisor",
}


@dataclass(frozen=True)
class Living:
    """A living process of a run: its kind is a victim's name, or "" for others of Ray's."""

    entry: Entry
    kind: str
    command: str

    def lives(self) -> bool:
        """Whether the process still lives."""
        return is_same(self.entry, read_entry(self.entry.pid))

    def kill(self) -> None:
        """Send SIGKILL."""
        kill_same(self.entry)

    def started_at(self) -> float:
        """When it was started, since the epoch, to a hundredth of a second."""
        booted_at = time.time() - time.clock_gettime(time.CLOCK_BOOTTIME)
        return booted_at + self.entry.start / _TICKS

    def in_words(self) -> str:
        """The process in words."""
        return f"{self.kind or 'process'} {self.entry.pid} ({self.command[:100]})"


@dataclass
class Processes:
    """The processes of one run.

    Attributes:
        directory: all JVMs of the run work below it.
        mark: unlike any other run's, in the environment of the command.
        driver: the command's process id; 0 before it starts.
        sessions: of its Ray processes, as far as they were seen: all but the driver belong to one.
    """

    directory: Path
    mark: str
    driver: int = 0
    sessions: set[int] = field(default_factory=set)

    def look(self) -> list[Living]:
        """All but the driver."""
        table = process_table()
        self.sessions |= {e.sid for e in table.values() if e.ppid == self.driver and e.sid == e.pid and e.alive}
        entries = [entry for entry in table.values() if entry.alive and entry.sid in self.sessions]
        return [Living(entry, _kind(entry.pid), read_command(entry.pid)) for entry in entries]

    def jvms(self) -> list[Living]:
        """The living JVMs."""
        living = []
        for pid in list(_pids("java")):
            try:
                where = os.readlink(f"/proc/{pid}/cwd")  # noqa: PTH115
            except OSError:
                continue
            entry = read_entry(pid)
            if entry is not None and entry.alive and Path(where).is_relative_to(self.directory):
                living.append(Living(entry, _kind(pid), read_command(pid)))
        return living

    def left(self) -> list[Living]:
        """All that lives of the run, but the driver and JVMs: also what was never seen before."""
        for entry in process_table().values():
            if entry.alive and entry.sid not in self.sessions and read_environment(entry.pid, self._marked):
                self.sessions.add(entry.sid)
        own = os.getsid(0)
        self.sessions -= {own, self.driver}
        return [process for process in self.look() if process.kind not in ("server", "client")]

    @property
    def _marked(self) -> bytes:
        return f"\0{MARK}={self.mark}\0".encode()

    def kill_all(self) -> None:
        """End all of the run, however it stands."""
        for process in [*self.left(), *self.jvms()]:
            process.kill()


def _pids(comm: str) -> Iterator[int]:
    for name in os.listdir("/proc"):  # noqa: PTH208
        if name.isdigit() and _comm(int(name)) == comm:
            yield int(name)


def _comm(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""


def _kind(pid: int) -> str:
    comm = _comm(pid)
    if comm != "java":
        return _RAY.get(comm, "")
    return "client" if any(word.endswith(b".ClientMain") for word in read_words(pid)) else "server"


def handles_signals(pid: int) -> bool:
    """Whether a command has come so far that it handles SIGTERM: before, it is Python that starts."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False
    (mask,) = (line.split()[1] for line in status.splitlines() if line.startswith("SigCgt:"))
    return bool(int(mask, 16) >> 14 & 1)  # 15 is SIGTERM
