"""A sweep that goes on by itself: started as a process of its own, which leaves its terminal when it is under way."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

_LEAVING = "FPRAY_LEAVING"  # the end of a pipe, in the environment of the process of its own


class Leaving:
    """The wish of a sweep to leave the terminal that it was started from, and whom to tell."""

    def __init__(self, told: int) -> None:
        self._told = told

    def go(self, suite: Path) -> None:
        """Tell the command that is waiting which suite it is; it ends then."""
        with contextlib.suppress(OSError):  # it may be gone
            os.write(self._told, os.fsencode(suite))
        os.close(self._told)


def leaving() -> Leaving | None:
    """That of this process, if it was started to go on by itself."""
    told = os.environ.pop(_LEAVING, None)  # whoever this process starts was not
    if told is None:
        return None
    os.set_inheritable(int(told), False)
    return Leaving(int(told))


def start(words: Sequence[str]) -> tuple[Path | None, int]:
    """Run `fpray WORDS` in a session of its own: its suite, once that is under way; or None, and its exit code.

    Until then it speaks on our terminal, so that whatever is refused is refused here; Ctrl-C ends it.
    """
    read, write = os.pipe()
    command = [sys.executable, "-P", "-c", "from fpray.entry import main; main()", *words]
    environment = {**os.environ, _LEAVING: str(write)}
    process = subprocess.Popen(
        command, env=environment, pass_fds=[write], stdin=subprocess.DEVNULL, start_new_session=True
    )
    os.close(write)
    try:
        with os.fdopen(read, "rb") as told:
            suite = told.read()
        return (Path(os.fsdecode(suite)), 0) if suite else (None, process.wait())
    except KeyboardInterrupt:
        process.send_signal(signal.SIGTERM)
        process.wait()
        raise
