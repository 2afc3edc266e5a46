"""The machines of a driver: a Ray cluster, attached or embedded, and the warm role actors on it."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from fpray.cluster.calls import Unanswered, gather
from fpray.cluster.head_loss import head_answers, head_loss_message
from fpray.cluster.nodes import Machine, NodeTable
from fpray.cluster.object_store import ObjectStore
from fpray.cluster.ray_address import answers, connected_address
from fpray.cluster.ray_link import RayLink
from fpray.cluster.remote_agent import RemoteCall, WakingActors, remote_agent
from fpray.errors import Cause, FprayError, Lost, lost_machine, refuse
from fpray.node.agent import NodeAgent
from fpray.node.fact_types import MachineFacts
from fpray.node.inspection import Survey

_FACTS_S = 120.0  # a role actor may have to start first, on a busy machine


class Machines:
    """The machines of a driver. A context manager: within the block Ray is connected.

    Attributes:
        address: of the Ray cluster; None: an embedded Ray.
        embedded: whether it is our own Ray, on this machine alone.
        nodes: as of the last `refresh`.
        object_store: where bytes are put that every machine can fetch.
    """

    def __init__(self, address: str | None, *, local: bool = False) -> None:
        """local: an embedded Ray only.

        Raises:
            Refused: this Python process is connected to another Ray.
        """
        current = connected_address()
        if current is not None and (local or address not in (None, "auto", current)):
            option = "--local" if local else f"--address {address}"
            raise refuse(
                option,
                f"this Python process is already connected to another Ray cluster, at {current}: call ray.shutdown()"
                " in it before you call fpray",
                Cause.PYTHON,
            )
        self.address = current or address
        self.embedded = self.address is None
        self.nodes = NodeTable()
        self._link = RayLink(self.address)
        self.object_store = ObjectStore(self._link)
        self._actors = WakingActors(self._link)
        self._replacing = threading.Lock()

    def __enter__(self) -> Machines:
        try:
            self._link.start()
            self.refresh()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._link.stop()

    def driver_host(self) -> str:
        """The address of the machine that the driver runs on, as Ray knows it."""
        return self._link.host

    def by_host(self) -> Mapping[str, Machine]:
        """host -> machine, of the machines that lived at the last `refresh`."""
        return self.nodes.by_host

    def schedulable(self) -> Collection[str]:
        """The hosts on which a trial may begin."""
        return self.nodes.schedulable()

    def refresh(self) -> Collection[Machine]:
        """Ask the cluster which machines live, and return them."""
        self.nodes.by_host = {machine.host: machine for machine in self._link.ask("refresh")}
        return self.by_host().values()

    def poll(self) -> None:
        """Refresh, if the head answers at once."""
        if self.embedded or not answers(self._link.gcs_address):
            return
        with contextlib.suppress(Exception):  # what Ray cannot answer now is asked again later
            self.refresh()

    def agent(self, role: str, host: str, lane: int = 0) -> NodeAgent:
        """The warm actor of a role on a machine, started if there is none.

        Raises:
            Lost: the machine is gone.
        """
        actor = (role, host, lane)
        if host not in self.by_host():
            raise lost_machine(host)
        self._actors.wake(actor)
        return remote_agent(self._link.process, actor)

    def start_actors(self, keys: Collection[tuple[str, str]], lane: int = 0) -> Mapping[Any, str]:
        """Start actors of (role, host) that a trial will need: calls that end when they run -> their host.

        A trial that waits for all of them can then start its processes at the same time.
        """
        waking = [(self._actors.wake((role, host, lane)), host) for role, host in keys]
        return {RemoteCall(awake): host for awake, host in waking if not awake.done()}

    def facts(self, hosts: Sequence[str], role: str, java: str) -> dict[str, MachineFacts]:
        """host -> what that machine is, asked of the actors of a role.

        A machine that does not answer is left out: Ray may take half a minute to notice that it is gone.
        """
        calls = {host: self.agent(role, host).machine.facts(java) for host in hosts}
        facts, missing = {}, []
        for host, call in calls.items():
            try:
                ((_, facts[host]),) = gather([call], _FACTS_S)
            except Lost:
                missing.append(host)
        if missing:
            self.recover(missing)
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

    def recover(self, hosts: Collection[str], lane: int = 0) -> None:
        """After a loss on some machines: forget their actors (of a lane), and refresh.

        Actors of other machines stay: trials use them. A Ray process that has ended is replaced, with all actors.

        Raises:
            FprayError: the head of the cluster is gone, or Ray does not start again.
        """
        with self._replacing:
            self._check_head()
            with contextlib.suppress(Unanswered):
                self._link.ask("kill", tuple(hosts), lane)
                self._actors.forget(lambda actor: actor[1] in hosts and actor[2] == lane)
                with contextlib.suppress(Exception):
                    self.refresh()
                if self.by_host() or not self.embedded:
                    return
            try:
                self._link.restart()
            except FprayError:
                self._check_head()  # it may have gone meanwhile
                raise
            self._actors.forget(lambda _: True)
            self.refresh()

    def _check_head(self) -> None:
        if not self.embedded and not head_answers(self._link.gcs_address):
            raise FprayError(head_loss_message(self.address), Cause.RAY_LOSS)
