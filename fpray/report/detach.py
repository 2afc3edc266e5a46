"""A sweep that goes on by itself: started as a process of its own, which leaves its terminal when it is under way."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

_LEAVING = "FPRAY_LEAVING"  # in the environment of the process of its own: the file in which it says its suite
_LOOK_S = 0.05


class Leaving:
    """The wish of a sweep to leave the terminal that it was started from, and where to say so."""

    def __init__(self, told: Path) -> None:
        self._told = told

    def go(self, suite: Path) -> None:
        """Tell the command that is waiting which suite it is; it ends then."""
        with contextlib.suppress(OSError):  # it may be gone
            partial = self._told.with_suffix(".partial")
            partial.write_bytes(os.fsencode(suite))
            partial.rename(self._told)


def leaving() -> Leaving | None:
    """That of this process, if it was started to go on by itself."""
    told = os.environ.pop(_LEAVING, None)  # whoever this process starts was not
    return Leaving(Path(told)) if told else None


class Launched(Protocol):
    """A process of its own."""

    def poll(self) -> int | None:
        """Its exit code, or None while it lives."""

    def terminate(self) -> None:
        """End it."""

    def wait(self) -> int:
        """Wait until it has ended; its exit code."""


# Starts a command with further variables in its environment; the path is of a directory for its use.
Launch = Callable[[Sequence[str], Mapping[str, str], Path], Launched]


def as_process(command: Sequence[str], told: Mapping[str, str], _scratch: Path) -> Launched:
    """As a child that has a session of its own, and speaks on our terminal."""
    environment = {**os.environ, **told}
    return subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, start_new_session=True)


def start(words: Sequence[str], launch: Launch = as_process) -> tuple[Path | None, int]:
    """Run `fpray WORDS` by itself: its suite, once that is under way; or None, and its exit code.

    Until then it speaks on our terminal, so that whatever is refused is refused here; Ctrl-C ends it.
    """
    command = [sys.executable, "-P", "-c", "from fpray.cli.entry import main; main()", *words]
    scratch = Path(tempfile.mkdtemp(prefix="fpray-leaving-"))
    told = scratch / "suite"
    try:
        process = launch(command, {_LEAVING: str(told)}, scratch)
        try:
            while not told.exists():
                if process.poll() is not None:
                    return None, process.wait()
                time.sleep(_LOOK_S)
            return Path(os.fsdecode(told.read_bytes())), 0
        except KeyboardInterrupt:
            process.terminate()
            process.wait()
            raise
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def hang_up_ends() -> None:
    """A closed terminal and Ctrl-C end this process as they would any other: what goes on by itself does so."""
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
