"""When most trials fail, the rest of a night is not spent on more of them: says when, and why."""

from __future__ import annotations

from fpray.store.outcome import Outcome, Status

# Of a sweep: so many have ended, more than half of them failed, and so many of these were the last ones.
LEAST_ENDED, LAST_FAILED = 5, 3
# A search learns from what fails, so it goes on as long as anything ever was a result.
LEAST_SEARCHED = 10
_NO_FAILURE = (Status.FINISHED, Status.STOPPED_EARLY, Status.INTERRUPTED)


class FailureLimit:
    """How the trials of this run have ended, in the order of ending; what ended in an earlier run does not count.

    So the same command, typed again, tries as many again before it stops.
    """

    def __init__(self, *, searching: bool) -> None:
        self._searching = searching
        self._ended = self._failed = self._last = 0
        self._first = ""

    def note(self, number: str, outcome: Outcome) -> str | None:
        """A trial has ended; a sentence where it is no use to go on."""
        self._ended += 1
        if outcome.status in _NO_FAILURE:
            self._last = 0
            return None
        self._failed += 1
        self._last += 1
        self._first = self._first or f"{number} {outcome.status.value}: {outcome.detail}"
        return self._said() if self._is_no_use() else None

    def _is_no_use(self) -> bool:
        if self._searching:
            return self._failed == self._ended >= LEAST_SEARCHED
        return self._ended >= LEAST_ENDED and 2 * self._failed > self._ended and self._last >= LAST_FAILED

    def _said(self) -> str:
        return (
            f"{self._failed} of {self._ended} trials failed, the last {self._last} in a row; the first: {self._first}"
        )
