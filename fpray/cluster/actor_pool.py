"""The warm role actors: one for each role, machine and lane, started when a trial first needs it."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from fpray.cluster.anchor import HeadAnchor
from fpray.cluster.nodes import Machine, NodeTable
from fpray.cluster.ray_address import gcs_address
from fpray.errors import Lost
from fpray.node.agent import NodeAgent
from fpray.node.role_actor import THREADS, RoleActor, remote_agent

Key = tuple[str, str, int]  # role, host, lane: trials that share a machine have lanes, and each its own actors


@dataclass
class _Warm:
    node_id: str
    actor: Any
    agent: NodeAgent
    starting: Any  # a call that ends when the actor runs; None once a trial waits for it


class ActorPool:
    """Any thread may ask for actors: each trial runs in a thread of its own.

    lock: held while actors are made; code that replaces what they run on must hold it, too.
    """

    def __init__(self, driver_token: str, nodes: NodeTable) -> None:
        """driver_token: in the environment of the driver's processes, for a person or a test that looks for them.

        Orphans are known by their supervisor's mark.
        """
        self.lock = threading.RLock()
        self._token, self._nodes = driver_token, nodes
        self._anchor = HeadAnchor(nodes)
        self._actors: dict[Key, _Warm] = {}

    def agent(self, role: str, host: str, lane: int = 0) -> NodeAgent:
        """The actor of a role on a machine; a new one for the first trial, and where the machine has left and joined.

        Raises:
            Lost: the machine is gone.
        """
        return self._warm(role, host, lane).agent

    def _warm(self, role: str, host: str, lane: int) -> _Warm:
        with self.lock:
            machine = self._nodes.by_host.get(host)
            if machine is None:
                raise Lost(f"machine {host} is no longer part of the Ray cluster", [host])
            warm = self._actors.get((role, host, lane))
            if warm is None or warm.node_id != machine.node_id:
                warm = self._actors[role, host, lane] = self._start(machine)
            return warm

    def _start(self, machine: Machine) -> _Warm:
        anchor = None if machine.is_head else self._anchor.address()
        actor = machine.actor_class(RoleActor, THREADS).remote(self._token, gcs_address(), anchor)
        agent = remote_agent(actor)
        return _Warm(machine.node_id, actor, agent, agent.machine.wake())

    def start(self, wanted: Collection[tuple[str, str]], lane: int) -> dict[Any, str]:
        """Start the actors of (role, host) that do not run yet: a call that ends when each runs -> its host."""
        calls: dict[Any, str] = {}
        with self.lock:
            for role, host in wanted:
                warm = self._warm(role, host, lane)
                if warm.starting is not None:
                    calls[warm.starting], warm.starting = host, None
        return calls

    def kill(self, hosts: Collection[str], lane: int) -> None:
        """End the actors of a lane on some machines; if the anchor has died, also all that were connected to it."""
        with self.lock:
            lost = {key for key in self._actors if key[1] in hosts and key[2] == lane}
            if self._anchor.has_died():  # every supervisor that was connected to it has ended, and its processes
                head = self._nodes.head
                lost |= {key for key in self._actors if head is None or key[1] != head.host}
            self._kill(lost)

    def kill_all(self) -> None:
        """End every actor."""
        with self.lock:
            self._kill(set(self._actors))
            self._anchor.kill()

    def _kill(self, keys: Collection[Key]) -> None:
        import ray

        for key in keys:
            with contextlib.suppress(Exception):  # one that is gone must not keep the others
                ray.kill(self._actors.pop(key).actor)

    def forget_all(self) -> None:
        """Have no actors: the Ray that they ran in has ended."""
        self._actors.clear()
        self._anchor.forget()
