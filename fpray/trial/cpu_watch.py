"""How busy the trial's machines are while its clients measure, and whether the clocks of these machines agree."""

from __future__ import annotations

import contextlib
import time
from collections import Counter
from collections.abc import Collection, Sequence
from contextlib import AbstractContextManager
from functools import partial
from typing import TYPE_CHECKING

from fpray.errors import Lost
from fpray.evidence.evidence import MachineEvidence
from fpray.trial.instruments import Instrument, RunningTrial, beside
from fpray.trial.plan_facts import by_agent, labels_of, seconds_of, warmup_s

if TYPE_CHECKING:
    from fpray.node.agent import Call
    from fpray.node.cpu_use import CpuUse

CALLS, CLOCKS = "calls", "clocks"
_CLOCK_QUESTIONS = 5
SHORTEST_S = 0.4  # a shorter time says nothing: the kernel counts in hundredths of a second
_MARGIN = 0.05  # of the duration, at its beginning and at its end


class CpuWatch(Instrument):
    """Gives evidence of busy machines, saturated clients, and clocks that differ.

    `memory[CALLS]`: the calls that agents answer at the end -> `ROLE on HOST`; `memory[CLOCKS]`: host -> how far its
    clock is ahead.
    """

    name = "cpu-watch"

    def during(self, trial: RunningTrial) -> AbstractContextManager[None]:
        """Ask the agents as soon as the clients listen."""
        return beside(partial(self._ask, trial))

    def evidence(self, trial: RunningTrial) -> list[MachineEvidence]:
        """What is known of each machine of which all agents have read what was asked for."""
        calls: dict[Call[CpuUse | None], str] = trial.memory.get(CALLS, {})
        uses: dict[str, list[CpuUse | None]] = {}
        with contextlib.suppress(Lost):
            for call, use in trial.ask(calls):
                uses.setdefault(_host(calls[call]), []).append(use)
        complete = {host: [use for use in read if use is not None and use.complete] for host, read in uses.items()}
        agents = Counter(map(_host, calls.values()))
        by_host = {host: read for host, read in complete.items() if len(read) == agents[host]}
        clients = set(labels_of(trial.plan.of_kind("client"))) if trial.plan is not None else set()
        clocks = trial.memory.get(CLOCKS, {})
        return [_of_machine(host, read, clients, clocks.get(host)) for host, read in by_host.items()]

    def _ask(self, trial: RunningTrial) -> None:
        assert trial.plan is not None
        params = trial.trial.params
        duration_s = seconds_of(params, "duration")
        if (for_s := (1 - 2 * _MARGIN) * duration_s) < SHORTEST_S:
            return
        trial.await_clients()
        after_s = warmup_s(params) + _MARGIN * duration_s - compare_clocks(trial)
        with contextlib.suppress(Lost):  # the trial itself notices
            for (role, host), processes in by_agent(trial.plan.processes).items():
                call = trial.agent(role, host).processes.cpu_use(labels_of(processes), max(0.0, after_s), for_s)
                trial.memory.setdefault(CALLS, {})[call] = f"{role} on {host}"


def compare_clocks(trial: RunningTrial) -> float:
    """Ask the machines of clients for their time, while these warm up; returns the seconds that it took.

    Where all clients are on one machine, there is one clock, and nothing is asked.

    The time is read between the question and the arrival of the answer, so the quickest answer says the most
    (as in NTP, RFC 5905).
    """
    assert trial.plan is not None
    agents = dict.fromkeys((process.role, process.host) for process in trial.plan.of_kind("client"))
    if len({host for _, host in agents}) < 2:
        return 0.0
    began = time.monotonic()
    for role, host in agents:
        bounds = []
        for _ in range(_CLOCK_QUESTIONS):
            asked_at = time.time()
            call = trial.agent(role, host).machine.wall_clock()
            ((_, at),) = trial.ask({call: f"{role} on {host}"})
            bounds.append((at - time.time(), at - asked_at))
        low, high = min(bounds, key=lambda bound: bound[1] - bound[0])
        trial.memory.setdefault(CLOCKS, {})[host] = (1000 * low, 1000 * high)
    return time.monotonic() - began


def _host(where: str) -> str:
    """The machine, of `ROLE on HOST`."""
    return where.rpartition(" on ")[2]


def _of_machine(
    host: str, uses: Sequence[CpuUse], clients: Collection[str], clock_ms: tuple[float, float] | None
) -> MachineEvidence:
    """Agents read at nearly the same time; each knows its own processes, and the whole machine."""
    ran = sum(use.ran_s / use.seconds for use in uses)
    if all(use.waited_s is not None for use in uses):
        waiting = sum((use.waited_s or 0.0) / use.seconds for use in uses)
        wait_share = waiting / max(waiting + ran, 1e-9)
    else:
        wait_share = max((use.pressed_s or 0.0) / use.seconds for use in uses)
    return MachineEvidence(
        host,
        uses[0].cores,
        others=max(0.0, sum(use.busy_s / use.seconds for use in uses) / len(uses) - ran),
        stolen=sum(use.stolen_s / use.seconds for use in uses) / len(uses),
        waited=wait_share,
        held_back=max(use.held_back for use in uses),
        suspended_s=max(use.suspended_s for use in uses),
        set_s=max((use.set_s for use in uses), key=abs),
        clients={
            label: ran_s / use.seconds for use in uses for label, ran_s in use.ran_by_label.items() if label in clients
        },
        clock_ms=clock_ms,
    )
