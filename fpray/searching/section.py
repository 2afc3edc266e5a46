"""What is shown of the suite of a search: its recommendation, whether it has ended, and what it may choose."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from fpray.plan.words import again
from fpray.searching.recorded_recommendation import read_recommendation
from fpray.searching.suite_entries import SearchEntries
from fpray.store.suite import Suite


class SearchSection:
    """The section of a suite in which a search chooses the trials."""

    def lines(self, suite: Suite) -> Iterable[str]:
        """The recommendation so far, in sentences."""
        return read_recommendation(suite.path).sentences

    def to_go(self, suite: Suite, total: int, done: int) -> str:
        """The trials that have begun, and whether the search has ended: how many are left is not known in advance."""
        under_way = f", {total - done} begun but not ended" if total > done else ""
        entries = SearchEntries.of(suite)
        more = "" if entries and entries.ended else f"; the search has not ended ({again(suite.record.command)})"
        return under_way + more

    def varied(self, suite: Suite) -> Sequence[str]:
        """The parameters that are varied on the command line, or that the search may choose."""
        entries = SearchEntries.of(suite)
        return list(dict.fromkeys([*suite.record.varied(), *(entries.search["space"] if entries else ())]))
