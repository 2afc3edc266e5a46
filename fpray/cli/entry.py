"""Starts and ends the command line: without a traceback, whatever the moment of a Ctrl-C and the terminal's state."""

from __future__ import annotations

import os
import signal
import sys

_RUN_TRIALS = ("sweep", "search")  # `interruptible` handles their signals as soon as there is something to end


def main() -> None:
    """The `fpray` command."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    if sys.argv[1:2] and sys.argv[1] in _RUN_TRIALS:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(number) is not signal.SIG_IGN:  # nohup
                signal.signal(number, _leave)
    from fpray.cli.main import main as command_line

    try:
        command_line()
    except SystemExit as ending:
        from fpray.report.writer import stays_stuck

        if stays_stuck():  # Python's own end would wait for the terminal
            os._exit(ending.code if isinstance(ending.code, int) else ending.code is not None)
        raise


def _leave(_number: int, _frame: object) -> None:
    os.write(2, "interrupted · nothing was started\n".encode())
    os._exit(130)
