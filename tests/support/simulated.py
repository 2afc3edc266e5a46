"""A cluster whose machines and processes are simulated: agents answer as real ones do, without Ray and without Java."""

from __future__ import annotations

import datetime
import threading
import time
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import Future
from datetime import timedelta
from pathlib import Path
from typing import Any

from fpray.cluster.allocator import Allocator
from fpray.cluster.nodes import Machine
from fpray.cluster.session import Machines
from fpray.jar.find import Jar
from fpray.node.agent import NodeAgent
from fpray.node.inspection import InspectionRequest, WorkSite
from fpray.node.messages import Exit, Failure, ProcessSpec
from fpray.node.role_actor import remote_agent
from fpray.plan.cluster import Cluster
from fpray.plan.plan import Trial
from fpray.recorder.csv_reader import read_client
from fpray.store.outcome import Outcome
from fpray.store.trial_directory import TrialDirectory
from fpray.study.registry import find_protocol
from fpray.trial.context import TrialContext
from fpray.trial.run import run_trial

# What an agent does in place of its own answer: (role, host, the call's arguments) -> the answer, or a Future of it.
Answer = Callable[..., Any]


class Called:
    """A call that is under way, or over."""

    def __init__(self, answer: Any) -> None:
        self._future: Future[Any] = answer if isinstance(answer, Future) else Future()
        if isinstance(answer, BaseException):
            self._future.set_exception(answer)
        elif not isinstance(answer, Future):
            self._future.set_result(answer)

    def future(self) -> Future[Any]:
        """Its answer, or what it raised."""
        return self._future


class SimulatedActor:
    """A role actor: its processes listen at once; its clients record answers of 1 ms and exit, its servers stay."""

    def __init__(self, machines: SimulatedMachines, role: str, host: str) -> None:
        self._machines, self.role, self.host = machines, role, host
        self.started: dict[str, ProcessSpec] = {}
        self._waiting: list[Future[Failure | None]] = []
        self.call = self

    def remote(self, part: str, method: str, *arguments: Any) -> Called:
        """Answer a call, as `RoleActor.call` does."""
        self._machines.calls.append((self.role, self.host, method, arguments))
        answer = self._machines.answers.get(method)
        try:
            if answer is not None:
                return Called(answer(self.role, self.host, *arguments))
            return Called(getattr(self, f"_{method}")(*arguments))
        except Exception as error:
            return Called(error)

    def _wake(self) -> None:
        pass

    def _lock(self, _holder: str, _shared: bool) -> None:
        pass

    def _unlock(self) -> None:
        pass

    def _inspect(self, request: InspectionRequest) -> WorkSite:
        ports = range(request.first, request.first + 2 * request.ports, 2)
        return WorkSite(ports, (), request.directory, request.jar, 1 << 40)

    def _start(self, specs: Sequence[ProcessSpec], _ready_s: float) -> None:
        for spec in specs:
            self.started[spec.label] = spec
            if self.role == "client":
                record(Path(spec.directory) / f"{spec.label}_data.csv")

    def _wait_exit(self, _labels: Sequence[str], _deadline_s: float | None) -> Future[Failure | None]:
        waiting: Future[Failure | None] = Future()
        if self.role == "client":
            waiting.set_result(None)
        else:
            self._waiting.append(waiting)
        return waiting

    def _stop(self, labels: Sequence[str], _grace_s: float) -> dict[str, Exit]:
        waiting, self._waiting = self._waiting, []
        for each in waiting:
            each.set_result(Failure("stopped", "", "stopped"))
        ended_ns, is_client = time.time_ns(), self.role == "client"
        return {
            label: Exit(label, 1, 0 if is_client else 143, 0.5, 0.1, 9000, 1.0, ended_ns, ended_ns, 0, not is_client)
            for label in labels
            if label in self.started
        }

    def _read_client(self, path: str, client: str) -> Any:
        return read_client(path, client)

    def _sample_rows(self, paths: Sequence[str], _after_s: float) -> list[bytes]:
        return [Path(path).read_bytes() for path in paths]


class SimulatedMachines(Machines):
    """A cluster of simulated machines.

    Attributes:
        answers: name of a call -> what is done in place of the agent's own answer.
        calls: every call so far: role, host, name, arguments.
    """

    def __init__(self, hosts: Sequence[str], **answers: Answer) -> None:
        super().__init__("simulated")
        self.nodes.by_host = {host: Machine(host, host, 4, {}) for host in hosts}
        self.answers = answers
        self.calls: list[tuple[str, str, str, tuple[Any, ...]]] = []
        self._simulated: dict[tuple[str, str], SimulatedActor] = {}
        self._making = threading.Lock()

    def agent(self, role: str, host: str, lane: int = 0) -> NodeAgent:
        """The agent of a role on a machine."""
        return remote_agent(self.simulated(role, host))

    def simulated(self, role: str, host: str) -> SimulatedActor:
        """The actor of a role on a machine."""
        with self._making:
            return self._simulated.setdefault((role, host), SimulatedActor(self, role, host))

    def start_actors(self, wanted: Collection[tuple[str, str]], lane: int = 0) -> dict[Any, str]:
        """Every actor is awake."""
        return {}

    def called(self, method: str) -> list[tuple[str, str]]:
        """(role, host) of the calls of a name, in their order."""
        return [(role, host) for role, host, name, _ in self.calls if name == method]

    def started(self) -> dict[str, ProcessSpec]:
        """label -> what was started."""
        return {label: spec for actor in self._simulated.values() for label, spec in actor.started.items()}


def record(path: Path, seconds: float = 1.0) -> None:
    """A client's recorder file: two loops that get an answer every millisecond, from now on."""
    began = datetime.datetime.now(datetime.UTC)
    lines = ["start,stop,count,latency_nanos,label"]
    for i in range(int(seconds * 1000)):
        start, stop = (f"{began + timedelta(milliseconds=n):%Y-%m-%dT%H:%M:%S.%f}Z" for n in (i, i + 1))
        lines += [f"{start},{stop},1,1000000,write"] * 2
    path.write_text("\n".join(lines) + "\n")


def a_trial(protocol: str = "unreplicated", **params: Any) -> Trial[Any]:
    """A trial of one second without warm-up."""
    second, none = timedelta(seconds=1), timedelta(0)
    known = find_protocol(protocol)
    return Trial(known, known.params(**{"warmup_duration": none, "duration": second, "timeout": second, **params}))


def a_context(trial: Trial[Any], machines: SimulatedMachines, hosts: Sequence[str], **more: Any) -> TrialContext:
    """What a trial on these machines shares with others."""
    allocator = Allocator(Cluster(tuple(hosts)))
    allocation = allocator.allocate(trial)
    assert allocation is not None
    return TrialContext(
        allocator, machines, Jar(Path("/no.jar"), "0" * 64, "0", reference=False), "java", slice=allocation, **more
    )


def run(directory: Path, machines: SimulatedMachines, trial: Trial[Any] | None = None, **more: Any) -> Outcome:
    """Run a trial on all of the machines."""
    trial = trial or a_trial()
    context = a_context(trial, machines, list(machines.by_host()), **more)
    path = directory / "suite" / "001"
    path.mkdir(parents=True, exist_ok=True)
    return run_trial(trial, TrialDirectory(path), context)
