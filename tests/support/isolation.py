"""A network of its own for a process that runs tests: trials lock a machine by its network, and ports are its own.

So several test processes run trials at the same time, as on several machines, and none waits for another's. The network
is slow: the closed loops of a trial wait for it, and leave the cores to the other tests.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
import subprocess
from collections.abc import Iterator

_NEW_NETWORK = 0x40000000  # CLONE_NEWNET of <sched.h>
# Ray takes the address from which the machine reaches others. Nothing is at the other end of this cable.
_COMMANDS = (
    "link set lo up",
    "link add eth0 type veth peer name eth1",
    "address add 192.0.2.2/24 dev eth0",
    "link set eth0 up",
    "link set eth1 up",
    "route add default via 192.0.2.1 dev eth0",
)
# A request takes some hundred bytes. A queue that is longer than all that waits loses nothing.
_SLOW = "tc qdisc add dev lo root tbf rate 4mbit burst 128kb limit 8mb"
_FAST = "tc qdisc del dev lo root"
_own: list[bool] = []  # whether this process has a network of its own


def isolate_network() -> bool:
    """Give this process and those that it starts a network of their own; False where that is not allowed here.

    To be called by the main thread, before anything listens.
    """
    if os.geteuid() != 0 or shutil.which("ip") is None:
        return False
    before = os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    libc = ctypes.CDLL(None)
    try:
        if libc.unshare(_NEW_NETWORK) != 0:
            return False
        for command in _COMMANDS:
            if subprocess.run(["ip", *command.split()], capture_output=True).returncode != 0:
                libc.setns(before, _NEW_NETWORK)
                return False
        _own.append(True)
        _set_speed(_SLOW)
        os.environ["RES_OPTIONS"] = "timeout:1 attempts:1"  # no name server answers here: resolvers need not wait
        return True
    finally:
        os.close(before)


@contextlib.contextmanager
def full_speed() -> Iterator[None]:
    """For a test that moves much data."""
    _set_speed(_FAST)
    try:
        yield
    finally:
        _set_speed(_SLOW)


def _set_speed(command: str) -> None:
    """Change the network that is this process's own; where the kernel has no such queue, it is as fast as it can."""
    if _own and shutil.which("tc") is not None:
        subprocess.run(command.split(), capture_output=True, check=False)
