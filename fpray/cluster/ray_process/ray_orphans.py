"""The directory of an embedded Ray, and what it can leave behind: files there, and processes of its session."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from fpray.cluster.ray_process.stand_ins import SIGN
from fpray.files.directory_lock import locked
from fpray.files.locked_directory import lock_of
from fpray.node.supervisor.procfs import namespace, process_table, read_entry, read_words
from fpray.node.supervisor_client import owner_of

_NAME = "ray-"  # short: below it are sockets, and a socket's path may have 107 bytes
_LOCK = "driver.lock"
_GONE_S = 5.0
_MADE_S = 60.0  # a directory without a lock that is older than this is not being made
_RAYLET = b"/raylet"
# Words by which a process is known as one of Ray's: the number of a session is used again some day.
_OF_RAY = (
    b"/gcs_server",
    _RAYLET,
    b"ray/dashboard/",
    b"ray/_private/",
    b"ray/autoscaler/",
    b"fpray.cluster.ray_process",
    SIGN.encode(),
)


@dataclass(frozen=True)
class Directory:
    """A directory that only this user can enter, locked as long as its driver lives.

    Ray opens the directories that it makes to all users; so they lie below this one.

    Attributes:
        lock: an open file in it, locked: how other processes of fpray know that its driver lives.
        protection: itself, locked: a cleaner of /tmp does not remove what lies in it, however old that is.
    """

    path: Path
    lock: int
    protection: int

    def note(self, session: int) -> None:
        """Write down the session of the Ray process: that of every process of this Ray.

        The number alone is used again some day, and in another container means another process.
        """
        leader = read_entry(session)
        start = leader.start if leader is not None else 0
        os.pwrite(self.lock, f"{session} {start} {namespace('self', 'pid')}\n".encode(), 0)

    def remove(self) -> None:
        """End what runs there, remove it, and unlock it."""
        _remove(self.path, self.lock)
        os.close(self.lock)
        os.close(self.protection)


def new_directory(top: Path) -> Directory:
    """A new directory; those of drivers that have ended are removed first.

    Raises:
        OSError: it cannot be made.
    """
    _remove_abandoned(top)
    number = 0
    while True:
        path = top / f"{_NAME}{os.getpid()}-{number}"
        with locked(top):  # no other process takes it for abandoned before it is locked
            try:
                path.mkdir(mode=0o700)
            except FileExistsError:
                number += 1
                continue
            lock = os.open(path / _LOCK, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
            fcntl.flock(lock, fcntl.LOCK_EX)
            return Directory(path, lock, lock_of(path))


def _remove_abandoned(top: Path) -> None:
    """Remove the directories of drivers that have ended, and end what still runs there."""
    for path in top.glob(f"{_NAME}*"):
        with contextlib.suppress(OSError):  # it is not ours, or it is being made or removed
            status = path.lstat()
            if status.st_uid != os.getuid():
                continue
            if not (path / _LOCK).exists():  # its driver, or a process of Ray's, was killed at the wrong moment
                if time.time() - status.st_mtime > _MADE_S:
                    shutil.rmtree(path, ignore_errors=True)
                continue
            with locked(top):
                lock = os.open(path / _LOCK, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)  # its driver lives, maybe in another container
                except OSError:
                    os.close(lock)
                    continue
            try:
                _remove(path, lock)
            finally:
                os.close(lock)


def _remove(path: Path, lock: int) -> None:
    """End the processes of an embedded Ray, and remove its directory. Never raises."""
    words = os.pread(lock, 100, 0).split()
    if words and words[0].isdigit() and _is_the_same(int(words[0]), *words[1:3]):
        end_session(int(words[0]))
    shutil.rmtree(path, ignore_errors=True)


def _is_the_same(session: int, start: bytes = b"", pids: bytes = b"") -> bool:
    """Whether what has this session now is of the Ray process that was noted; as long as one is, no other can be.

    start, pids: when its leader started, and in which namespace of process ids; an earlier fpray did not note them.
    """
    leader = read_entry(session)
    same = leader is None or not start or str(leader.start).encode() == start
    return same and pids in (b"", namespace("self", "pid").encode())


def has_lost_a_child(pid: int) -> bool:
    """Whether a child of a Ray process (the head, or the raylet) has ended, and that process has not yet noticed it."""
    return any(entry.ppid == pid and not entry.alive for entry in process_table().values())


def end_session(session: int, before_raylet: Callable[[], None] = lambda: None) -> None:
    """End Ray's processes of a session at once, all but this process. Never raises.

    Each supervisor ends its JVMs when its actor is gone. One that is stopped (SIGSTOP) could not, so it goes on.

    before_raylet: called when only the raylet is left, suspended. Where this process is connected to it, Ray ends this
    process as soon as the raylet ends.
    """
    for entry in process_table().values():
        if entry.sid == session and entry.alive and entry.stopped and owner_of(read_words(entry.pid)):
            _send(entry.pid, signal.SIGCONT)
    for pid, is_raylet in _of_session(session):
        if is_raylet:
            _send(pid, signal.SIGSTOP)
    _end(lambda: [pid for pid, is_raylet in _of_session(session) if not is_raylet])
    before_raylet()
    _end(lambda: [pid for pid, _ in _of_session(session)])


def _end(living: Callable[[], list[int]]) -> None:
    deadline = time.monotonic() + _GONE_S
    while (pids := living()) and time.monotonic() < deadline:
        for pid in pids:
            _send(pid, signal.SIGKILL)
        time.sleep(0.01)


def _send(pid: int, number: int) -> None:
    with contextlib.suppress(OSError):
        os.kill(pid, number)


def _of_session(session: int) -> Iterator[tuple[int, bool]]:
    """Process id, and whether it is the raylet."""
    for entry in process_table().values():
        if entry.sid == session and entry.alive and entry.pid != os.getpid():
            words = read_words(entry.pid)
            if words[0].startswith(b"ray::") or any(sign in word for word in words for sign in _OF_RAY):
                yield entry.pid, words[0].endswith(_RAYLET)
