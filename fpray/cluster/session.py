"""The machines of a driver: a Ray cluster, attached or embedded, and the warm role actors on it."""

from __future__ import annotations

import contextlib
import os
import secrets
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from fpray.cluster.actor_pool import ActorPool
from fpray.cluster.attached import AttachedRay, BorrowedRay
from fpray.cluster.calls import gather
from fpray.cluster.embedded import EmbeddedRay
from fpray.cluster.head_loss import head_answers, head_loss_message, when_head_is_lost
from fpray.cluster.nodes import Machine, NodeTable
from fpray.cluster.ray_address import answers, connected_address, gcs_address
from fpray.errors import FprayError, Lost, refuse
from fpray.node.agent import NodeAgent
from fpray.node.inspection import Survey
from fpray.plan.cluster import LOOPBACK

_FACTS_S = 120.0  # a role actor may have to start first, on a busy machine


class Machines:
    """The machines of a driver. A context manager: within the block Ray is connected.

    Attributes:
        address: of the Ray cluster; None: an embedded Ray.
        embedded: whether it is our own Ray, on this machine alone.
        nodes: as of the last `refresh`.
    """

    def __init__(self, address: str | None, *, local: bool = False) -> None:
        """local: an embedded Ray only.

        Raises:
            Refused: this Python process is connected to another Ray.
        """
        connected = connected_address()
        if connected is not None and (local or address not in (None, "auto", connected)):
            option = "--local" if local else f"--address {address}"
            raise refuse(option, f"this Python is connected to the Ray at {connected}: call ray.shutdown() first")
        self.address = connected or address
        self.embedded = self.address is None
        self._borrowed = connected is not None
        self._ray: EmbeddedRay | AttachedRay | BorrowedRay
        self._ray = BorrowedRay() if self._borrowed else AttachedRay(self.address) if self.address else EmbeddedRay()
        self.nodes = NodeTable(embedded=self.embedded)
        self._actors = ActorPool(f"{os.getpid()}-{secrets.token_hex(4)}", self.nodes)
        self._left = threading.Event()

    def __enter__(self) -> Machines:
        self._left.clear()
        try:
            self._ray.start()
            self.refresh()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._left.set()
        if self._borrowed:
            self._actors.kill_all()
        self._actors.forget_all()
        self._ray.stop()

    def driver_host(self) -> str:
        """The address of the machine that the driver runs on, as Ray knows it."""
        import ray.util

        return LOOPBACK if self.embedded else str(ray.util.get_node_ip_address())

    def by_host(self) -> Mapping[str, Machine]:
        """host -> machine, of the machines that lived at the last `refresh`."""
        return self.nodes.by_host

    def schedulable(self) -> Collection[str]:
        """The hosts on which a trial may begin."""
        return self.nodes.schedulable()

    def refresh(self) -> Collection[Machine]:
        """Ask the cluster which machines live: those."""
        self.nodes.refresh()
        return self.by_host().values()

    def poll(self) -> None:
        """Refresh, if the head answers at once."""
        if self.embedded or not answers(gcs_address()):
            return
        with contextlib.suppress(Exception):  # what Ray cannot answer now is asked again later
            self.refresh()

    def agent(self, role: str, host: str, lane: int = 0) -> NodeAgent:
        """The warm actor of a role on a machine, started if there is none.

        Raises:
            Lost: the machine is gone.
        """
        return self._actors.agent(role, host, lane)

    def start_actors(self, wanted: Collection[tuple[str, str]], lane: int = 0) -> Mapping[Any, str]:
        """Start actors of (role, host) that a trial will need: calls that end when they run -> their host.

        A trial that waits for all of them can then start its processes at the same time.
        """
        return self._actors.start(wanted, lane)

    def facts(self, hosts: Sequence[str], role: str, java: str) -> dict[str, Mapping[str, Any]]:
        """host -> what that machine is, as `fpray.node.facts` says; asked of the actors of a role.

        A machine that does not answer is left out: Ray may take half a minute to notice that it is gone.
        """
        calls = {host: self.agent(role, host).machine.facts(java) for host in hosts}
        facts, lost = {}, []
        for host, call in calls.items():
            try:
                ((_, facts[host]),) = gather([call], _FACTS_S)
            except Lost:
                lost.append(host)
        if lost:
            self.recover(lost)
        return facts

    def survey(
        self, hosts: Sequence[str], role: str, *, jar: Path, sha256: str, scratch: str | None
    ) -> Mapping[str, Survey]:
        """host -> whether the jar is there, and whether trials can work below `scratch`; by the actors of a role.

        Raises:
            Lost: a machine does not answer.
        """
        calls = {self.agent(role, host).machine.survey(str(jar), sha256, scratch): host for host in hosts}
        return {calls[call]: answer for call, answer in gather(list(calls), _FACTS_S, calls.__getitem__)}

    def watch_head(self, say: Callable[[str], None]) -> None:
        """Have `say` called, in another thread, if the head on this machine ends and the driver does not end soon."""
        if not self.embedded:
            when_head_is_lost(lambda: say(head_loss_message(self.address)), self._left)

    def recover(self, hosts: Collection[str], lane: int = 0) -> None:
        """After a loss on some machines: forget their actors (of a lane), and refresh.

        Actors of other machines stay: trials use them. An embedded Ray that has ended is replaced.

        Raises:
            FprayError: the head of the cluster is gone.
        """
        with self._actors.lock:
            if not self.embedded and not head_answers():
                raise FprayError(head_loss_message(self.address))
            self._actors.kill(hosts, lane)
            with contextlib.suppress(Exception):
                self.refresh()
            if self.embedded and not self.by_host():
                self._actors.forget_all()
                self._ray.stop()
                self._ray.start()
                self.refresh()
