"""What is shown of a kind of suite beside its trials: of a sweep, the section below; other kinds have their own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from fpray.plan.words import again
from fpray.store.suite import Suite


class Section(Protocol):
    """What is shown below the trials of a suite."""

    def lines(self, suite: Suite) -> Iterable[str]:
        """What the suite came to, beside its trials."""

    def to_go(self, suite: Suite, total: int, done: int) -> str:
        """How much is left, behind the counts of the last line; total: trials that have begun or ended."""

    def varied(self, suite: Suite) -> Sequence[str]:
        """The parameters in which trials of the suite differ, as far as the command line says."""


class SweepSection:
    """The section of a suite that has a fixed list of trials."""

    def lines(self, suite: Suite) -> Iterable[str]:
        """A sweep has nothing beside its trials."""
        return ()

    def to_go(self, suite: Suite, total: int, done: int) -> str:
        """The number of trials that have not ended."""
        remaining = max(total, suite.record.planned) - done
        return f", {remaining} to go ({again(suite.record.command)})" if remaining else ""

    def varied(self, suite: Suite) -> Sequence[str]:
        """The parameters of the grid."""
        return suite.record.varied()


Sections = Mapping[str, Section]  # kind of suite -> its section; other kinds are shown as sweeps
SWEEPS: Sections = {}


def section_of(suite: Suite, sections: Sections) -> Section:
    """The section of a suite."""
    return sections.get(suite.record.kind, SweepSection())
