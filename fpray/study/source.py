"""What the main loop asks for trials and tells their outcomes: a list of trials, or what chooses one at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any
from typing import Protocol as Interface

from fpray.plan.plan import Trial
from fpray.store.outcome import Outcome


class TrialSource(Interface):
    """What the main loop drives: asks for trials until there is none, and tells how each ended.

    Several trials may be asked before the first of them is told.
    """

    def ask(self) -> Trial[Any] | None:
        """The next trial to run, or None when nothing is left to ask, or not before one that runs is told."""

    def tell(self, trial: Trial[Any], outcome: Outcome) -> None:
        """How a trial ended, now or in an earlier run of the same suite."""

    def planned(self) -> Sequence[Trial[Any]]:
        """The trials known so far, for progress and estimates."""

    def ahead(self) -> Sequence[Trial[Any]]:
        """What will run, or, where that is not known, the like of it: machines are checked by it. Empty: nothing."""

    def most(self) -> int:
        """How many trials there will be at most, those that ended among them."""

    def standing(self) -> str:
        """What is known so far, in a sentence; nothing where there is nothing to find out."""


class ListSource:
    """An asker of a fixed list of trials, some of which have ended."""

    def __init__(self, trials: Sequence[Trial[Any]], waiting: Sequence[Trial[Any]]) -> None:
        self._trials, self._waiting = list(trials), list(waiting)
        self._asked: Iterator[Trial[Any]] = iter(self._trials)

    def arrange(self, order: Callable[[Sequence[Trial[Any]]], list[Trial[Any]]]) -> None:
        """Put the trials in order, before any is asked for."""
        self._trials, self._waiting = order(self._trials), order(self._waiting)
        self._asked = iter(self._trials)

    def ask(self) -> Trial[Any] | None:
        """The next trial of the list."""
        return next(self._asked, None)

    def tell(self, trial: Trial[Any], outcome: Outcome) -> None:
        """A list learns nothing."""

    def planned(self) -> Sequence[Trial[Any]]:
        """All of it."""
        return self._trials

    def ahead(self) -> Sequence[Trial[Any]]:
        """What has not ended."""
        return self._waiting

    def most(self) -> int:
        """Its length."""
        return len(self._trials)

    def standing(self) -> str:
        """A list finds nothing out."""
        return ""
