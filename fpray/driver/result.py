"""What `fpray.sweep` returns: the suite, how its trials ended, and its table."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fpray.errors import only_reading
from fpray.store.outcome import Outcome, Status, status_counts
from fpray.store.result_table import read_results


@dataclass(repr=False)
class SweepResult:
    """What a sweep came to.

    Attributes:
        suite: the suite directory.
        planned: how many trials the sweep has.
        outcomes: trial number -> outcome, of every trial that ended, now or earlier.
        interrupted: whether the user stopped it.
        stopped: why it stopped by itself before its end, as a clause; "" where it did not.
    """

    suite: Path
    planned: int
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    interrupted: bool = False
    stopped: str = ""

    def __repr__(self) -> str:
        statuses = [outcome.status for outcome in self.outcomes.values()]
        counts = f"{status_counts(statuses)} of {self.planned}" if statuses else f"0 of {self.planned} ended"
        return f"<{type(self).__name__}: {counts} · {self.suite}>"

    @property
    def exit_code(self) -> int:
        """0: every trial finished; 1: some did not; 130: interrupted."""
        if self.interrupted:
            return 130
        successes = [outcome for outcome in self.outcomes.values() if outcome.status is Status.FINISHED]
        return 0 if len(successes) == self.planned else 1

    def table(self) -> Any:
        """All results as an Arrow table (`.to_pandas()` for a frame)."""
        with only_reading():
            return read_results(self.suite)
