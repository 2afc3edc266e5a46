"""Watching a trial's processes: until the clients have exited, for a time, or until everything has ended."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from fpray.node.messages import Failure
from fpray.plan.plan import Plan, Process
from fpray.trial.agents import CALL_S
from fpray.trial.attempt import Attempt, ProcessFailed
from fpray.trial.plan_facts import by_agent, labels_of, seconds_of, warmup_s

# Beyond its timeouts a client needs its JVM's start, and some 2 s to say goodbye; more on a busy machine.
CLIENT_SPARE_S = 20.0


def watch(attempt: Attempt, plan: Plan) -> None:
    """Sleep until every client has exited, or the trial is to end early.

    Raises:
        ProcessFailed: a process ended that should not, or a client did not end in time.
        Lost: an agent or its machine is gone.
        KeyboardInterrupt: the sweep is to end.
    """
    params = attempt.trial.params
    attempt.context.report("warming up and measuring", warmup_s(params) + seconds_of(params, "duration"))
    deadline_s = seconds_of(params, "warmup_timeout") + seconds_of(params, "warmup_sleep")
    deadline_s += seconds_of(params, "timeout") + CLIENT_SPARE_S
    with attempt.timeline.phase("measuring"):
        try:
            _watch_clients(attempt, plan.of_kind("client"), deadline_s)
        except KeyboardInterrupt:
            attempt.context.cancellation.check()
            if attempt.early_end.reason is None:
                raise
            attempt.early_reason = attempt.early_end.reason


def _watch_clients(attempt: Attempt, processes: Sequence[Process], deadline_s: float) -> None:
    clients = _exits(attempt, processes, deadline_s)
    servers = _exits(attempt, _servers(attempt), deadline_s)
    for call, failure in attempt.agents.wait({**clients, **servers}, deadline_s + CALL_S, attempt.early_end):
        if call in servers:
            if _is_over(failure):
                raise ProcessFailed(failure, "while clients were measuring")
        elif failure is not None:
            raise ProcessFailed(failure, "")
        else:
            del clients[call]
            if not clients:
                attempt.processes.note_exited(processes)
                return


def watch_servers(attempt: Attempt, seconds: float) -> None:
    """Sleep for a time before there are clients. Raises as `watch` does."""
    for _, failure in attempt.agents.wait(_exits(attempt, _servers(attempt), seconds), seconds + CALL_S):
        if _is_over(failure):
            raise ProcessFailed(failure, "before clients started")
        return


def failures(attempt: Attempt) -> Iterator[Failure]:
    """The failures of all processes that were started, as they happen, until everything has ended."""
    calls = _exits(attempt, list(attempt.processes), None)
    for _, failure in attempt.agents.wait(calls, None):
        if failure is not None:
            yield failure


def listens(attempt: Attempt, process: Process) -> bool:
    """Whether a process that fpray did not start listens on all of its ports."""
    addresses = [(process.host, port) for port in process.endpoints.values()]
    ((_, answer),) = attempt.agents.ask({attempt.agents.at(process.host).machine.listens(addresses): process.host})
    return bool(answer)


def _servers(attempt: Attempt) -> list[Process]:
    """What is to live as long as the trial: servers and drivers."""
    return [process for process in attempt.processes if process.kind not in ("client", "sidecar")]


def _exits(attempt: Attempt, processes: Collection[Process], deadline_s: float | None) -> dict[Any, str]:
    """Calls that end when processes have exited, one for each agent."""
    return {
        attempt.agents.of(role, host).processes.wait_exit(labels_of(here), deadline_s): f"{role} on {host}"
        for (role, host), here in by_agent(processes).items()
    }


def _is_over(failure: Failure | None) -> bool:
    """Whether a server has failed: it may exit if it is expected to, or outlive the time for which it is watched."""
    return failure is not None and failure.kind != "deadline"
