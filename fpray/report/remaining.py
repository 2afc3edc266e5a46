"""How long the rest of a sweep takes: by plan, corrected by how well the plan has held so far."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from fpray.plan.estimate import planned_seconds
from fpray.plan.plan import Trial


@dataclass(eq=False)
class TrialTime:
    """A trial that runs: the seconds that are planned for it, and when it began (monotonic clock).

    Attributes:
        waits_since: since when it waits for machines or disk space, None while it does not; began moves with that.
    """

    planned_s: float
    began: float
    waits_since: float | None = None

    def took(self) -> float:
        """Seconds that it has run, without those for which it waited."""
        return (time.monotonic() if self.waits_since is None else self.waits_since) - self.began


class RemainingTime:
    """Adds up planned seconds: of the trials that are known, that have ended, and that run."""

    def __init__(self, trials: Iterable[Trial[Any]]) -> None:
        self._plan_s = {trial.id: planned_seconds(trial) for trial in trials}
        self._total_s = self._rest_s = sum(self._plan_s.values())
        self._past_s = 0.0  # planned seconds of the trials that ended in this run
        self._first_began: float | None = None

    def begin(self, trial: Trial[Any]) -> TrialTime:
        """A trial starts; it may not have been known before."""
        if trial.id not in self._plan_s:
            self._plan_s[trial.id] = planned_seconds(trial)
            self._rest_s += self._plan_s[trial.id]
            self._total_s += self._plan_s[trial.id]
        now = time.monotonic()
        self._first_began = self._first_began or now
        return TrialTime(self._plan_s[trial.id], now)

    def wait(self, trial: TrialTime) -> None:
        """A trial waits for what other programs hold: this time is not its own."""
        trial.waits_since = trial.waits_since or time.monotonic()

    def go_on(self, trial: TrialTime) -> None:
        """A trial waits no more."""
        if trial.waits_since is not None:
            wait_s = time.monotonic() - trial.waits_since
            trial.began, trial.waits_since = trial.began + wait_s, None
            if self._first_began is not None:
                self._first_began = min(trial.began, self._first_began + wait_s)

    def skip(self, trial: Trial[Any]) -> None:
        """A trial had ended before this run."""
        self._rest_s -= self._plan_s.get(trial.id, 0.0)

    def end(self, trial: Trial[Any], *, final: bool) -> None:
        """A trial has ended; if that is not final, it runs again."""
        plan_s = self._plan_s.setdefault(trial.id, 0.0)
        self._past_s += plan_s
        if final:
            self._rest_s -= plan_s

    def seconds(self, total: int, running: Sequence[TrialTime]) -> float:
        """The estimate for `total` trials, with as many in parallel as now; unknown trials count as the mean one."""
        unknown = max(0, total - len(self._plan_s))
        rest_s = self._rest_s + unknown * self._total_s / max(1, len(self._plan_s))
        now = min((trial.waits_since for trial in running if trial.waits_since is not None), default=time.monotonic())
        under_way = sum(min(trial.planned_s, trial.took()) for trial in running)
        if not self._past_s + under_way or self._first_began is None:
            return rest_s / max(1, len(running))
        return max(0.0, rest_s - under_way) * (now - self._first_began) / (self._past_s + under_way)
