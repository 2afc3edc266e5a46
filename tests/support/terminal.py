"""A terminal of its own for a command: what is typed, what is echoed, and what its screen shows."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import re
import select
import struct
import termios
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.support.patience import LONG

_ESCAPE = re.compile(r"\x1b\[([?\d;]*)([A-Za-z])")
_SIZE = ("COLUMNS", "LINES")
INTERRUPT = b"\x03"  # Ctrl-C


class Screen:
    """What a terminal shows, for the control sequences that rich uses.

    Attributes:
        rows: each line of the screen and of what has scrolled out of it.
        echoes: each line at the moment at which a `^C` was echoed into it.
    """

    def __init__(self, width: int) -> None:
        self.rows, self.echoes = [""], list[str]()
        self._width, self._row, self._column = width, 0, 0

    def show(self, text: str) -> None:
        """Take what a program or the terminal's driver writes."""
        at = 0
        while at < len(text):
            if escape := _ESCAPE.match(text, at):
                self._control(escape[1], escape[2])
                at = escape.end()
                continue
            self._write(text[at])
            at += 1
            if text[at - 2 : at] == "^C":
                self.echoes.append(self.rows[self._row])

    def _write(self, character: str) -> None:
        if character == "\r":
            self._column = 0
        elif character == "\n":
            self._down()
        else:
            if self._column == self._width:
                self._column = 0
                self._down()
            row = self.rows[self._row].ljust(self._column)
            self.rows[self._row] = row[: self._column] + character + row[self._column + 1 :]
            self._column += 1

    def _down(self) -> None:
        self._row += 1
        if self._row == len(self.rows):
            self.rows.append("")

    def _control(self, words: str, kind: str) -> None:
        if kind == "A":
            self._row = max(0, self._row - int(words or 1))
        elif kind == "K":
            self.rows[self._row] = "" if words == "2" else self.rows[self._row][: self._column]
        else:
            assert kind in "mhl", (words, kind)  # colours, and the cursor's looks


class Terminal:
    """A command on a terminal; it ends with the block."""

    def __init__(self, command: Sequence[str], cwd: Path, *, width: int) -> None:
        self.screen = Screen(width)
        self._pid, self._file = pty.fork()
        if self._pid == 0:
            with contextlib.suppress(OSError):
                os.chdir(cwd)
                fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 50, width, 0, 0))
                # The width is that of the terminal: readline and pytest-xdist may have set another.
                os.execve(command[0], list(command), {k: v for k, v in os.environ.items() if k not in _SIZE})
            os._exit(127)

    def type(self, keys: bytes) -> None:
        """Press keys."""
        os.write(self._file, keys)

    def until(self, condition: Callable[[Screen], bool]) -> None:
        """Show what is written until a condition holds."""
        end = time.monotonic() + LONG
        while not condition(self.screen):
            assert time.monotonic() < end, "\n".join(self.screen.rows)
            assert self._read(), "\n".join(self.screen.rows)

    def wait(self) -> int:
        """Show the rest, and return the exit code."""
        end = time.monotonic() + LONG
        while self._read():
            assert time.monotonic() < end, "\n".join(self.screen.rows)
        _, status = os.waitpid(self._pid, 0)
        os.close(self._file)
        return os.waitstatus_to_exitcode(status)

    def _read(self) -> bool:
        """Show what has been written by now; whether the command may write more."""
        if not select.select([self._file], [], [], 0.1)[0]:
            return True
        try:
            content = os.read(self._file, 65536)
        except OSError:  # the command has ended
            return False
        self.screen.show(content.decode(errors="replace"))
        return bool(content)
