"""What Ctrl-C, a TERM and a closed terminal do to a command that runs trials."""

from __future__ import annotations

import atexit
import os
import signal
import sys
import threading
import time
from collections.abc import Iterable
from typing import Any

from fpray.report.text import after_interrupt, on_terminal
from fpray.report.writer import write

_WAKE_UPS, _PAUSE_S = 3, 0.1  # several, since each of them may itself come just before a wait


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
    _wake_main_thread(numbers)
    atexit.register(_ignore, numbers)


def _wake_main_thread(numbers: Iterable[int]) -> None:
    """Let no signal wait for as long as the main thread does.

    Python calls a handler between two steps of the main thread. A signal that comes just before that thread begins to
    wait for a lock, or to another thread, does not end the wait. So another thread reads which signals came, and then
    interrupts the main thread's waits by a signal that means nothing.
    """
    main_thread = threading.get_ident()
    read_end, write_end = os.pipe2(os.O_CLOEXEC)
    os.set_blocking(write_end, False)
    signal.signal(signal.SIGURG, lambda *_: None)
    signal.set_wakeup_fd(write_end, warn_on_full_buffer=False)

    def wake() -> None:
        while True:
            if not set(numbers).isdisjoint(os.read(read_end, 64)):
                for _ in range(_WAKE_UPS):
                    signal.pthread_kill(main_thread, signal.SIGURG)
                    time.sleep(_PAUSE_S)

    threading.Thread(target=wake, name="fpray-signals", daemon=True).start()


def _ignore(numbers: Iterable[int]) -> None:
    """Let signals do nothing: while Python ends, they would end it with another exit code than the sweep's."""
    for number in numbers:
        signal.signal(number, signal.SIG_IGN)
