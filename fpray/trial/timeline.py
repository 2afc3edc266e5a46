"""What happened in a trial and when: its events, and how long each of its phases took."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from typing import Any

from fpray.plan.plan import Process
from fpray.store.trial_directory import TrialDirectory


class Timeline:
    """The events and the phases of one attempt.

    Attributes:
        events: `{"t": ns since the epoch, "kind", "role", "label", "detail"}`, as they were noted.
        phases: name -> seconds.
        waited_s: seconds for which it waited for what other programs hold.
    """

    def __init__(self, directory: TrialDirectory) -> None:
        self._directory = directory
        self._began = time.monotonic()
        self.events: list[dict[str, Any]] = []
        self.phases: dict[str, float] = {}
        self.waited_s = 0.0

    @property
    def elapsed_s(self) -> float:
        """Seconds since the attempt began, without those for which it waited for machines or disk space."""
        return time.monotonic() - self._began - self.waited_s

    def sorted_events(self) -> list[dict[str, Any]]:
        """The events in the order in which they happened."""
        return sorted(self.events, key=lambda event: int(event["t"]))

    def note(self, kind: str, detail: str, *, role: str = "", label: str = "", t: int | None = None) -> None:
        """Note an event; t: nanoseconds since the epoch, by default now."""
        at = time.time_ns() if t is None else t
        self.events.append({"t": at, "kind": kind, "role": role, "label": label, "detail": detail})

    def note_of(self, process: Process, kind: str, detail: str) -> None:
        """Note an event of a process."""
        self.note(kind, detail, role=process.role, label=process.label)

    @contextlib.contextmanager
    def waiting(self) -> Iterator[None]:
        """What this block takes is no time of the trial's."""
        start = time.monotonic()
        try:
            yield
        finally:
            seconds = time.monotonic() - start
            self.waited_s += seconds
            self.phases["waiting"] = self.phases.get("waiting", 0.0) + seconds

    @contextlib.contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Log that a phase begins, note it, and measure how long it takes."""
        self._directory.log(name)
        with self.timed(name):
            yield

    @contextlib.contextmanager
    def timed(self, name: str) -> Iterator[None]:
        """Note a phase, and measure how long it takes, without a line in the log."""
        self.note("phase", name)
        start = time.monotonic()
        try:
            yield
        finally:
            self.phases[name] = self.phases.get(name, 0.0) + time.monotonic() - start
