"""The one thread that writes to the terminal: a terminal that takes no text (Ctrl-S, a dead connection) stops only it.

Everything that a command prints on standard error, and each drawing of the live block, is a job of this thread. Its
caller waits until the job is done, but not for longer than a second, and not at all behind a job that is stuck. A
trial is never held up by the terminal, and neither is the answer to a signal.
"""

from __future__ import annotations

import os
import queue
import threading
import time
from collections.abc import Callable

_PATIENCE_S = 1.0
_WAITING = 10_000  # jobs that wait behind one that is stuck; more are dropped (driver.log has a sweep's lines)


class _Job:
    def __init__(self, action: Callable[[], None]) -> None:
        self.action = action
        self.done = threading.Event()
        self.error: Exception | None = None

    def run(self) -> None:
        try:
            self.action()
        except Exception as error:  # its caller gets it
            self.error = error
        self.done.set()


class _Writer:
    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        self._jobs: queue.SimpleQueue[_Job] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._deciding = threading.Lock()
        self.stuck = False

    def do(self, action: Callable[[], None]) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="writer", daemon=True)
            self._thread.start()
        if threading.current_thread() is self._thread:
            action()
            return
        if self._jobs.qsize() >= _WAITING:
            return
        job = _Job(action)
        self._jobs.put(job)
        if not self.stuck and not job.done.wait(_PATIENCE_S):
            with self._deciding:
                self.stuck = not job.done.is_set()  # it may have been done just now
        if job.error is not None:
            raise job.error

    def _work(self) -> None:
        while True:
            job = self._jobs.get()
            job.run()
            with self._deciding:
                self.stuck = False


_writer = _Writer()


os.register_at_fork(after_in_child=_writer.forget)  # a forked child has no thread but its own


def write(action: Callable[[], None]) -> None:
    """Print something, after what was given before; returns when that is done, or after a second.

    action: prints; it may block.

    Raises:
        Exception: what the action raised.
    """
    _writer.do(action)


def is_stuck() -> bool:
    """Whether a job has not been done for a second and longer."""
    return _writer.stuck


def stays_stuck() -> bool:
    """Whether a job is not done for yet another second; a whole process may have been paused for the first one."""
    end = time.monotonic() + _PATIENCE_S
    while is_stuck() and time.monotonic() < end:
        time.sleep(0.02)
    return is_stuck()
