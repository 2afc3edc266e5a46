"""Where a driver's lines go: always to `driver.log`, and to its terminal as long as it has one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from fpray.files.printable import printable
from fpray.report.driver_log import DriverLog
from fpray.report.terminal_block import TerminalBlock
from fpray.report.text import could_say, on_terminal


class DriverOutput:
    """Prints lines above a live block on a terminal, and plain lines elsewhere.

    leave_terminal: called with the suite before the terminal is left; None for a sweep that stays on its terminal. Only
    such a sweep has a live block.
    """

    def __init__(self, suite: Path, leave_terminal: Callable[[Path], None] | None) -> None:
        self._suite, self._leaving = suite, leave_terminal
        self._log = DriverLog(suite)
        self._block: TerminalBlock | None = None
        self._no_terminal = False  # the terminal, or what read our lines

    @property
    def begins_at(self) -> int:
        """Where in `driver.log` this run begins, in bytes."""
        return self._log.begins_at

    @property
    def live(self) -> bool:
        """Whether there is a live block."""
        return self._block is not None

    def draw(self, text: Callable[[int], str]) -> None:
        """Show a live block if this is a terminal to stay on."""
        if self._leaving is None and on_terminal():
            self._block = TerminalBlock(text)

    def refresh(self) -> None:
        """Draw the live block now."""
        if self._block is not None:
            self._block.refresh()

    def say(self, line: str) -> None:
        """Print a line and log it."""
        line = printable(line, lines=True)
        self._log.append(line)
        if self._block is not None:
            self._block.print(line)
        elif not self._no_terminal:
            self._no_terminal = not could_say(line)  # driver.log has the line

    def leave(self) -> None:
        """Leave the terminal if that is requested and has not been done."""
        if self._leaving is not None:
            self._leaving(self._suite)
            self._log.take_output()
            self._leaving, self._no_terminal = None, True

    def end_block(self) -> None:
        """Remove the live block."""
        if self._block is not None:
            self._block.close()
            self._block = None

    def close(self) -> None:
        """Close the log."""
        self._log.close()
