"""Calls to the agents on a trial's machines: which one to ask for a role or a machine, and how to wait for answers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from fpray.cluster.calls import gather
from fpray.cluster.cancellation import Cancellation
from fpray.node.agent import NodeAgent
from fpray.plan.plan import Process
from fpray.trial.context import TrialContext

CALL_S = 60.0  # the longest time that an ordinary call to an agent may take; it takes milliseconds


class Agents:
    """The agents on the machines of one trial: a role actor for each role on each machine.

    Attributes:
        guests: machines on which only sidecars run -> the role of the agent that answers for each.
    """

    def __init__(self, context: TrialContext) -> None:
        self._context = context
        self.guests: dict[str, str] = {}

    def of(self, role: str, host: str) -> NodeAgent:
        """The agent of a role on a machine.

        Raises:
            Lost: the machine is gone.
        """
        return self._context.machines.agent(role, host, self._context.allocation.lane)

    def at(self, host: str) -> NodeAgent:
        """The agent that answers for a machine: that of the first role placed there. Raises as `of` does."""
        return self.of(self.role_on(host), host)

    def role_on(self, host: str) -> str:
        """The role of the agent that answers for a machine."""
        return self.guests.get(host) or self._context.allocation.placement.role_on(host)

    def wake(self, processes: Iterable[Process]) -> None:
        """Wait until the agents of these processes are awake, so that the processes start at the same time."""
        keys = {(process.role, process.host) for process in processes}
        for _ in self.ask(self._context.machines.start_actors(keys, self._context.allocation.lane)):
            pass

    def ask(self, calls: Mapping[Any, str]) -> Iterator[tuple[Any, Any]]:
        """The answers to calls (call -> `HOST` or `ROLE on HOST`) as they come: (call, answer).

        Raises:
            Lost: an agent is gone, or does not answer within `CALL_S`.
            KeyboardInterrupt: the sweep is to end.
        """
        return self.wait(calls, CALL_S)

    def wait(
        self, calls: Mapping[Any, str], deadline_s: float | None, cancellation: Cancellation | None = None
    ) -> Iterator[tuple[Any, Any]]:
        """The answers as `ask` gives them, with another deadline (None: none), and what else may interrupt it."""
        return gather(list(calls), deadline_s, calls.__getitem__, cancellation or self._context.cancellation)
