"""Profiles the processes of a trial: each JVM records itself; its directory gets stacks and flame graphs."""

from __future__ import annotations

import contextlib
from contextlib import AbstractContextManager
from dataclasses import replace

from fpray.plan.plan import Plan
from fpray.trial.instruments import Findings, Instrument, PlanSite, RunningTrial, beside, with_jvm_args


class Profiles(Instrument):
    """Acts in the trials of which the parameter `profiled` is true; in others it does nothing."""

    name = "profile"

    def __init__(self, profiler: str | None = None) -> None:
        """profiler: `async=PATH`, the path of async-profiler on each machine; None: JDK Flight Recorder."""
        self._library = profiler.removeprefix("async=") if profiler is not None else None

    def extend(self, plan: Plan, site: PlanSite) -> Plan:
        """Each JVM of the protocol gets the arguments of JDK Flight Recorder. async-profiler is loaded later."""
        if not site.trial.params.profiled or self._library is not None:
            return plan
        from fpray.files.layout import PROFILE_SETTINGS
        from fpray.profiles.flight_recorder import recording_arguments, settings

        processes = [
            process if process.kind == "sidecar" else with_jvm_args(process, recording_arguments(process.label))
            for process in plan.processes
        ]
        return replace(plan, processes=tuple(processes), files={**plan.files, PROFILE_SETTINGS: settings()})

    def during(self, trial: RunningTrial) -> AbstractContextManager[None]:
        """Load async-profiler, where that profiles."""
        if not trial.trial.params.profiled or (library := self._library) is None:
            return contextlib.nullcontext()
        from fpray.profiles.async_profiler import load

        return beside(lambda: load(trial, library))

    def findings(self, trial: RunningTrial) -> Findings:
        """Stacks and flame graphs of the measured window; of a trial that failed, of all of its time."""
        if not trial.trial.params.profiled:
            return Findings()
        from fpray.profiles.findings import profiles_of

        return profiles_of(trial, by_async_profiler=self._library is not None)
