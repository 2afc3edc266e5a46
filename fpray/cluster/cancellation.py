"""Ends every wait of a run at once, from another thread: waits for remote calls, and sleeps."""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Iterator
from typing import Any


class Cancellation:
    """Cancels all waits in `gather` and `sleep`, those that run and those to come. It cannot be undone."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._cancelled = threading.Event()
        self._listeners: set[queue.SimpleQueue[Any]] = set()

    def cancel(self) -> None:
        """Raise `KeyboardInterrupt` in every thread that waits, now or later. Any thread may call this."""
        with self._lock:
            self._cancelled.set()
            for listener in self._listeners:
                listener.put(None)

    def check(self) -> None:
        """Raise `KeyboardInterrupt` if it is cancelled."""
        if self._cancelled.is_set():
            raise KeyboardInterrupt

    def sleep(self, seconds: float) -> None:
        """Sleep; raises `KeyboardInterrupt` as soon as it is cancelled."""
        self._cancelled.wait(seconds)
        self.check()

    @contextlib.contextmanager
    def notifies(self, listener: queue.SimpleQueue[Any]) -> Iterator[None]:
        """Within the block, the queue gets a None when it is cancelled, or at once if it is cancelled already."""
        with self._lock:
            if self._cancelled.is_set():
                listener.put(None)
            self._listeners.add(listener)
        try:
            yield
        finally:
            with self._lock:
                self._listeners.discard(listener)


class LinkedCancellation(Cancellation):
    """A cancellation that is also cancelled when another one is."""

    def __init__(self, other: Cancellation) -> None:
        super().__init__()
        self._other = other

    def check(self) -> None:
        """Raise `KeyboardInterrupt` if either is cancelled."""
        super().check()
        self._other.check()

    def sleep(self, seconds: float) -> None:
        """Sleep; raises `KeyboardInterrupt` as soon as either is cancelled."""
        listener: queue.SimpleQueue[Any] = queue.SimpleQueue()
        with self.notifies(listener), contextlib.suppress(queue.Empty):
            listener.get(timeout=seconds)
        self.check()

    @contextlib.contextmanager
    def notifies(self, listener: queue.SimpleQueue[Any]) -> Iterator[None]:
        """Notify the queue, as `Cancellation.notifies` does, when either is cancelled."""
        with super().notifies(listener), self._other.notifies(listener):
            yield
