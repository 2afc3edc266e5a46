"""Starts the command line: Ctrl-C while it is still being imported ends it without a traceback."""

from __future__ import annotations

import signal


def main() -> None:
    """The `fpray` command."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    from fpray.cli.main import main as command_line

    command_line()
