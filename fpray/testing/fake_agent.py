"""A fake of a node's agent: it answers every call of `fpray.node.agent` in this process, without starting anything."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any, Protocol

from fpray.errors import Lost
from fpray.files.layout import data_file
from fpray.node.cpu_use import CpuUse
from fpray.node.file_service import FileService
from fpray.node.inspection import InspectionRequest, Survey, WorkSite
from fpray.node.messages import Exit, Failure, HostPort, ProcessSpec
from fpray.node.sampling.rows import Samples
from fpray.node.scratch import Scratch
from fpray.study.registry import protocols
from fpray.testing.client_rows import write_rows

# In place of an agent's own answer: (role, host, the call's arguments) -> the answer, an exception, or a Future of it.
Answer = Callable[..., Any]
_ENDING = (signal.SIGHUP, signal.SIGINT, signal.SIGKILL, signal.SIGTERM)  # a process of the fake


class FakeCall:
    """A call with its answer: a value, an exception, or a Future that a test completes later."""

    def __init__(self, answer: Any) -> None:
        self._future: Future[Any] = answer if isinstance(answer, Future) else Future()
        if isinstance(answer, BaseException):
            self._future.set_exception(answer)
        elif not isinstance(answer, Future):
            self._future.set_result(answer)

    def future(self) -> Future[Any]:
        """The answer."""
        return self._future


class FakeMachine:
    """Answers calls about a machine: it is clean, has the jar, and all of its ports are free."""

    def __init__(self, facts: Mapping[str, Any]) -> None:
        self._facts = facts

    def wake(self) -> None:
        """The machine is awake."""

    def facts(self, java: str) -> Mapping[str, Any]:
        """The facts that were given."""
        return {"java": java, "jvm": "fake", "memory_bytes": 2**34, "sees_head": True, "left_behind": [], **self._facts}

    def lock(self, holder: str, shared: bool) -> str | None:
        """The machine is free."""
        return None

    def unlock(self) -> None:
        """The machine is free."""

    def survey(self, jar: str, sha256: str, scratch: str | None) -> Survey:
        """The jar is here."""
        return Survey(has_jar=True)

    def keep_jar(self, sha256: str, pieces: Sequence[Any]) -> tuple[str, bool]:
        """The jar was written."""
        return f"/fake/{sha256}.jar", True

    def inspect(self, request: InspectionRequest) -> WorkSite:
        """The trial works in the suite."""
        ports = range(request.first, request.first + 2 * request.ports, 2)
        return WorkSite(ports, (), request.directory, request.jar, 1 << 40, java=request.java)

    def listens(self, addresses: Sequence[HostPort]) -> bool:
        """A process listens on everything."""
        return True

    def wall_clock(self) -> float:
        """That of this machine."""
        return time.time()


class FakeFiles(FileService):
    """Answers calls about files of this machine, at once."""

    def __init__(self) -> None:
        super().__init__(Scratch(), threading.Event())

    def sample_rows(self, paths: Sequence[str], after_s: float) -> Sequence[bytes]:
        """What is in the files now."""
        return super().sample_rows(paths, 0)


class FakeProcesses:
    """Answers calls about processes that are not there.

    They listen at once. A client records answers of 1 ms and exits; every other process runs until it is stopped, or
    until `end`.

    Attributes:
        signals: (label, number) of the signals that they got.
    """

    def __init__(self) -> None:
        self.specs: dict[str, ProcessSpec] = {}
        self.signals: list[tuple[str, int]] = []
        self._expected: set[str] = set()
        self._exits: dict[str, Exit] = {}
        self._waits: list[tuple[Sequence[str], Future[Failure | None]]] = []
        self._lock = threading.RLock()

    def start(self, specs: Sequence[ProcessSpec], ready_s: float) -> Failure | None:
        """All of them listen."""
        with self._lock:
            for spec in specs:
                self.specs[spec.label] = spec
                self._exits.pop(spec.label, None)
                self._expected.discard(spec.label)
        for spec in specs:
            if spec.brief:
                write_rows(Path(spec.directory) / data_file(spec.label), _row_label(spec))
                self.end(spec.label, 0)
        return None

    def ready_after(self, labels: Sequence[str]) -> Mapping[str, float]:
        """All of them after a tenth of a second."""
        return dict.fromkeys(labels, 0.1)

    def wait_exit(self, labels: Sequence[str], deadline_s: float | None) -> Future[Failure | None]:
        """Ends when all of them have exited as expected, or one process of this role has not; at once for 0 s."""
        wait: Future[Failure | None] = Future()
        with self._lock:
            self._waits.append((labels, wait))
            self._settle()
            if deadline_s == 0 and not wait.done():
                self._waits.pop()
                wait.set_result(Failure("deadline", labels[0], f"{labels[0]} runs"))
        return wait

    def cpu_use(self, labels: Sequence[str], after_s: float, for_s: float) -> CpuUse | None:
        """Nothing is known of it."""
        return None

    def sample(self, labels: Sequence[str], machine: bool) -> None:
        """There is nothing to be read."""

    def samples(self) -> Samples | None:
        """Nothing was read."""
        return None

    def expect_exit(self, labels: Sequence[str]) -> None:
        """Their exits end no wait as a failure."""
        with self._lock:
            self._expected.update(labels)

    def signal(self, labels: Sequence[str], number: int) -> Sequence[str]:
        """Note it; what ends a process ends them."""
        with self._lock:
            living = [label for label in labels if label in self.specs and label not in self._exits]
            self.signals += [(label, number) for label in living]
            if number in _ENDING:
                for label in living:
                    self.end(label, -number)
            return living

    def load_agent(
        self, labels: Sequence[str], library: str, options: Mapping[str, Sequence[str]]
    ) -> Mapping[str, str]:
        """Nothing is loaded."""
        return {}

    def stop(self, labels: Sequence[str], grace_s: float) -> Mapping[str, Exit]:
        """Ends them, and every wait for them."""
        with self._lock:
            for label in labels:
                if label in self.specs and label not in self._exits:
                    self._exits[label] = self._exit(label, 143, stopped=True)
            self._settle()
            return dict(self._exits)

    def end(self, label: str, returncode: int) -> None:
        """Let a process exit by itself."""
        with self._lock:
            self._exits.setdefault(label, self._exit(label, returncode, stopped=False))
            self._settle()

    def lose(self, error: Exception) -> None:
        """Let every wait raise an error."""
        with self._lock:
            waits, self._waits = self._waits, []
        for _, wait in waits:
            wait.set_exception(error)

    def _settle(self) -> None:
        """Complete the waits that are over."""
        waits, self._waits = self._waits, []
        for labels, wait in waits:
            expected = {
                label
                for label, end in self._exits.items()
                if end.stopped or label in self._expected or end.returncode in self.specs[label].expected_exits
            }
            failures = [end for label, end in self._exits.items() if label not in expected]
            ends = [self._exits[label] for label in labels if label in self._exits and label not in self._expected]
            stops = [end for end in ends if end.stopped]
            if failures:
                detail = f"{failures[0].label} exited with {failures[0].returncode}"
                wait.set_result(Failure("exited", failures[0].label, detail, failures[0].returncode))
            elif stops:
                wait.set_result(Failure("stopped", stops[0].label, f"{stops[0].label} was stopped", 143))
            elif all(label in self._exits for label in labels):
                wait.set_result(None)
            else:
                self._waits.append((labels, wait))

    def _exit(self, label: str, returncode: int, *, stopped: bool) -> Exit:
        expected = label in self._expected
        return Exit(label, returncode, 0.5, 0.1, 9000, 1.0, time.time_ns(), 0, stopped, expected=expected)


class _FakePart:
    """A part of an agent: each method returns a call; `FakeMachines.answers` may answer in its place."""

    def __init__(self, agent: FakeAgent, service: Any) -> None:
        self._agent, self._service = agent, service

    def __getattr__(self, method: str) -> Any:
        return lambda *arguments: self._agent.answer(self._service, method, arguments)


class Script(Protocol):
    """What a test scripts and reads: `FakeMachines`.

    Attributes:
        calls: every call: role, host, method, arguments.
        answers: method -> what answers it in place of the agent.
    """

    calls: list[tuple[str, str, str, tuple[Any, ...]]]
    answers: dict[str, Answer]


class FakeAgent:
    """The agent of a role on a fake machine."""

    def __init__(self, machines: Script, role: str, host: str, facts: Mapping[str, Any]) -> None:
        self.role, self.host = role, host
        self.running = FakeProcesses()
        self._machines = machines
        self._loss: Lost | None = None
        services = FakeMachine(facts), FakeFiles(), self.running
        self.machine, self.files, self.processes = (_FakePart(self, service) for service in services)

    def lose(self) -> None:
        """Lose the agent: every call raises `Lost`, and so do calls under way."""
        self._loss = Lost(f"the role actor of {self.role} on {self.host} is gone", [self.host])
        self.running.lose(self._loss)

    def answer(self, service: Any, method: str, arguments: Sequence[Any]) -> FakeCall:
        """Note a call, and answer it."""
        self._machines.calls.append((self.role, self.host, method, tuple(arguments)))
        answer = self._machines.answers.get(method)
        try:
            if self._loss is not None:
                raise self._loss
            if answer is not None:
                return FakeCall(answer(self.role, self.host, *arguments))
            return FakeCall(getattr(service, method)(*arguments))
        except Exception as error:
            return FakeCall(error)


def _row_label(spec: ProcessSpec) -> str | None:
    """The label of a client's rows: one that its protocol reports, `write` if there is that."""
    for protocol in protocols().values():
        if any(protocol.main_class(role) in spec.argv for role in protocol.clients()):
            return "write" if "write" in protocol.outputs else next(iter(protocol.outputs))
    return "write"
