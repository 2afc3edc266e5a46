"""A sweep that goes on by itself: a process of its own, which leaves its terminal when the sweep is under way."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Protocol

from fpray.driver.command_words import CommandWords
from fpray.files.atomic import replacing
from fpray.files.locked_directory import locked_directory, remove_if_abandoned
from fpray.files.secret import IN_MEMORY, Secret, secret_in_memory, write_secret

_LEAVING = "FPRAY_LEAVING"  # in the environment of the detached process: the file in which it reports its suite
_NAME = "leaving-"  # of the directory of one start: the report, secrets until they are read, the output of a job
_ABANDONED_S = 86_400.0  # both processes of such a start are gone; a job may wait for long until Ray starts it
_POLL_S = 0.05


def terminal_leaver() -> Callable[[Path], None] | None:
    """Reports the suite to the command that waits for it; None if this process was not started to go on by itself."""
    report = os.environ.pop(_LEAVING, None)  # processes that this one starts must not inherit it
    return partial(_report, Path(report)) if report else None


def _report(file: Path, suite: Path) -> None:
    with contextlib.suppress(OSError):
        with replacing(file) as partial_file:
            Path(partial_file).write_bytes(os.fsencode(suite))
        remove_if_abandoned(file.parent)  # the waiting command may have been killed


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


def start(
    command: CommandWords, launch: Launch | None = None, secrets: Sequence[Secret] = ()
) -> tuple[Path | None, int]:
    """Run a command by itself: (its suite, 0) when the suite is under way; (None, exit code) if it ended before.

    Until then it writes to our terminal, so that a refusal is shown here; Ctrl-C ends it. Secrets among its options
    are handed to it.

    launch: how it is started; None: as a child in a session of its own. Only a child inherits secrets in memory; what
    another process starts gets them in files.
    """
    directory = locked_directory(_NAME, abandoned_s=_ABANDONED_S)  # whichever process ends last removes it
    with directory as scratch, contextlib.ExitStack() as inherited:
        report, memory = scratch / "suite", list[int]()

        def put(number: int, secret: Secret) -> str:
            if launch is not None:
                write_secret(path := scratch / f"secret-{number}", secret.value)
                return str(path)
            memory.append(file := secret_in_memory(secret.value))
            inherited.callback(os.close, file)
            return f"{IN_MEMORY}{file}"

        words = command.handed_over(secrets, put).words
        line = [sys.executable, "-P", "-c", "from fpray.cli.entry import main; main()", *words]
        variables = {_LEAVING: str(report)}
        process = _child(line, variables, memory) if launch is None else launch(line, variables, scratch)
        inherited.close()
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


def _child(command: Sequence[str], variables: Mapping[str, str], files: Sequence[int]) -> Launched:
    """A child in a session of its own, which still writes to our terminal."""
    environment = {**os.environ, **variables}
    return subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, start_new_session=True, pass_fds=files)


def hang_up_ends() -> None:
    """Let signals end this process in the usual way; the detached process is not affected."""
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
