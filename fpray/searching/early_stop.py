"""The instrument that ends a trial which cannot keep a latency bound any more.

It looks once, at half of the duration, at 64 KiB of each client's file. So it hardly disturbs what is measured, and it
ends a trial only if the rest of the duration cannot change the result. docs/searching-internals.md says
why it looks only once.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from contextlib import AbstractContextManager
from functools import partial

from fpray.searching.latency_bounds import LatencyBound, broken_bound
from fpray.trial.instruments import Instrument, RunningTrial, beside
from fpray.trial.plan_facts import by_agent, rows_file, seconds_of, warmup_s

SHORTEST_S = 4.0  # a trial with a shorter duration is not looked at
LOOK_AT = 0.5  # the share of the duration after which it looks


class EarlyStop(Instrument):
    """Ends a trial that cannot keep a latency bound any more."""

    name = "early-stop"

    def __init__(self, bounds: Sequence[LatencyBound]) -> None:
        self.bounds = bounds

    def during(self, trial: RunningTrial) -> AbstractContextManager[None]:
        """Look once, in a thread of its own, where the trial is long enough."""
        params = trial.trial.params
        if seconds_of(params, "duration") < SHORTEST_S or trial.trial.protocol.records_warmup:
            return contextlib.nullcontext()
        return beside(partial(self._look, trial))

    def _look(self, trial: RunningTrial) -> None:
        assert trial.plan is not None
        params = trial.trial.params
        after_s = warmup_s(params) + LOOK_AT * seconds_of(params, "duration")
        trial.await_clients()
        calls = {
            trial.agent(role, host).files.sample_rows(list(map(rows_file, clients)), after_s): f"{role} on {host}"
            for (role, host), clients in by_agent(trial.plan.of_kind("client")).items()
        }
        samples = [piece for _, pieces in trial.wait(calls) for piece in pieces]
        if reason := broken_bound(self.bounds, samples):
            trial.end_early(reason)


def early_stop(bounds: Sequence[LatencyBound]) -> list[Instrument]:
    """The instrument for these bounds; none if there is no bound."""
    return [EarlyStop(bounds)] if bounds else []
