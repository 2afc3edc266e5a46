"""Which processes hold this machine for a trial, by the kernel's word: names of abstract sockets, and their owners.

A holder listens on a name of its own in its network namespace; the name is gone with its process. So there is no file
that another user could replace, lock or fill, and the kernel states the pid and the user of the process (SO_PEERCRED).
"""

from __future__ import annotations

import contextlib
import itertools
import os
import pwd
import re
import select
import socket
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from fpray.errors import FprayError
from fpray.files.atomic import write_text
from fpray.files.printable import printable
from fpray.files.user_directory import private_directory, user_directory
from fpray.node.ports import inodes_of
from fpray.node.supervisor.procfs import is_ours

_PREFIX = "fpray-machine/"
_NAMES = re.compile(rb" (\d+) @(fpray-machine/[xs]/[\w.]{1,60})$", re.MULTILINE)  # after the inode of the socket
_SENTENCE_BYTES = 4096
_MOST_ASKED = 100  # names of others: another user could make so many that no file descriptor is left
_counter = itertools.count()


@dataclass(frozen=True)
class MachineHolder:
    """A process that holds the machine. pid: 0 if it cannot be seen from here; uid: None if that is not known."""

    name: str
    shared: bool
    pid: int
    uid: int | None

    @property
    def ours(self) -> bool:
        """Whether it is this user's."""
        return self.uid == os.geteuid()

    @property
    def may_be_fpray(self) -> bool:
        """Whether it is a role actor, as far as can be seen: a worker of Ray, or a process that cannot be seen."""
        command = _read(Path(f"/proc/{self.pid}/cmdline"))
        return not command or command.startswith("ray::")

    def in_words(self) -> str:
        """Which process that is, and the user: `process 4711 (python3) of user bob`."""
        program = printable(_read(Path(f"/proc/{self.pid}/comm")).strip(), most=40)
        process = f"process {self.pid}" if self.pid else "an unknown process"
        return f"{process}{f' ({program})' if program else ''} of {_user(self.uid)}"

    def sentence(self) -> str:
        """What a holder of this user's says about itself; empty if it says nothing."""
        with contextlib.suppress(FprayError):  # there is no directory for sentences
            return printable(_read(_sentence_file(self.name)).strip()) if self.ours else ""
        return ""


class Hold:
    """The machine is held by this process, until `end` or its own end."""

    def __init__(self, sentence: str, *, shared: bool) -> None:
        self.name = f"{_PREFIX}{'s' if shared else 'x'}/{os.getpid()}.{next(_counter)}"
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.bind(f"\0{self.name}")
        self._socket.listen(4096)
        self._sentence = sentence

    def explain(self) -> None:
        """Leave the sentence where other processes of this user read it, if that is possible."""
        with contextlib.suppress(OSError, FprayError):
            private_directory(_sentence_file(self.name).parent)
            write_text(_sentence_file(self.name), self._sentence)

    def end(self) -> None:
        """Others may have the machine."""
        with contextlib.suppress(OSError, FprayError):
            _sentence_file(self.name).unlink(missing_ok=True)
        self._socket.close()


class Watch:
    """Sees the holders. A name is asked once: a connection to it stays open until its holder is gone or `end`."""

    def __init__(self) -> None:
        self._connections: dict[str, tuple[socket.socket, MachineHolder]] = {}

    def holders(self, but: str = "") -> list[MachineHolder]:
        """Every process that holds this machine, without the hold of one name."""
        inodes: dict[str, set[int]] = {}
        for inode, name_bytes in _NAMES.findall(Path("/proc/net/unix").read_bytes()):
            inodes.setdefault(name_bytes.decode(), set()).add(int(inode))
        ours = {name: pid for name, numbers in inodes.items() if (pid := _own_process(name, numbers))}
        names = [*ours, *[name for name in inodes if name not in ours][:_MOST_ASKED]]
        for name in [name for name in self._connections if name not in names or _is_over(self._connections[name][0])]:
            self._connections.pop(name)[0].close()
        return [h for name in names if name != but and (h := self._holder(name, ours.get(name))) is not None]

    def _holder(self, name: str, own: int | None) -> MachineHolder | None:
        """Ask the kernel for the owner of a name; a name on which no process listens is no hold.

        own: the process of this user that has the socket, for a name to which other users hold all connections.
        """
        if name in self._connections:
            return self._connections[name][1]
        shared = name.removeprefix(_PREFIX).startswith("s")
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.setblocking(False)
        try:
            connection.connect(f"\0{name}")
        except OSError as error:
            connection.close()
            full = isinstance(error, BlockingIOError)  # too many ask
            return MachineHolder(name, shared, own or 0, os.geteuid() if own else None) if full else None
        pid, uid, _ = struct.unpack("3i", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
        self._connections[name] = connection, MachineHolder(name, shared, pid, uid)
        return self._connections[name][1]

    def end(self) -> None:
        """Close the connections."""
        for connection, _ in self._connections.values():
            connection.close()
        self._connections.clear()


def _is_over(connection: socket.socket) -> bool:
    """Whether the other side has ended: it never sends anything."""
    poll = select.poll()
    poll.register(connection, 0)
    return bool(poll.poll(0))


def forget_old_sentences(present: Iterable[MachineHolder]) -> None:
    """Remove the sentences of holders of this network namespace that were killed."""
    with contextlib.suppress(OSError, FprayError):
        names = {_sentence_file(holder.name).name for holder in present}
        for file in _sentence_file("").parent.glob(f"{_namespace()}-*"):
            if file.name not in names:
                file.unlink(missing_ok=True)


def _own_process(name: str, inodes: set[int]) -> int | None:
    """The process of this user that a name states, if it has one of these sockets: the name alone proves nothing."""
    number = name.rpartition("/")[2].partition(".")[0]
    pid = int(number) if number.isdecimal() and len(number) < 8 else 0
    return pid if pid and is_ours(pid) and inodes & inodes_of(pid) else None


def _sentence_file(name: str) -> Path:
    return user_directory() / "holders" / f"{_namespace()}-{name.removeprefix(_PREFIX).replace('/', '-')}"


def _namespace() -> int:
    return os.stat("/proc/self/ns/net").st_ino  # noqa: PTH116


def _user(uid: int | None) -> str:
    if uid is None:
        return "an unknown user"
    try:
        return f"user {pwd.getpwuid(uid).pw_name}"
    except KeyError:
        return f"user {uid}"


def _read(path: Path) -> str:
    with contextlib.suppress(OSError), path.open("rb") as file:
        return file.read(_SENTENCE_BYTES).decode(errors="backslashreplace")
    return ""
