"""What `fpray show` adds for the suite of a search: its recommendation, and whether it has ended."""

from __future__ import annotations

from collections.abc import Iterable

from fpray.plan.words import again
from fpray.searching.recorded_recommendation import read_recommendation
from fpray.store.suite import Suite


class SearchSection:
    """The section of a suite in which a search chooses the trials."""

    def lines(self, suite: Suite) -> Iterable[str]:
        """The recommendation so far, in sentences."""
        return read_recommendation(suite.path).sentences

    def to_go(self, suite: Suite, total: int, done: int) -> str:
        """The trials that have begun, and whether the search has ended: how many are left is not known in advance."""
        under_way = f", {total - done} begun" if total > done else ""
        return under_way if suite.record.ended else f"{under_way}, and not ended ({again(suite.record.command)})"
