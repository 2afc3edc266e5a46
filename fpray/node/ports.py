"""Which TCP addresses of this machine are listened on, by which process, and which are free; without connecting."""

# ruff: noqa: PTH115, PTH123 -- readiness reads /proc/<pid>/fd again and again; pathlib is slow
from __future__ import annotations

import errno
import ipaddress
import os
import socket
import struct
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from fpray.node.supervisor.procfs import pids

LISTEN = 10
ANY_STATE = 0xFFF
LOWEST_PORT = 10_000  # where FrankenPaxos's own ports begin
WILDCARDS = ("0.0.0.0", "::")
_NETLINK_SOCK_DIAG, _SOCK_DIAG_BY_FAMILY, _NLM_F_REQUEST_DUMP = 4, 20, 0x301
_NLMSG_ERROR, _NLMSG_DONE = 2, 3


class Socket(NamedTuple):
    """One TCP socket; host is normalized: an IPv4-mapped address is the IPv4 address."""

    host: str
    port: int
    uid: int
    inode: int


def normalize(host: str) -> str:
    """The canonical text of an address: `::ffff:127.0.0.1`, as the JVM's sockets show, is `127.0.0.1`."""
    address = ipaddress.ip_address(host)
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return str(address)


def resolve(host: str) -> frozenset[str]:
    """The normalized addresses of a host; one for an address, one or more for a name. Raises OSError if unknown."""
    try:
        return frozenset([normalize(host)])
    except ValueError:
        infos = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
        return frozenset(normalize(str(info[4][0])) for info in infos)


def listeners() -> list[Socket]:
    """Every listening TCP socket of this network namespace (0.03 ms)."""
    return sockets(1 << LISTEN)


def sockets(states: int) -> list[Socket]:
    """The TCP sockets in one of these states (a bit mask), IPv4 and IPv6.

    Asks by netlink, since /proc/net/tcp walks the kernel's whole connection table: 2.4 ms, even where it is empty.
    """
    try:
        return [_from_message(message, family) for message, family in _ask_netlink(states)]
    except OSError:  # some containers have no sock_diag
        return [socket_ for name in ("tcp", "tcp6") for socket_ in _read_table(f"/proc/net/{name}", states)]


def _ports_in_use() -> set[int]:
    """The local port of every TCP socket, in any state: there may be thousands that wait for late packets."""
    try:
        return {_port_of(message) for message, _ in _ask_netlink(ANY_STATE)}
    except OSError:
        return {socket_.port for socket_ in sockets(ANY_STATE)}


def _ask_netlink(states: int) -> Iterator[tuple[memoryview, int]]:
    """The kernel's description of each socket, and its address family. Raises OSError where the kernel has none."""
    for family in (socket.AF_INET, socket.AF_INET6):
        for message in _messages(family, states):
            yield message, family


def _messages(family: int, states: int) -> Iterator[memoryview]:
    body = struct.pack("=BBBBI", family, socket.IPPROTO_TCP, 0, 0, states) + bytes(48)
    header = struct.pack("=IHHII", 16 + len(body), _SOCK_DIAG_BY_FAMILY, _NLM_F_REQUEST_DUMP, 1, 0)
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, _NETLINK_SOCK_DIAG) as link:
        link.send(header + body)
        while True:
            data, at = link.recv(1 << 18), 0
            while at < len(data):
                length, kind = struct.unpack_from("=IH", data, at)
                if kind == _NLMSG_DONE:
                    return
                if kind == _NLMSG_ERROR:
                    code = -struct.unpack_from("=i", data, at + 16)[0]
                    raise OSError(code, os.strerror(code))
                yield memoryview(data)[at + 16 : at + length]
                at += (length + 3) & ~3


def _port_of(message: memoryview) -> int:
    return message[4] << 8 | message[5]


def _from_message(message: memoryview, family: int) -> Socket:
    host = socket.inet_ntop(family, message[8 : 12 if family == socket.AF_INET else 24])
    uid, inode = struct.unpack_from("=II", message, 64)
    return Socket(normalize(host), _port_of(message), uid, inode)


def _read_table(path: str, states: int) -> Iterator[Socket]:
    try:
        with open(path) as file:
            lines = file.read().splitlines()[1:]
    except OSError:
        return  # no IPv6
    for line in lines:
        parts = line.split()
        if not states >> int(parts[3], 16) & 1:
            continue
        digits, port = parts[1].split(":")
        words = [int(digits[at : at + 8], 16) for at in range(0, len(digits), 8)]
        data = struct.pack(f"={len(words)}I", *words)  # the kernel prints words in the machine's own byte order
        host = socket.inet_ntop(socket.AF_INET if len(words) == 1 else socket.AF_INET6, data)
        yield Socket(normalize(host), int(port, 16), int(parts[7]), int(parts[9]))


def is_wildcard(host: str) -> bool:
    """Whether a normalized host means every address of the machine."""
    return host in WILDCARDS


def inodes_of(pid: int) -> set[int]:
    """The inodes of the sockets that a process has open; empty if it is gone or not ours to look at."""
    inodes = set()
    try:
        with os.scandir(f"/proc/{pid}/fd") as entries:
            for entry in entries:
                try:
                    target = os.readlink(entry.path)
                except OSError:
                    continue  # closed meanwhile
                if target.startswith("socket:["):
                    inodes.add(int(target[8:-1]))
    except OSError:
        pass
    return inodes


def find_owner(inode: int) -> int | None:
    """The first process that has this socket open, or None (gone, or not ours to look at)."""
    return next((pid for pid in pids() if inode in inodes_of(pid)), None)


def ephemeral_range() -> tuple[int, int]:
    """The first and last port that the kernel gives to outgoing connections."""
    with open("/proc/sys/net/ipv4/ip_local_port_range") as file:
        low, high = file.read().split()
    return int(low), int(high)


def free_ports(host: str, n: int, start: int = LOWEST_PORT) -> tuple[int, ...]:
    """n ports of host, each free together with the one after it (for Prometheus), below the ephemeral range.

    Looks upwards from start and wraps round; pass `last + 2` of one trial as the start of the next, so that successive
    trials get fresh ports. Free means: no socket of the machine has that local port, in any state, and a bind works.
    Nothing is reserved: one caller per machine should ask for all of a trial's ports at once.
    Raises OSError if there are not enough, or if host is no address of this machine.
    """
    ephemeral, _ = ephemeral_range()
    # Machines tuned to `1024 65535` have nothing below; then the usual range, checked by the bind, is the best left.
    low, high = LOWEST_PORT, ephemeral if ephemeral > LOWEST_PORT + 1000 else 32768
    in_use = _ports_in_use()
    begin = min(max(start, low), high)
    free: list[int] = []
    for port in _wrapped(begin, low, high):
        if len(free) == n:
            break
        if not in_use & {port, port + 1} and can_bind(host, port) and can_bind(host, port + 1):
            free.append(port)
    if len(free) < n:
        raise OSError(
            f"machine {host} has {len(free)} free pairs of ports from {low} to"
            f" {high}, and the trial needs {n}: stop programs that use ports there"
        )
    return tuple(free)


def _wrapped(begin: int, low: int, high: int) -> Iterable[int]:
    """Every second port from begin up to high, then from low up to begin."""
    yield from range(begin, high - 1, 2)
    yield from range(low, begin - 1, 2)


def is_own(host: str) -> bool:
    """Whether a host is this very machine."""
    try:
        return can_bind(host, 0)
    except OSError:
        return False


def can_bind(host: str, port: int) -> bool:
    """Whether a bind works; also sees sockets that are bound and do not listen. Raises OSError if host is not ours."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno in (errno.EADDRINUSE, errno.EACCES):
                return False
            raise
    return True
