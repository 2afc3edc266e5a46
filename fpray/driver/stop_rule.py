"""Decides when so many trials have failed that the run ends, and says why."""

from __future__ import annotations

from dataclasses import dataclass

from fpray.store.outcome import Outcome, Status

# Of a list of trials: five have ended, more than half of them failed, and the last three failed.
LEAST_ENDED, LAST_FAILED = 5, 3
# A source that learns from failures goes on as long as any trial gave a result.
LEAST_LEARNED_FROM = 10
_NO_FAILURE = (Status.FINISHED, Status.STOPPED_EARLY, Status.INTERRUPTED)


@dataclass
class FailureLimit:
    """How the trials of this run have ended, in the order of ending; the ends of earlier runs do not count.

    So the same command, typed again, tries as many trials again before it stops.

    Attributes:
        learns: whether the source of trials learns from failures.
        keep_going: whether the run goes on whatever fails.
    """

    learns: bool
    keep_going: bool = False
    _count: int = 0
    _failures: int = 0
    _in_a_row: int = 0
    _first: str = ""

    def note(self, number: str, outcome: Outcome) -> str | None:
        """A trial has ended; returns a sentence where it is of no use to go on."""
        self._count += 1
        if outcome.status in _NO_FAILURE:
            self._in_a_row = 0
            return None
        self._failures += 1
        self._in_a_row += 1
        self._first = self._first or f"{number} · {outcome.status.value}: {outcome.detail}"
        return self._sentence() if self._is_reached() else None

    def _is_reached(self) -> bool:
        if self.learns:
            return self._failures == self._count >= LEAST_LEARNED_FROM
        return self._count >= LEAST_ENDED and 2 * self._failures > self._count and self._in_a_row >= LAST_FAILED

    def _sentence(self) -> str:
        failures = f"{self._failures} of {self._count} trials failed, the last {self._in_a_row} in a row"
        return f"{failures}. The first failure: trial {self._first}"
