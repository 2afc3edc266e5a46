"""How Ray is started in this process: environment variables, signals that wait, a quiet standard output."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Iterator, Mapping
from typing import Any


class Environment:
    """Changes environment variables, which Ray's processes inherit, until `restore`."""

    def __init__(self) -> None:
        self._before: dict[str, str | None] = {}

    def set(self, variables: Mapping[str, str | None]) -> None:
        """Set variables; None removes one."""
        for name, value in variables.items():
            self._before.setdefault(name, os.environ.get(name))
            _set(name, value)

    def restore(self) -> None:
        """Give every variable the value that it had at first."""
        for name, value in self._before.items():
            _set(name, value)
        self._before.clear()


def _set(name: str, value: str | None) -> None:
    os.environ.pop(name, None)
    if value is not None:
        os.environ[name] = value


@contextlib.contextmanager
def interrupts_deferred() -> Iterator[None]:
    """Keep a signal until Ray has started, and handle it then; a second signal ends the process.

    An exception in the middle of `ray.init` can end in a segmentation fault. Ray also installs its own handler of
    SIGTERM, which exits: here that has the same effect as our own.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    received: list[int] = []

    def receive(number: int, _frame: object) -> None:
        if received:
            os._exit(130)
        received.append(number)

    handlers = {number: signal.signal(number, receive) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    except SystemExit:
        received.append(signal.SIGTERM)
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
    if received:
        handler = handlers[signal.Signals(received[0])]
        if callable(handler):
            handler(received[0], None)
        raise KeyboardInterrupt


def connect(**options: Any) -> None:
    """Import Ray and call `ray.init` with these options: quietly, and with signals that wait."""
    with interrupts_deferred():  # an exception in the middle of this import may be lost in a compiled module
        import ray
        from ray._private import worker

    # Raylets' messages would come on our standard output, which is JSON; `log_to_driver=False` does not prevent that.
    worker.print_to_stdstream = lambda _data, ignore_prefix: None
    with interrupts_deferred():
        ray.init(log_to_driver=False, logging_level="ERROR", configure_logging=False, **options)
