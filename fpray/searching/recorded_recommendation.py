"""What is read again of a search's `answer.json`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from fpray.files.rules import Cell
from fpray.files.suite_file import read_suite_file
from fpray.searching.file_names import ANSWER


@dataclass(frozen=True)
class RecordedInterval:
    """A number and its 95 % interval; None: unknown."""

    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class RecordedChoice:
    """A configuration: the parameters of the space, and goal -> estimate."""

    params: Mapping[str, Cell]
    goals: Mapping[str, RecordedInterval]

    def value(self, column: str) -> float | None:
        """The estimate of a goal; None if it is unknown."""
        interval = self.goals.get(column)
        return interval.value if interval is not None else None


@dataclass(frozen=True)
class RecordedLimit:
    """A bound at another limit."""

    limit: float


@dataclass(frozen=True)
class RecordedRecommendation:
    """The recommendation of a search, as far as it is shown again; see `fpray.searching.recommendation`.

    frontier: pairs of a limit and the configuration recommended there.
    """

    sentences: Sequence[str] = ()
    best: RecordedChoice | None = None
    front: Sequence[RecordedChoice] = ()
    frontier: Sequence[Sequence[RecordedLimit | RecordedChoice | None]] = ()

    def edge(self, column: str) -> Iterator[tuple[float, float]]:
        """Limit -> the best value of a goal there, where there is one."""
        for entry in self.frontier:
            limits = [part.limit for part in entry if isinstance(part, RecordedLimit)]
            values = [part.value(column) for part in entry if isinstance(part, RecordedChoice)]
            yield from ((limit, value) for limit, value in zip(limits, values, strict=False) if value is not None)


def read_recommendation(suite: Path) -> RecordedRecommendation:
    """The recommendation in a suite; an empty one before there is any.

    Raises:
        Damaged: its `answer.json` is.
    """
    return read_suite_file(suite / ANSWER, RecordedRecommendation) or RecordedRecommendation()
