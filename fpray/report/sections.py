"""What `fpray show` adds for a kind of suite. A sweep has the section below; a search has a section of its own."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from fpray.plan.words import again
from fpray.store.suite import Suite


class Section(Protocol):
    """What is shown below the trials of a suite."""

    def lines(self, suite: Suite) -> Iterable[str]:
        """What the suite came to, beside its trials."""

    def to_go(self, suite: Suite, total: int, done: int) -> str:
        """How much is left, behind the counts of the last line; total: trials that have begun or ended."""


class SweepSection:
    """The section of a suite that has a fixed list of trials."""

    def lines(self, suite: Suite) -> Iterable[str]:
        """A sweep has nothing beside its trials."""
        return ()

    def to_go(self, suite: Suite, total: int, done: int) -> str:
        """The number of trials that have not ended."""
        remaining = max(total, suite.record.planned) - done
        return f", {remaining} to go ({again(suite.record.command)})" if remaining else ""
