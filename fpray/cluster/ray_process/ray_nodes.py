"""What lives: the nodes of the cluster, as Ray knows them, and the raylet of this machine."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Mapping
from pathlib import Path

from fpray.cluster.nodes import Machine
from fpray.node.supervisor.procfs import pids, read_words, user_of
from fpray.plan.cluster import LOOPBACK


def living_machines(*, embedded: bool) -> Mapping[str, Machine]:
    """host -> machine, sorted by address. embedded: the only machine is this one, by its loopback address."""
    import ray
    from ray._private.state import state

    draining = state.get_draining_nodes()
    machines = [
        Machine(
            node["NodeID"],
            LOOPBACK if embedded else node["NodeManagerAddress"],
            int(node["Resources"].get("CPU", 0)) or 1,
            node["Labels"],
            node["NodeID"] in draining,
            node["Resources"],
        )
        for node in ray.nodes()
        if node["Alive"]
    ]
    return {machine.host: machine for machine in sorted(machines, key=_numerically)}


def raylet_here() -> int | None:
    """A pidfd of the raylet that this process is connected to; None if it is not to be seen from here."""
    from ray._private.worker import _global_node

    if _global_node is None:
        return None
    socket = _global_node.raylet_socket_name
    option = f"--raylet_socket_name={socket}".encode()
    for pid in pids():
        words = read_words(pid)
        if option in words and words[0].endswith(b"raylet") and user_of(pid) == Path(socket).stat().st_uid:
            with contextlib.suppress(OSError):  # it has just ended
                return os.pidfd_open(pid)
    return None


def _numerically(machine: Machine) -> list[tuple[int, int | str]]:
    """10.0.0.9 comes before 10.0.0.10."""
    return [(0, int(part)) if part.isdigit() else (1, part) for part in re.split(r"[.:]", machine.host)]
