"""How busy the trial's machines are while its clients measure: each agent reads its kernel's counters twice."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Sequence
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

CALLS = "calls"
SHORTEST_S = 0.4  # a shorter time says nothing: the kernel counts in hundredths of a second
_MARGIN = 0.05  # of the duration, at its beginning and at its end


class CpuWatch(Instrument):
    """Gives evidence of busy machines; `memory[CALLS]`: the calls that agents answer at the end -> `ROLE on HOST`."""

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
        return [_of_machine(host, read) for host, read in complete.items() if len(read) == agents[host]]

    def _ask(self, trial: RunningTrial) -> None:
        assert trial.plan is not None
        params = trial.trial.params
        duration_s = seconds_of(params, "duration")
        if (for_s := (1 - 2 * _MARGIN) * duration_s) < SHORTEST_S:
            return
        trial.await_clients()
        after_s = warmup_s(params) + _MARGIN * duration_s
        with contextlib.suppress(Lost):  # the trial itself notices
            for (role, host), processes in by_agent(trial.plan.processes).items():
                call = trial.agent(role, host).processes.cpu_use(labels_of(processes), after_s, for_s)
                trial.memory.setdefault(CALLS, {})[call] = f"{role} on {host}"


def _host(where: str) -> str:
    """The machine, of `ROLE on HOST`."""
    return where.rpartition(" on ")[2]


def _of_machine(host: str, uses: Sequence[CpuUse]) -> MachineEvidence:
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
    )
