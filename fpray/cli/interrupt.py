"""What Ctrl-C, a TERM and a closed terminal do to a command that runs trials."""

from __future__ import annotations

import atexit
import os
import signal
import sys
from collections.abc import Iterable
from typing import Any

from fpray.report.text import after_interrupt, on_terminal
from fpray.report.writer import write


def interruptible() -> None:
    """Ctrl-C, a TERM and a closed terminal (not under nohup) end a sweep cleanly; a second one ends it at once.

    Even then nothing is left running: each supervisor ends its processes when its actor or its raylet is gone.
    """
    nohup = signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    numbers = (signal.SIGINT, signal.SIGTERM, *(() if nohup else (signal.SIGHUP,)))

    def first(_number: int, _frame: Any) -> None:
        for number in numbers:
            signal.signal(number, second)
        after_interrupt("stopping (Ctrl-C again stops at once)")
        raise KeyboardInterrupt

    def second(_number: int, _frame: Any) -> None:
        if on_terminal():
            write(show_cursor)
        os._exit(130)

    def show_cursor() -> None:
        sys.stderr.write("\x1b[?25h\n")  # the live display hid it
        sys.stderr.flush()

    for number in numbers:
        signal.signal(number, first)
    atexit.register(_ignore, numbers)


def _ignore(numbers: Iterable[int]) -> None:
    """Let signals do nothing: while Python ends, they would end it with another exit code than the sweep's."""
    for number in numbers:
        signal.signal(number, signal.SIG_IGN)
