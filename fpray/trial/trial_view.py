"""A trial as one instrument sees it: what it may ask, do and wait for while the clients run, and afterwards."""

from __future__ import annotations

import contextlib
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from fpray.cluster.calls import gather
from fpray.cluster.cancellation import LinkedCancellation
from fpray.node.agent import Call, NodeAgent, ProcessCalls
from fpray.plan.plan import Plan
from fpray.store.outcome import Outcome
from fpray.trial.attempt import Attempt
from fpray.trial.instruments import ClientsEnded
from fpray.trial.plan_facts import by_agent, labels_of

LAST_ANSWERS_S = 15.0  # for an instrument's calls when the trial is over


class TrialView:
    """A `RunningTrial`: its methods keep the contract there.

    Attributes:
        over: whether the trial is over: then nothing is waited for any more, but for the last answers.
    """

    def __init__(self, attempt: Attempt, plan: Plan | None, memory: dict[str, Any]) -> None:
        self.trial, self.directory = attempt.trial, attempt.directory
        self.plan, self.memory = plan, memory
        self.outcome: Outcome | None = None
        self.window_ns: tuple[int, int] | None = None
        self.over = False
        self._attempt = attempt
        self._waits = LinkedCancellation(attempt.clients_over)
        self._thread = threading.get_ident()

    def end_waits(self) -> None:
        """End all waits of this instrument, those that run and those to come."""
        self._waits.cancel()

    def agent(self, role: str, host: str) -> NodeAgent:
        """The agent of a role on a machine."""
        return self._attempt.agents.of(role, host)

    def ask(self, calls: Mapping[Call[Any], str]) -> Iterator[tuple[Call[Any], Any]]:
        """Answers within a minute, or the last ones of a trial that is over."""
        if self.over:
            yield from gather(list(calls), LAST_ANSWERS_S, calls.__getitem__)
        else:
            with _ends_with_clients():
                yield from self._attempt.agents.ask(calls)

    def wait(self, calls: Mapping[Call[Any], str]) -> Iterator[tuple[Call[Any], Any]]:
        """Answers for as long as the clients run."""
        with _ends_with_clients():
            yield from self._attempt.agents.wait(calls, None, self._waits)

    def sleep(self, seconds: float) -> None:
        """Sleep for as long as the clients run."""
        with _ends_with_clients():
            self._waits.sleep(seconds)

    def await_clients(self) -> None:
        """Wait until the clients listen."""
        listen = self._attempt.clients_listen
        if self._thread == threading.get_ident() and not listen.is_set():
            raise RuntimeError(
                "`await_clients` was called in the thread that starts the clients, so it would wait forever. Call it in"
                " another thread: `beside` starts one"
            )
        listen.wait()
        with _ends_with_clients():
            self._waits.check()

    def expect_exit(self, labels: Sequence[str]) -> None:
        """Have the agents expect the exits of processes."""
        for _ in self._tell(labels, lambda agent, here: agent.expect_exit(here)):
            pass

    def signal(self, labels: Sequence[str], number: int) -> None:
        """Have the agents send a signal to processes, and note that."""
        name = signal.Signals(number).name
        at = time.time_ns()  # before any exit that it causes
        for living in self._tell(labels, lambda agent, here: agent.signal(here, int(number))):
            for label in living:
                role = self._attempt.processes.role_of(label)
                self._attempt.timeline.note("signal", f"was sent {name}", role=role, label=label, t=at)

    def end_early(self, reason: str) -> None:
        """Have the watch of the clients end."""
        self._attempt.early_end.end(str(reason))

    def event(self, detail: str, *, label: str = "", kind: str = "instrument") -> None:
        """Note an event in the trial's timeline."""
        role = self._attempt.processes.role_of(label)
        self._attempt.timeline.note(str(kind), str(detail), role=role, label=str(label))

    def _tell(self, labels: Sequence[str], call: Callable[[ProcessCalls, list[str]], Call[Any]]) -> Iterator[Any]:
        """What the agents of processes answer to a call about them."""
        started = {process.label: process for process in self._attempt.processes}
        if unknown := [label for label in labels if label not in started]:
            raise ValueError(f"no process of this trial is {unknown[0]!r}; there are: {', '.join(started)}")
        calls = {
            call(self.agent(role, host).processes, labels_of(here)): f"{role} on {host}"
            for (role, host), here in by_agent([started[label] for label in labels]).items()
        }
        return (answer for _, answer in self.ask(calls))


@contextlib.contextmanager
def _ends_with_clients() -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        raise ClientsEnded from None
