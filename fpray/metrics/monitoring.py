"""The instrument of monitored trials: a Prometheus server beside the protocol, and a table of what it scraped."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any

from fpray.metrics.first_scrape import await_first_scrape
from fpray.metrics.monitored_plan import monitored_plan
from fpray.plan.plan import Plan, Trial
from fpray.trial.instruments import Findings, Instrument, PlanSite, RunningTrial


def is_monitored(trial: Trial[Any]) -> bool:
    """Whether the parameters of a trial ask for metrics."""
    return bool(trial.params.monitored)


class Monitoring(Instrument):
    """Joins trials that are monitored; it leaves all others alone."""

    name = "monitor"

    def __init__(self, program: str) -> None:
        """program: the Prometheus server, as each machine finds it."""
        self._program = program

    def extend(self, plan: Plan, site: PlanSite) -> Plan:
        """The server, its configuration, and a log of garbage collections for each JVM."""
        if not is_monitored(site.trial):
            return plan
        return monitored_plan(plan, site, self._program)

    def during(self, trial: RunningTrial) -> AbstractContextManager[None]:
        """Wait until the server has scraped for the first time, so that a short trial has series, too."""
        if is_monitored(trial.trial):
            await_first_scrape(trial)
        return nullcontext()

    def findings(self, trial: RunningTrial) -> Findings:
        """Write the table; every part of it that is missing is a note. A trial that runs again needs no table."""
        if not is_monitored(trial.trial) or trial.outcome is None or not trial.outcome.status.final:
            return Findings()
        from fpray.metrics.collect import collect  # Arrow, which `fpray plan` does not need

        return Findings(notes=collect(trial, self._program))
