"""Detects in a client's rows that its wall clock was set back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from fpray.recorder.schema import nanoseconds

_TOLERANCE_NS = 1_000_000


class ClockCheck:
    """Detects that a wall clock was set back: a row is written when its request stops, so stops must not decrease."""

    def __init__(self) -> None:
        """Before the first row."""
        self._last_stops: dict[str | None, int] = {}
        self._reversed, self._reversed_by = 0, 0  # rows that stop before they start, nanoseconds
        self._falls, self._falls_by = 0, 0  # rows that stop before the row above, nanoseconds

    def add(self, label: str | None, table: Any) -> None:
        """The next rows of a label.

        Rows are in order only within a label: at its end, a client writes the unfinished group of each label.
        """
        stops = nanoseconds(table["stop"])
        spans = stops - nanoseconds(table["start"])
        if spans.min() < 0:
            self._reversed += int((spans < 0).sum())
            self._reversed_by = max(self._reversed_by, -int(spans.min()))
        steps = np.diff(stops, prepend=self._last_stops.get(label, stops[0]))
        if steps.min() < -_TOLERANCE_NS:
            self._falls += int((steps < -_TOLERANCE_NS).sum())
            self._falls_by = max(self._falls_by, -int(steps.min()))
        self._last_stops[label] = int(stops[-1])

    def notes(self) -> Iterator[str]:
        """Sentences that do not name the file."""
        if self._reversed:
            yield (
                f"{self._reversed} rows stop before they start, by up to {self._reversed_by / 1e6:.3f} ms: "
                "the wall clock was set back; the rows are kept, because another clock measures their latency."
            )
        if self._falls:
            yield (
                f"the wall clock goes back {self._falls} times, by up to {self._falls_by / 1e6:.3f} ms, "
                "between rows that are written in the order of their stops; the rows are kept."
            )
