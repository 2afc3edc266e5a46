"""Answers calls about a machine as a whole: its lock, its jars, what an ended driver left, where a trial may work."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from fpray.errors import Lost
from fpray.node.fact_types import MachineFacts
from fpray.node.facts import machine_facts
from fpray.node.inspection import InspectionRequest, Survey, WorkSite, inspect_site
from fpray.node.jar_cache import JarCache
from fpray.node.machine_lock import MachineLock
from fpray.node.messages import HostPort
from fpray.node.orphans import kill_orphans
from fpray.node.ports import free_ports, listeners, normalize
from fpray.node.scratch import Scratch, root_of


class MachineService:
    """The machine's part of a role actor; the contracts are those of `fpray.node.agent.MachineCalls`."""

    def __init__(self, scratch: Scratch, *, sees_head: bool) -> None:
        """sees_head: whether this actor's supervisor would notice the end of the cluster's head."""
        self._scratch, self._sees_head = scratch, sees_head
        self._lock, self._jars = MachineLock(), JarCache()

    def wake(self) -> None:
        """Nothing: the answer alone says that the actor runs."""

    def facts(self, java: str) -> MachineFacts:
        """The machine's facts, and what was ended."""
        return {**machine_facts(java), "sees_head": self._sees_head, "left_behind": _end_orphans()}

    def lock(self, holder: str, shared: bool) -> str | None:
        """Lock the machine, or say why it cannot be had now."""
        return self._lock.acquire(holder, shared=shared)

    def unlock(self) -> None:
        """Release the lock and the directories."""
        self._scratch.release()
        self._lock.release()

    def survey(self, jar: str, sha256: str, scratch: str | None) -> Survey:
        """Whether the jar is here, and why no trial can work below `scratch`."""
        try:
            if scratch is not None:
                root_of(scratch)
        except Lost as error:
            return Survey(False, str(error))
        return Survey(self._jars.find(jar, sha256) is not None)

    def keep_jar(self, sha256: str, pieces: Sequence[Any]) -> tuple[str, bool]:
        """Write a jar from its pieces in the object store, unless it is here by now."""
        import ray

        return self._jars.keep(sha256, (ray.get(piece) for piece in pieces))

    def inspect(self, request: InspectionRequest) -> WorkSite:
        """Clean the machine, and choose ports and a directory."""
        orphans = _end_orphans()
        ports = free_ports(request.host, request.ports, request.first) if request.ports else ()
        return inspect_site(request, ports, orphans, self._jars, self._scratch)

    def listens(self, addresses: Sequence[HostPort]) -> bool:
        """Whether every address is listened on, by any process."""
        listening = {(socket.host, socket.port) for socket in listeners()}
        return all((normalize(host), port) in listening for host, port in addresses)

    def wall_clock(self) -> float:
        """As it is now."""
        return time.time()


def _end_orphans() -> list[str]:
    return [f"{orphan.command} (process {orphan.pid})" for orphan in kill_orphans()]
