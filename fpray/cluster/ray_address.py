"""Which Ray cluster to attach to, and whether it answers."""

from __future__ import annotations

import contextlib
import os
import re
import socket
import sys
from pathlib import Path

from fpray.files.reading import open_regular
from fpray.files.shown import in_brief

_HEAD = re.compile(r"(?:\[(?P<ipv6>[0-9A-Fa-f:.%]+)\]|(?P<host>[^][/:\s]+)):(?P<port>[0-9]{1,5})")
_CURRENT_CLUSTER = Path("/tmp/ray/ray_current_cluster")  # `ray start` writes it on a node of a cluster


class EnvironmentAddress(str):
    """An address that RAY_ADDRESS gives: a message on it names the variable."""

    @staticmethod
    def read() -> EnvironmentAddress | None:
        """What the variable gives. It is a word of the user: a command reads it once, with its options."""
        return EnvironmentAddress(os.environ.get("RAY_ADDRESS", "")) or None


def wanted_address(address: str | None, local: bool) -> str | None:
    """The Ray cluster to attach to: the one that is named, or the one of this machine; None: an embedded Ray."""
    if local or address == "local":
        return None
    if address:
        return address
    # Any user can put something of this name there, and the Ray that it names runs code.
    with contextlib.suppress(OSError):
        if not _CURRENT_CLUSTER.parent.is_symlink():
            with open_regular(_CURRENT_CLUSTER, trusted=True) as file:
                current = file.read(300).decode(errors="replace").strip()
            return current if current and answers(current) else None
    return None


def connected_address() -> str | None:
    """The GCS address (HOST:PORT) of the Ray that this Python process is connected to, such as a notebook's."""
    if "ray" not in sys.modules:
        return None
    import ray

    return str(ray.get_runtime_context().gcs_address) if ray.is_initialized() else None


def host_and_port(address: str) -> tuple[str, int]:
    """The parts of HOST:PORT; an IPv6 address stands in brackets.

    Raises:
        ValueError: it is nothing of the kind.
    """
    match = _HEAD.fullmatch(address)
    if match is None or not 0 < int(match["port"]) < 65536:
        raise ValueError(address)
    return match["ipv6"] or match["host"], int(match["port"])


def address_problem(address: str) -> str | None:
    """Why no head of a Ray cluster can be at an address, as a sentence."""
    if address.startswith("ray://"):
        return (
            "is an address of Ray Client, which fpray does not use: write the address of the head node, such as"
            " 10.0.0.5:6379"
        )
    if address != "auto":
        try:
            host_and_port(address)
        except ValueError:
            return "is not the address of a head node of Ray: write machine and port, such as 10.0.0.5:6379"
    return None


def name_of(address: str) -> str:
    """An address with what names it, for a message."""
    return f"{'RAY_ADDRESS' if isinstance(address, EnvironmentAddress) else '--address'} {address}"


def answers(address: str) -> bool:
    """Whether a process listens at HOST:PORT."""
    try:
        socket.create_connection(host_and_port(address), timeout=1).close()
    except (OSError, ValueError):
        return False
    return True


def why_silent(address: str) -> str:
    """Why nothing answers at HOST:PORT, and what to do."""
    host, port = host_and_port(address)
    try:
        socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, ValueError):
        return (
            f"this machine finds no IP address for the name {in_brief(host)}. Correct the name, or add it to DNS or"
            " /etc/hosts"
        )
    return "nothing listens on this port. Start Ray there (ray start --head), or correct the address"
