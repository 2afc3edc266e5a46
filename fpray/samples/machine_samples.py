"""Has the role actors of each trial sample their processes and machines, and writes what they read when it is over."""

from __future__ import annotations

import contextlib
from contextlib import AbstractContextManager
from functools import partial

from fpray.errors import Lost
from fpray.trial.instruments import Findings, Instrument, RunningTrial, beside
from fpray.trial.plan_facts import by_agent, labels_of, seconds_of, warmup_s

AGENTS = "agents"
SHORTEST_S = 1.0  # a shorter trial has no second to be sampled


class MachineSamples(Instrument):
    """Writes machines.parquet: a row a second for each process of a trial, and for each machine.

    `memory[AGENTS]`: (role, host) of the agents that sample. While clients measure, nothing of it is sent or written.
    """

    name = "samples"

    def during(self, trial: RunningTrial) -> AbstractContextManager[None]:
        """Have the agents begin as soon as the clients listen."""
        return beside(partial(_begin, trial))

    def findings(self, trial: RunningTrial) -> Findings:
        """Write what the agents have read, and say what limited the trial; what is missing is a note."""
        from fpray.samples.collect import collect_samples  # `fpray plan` collects nothing
        from fpray.samples.verdict import limit_columns

        notes = collect_samples(trial, trial.memory.get(AGENTS, []))
        return Findings(columns=limit_columns(trial), notes=notes)


def _begin(trial: RunningTrial) -> None:
    """Each agent samples its own processes; one agent of each machine samples the machine as well."""
    assert trial.plan is not None
    params = trial.trial.params
    if warmup_s(params) + seconds_of(params, "duration") < SHORTEST_S:
        return
    trial.await_clients()
    hosts = set[str]()
    agents: list[tuple[str, str]] = trial.memory.setdefault(AGENTS, [])
    for (role, host), processes in by_agent(trial.plan.processes).items():
        with contextlib.suppress(Lost):  # the trial itself notices
            trial.agent(role, host).processes.sample(labels_of(processes), host not in hosts)
            hosts.add(host)
            agents.append((role, host))
