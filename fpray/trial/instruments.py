"""What an instrument is: metrics, samples, profilers, faults and early stopping join a trial through this interface."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Protocol

from fpray.plan.cluster import Cluster
from fpray.plan.command_line import Paths
from fpray.plan.plan import Plan, Process, Trial

if TYPE_CHECKING:  # `fpray plan` asks instruments to extend plans, and has no agents
    from fpray.evidence.evidence import Doubt, MachineEvidence
    from fpray.node.agent import Call, NodeAgent
    from fpray.store.outcome import Outcome
    from fpray.store.trial_directory import TrialDirectory

_JOIN_S = 60.0


class ClientsEnded(KeyboardInterrupt):
    """Ends a wait of an instrument: the clients have ended, the trial has, or the sweep is to end.

    `beside` ends the work then, and `during` is left: that is no failure.
    """

    def __init__(self) -> None:
        super().__init__(
            "the clients have ended, so the trial's methods `wait`, `sleep` and `await_clients` raise this exception:"
            " do not catch it in `during`. To get answers from an agent after the clients have ended, use `ask`"
        )


@dataclass(frozen=True)
class PlanSite:
    """What an instrument needs to know to extend the plan of a trial.

    Attributes:
        paths: where things are on each machine: `paths.on(host)`.
        cluster: the machines on which the trial is placed.
        spare_hosts: machines on which no trial of the sweep measures; there may be none.
        port: a machine -> a port there that is free, and another one at each call.
    """

    trial: Trial[Any]
    paths: Paths
    cluster: Cluster
    port: Callable[[str], int]
    spare_hosts: Sequence[str] = ()

    def sidecar(
        self,
        label: str,
        host: str,
        argv: Sequence[str],
        *,
        endpoints: Mapping[str, int] | None = None,
        env: Mapping[str, str] | None = None,
    ) -> Process:
        """A process beside the protocol's own ones. It runs in the trial's directory on its machine.

        It starts before the servers and is stopped after them. It is ready when it listens on its endpoints
        (name -> port). If it fails, the outcome has a note about it, and the trial goes on.
        """
        ports = dict(endpoints or {})
        return Process(
            label=label, role=label, index=(), kind="sidecar", stage=0, pool="", host=host,
            port=next(iter(ports.values()), 0), endpoints=ports, directory=self.paths.on(host).directory,
            argv=tuple(argv), env=dict(env or {}), expected_exits=(),
        )  # fmt: skip


class RunningTrial(Protocol):
    """A trial, as an instrument sees it while it runs and when it is over. Any thread may call its methods.

    Attributes:
        trial: protocol and parameters.
        plan: what was started, sidecars included; None if the trial ended before it was written.
        directory: of the trial, in the suite.
        memory: what this instrument keeps of this trial. One instrument serves all trials, and trials run in parallel,
            so it keeps nothing of a trial in itself.
        outcome: how the trial ended, with its events and exits; None while it runs.
        window_ns: [begin, end) of the measured window, since the epoch; None while it runs or if there is none.
            Known from `evidence` on.
    """

    trial: Trial[Any]
    plan: Plan | None
    directory: TrialDirectory
    memory: dict[str, Any]
    outcome: Outcome | None
    window_ns: tuple[int, int] | None

    def agent(self, role: str, host: str) -> NodeAgent:
        """The agent of a role on a machine. Raises `Lost` if the machine is gone."""

    def ask(self, calls: Mapping[Call[Any], str]) -> Iterator[tuple[Call[Any], Any]]:
        """The answers to calls (call -> `HOST` or `ROLE on HOST`) as they come, within a minute.

        In `evidence` and `findings` it waits for a shorter time, also when the sweep is to end.

        Raises:
            Lost: an agent is gone or does not answer.
            ClientsEnded: the sweep is to end.
        """

    def wait(self, calls: Mapping[Call[Any], str]) -> Iterator[tuple[Call[Any], Any]]:
        """The answers as `ask` gives them, for as long as the clients run; then it raises `ClientsEnded`."""

    def sleep(self, seconds: float) -> None:
        """Sleep while the clients run; then it raises `ClientsEnded`."""

    def await_clients(self) -> None:
        """Wait until the clients listen, which is when their warm-up begins. Raises as `sleep` does."""

    def expect_exit(self, labels: Sequence[str]) -> None:
        """From now on the exit of these processes is no failure, whatever ends them: a fault, or a `stop`.

        It neither ends the trial nor counts against a machine. Call it before the process is ended. Raises as `ask`
        does, and `ValueError` if no such process was started.
        """

    def signal(self, labels: Sequence[str], number: int) -> None:
        """Send a signal to processes and to what descends from them; each that gets it has an event, `signal`.

        Back when it was sent. A process that the signal ends has failed, unless its exit is expected. One that is
        suspended is continued at the end of the trial. Raises as `expect_exit` does.
        """

    def end_early(self, reason: str) -> None:
        """Ask that the trial end now, as stopped early, for a reason: a sentence without a full stop."""

    def event(self, detail: str, *, label: str = "", kind: str = "instrument") -> None:
        """Add an event to the trial's events; label: of the process that it is about."""


@dataclass(frozen=True)
class Findings:
    """What an instrument adds to a trial's outcome.

    Attributes:
        columns: result columns -> values. A column that the trial has already stays as it is.
        notes: what was met and handled, as sentences.
        doubts: why the figures may mislead, as sentences.
        files: name -> content, of files to write into the trial's directory.
    """

    columns: Mapping[str, Any] = field(default_factory=dict)
    notes: Sequence[str] = ()
    doubts: Sequence[str] = ()
    files: Mapping[str, str | bytes] = field(default_factory=dict)


class Instrument(Protocol):
    """Something that joins every trial of a sweep beside the protocol. A subclass overrides what it needs.

    What a method raises becomes a note in the outcome; the trial goes on.
    """

    name: str

    def extend(self, plan: Plan, site: PlanSite) -> Plan:
        """The plan with further processes, arguments and files.

        Pure: it reads and writes nothing, and answers the same each time but for ports. It is called twice for each
        trial (before ports are chosen, and after) and by `fpray plan`. The protocol's processes stay where they are.
        """
        return plan

    def during(self, trial: RunningTrial) -> AbstractContextManager[None]:
        """What is entered before the clients start, and left when they have ended or the trial has failed.

        For what takes time, return `beside(work)`: work then runs in a thread of its own.
        """
        return contextlib.nullcontext()

    def evidence(self, trial: RunningTrial) -> Sequence[MachineEvidence | Doubt]:
        """What is known before the verdict: how busy machines were, which fpray's checks judge, and doubts of its own.

        A doubt with a defect decides how the trial ended. It is called after the clients have measured to their end,
        in a trial in which no process failed; in any other trial there are no figures to doubt.
        """
        return ()

    def findings(self, trial: RunningTrial) -> Findings:
        """What is known at the end of an attempt, at every ending: also if it crashed, was lost, or a disk was full.

        It may have ended before anything started: `plan` is None then. It is also called for a trial of which no
        attempt can begin, because its machines are gone. A trial that runs again has findings of each attempt.
        """
        return Findings()


@contextlib.contextmanager
def beside(work: Callable[[], None]) -> Iterator[None]:
    """Run work in a thread of its own; at the end of the block, wait for it, and raise what it raised.

    It must end when the clients do: `RunningTrial.wait`, `sleep` and `await_clients` see to that. If the block raises
    before that, the work is not waited for: what it waits for still goes on.
    """
    errors: list[BaseException] = []

    def run() -> None:
        try:
            with contextlib.suppress(ClientsEnded):
                work()
        except BaseException as error:  # whatever it is, it is raised in the thread of the trial
            errors.append(error)

    thread = threading.Thread(target=run, name="instrument", daemon=True)
    thread.start()
    end: ClientsEnded | None = None
    try:
        yield
    except ClientsEnded as error:  # then the waits of the work have ended, too
        end = error
    thread.join(_JOIN_S)
    if thread.is_alive():
        raise TimeoutError(
            f"the work that was given to `beside` still runs {_JOIN_S:.0f} s after the clients ended. Let it wait only"
            " with the trial's methods `wait`, `sleep` and `await_clients`, which end with the clients"
        )
    if errors:
        raise errors[0]
    if end is not None:
        raise end


def with_jvm_args(process: Process, arguments: Sequence[str]) -> Process:
    """A process of the protocol with further arguments of its JVM: they come directly after the program."""
    return replace(process, argv=(process.argv[0], *arguments, *process.argv[1:]))
