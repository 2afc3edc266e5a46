"""A fake cluster: machines that do not exist, with fake agents. Sweeps and trials run on it without Ray and Java."""

from __future__ import annotations

import threading
from collections.abc import Collection, Sequence
from typing import Any, cast

from fpray.cluster.machines import Machines
from fpray.cluster.nodes import Machine
from fpray.cluster.object_store import ObjectStore
from fpray.cluster.ray_process.stored_bytes import StoredBytes
from fpray.errors import lost_machine
from fpray.node.agent import NodeAgent
from fpray.node.messages import ProcessSpec
from fpray.testing.fake_agent import Answer, FakeAgent


class _NoStore(ObjectStore):
    """Keeps nothing."""

    def __init__(self) -> None:
        """There is no link."""

    def put(self, piece: bytes) -> StoredBytes:
        """Forget it at once."""
        return StoredBytes(0)

    def drop(self, pieces: object) -> None:
        """Nothing was kept."""


class FakeMachines(Machines):
    """A cluster of fake machines.

    Attributes:
        living: host -> machine: those that live. A change is seen when the machines are next looked at.
        answers: name of a call -> what answers in place of the agents.
        calls: every call so far: role, host, name, arguments.
    """

    def __init__(self, hosts: Sequence[str] = ("a",), cores: int = 4, **answers: Answer) -> None:
        super().__init__("fake")
        self.object_store = _NoStore()
        self.living = {host: Machine(host, host, cores, {}) for host in hosts}
        self.answers: dict[str, Answer] = dict(answers)
        self.calls: list[tuple[str, str, str, tuple[Any, ...]]] = []
        self._agents: dict[tuple[str, str, int], FakeAgent] = {}
        self._making = threading.Lock()
        self.refresh()

    def fake(self, role: str, host: str, lane: int = 0) -> FakeAgent:
        """The fake agent of a role on a machine.

        Raises:
            Lost: the machine is gone.
        """
        machine = self.by_host().get(host)
        if machine is None:
            raise lost_machine(host)
        with self._making:
            return self._agents.setdefault((role, host, lane), FakeAgent(self, role, host, {"cores": machine.cores}))

    def lose(self, host: str, role: str | None = None) -> None:
        """Lose a machine, or the agent of one role there: it answers no call, and calls under way raise `Lost`."""
        if role is None:
            self.living.pop(host, None)
            self.refresh()
        else:
            self.fake(role, host)
        for agent in list(self._agents.values()):
            if agent.host == host and role in (None, agent.role):
                agent.lose()

    def called(self, method: str) -> list[tuple[str, str]]:
        """(role, host) of the calls of a name, in their order."""
        return [(role, host) for role, host, name, _ in self.calls if name == method]

    def started(self) -> dict[str, ProcessSpec]:
        """label -> what was started."""
        return {label: spec for agent in list(self._agents.values()) for label, spec in agent.running.specs.items()}

    def end(self, label: str, returncode: int) -> None:
        """Let a process that was started exit by itself."""
        for agent in list(self._agents.values()):
            if label in agent.running.specs:
                agent.running.end(label, returncode)

    # What `Machines` does with Ray.

    def __enter__(self) -> Machines:
        self.refresh()
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def driver_host(self) -> str:
        """The first machine."""
        return next(iter(self.living))

    def refresh(self) -> Collection[Machine]:
        """See which machines live."""
        self.nodes.by_host = dict(self.living)
        return self.by_host().values()

    def poll(self) -> None:
        """See which machines live."""
        self.refresh()

    def agent(self, role: str, host: str, lane: int = 0) -> NodeAgent:
        """The fake agent of a role on a machine."""
        return cast(NodeAgent, self.fake(role, host, lane))

    def start_actors(self, keys: Collection[tuple[str, str]], lane: int = 0) -> dict[Any, str]:
        """All agents are awake."""
        return {}

    def recover(self, hosts: Collection[str], lane: int = 0) -> None:
        """Agents are as they were."""
