"""The typed interface of a role actor, as the driver sees it: each call is a request to the Ray process."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, cast

from fpray.cluster.ray_link import RayLink
from fpray.cluster.ray_process.process import RayProcess
from fpray.node.agent import NodeAgent

Actor = tuple[str, str, int]  # role, host, lane


class RemoteCall:
    """A call that is under way."""

    def __init__(self, answer: Future[Any]) -> None:
        self._answer = answer

    def future(self) -> Future[Any]:
        """Its result, or what it raised."""
        return self._answer


class _Part:
    """A part of a role actor: each method is a remote call."""

    def __init__(self, process: RayProcess, actor: Actor, part: str) -> None:
        self._process, self._actor, self._part = process, actor, part

    def __getattr__(self, method: str) -> Any:
        return lambda *arguments: RemoteCall(
            self._process.ask("call", self._actor, self._part, method, list(arguments))
        )


class _Agent:
    def __init__(self, process: RayProcess, actor: Actor) -> None:
        self.machine, self.files, self.processes = (
            _Part(process, actor, part) for part in ("machine", "files", "processes")
        )


def remote_agent(process: RayProcess, actor: Actor) -> NodeAgent:
    """The actor of (role, host, lane), which the Ray process starts if there is none."""
    return cast(NodeAgent, _Agent(process, actor))


class WakingActors:
    """The actors that the Ray process was asked to start. Any thread may ask."""

    def __init__(self, link: RayLink) -> None:
        self._link, self._lock = link, threading.Lock()
        self._waking: dict[Actor, Future[Any]] = {}

    def wake(self, actor: Actor) -> Future[Any]:
        """What is done when an actor runs, which is started if there is none."""
        with self._lock:
            awake = self._waking.get(actor)
            if awake is None:
                awake = self._waking[actor] = self._link.process.ask("wake", actor)
            return awake

    def forget(self, is_lost: Callable[[Actor], bool]) -> None:
        """Have actors started again when they are next asked for."""
        with self._lock:
            self._waking = {actor: awake for actor, awake in self._waking.items() if not is_lost(actor)}
