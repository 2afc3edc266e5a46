"""Starts and ends the command line: without a traceback, whatever the moment of a Ctrl-C and the terminal's state."""

from __future__ import annotations

import os
import signal


def main() -> None:
    """The `fpray` command."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    from fpray.cli.main import main as command_line

    try:
        command_line()
    except SystemExit as ending:
        from fpray.report.writer import is_stuck

        if is_stuck():  # Python's own end would wait for the terminal
            os._exit(ending.code if isinstance(ending.code, int) else ending.code is not None)
        raise
