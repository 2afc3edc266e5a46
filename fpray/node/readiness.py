"""Which of the addresses that processes should listen on are not yet listened on by these very processes."""

from __future__ import annotations

import pwd
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from fpray.node import ports
from fpray.node.messages import HostPort
from fpray.node.supervisor.procfs import process_table, with_descendants

_LOOKS_BEFORE_BLAME = 3  # at a socket without a known owner, which may be one that is just being closed


@dataclass(frozen=True)
class Wanted:
    """An address that a process must listen on. hosts: the normalized addresses that count as its host."""

    label: str
    address: HostPort
    hosts: frozenset[str]

    @property
    def text(self) -> str:
        """`host:port`, an IPv6 host in brackets."""
        return with_port(*self.address)


@dataclass
class View:
    """One look: the addresses still missing, and the first one that another process listens on, with its name."""

    missing: list[Wanted] = field(default_factory=list)
    taken: tuple[Wanted, str] | None = None


def with_port(host: str, port: int) -> str:
    """`host:port`, an IPv6 host in brackets."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


class Probe:
    """Looks at the listening sockets of the machine, as often as it is asked, and never connects.

    An address counts only if the process, or a descendant of it, listens on exactly that address. A listener on the
    wildcard does not count for a single address (the config promises that address to others, and the wildcard opens
    the port to the world), unless the wildcard was requested.
    """

    def __init__(self, pids: Mapping[str, int], listens: Mapping[str, Sequence[HostPort]]) -> None:
        self._pids = dict(pids)
        self._owned: dict[int, str] = {}  # inode -> label; sockets keep their inode for life
        self._unowned: dict[int, int] = {}  # inode -> how often it was seen without a known owner
        self._trees: dict[str, list[int]] = {}
        self._endpoints = [_wanted(label, address) for label, addresses in listens.items() for address in addresses]

    def look(self) -> View:
        """One look, about 0.1 ms when nothing new listens."""
        self._trees.clear()
        by_port: dict[int, list[ports.Socket]] = {}
        for listener in ports.listeners():
            by_port.setdefault(listener.port, []).append(listener)
        view = View()
        for endpoint in self._endpoints:
            here = by_port.get(endpoint.address[1], [])
            if any(other.host in endpoint.hosts and self._owns(endpoint.label, other.inode) for other in here):
                continue
            view.missing.append(endpoint)
            for other in here:
                if view.taken is None and _in_the_way(other, endpoint) and not self._owns(endpoint.label, other.inode):
                    owner = self._owner(other)
                    view.taken = (endpoint, owner) if owner else None
        return view

    def listening(self, label: str) -> list[str]:
        """The addresses that a process and its descendants do listen on."""
        inodes = set().union(*(ports.inodes_of(pid) for pid in self._tree(label)))
        return sorted(with_port(own.host, own.port) for own in ports.listeners() if own.inode in inodes)

    def _tree(self, label: str) -> list[int]:
        if label not in self._trees:
            self._trees[label] = list(with_descendants([self._pids[label]], process_table()))
        return self._trees[label]

    def _owns(self, label: str, inode: int) -> bool:
        if inode not in self._owned:
            first = self._pids[label]  # the tree costs a walk through /proc, and is seldom needed
            if inode in ports.inodes_of(first) or any(inode in ports.inodes_of(pid) for pid in self._tree(label)):
                self._owned[inode] = label
        return self._owned.get(inode) == label

    def _owner(self, socket: ports.Socket) -> str:
        """The owner of a socket, in words; "" if that is not certain yet."""
        if socket.inode in self._owned:
            label = self._owned[socket.inode]
            return f"pid {self._pids[label]} ({label})"
        pid = ports.find_owner(socket.inode)
        if pid is not None:
            self._trees.clear()  # it may have been forked since
            labels = [label for label in self._pids if pid in self._tree(label)]
            if labels:
                self._owned[socket.inode] = labels[0]
            return f"pid {pid} ({labels[0] if labels else _name(pid)})"
        self._unowned[socket.inode] = self._unowned.get(socket.inode, 0) + 1
        return f"a process of user {_user(socket.uid)}" if self._unowned[socket.inode] >= _LOOKS_BEFORE_BLAME else ""


def _wanted(label: str, address: HostPort) -> Wanted:
    hosts = ports.resolve(address[0])
    if any(ports.is_wildcard(host) for host in hosts):
        hosts = frozenset(ports.WILDCARDS)
    return Wanted(label, (address[0], address[1]), hosts)


def _in_the_way(listener: ports.Socket, endpoint: Wanted) -> bool:
    """Whether a bind of the wanted address fails because of this listener."""
    return listener.host in endpoint.hosts or ports.is_wildcard(listener.host) or endpoint.hosts == set(ports.WILDCARDS)


def _name(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return "gone"


def _user(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
