"""The warm role actors: one for each role, machine and lane, started when a trial first needs it."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from fpray.cluster.nodes import Machine, NodeTable
from fpray.cluster.ray_process.actors import actor_class
from fpray.cluster.ray_process.anchor import HeadAnchor
from fpray.errors import lost_machine
from fpray.node.role_actor import THREADS, RoleActor

Key = tuple[str, str, int]  # role, host, lane: trials that share a machine have lanes, and each its own actors


@dataclass
class _Warm:
    node_id: str
    actor: Any
    awake: Any  # a call that ends when the actor runs


class ActorPool:
    """Any thread may ask for actors."""

    def __init__(self, driver_token: str, nodes: NodeTable, gcs_address: str) -> None:
        """driver_token: unlike any other driver's.

        It is in the environment of the driver's processes, for a person or a test that looks for them; orphans are
        known by their supervisor's mark.
        """
        self._lock = threading.RLock()
        self._token, self._nodes, self._gcs_address = driver_token, nodes, gcs_address
        self._anchor = HeadAnchor(nodes)
        self._actors: dict[Key, _Warm] = {}

    def call(self, key: Key, part: str, method: str, arguments: Sequence[Any]) -> Any:
        """Call a method of an actor, a new one for the first call and where its machine has left and joined.

        Returns: a reference to the result.

        Raises:
            Lost: the machine is gone.
        """
        return self._warm(*key).actor.call.remote(part, method, *arguments)

    def _warm(self, role: str, host: str, lane: int) -> _Warm:
        with self._lock:
            machine = self._nodes.by_host.get(host)
            if machine is None:
                raise lost_machine(host)
            warm = self._actors.get((role, host, lane))
            if warm is None or warm.node_id != machine.node_id:
                warm = self._actors[role, host, lane] = self._start(machine)
            return warm

    def _start(self, machine: Machine) -> _Warm:
        anchor = None if machine.is_head else self._anchor.address()
        actor = actor_class(RoleActor, machine, THREADS).remote(self._token, self._gcs_address, anchor)
        return _Warm(machine.node_id, actor, actor.call.remote("machine", "wake"))

    def wake(self, key: Key) -> Any:
        """Start an actor if there is none: a reference that is there when it runs."""
        return self._warm(*key).awake

    def kill(self, hosts: Collection[str], lane: int) -> None:
        """End the actors of a lane on some machines; if the anchor has died, also all that were connected to it."""
        with self._lock:
            keys = {key for key in self._actors if key[1] in hosts and key[2] == lane}
            if self._anchor.has_died():  # every supervisor that was connected to it has ended, and its processes
                head = self._nodes.head
                keys |= {key for key in self._actors if head is None or key[1] != head.host}
            self._kill(keys)

    def _kill(self, keys: Collection[Key]) -> None:
        import ray

        for key in keys:
            with contextlib.suppress(Exception):  # one that is gone must not keep the others
                ray.kill(self._actors.pop(key).actor)
