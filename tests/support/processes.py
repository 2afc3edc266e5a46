"""Processes that a test looks at or ends: each may have ended the moment before, so nothing here raises for that."""

from __future__ import annotations

import contextlib
import signal
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

import psutil


class Seen(psutil.Process):
    """A process that lived when it was seen. A signal to one that has ended is lost, as it is in a shell."""

    def send_signal(self, sig: int) -> None:
        """Send it."""
        with contextlib.suppress(psutil.Error):
            super().send_signal(sig)

    def kill(self) -> None:
        """SIGKILL."""
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        """SIGTERM."""
        self.send_signal(signal.SIGTERM)

    def suspend(self) -> None:
        """SIGSTOP."""
        self.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """SIGCONT."""
        self.send_signal(signal.SIGCONT)


def seen(pids: Iterable[int]) -> Iterator[Seen]:
    """The processes of these pids that have not ended meanwhile."""
    for pid in pids:
        with contextlib.suppress(psutil.Error):
            yield Seen(pid)


def lives(process: psutil.Process) -> bool:
    """Whether it has not ended; a zombie has."""
    with contextlib.suppress(psutil.Error):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False


def status_of(process: psutil.Process) -> str:
    """Its status, one of psutil's; empty for one that has ended meanwhile."""
    with contextlib.suppress(psutil.Error):
        return process.status()
    return ""


def name_of(process: psutil.Process) -> str:
    """Its name; empty for one that has ended meanwhile."""
    with contextlib.suppress(psutil.Error):
        return process.name()
    return ""


def command_of(process: psutil.Process) -> str:
    """Its command line; empty for one that has ended meanwhile, and for a zombie."""
    with contextlib.suppress(psutil.Error, OSError):
        return " ".join(process.cmdline())
    return ""


def parent_of(process: psutil.Process) -> Seen:
    """The process that it belongs to."""
    parent = process.parent()
    assert parent is not None, f"{process} has ended"
    return Seen(parent.pid)


def below(pid: int, *, deep: bool = True) -> list[Seen]:
    """What a process has started, zombies too; deep: and what that has started, and so on."""
    try:
        children = psutil.Process(pid).children(recursive=deep)
    except psutil.Error:
        return []
    return list(seen(child.pid for child in children))


def descendants(process: subprocess.Popen[str], word: str) -> list[Seen]:
    """What a driver has started, and all below it, with a word of this kind in name or command line."""
    return [child for child in below(process.pid) if lives(child) and word in f"{name_of(child)} {command_of(child)}"]


def directory_of(process: psutil.Process) -> Path | None:
    """The directory in which a process works; None for one that has ended meanwhile."""
    with contextlib.suppress(psutil.Error, OSError):
        return Path(process.cwd())
    return None


def jvms(marker: str) -> list[Seen]:
    """The living JVMs that run in a directory below a path: every one of a trial runs in the trial's."""
    living = []
    for comm in Path("/proc").glob("[0-9]*/comm"):
        with contextlib.suppress(psutil.Error, OSError):
            if comm.read_text() == "java\n":
                process = Seen(int(comm.parent.name))
                living += [process] if process.cwd().startswith(marker) and lives(process) else []
    return living
