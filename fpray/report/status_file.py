"""`progress.json` of a suite, written by its driver: how the sweep stands, to be read by other processes."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from fpray.files import layout
from fpray.files.atomic import write_json
from fpray.report.snapshot import Snapshot

# Changes within this time of a write are written together after it: with two hundred trials in parallel, something
# changes every few milliseconds.
_INTERVAL_S = 1.0


class StatusFile:
    """Writes the file when something has changed, at most once a second.

    In a thread of its own, which sleeps unless something changes: a slow file system does not delay trials.
    """

    def __init__(self, suite: Path, snapshot: Callable[[], Snapshot]) -> None:
        self._suite, self._snapshot = suite, snapshot
        self._changed, self._over = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._work, name="status-file", daemon=True)
        self._thread.start()

    def changed(self) -> None:
        """Have the file written soon."""
        self._changed.set()

    def stop(self) -> None:
        """Write no more; the suite may be removed."""
        self._over.set()
        self._changed.set()
        self._thread.join()

    def finish(self, snapshot: Snapshot) -> None:
        """Write the last snapshot, if the suite is still there, and no more."""
        self.stop()
        self._write(snapshot)

    def _work(self) -> None:
        while not self._over.is_set():
            self._changed.wait()
            self._changed.clear()
            if not self._over.is_set():
                self._write(self._snapshot())
            self._over.wait(_INTERVAL_S)

    def _write(self, snapshot: Snapshot) -> None:
        with contextlib.suppress(OSError):
            write_json(self._suite / layout.PROGRESS, asdict(snapshot))
