"""A sweep that goes on by itself: a process of its own, which leaves its terminal when the sweep is under way."""

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
from functools import partial
from pathlib import Path
from typing import Protocol

from fpray.driver.secret_words import hand_over
from fpray.files.atomic import replacing
from fpray.files.secret import Secret, write_secret

_LEAVING = "FPRAY_LEAVING"  # in the environment of the detached process: the file in which it reports its suite
_POLL_S = 0.05


def leaving() -> Callable[[Path], None] | None:
    """Reports the suite to the command that waits for it; None if this process was not started to go on by itself."""
    report = os.environ.pop(_LEAVING, None)  # processes that this one starts must not inherit it
    return partial(_report, Path(report)) if report else None


def _report(file: Path, suite: Path) -> None:
    with contextlib.suppress(OSError), replacing(file) as partial_file:  # the waiting command may be gone
        Path(partial_file).write_bytes(os.fsencode(suite))


class Launched(Protocol):
    """A process that was started; `subprocess.Popen` is one."""

    def poll(self) -> int | None:
        """Its exit code, or None while it runs."""

    def terminate(self) -> None:
        """End it."""

    def wait(self) -> int:
        """Wait until it has ended; return its exit code."""


# Starts a command with additional environment variables; the path is a directory for its use.
Launch = Callable[[Sequence[str], Mapping[str, str], Path], Launched]


def as_process(command: Sequence[str], variables: Mapping[str, str], _scratch: Path) -> Launched:
    """Start a child in a session of its own, which still writes to our terminal."""
    environment = {**os.environ, **variables}
    return subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, start_new_session=True)


def start(words: Sequence[str], launch: Launch = as_process, secrets: Sequence[Secret] = ()) -> tuple[Path | None, int]:
    """Run `fpray WORDS` by itself: (its suite, 0) when the suite is under way; (None, exit code) if it ended before.

    Until then it writes to our terminal, so that a refusal is shown here; Ctrl-C ends it. Secrets among the words are
    handed to it in files.
    """
    scratch = Path(tempfile.mkdtemp(prefix="fpray-leaving-"))
    report = scratch / "suite"

    def put(number: int, secret: Secret) -> str:
        write_secret(path := scratch / f"secret-{number}", secret.value)
        return str(path)

    try:
        words = hand_over(words, secrets, put)
        command = [sys.executable, "-P", "-c", "from fpray.cli.entry import main; main()", *words]
        process = launch(command, {_LEAVING: str(report)}, scratch)
        try:
            while not report.exists():
                if process.poll() is not None:
                    return None, process.wait()
                time.sleep(_POLL_S)
            return Path(os.fsdecode(report.read_bytes())), 0
        except KeyboardInterrupt:
            process.terminate()
            process.wait()
            raise
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def hang_up_ends() -> None:
    """Let signals end this process in the usual way; the detached process is not affected."""
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
