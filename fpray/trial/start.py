"""Starting a trial's processes: servers stage by stage, then clients, then any driver."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import timedelta

from fpray.node.messages import Failure, ProcessSpec
from fpray.plan.plan import Plan, Process
from fpray.trial.agents import CALL_S, by_agent, labels_of
from fpray.trial.attempt import Attempt, ProcessFailed
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


def _start(attempt: Attempt, stage: Sequence[Process], total: int) -> None:
    """Start processes at the same time, and wait until each one listens; total: the processes of its kind."""
    attempt.context.cancellation.check()
    plan = attempt.known_plan
    listening = sum(map(len, attempt.processes.stages))
    attempt.processes.stages.append(list(stage))
    waiting = by_agent(stage)
    calls = {}
    for (role, host), processes in waiting.items():
        specs = [_spec(process, attempt.work.given(process, plan)) for process in processes]
        calls[attempt.agents.of(role, host).processes.start(specs, _ready_s(attempt, host))] = role, host
    deadline = max((_ready_s(attempt, host) for _, host in waiting), default=READY_S) + CALL_S
    _report(attempt, waiting, listening, total)
    for call, failure in attempt.agents.wait({c: f"{role} on {host}" for c, (role, host) in calls.items()}, deadline):
        if failure is not None:
            raise ProcessFailed(failure, "before it listened")
        processes = waiting.pop(calls[call])
        listening += len(processes)
        for process in processes:
            attempt.timeline.note_of(process, "phase", "listening")
        if waiting:
            _report(attempt, waiting, listening, total)
    for role in {process.role for process in stage}:
        if (window := attempt.trial.protocol.role(role).starts_within) is not None:
            _check_started_together(attempt, [process for process in stage if process.role == role], window)


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
            f"{last} listened {apart:.1f} s after {first}, and all {attempt.processes.role_of(last)}s must within"
            f" {window.total_seconds():g} s of one another, or some never hear of the others: their machines are"
            " too busy, or too few, to start them side by side"
        )
        raise ProcessFailed(Failure("apart", last, detail), "")


def _report(attempt: Attempt, waiting: Iterable[tuple[str, str]], listening: int, total: int) -> None:
    roles = ", ".join(dict.fromkeys(f"{role}s" for role, _ in waiting))
    attempt.context.report(f"starting {roles}: {min(total, listening)} of {total} listen", None)


def _ready_s(attempt: Attempt, host: str) -> float:
    """How long a process may take until it listens: longer where many processes start on few cores."""
    machines = attempt.context.machines.by_host()
    cores = machines[host].cores if host in machines else 1
    here = sum(1 for process in attempt.known_plan.processes if process.host == host)
    return READY_S + READY_PER_PROCESS_AND_CORE_S * math.ceil(here / cores)


def _spec(process: Process, given: tuple[str, ...] | None) -> ProcessSpec:
    return ProcessSpec(
        label=process.label,
        argv=process.argv,
        directory=process.directory,
        given=given,
        env=process.env,
        host=process.host,
        listens=tuple((process.host, port) for port in process.endpoints.values()),
        expected_exits=(0,) if process.kind == "client" else process.expected_exits,
        brief=process.kind == "client",
    )
