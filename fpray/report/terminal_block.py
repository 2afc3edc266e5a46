"""The live block: lines at the bottom of a terminal that are redrawn once a second, with rich."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable

from fpray.files.printable import printable
from fpray.report.writer import is_stuck, write

_REDRAW_S = 1.0


class TerminalBlock:
    """Draws until it is closed, in a thread of its own.

    text: the width of the terminal -> the lines.
    """

    def __init__(self, text: Callable[[int], str]) -> None:
        from rich.console import Console
        from rich.live import Live
        from rich.text import Text

        self._console = Console(stderr=True, highlight=False, soft_wrap=True)

        def render() -> Text:
            lines = printable(text(int(self._console.width)), lines=True)
            # The cursor rests in an empty line below: there the terminal echoes ^C, which the next drawing removes.
            return Text(f"  {lines}\n", style="dim", overflow="ellipsis", no_wrap=True)

        self._live = Live(get_renderable=render, console=self._console, auto_refresh=False, transient=True)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._redraw, daemon=True)
        self._thread.start()

    @staticmethod
    def _write(job: Callable[[], object]) -> None:
        def quietly() -> None:
            with contextlib.suppress(OSError):  # the terminal is closed
                job()

        write(quietly)

    def _redraw(self) -> None:
        self._write(self._live.start)
        while not self._over.wait(_REDRAW_S):
            self.refresh()

    def refresh(self) -> None:
        """Draw the lines now, unless the terminal takes no text."""
        if not is_stuck():
            self._write(self._live.refresh)

    def print(self, line: str) -> None:
        """Print a line above the block, which stays."""
        from rich.text import Text

        self._write(lambda: self._console.print(Text(printable(line, lines=True))))

    def close(self) -> None:
        """Remove the block."""
        self._over.set()
        self._thread.join(timeout=2)
        self._write(self._live.stop)
