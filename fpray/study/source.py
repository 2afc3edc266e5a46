"""What the main loop asks for trials and tells their outcomes: a list of trials, or what chooses one at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any
from typing import Protocol as Interface

from fpray.plan.plan import Trial
from fpray.store.outcome import Outcome
from fpray.study.order import Order


class TrialSource(Interface):
    """Where trials come from. The main loop knows no difference between a list and what chooses trials.

    Several trials may be asked for before the source is told of the first of them.
    """

    @property
    def learns(self) -> bool:
        """Whether it chooses trials by how others ended; else its trials are known in advance."""

    def open(self, *, several_machines: bool) -> str:
        """Trials are about to run; returns how they are ordered, in words, or nothing."""

    def ask(self) -> Trial[Any] | None:
        """The next trial; None if there is none, or if the choice needs the outcome of a trial that still runs."""

    def tell(self, trial: Trial[Any], outcome: Outcome) -> None:
        """A trial has ended, now or in an earlier run of the same suite."""

    def planned(self) -> Sequence[Trial[Any]]:
        """The trials that are known so far, for progress and estimates."""

    def representative_trials(self) -> Sequence[Trial[Any]]:
        """The trials that will run, or trials that need as many machines; empty: nothing will run."""

    def trial_limit(self) -> int:
        """The most trials that there can be, those that ended among them."""

    def summary_line(self) -> str:
        """What is known so far, in a sentence; nothing where there is nothing to find out."""

    def close(self) -> Sequence[str]:
        """No more trials run; returns the last words to the user, a line each."""


class ListSource:
    """A fixed list of trials, of which some have ended.

    trials: all of them; waiting: those that are to run; decide_order: whether there are several machines -> the order
    in which they run (None: as listed).
    """

    learns = False

    def __init__(
        self,
        trials: Sequence[Trial[Any]],
        waiting: Sequence[Trial[Any]],
        decide_order: Callable[[bool], Order] | None = None,
    ) -> None:
        self._trials, self._waiting = list(trials), list(waiting)
        self._decide_order = decide_order
        self._rest: Iterator[Trial[Any]] = iter(self._trials)

    def open(self, *, several_machines: bool) -> str:
        """Put the trials in order."""
        if self._decide_order is None:
            return ""
        order = self._decide_order(several_machines)
        self._trials, self._waiting = order.arranged(self._trials), order.arranged(self._waiting)
        self._rest = iter(self._trials)
        return order.words()

    def ask(self) -> Trial[Any] | None:
        """The next trial of the list."""
        return next(self._rest, None)

    def tell(self, trial: Trial[Any], outcome: Outcome) -> None:
        """A list learns nothing."""

    def planned(self) -> Sequence[Trial[Any]]:
        """All trials."""
        return self._trials

    def representative_trials(self) -> Sequence[Trial[Any]]:
        """The trials that are to run."""
        return self._waiting

    def trial_limit(self) -> int:
        """The length of the list."""
        return len(self._trials)

    def summary_line(self) -> str:
        """A list finds nothing out."""
        return ""

    def close(self) -> Sequence[str]:
        """A list has no last words."""
        return ()
