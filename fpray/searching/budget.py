"""How long a search may use its machines, and how many more trials that leaves room for."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from optuna.trial import FrozenTrial

from fpray.plan.words import number_of
from fpray.searching.trial_attributes import SPENT_S, WALL_S


@dataclass(frozen=True)
class TimeBudget:
    """How long the trials of a search may take; None: as long as they want.

    Attributes:
        minutes: of trials; trials that run in parallel count once.
        dollars: of machines; needs the price.
        price_per_machine_hour: in dollars.
    """

    minutes: float | None = None
    dollars: float | None = None
    price_per_machine_hour: float | None = None

    def seconds(self, machines: int) -> float | None:
        """What the smaller of both limits allows on so many machines; None without a limit."""
        limits_s = [] if self.minutes is None else [60 * self.minutes]
        if self.dollars is not None and self.price_per_machine_hour is not None:
            limits_s.append(3600 * self.dollars / self.price_per_machine_hour / machines)
        return min(limits_s, default=None)

    def __str__(self) -> str:
        limits = [] if self.minutes is None else [f"{self.minutes:g} minutes"]
        limits += [] if self.dollars is None else [f"{self.dollars:g} dollars"]
        return " or ".join(limits)


class BudgetMeter:
    """What is left of a search's budget of trials and time.

    Args:
        trials: at most this many trials, confirmations included.
        planned_s: how long a trial takes, until one has ended.
        clock: in seconds.
    """

    def __init__(
        self, trials: int, limit: TimeBudget, *, planned_s: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._trials, self._limit, self._planned_s, self._clock = trials, limit, planned_s, clock
        self._last_end: float | None = None  # by the clock, in this run

    def since_last_end_s(self) -> float:
        """Seconds since a trial ended in this run; infinite before the first one."""
        return math.inf if self._last_end is None else self._clock() - self._last_end

    def note_end(self) -> None:
        """A trial ends now."""
        self._last_end = self._clock()

    def trials_left(self, trials: Sequence[FrozenTrial], running: int, machines: int) -> int:
        """How many more trials the budget allows, in addition to those that run; 0 or less: none."""
        rest = self._trials - len(trials) - running
        limit_s = self._limit.seconds(machines)
        if limit_s is None:
            return rest
        spent_s, share_s, alone_s = self._durations(trials)
        room_s = limit_s - spent_s
        running_s = 0.0 if not running or self._last_end is None else min(alone_s, self._clock() - self._last_end)
        if room_s - running_s < alone_s:
            return min(rest, 0)
        return min(rest, math.floor(room_s / max(share_s, 1e-9)) - running)

    def _durations(self, trials: Sequence[FrozenTrial]) -> tuple[float, float, float]:
        """Seconds: all trials, with parallel ones counted once; the average share of a trial in it; a trial alone."""
        if not trials:
            return 0.0, self._planned_s, self._planned_s
        alone_s = [float(t.user_attrs.get(WALL_S) or 0.0) for t in trials]
        spent_s = [float(t.user_attrs.get(SPENT_S, alone)) for t, alone in zip(trials, alone_s, strict=True)]
        return sum(spent_s), sum(spent_s) / len(trials), sum(alone_s) / len(trials)

    def why_spent(self, count: int) -> str:
        """The limit that is reached: trials, or time and money; count: the number of trials so far."""
        if count >= self._trials or not str(self._limit):
            return (
                f"the budget of {number_of(self._trials, 'trial')} is spent (to continue the search, name its"
                " suite with -s and write a larger --budget-trials)"
            )
        return (
            f"the budget of {self._limit} leaves no room for another trial (to continue the search, name"
            " its suite with -s and write a larger --budget-minutes or --budget-dollars)"
        )
