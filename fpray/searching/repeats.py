"""Which repeat of a point comes next: equal points are separate trials with different repeat numbers."""

from __future__ import annotations

from typing import Any

from fpray.plan.plan import Trial


def configuration(trial: Trial[Any]) -> str:
    """What all repeats of a point share: the id of its first repeat."""
    return Trial(trial.protocol, trial.params).id


class RepeatNumbers:
    """Configuration -> the repeat number of its next trial."""

    def __init__(self) -> None:
        self._next: dict[str, int] = {}

    def note(self, configuration: str, repeat: int) -> None:
        """A repeat of a configuration exists."""
        self._next[configuration] = max(self.next(configuration), repeat + 1)

    def next(self, configuration: str) -> int:
        """The number after the highest repeat number of a configuration; 0 if it has no trial."""
        return self._next.get(configuration, 0)
