"""`driver.log` of a suite: every line that its driver prints, to be read later or by other processes."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from fpray.files import layout


class DriverLog:
    """Appends to the log of a suite; a suite in which it cannot be written has none, and the sweep goes on.

    Attributes:
        begins_at: where the lines of this run begin, in bytes.
    """

    def __init__(self, suite: Path) -> None:
        mode = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW
        try:
            self._file = os.open(suite / layout.DRIVER_LOG, mode, 0o666)
        except OSError:
            self._file = os.open(os.devnull, mode)
        self.begins_at = os.fstat(self._file).st_size

    def append(self, line: str) -> None:
        """Append a line, if it can be written."""
        with contextlib.suppress(OSError):
            os.write(self._file, f"{line}\n".encode(errors="backslashreplace"))

    def take_output(self) -> None:
        """Redirect this process: its output goes to the log, and its input is empty."""
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        for number in (1, 2):
            os.dup2(self._file, number)

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)
