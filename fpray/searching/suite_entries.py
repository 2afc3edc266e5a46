"""What a search adds to `suite.json`, typed: what is searched, and why the search has ended."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any, TypedDict

from fpray.errors import Cause, refuse
from fpray.files import layout
from fpray.files.suite_file import typed_content
from fpray.store.suite import Suite


class _Words(TypedDict):
    goals: list[str]
    bounds: list[str]
    space: dict[str, str]
    sampler: str
    seed: int
    storage: str


class SearchWords(_Words, total=False):
    """What is searched, see `fpray.searching.search_record`; early versions kept no start."""

    start: dict[str, Any]


@dataclass(frozen=True)
class SearchEntries:
    """The entries of `suite.json` that only the suite of a search has: their names are the keys.

    ended: why the search has ended; "" while it has not.
    """

    search: SearchWords
    ended: str = ""

    @staticmethod
    def of(suite: Suite) -> SearchEntries | None:
        """Those of a suite; None if it is not the suite of a search.

        Raises:
            Damaged: they are something else.
        """
        names = {field.name for field in fields(SearchEntries)}
        entries = {name: value for name, value in suite.record.of_others.items() if name in names}
        if "search" not in entries:
            return None
        return typed_content(suite.path / layout.SUITE, SearchEntries, entries)

    def to_json(self) -> dict[str, Any]:
        """The entries, as `suite.json` has them."""
        return dict(vars(self))


def search_entries(suite: Suite) -> SearchEntries:
    """What the suite of a search records of it.

    Raises:
        Damaged: it is something else. Refused: it is the suite of a sweep.
    """
    entries = SearchEntries.of(suite)
    if entries is None:
        raise refuse(
            suite.path.name,
            "has the results of a sweep, not of a search: to continue it, use fpray sweep; to start a search, name"
            " another directory with -s",
            Cause.OTHER_REQUEST,
        )
    return entries


def note_end(suite: Suite, why: str) -> None:
    """Note in a suite's record why its search has ended; "": it has not."""
    suite.record.of_source |= replace(search_entries(suite), ended=why).to_json()
