"""Starting a trial's processes: servers stage by stage, then clients, then any driver."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import timedelta

from fpray.errors import Lost
from fpray.files.layout import stderr_file
from fpray.node.agent import Call
from fpray.node.messages import Failure, ProcessSpec
from fpray.plan.plan import Plan, Process
from fpray.trial.agents import CALL_S
from fpray.trial.attempt import Attempt, ProcessFailed
from fpray.trial.plan_facts import by_agent, labels_of
from fpray.trial.shield import NO_HARM
from fpray.trial.watch import watch_servers

# A JVM listens 0.6 s after exec on a core of its own; the real jar's 14 servers took up to 20 s on 2 busy cores.
READY_S, READY_PER_PROCESS_AND_CORE_S = 30.0, 3.0


def start_servers(attempt: Attempt, plan: Plan) -> None:
    """Start the servers stage by stage; each stage when all of the last one listen.

    Raises:
        ProcessFailed: a server failed, or did not listen in time.
        Lost: an agent or its machine is gone.
        KeyboardInterrupt: the sweep is to end.
    """
    with attempt.timeline.phase("starting"):
        _start_sidecars(attempt, plan.of_kind("sidecar"))
        total = len(plan.of_kind("server"))
        for stage in plan.stages():
            _start(attempt, stage, total)
        if lag := getattr(attempt.trial.params, "client_lag", timedelta(0)):
            attempt.context.report("client_lag", lag.total_seconds())
            watch_servers(attempt, lag.total_seconds())


def start_clients(attempt: Attempt, plan: Plan) -> None:
    """Start the clients and wait until they listen, then any driver.

    A client that cannot listen on its port measures nothing. Raises as `start_servers` does.
    """
    with attempt.timeline.phase("starting clients"):
        for processes in (plan.of_kind("client"), plan.of_kind("driver")):
            if processes:
                _start(attempt, processes, len(processes))
    attempt.clients_listen.set()


def _start(attempt: Attempt, stage: Sequence[Process], total: int) -> None:
    """Start processes at the same time, and wait until each one listens; total: the processes of its kind."""
    attempt.context.cancellation.check()
    count = sum(process.kind != "sidecar" for process in attempt.processes)
    attempt.processes.stages.append(list(stage))
    waiting = by_agent(stage)
    calls = {_order(attempt, agent, processes): agent for agent, processes in waiting.items()}
    deadline = max((_ready_s(attempt, host) for _, host in waiting), default=READY_S) + CALL_S
    _report(attempt, waiting, count, total)
    for call, failure in attempt.agents.wait({c: f"{role} on {host}" for c, (role, host) in calls.items()}, deadline):
        if failure is not None:
            raise ProcessFailed(failure, "before it listened")
        processes = waiting.pop(calls[call])
        count += len(processes)
        for process in processes:
            attempt.timeline.note_of(process, "phase", "listening")
        if waiting:
            _report(attempt, waiting, count, total)
    for role in {process.role for process in stage}:
        if (window := attempt.trial.protocol.role(role).starts_within) is not None:
            _check_started_together(attempt, [process for process in stage if process.role == role], window)


def _order(attempt: Attempt, agent: tuple[str, str], processes: Sequence[Process]) -> Call[Failure | None]:
    """Order the processes of an agent (role, host) to start."""
    specs = [_spec(process, attempt) for process in processes]
    return attempt.agents.of(*agent).processes.start(specs, _ready_s(attempt, agent[1]))


def _start_sidecars(attempt: Attempt, sidecars: Sequence[Process]) -> None:
    """Start sidecars; one that fails, or a machine of sidecars alone that is gone, becomes a note."""
    if not sidecars:
        return
    attempt.processes.stages.append(list(sidecars))
    for (role, host), processes in by_agent(sidecars).items():
        try:
            call = _order(attempt, (role, host), processes)
            ((_, failure),) = attempt.agents.wait({call: f"{role} on {host}"}, _ready_s(attempt, host) + CALL_S)
        except Lost as lost:
            if host not in attempt.agents.guests:
                raise
            attempt.notes.append(f"{role}, a process of an instrument, was not started: {lost} {NO_HARM}")
            continue
        if failure is not None:
            why = f"{failure.detail}, see {stderr_file(failure.label)} in the directory of the trial"
            attempt.notes.append(f"{role}, a process of an instrument, failed: {why} {NO_HARM}")
            continue
        for process in processes:
            attempt.timeline.note_of(process, "phase", "listening")


def _check_started_together(attempt: Attempt, processes: Sequence[Process], window: timedelta) -> None:
    """Raise when one of these processes, which were ordered at the same time, listened too long after another."""
    calls = {
        attempt.agents.of(role, host).processes.ready_after(labels_of(here)): f"{role} on {host}"
        for (role, host), here in by_agent(processes).items()
    }
    after = {label: seconds for _, by_label in attempt.agents.ask(calls) for label, seconds in by_label.items()}
    first, last = min(after, key=after.__getitem__), max(after, key=after.__getitem__)
    if (apart := after[last] - after[first]) > window.total_seconds():
        detail = (
            f"{last} was ready {apart:.1f} s after {first}, and all {attempt.processes.role_of(last)}s must be ready"
            f" within {window.total_seconds():g} s to find one another. Use less busy machines, or more of them"
        )
        raise ProcessFailed(Failure("apart", last, detail), "")


def _report(attempt: Attempt, waiting: Iterable[tuple[str, str]], count: int, total: int) -> None:
    roles = ", ".join(dict.fromkeys(f"{role}s" for role, _ in waiting))
    attempt.context.report(f"starting {roles}: {min(total, count)} of {total} listen", None)


def _ready_s(attempt: Attempt, host: str) -> float:
    """How long a process may take until it listens: longer where many start on few cores, or record themselves."""
    machines = attempt.context.machines.by_host()
    cores = machines[host].cores if host in machines else 1
    own = sum(1 for process in attempt.known_plan.processes if process.host == host)
    return (1 + bool(attempt.trial.params.profiled)) * (READY_S + READY_PER_PROCESS_AND_CORE_S * math.ceil(own / cores))


def _spec(process: Process, attempt: Attempt) -> ProcessSpec:
    return ProcessSpec(
        label=process.label,
        argv=process.argv,
        directory=process.directory,
        given=attempt.work.given(process, attempt.known_plan),
        env=process.env,
        host=process.host,
        listens=tuple((process.host, port) for port in process.endpoints.values()),
        expected_exits=(0,) if process.kind == "client" else process.expected_exits,
        brief=process.kind == "client",
        max_output=attempt.context.max_output,
    )
