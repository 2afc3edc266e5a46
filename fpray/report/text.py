"""A line for the user: on standard error, or, where it is what the command is for, on standard output."""

from __future__ import annotations

import sys


def say(line: str) -> None:
    """Print a message to standard error."""
    print(line, file=sys.stderr, flush=True)  # noqa: T201


def show_line(line: str) -> None:
    """Print a line of the requested output to standard output."""
    print(line)  # noqa: T201
