"""A driver as a job of Ray's: submitted on the head, run there by Ray, listed by `ray job list`."""

from __future__ import annotations

import contextlib
import secrets
import shlex
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from fpray.errors import Cause, FprayError, explained, first_line
from fpray.files.printable import printable
from fpray.plan.words import AGAIN

_POLL_S = 0.3
_SILENT_S = 60.0


class NoJobs(FprayError):
    """Why Ray accepts no jobs here."""


class Job:
    """A command that Ray runs as a job. It is used as a `subprocess.Popen`; its output is copied to our stderr."""

    def __init__(self, client: Any, name: str, output: Path) -> None:
        """output: the file to which the command writes."""
        self.name = name
        self._client, self._output, self._offset, self._last_poll = client, output, 0, 0.0
        self._silent_since = 0.0

    def poll(self) -> int | None:
        """Its exit code, or None while it runs."""
        self._copy_output()
        if time.monotonic() < self._last_poll + _POLL_S:
            return None
        self._last_poll = time.monotonic()
        try:
            info = self._client.get_job_info(self.name)
        except Exception as error:  # the job goes on without the server that knows it; Ray raises many kinds
            self._silent_since = self._silent_since or self._last_poll
            if self._last_poll < self._silent_since + _SILENT_S:
                return None
            raise FprayError(
                f"Ray has given no answer about its job {self.name}, which runs the sweep, for {_SILENT_S:.0f} s; the"
                f' last error: "{first_line(error)}". The sweep may still run: fpray status shows whether it'
                " does. If it does not, run the same fpray command again to continue",
                Cause.RAY_LOSS,
            ) from None
        self._silent_since = 0.0
        if not info.status.is_terminal():
            return None
        self._copy_output()
        if info.driver_exit_code is None and info.message:
            message = (
                f"the Ray job {self.name}, which ran the sweep, stopped before its end; Ray says:"
                f' "{info.message}". Finished results are kept; {AGAIN} · {explained(Cause.KILLED_DRIVER)}'
            )
            print(printable(message), file=sys.stderr)  # noqa: T201
        return info.driver_exit_code if info.driver_exit_code is not None else 1

    def terminate(self) -> None:
        """End it."""
        self._client.stop_job(self.name)

    def wait(self) -> int:
        """Wait until it has ended: its exit code."""
        while (code := self.poll()) is None:
            time.sleep(_POLL_S)
        return code

    def _copy_output(self) -> None:
        with contextlib.suppress(FileNotFoundError), self._output.open("rb") as file:
            file.seek(self._offset)
            piece = file.read()
            self._offset += len(piece)
            sys.stderr.write(printable(piece, lines=True))
            sys.stderr.flush()


def _without_job(why: str) -> str:
    return (
        f"Ray takes no jobs on the head node ({why}), so fpray runs the sweep there as an ordinary process, and"
        " you need not do anything"
    )


def as_job(command: Sequence[str], variables: Mapping[str, str], scratch: Path) -> Job:
    """Submit a command to the Ray cluster of this machine.

    variables: of its environment; scratch: a directory for its output.

    Raises:
        NoJobs: the cluster accepts none.
    """
    output = scratch / "output"
    assignments = [f"{name}={shlex.quote(value)}" for name, value in variables.items()]
    words = ["cd", shlex.quote(str(Path.cwd())), "&&", *assignments, "exec", shlex.join(command)]
    words += [">", shlex.quote(str(output)), "2>&1"]
    try:
        from ray.job_submission import JobSubmissionClient

        client = JobSubmissionClient()
        name = client.submit_job(entrypoint=" ".join(words), submission_id=f"fpray-{secrets.token_hex(4)}")
    except SystemExit:
        raise NoJobs(_without_job("no running Ray cluster was found on the head node"), Cause.RAY_CLUSTER) from None
    except Exception as error:  # Ray raises RuntimeError, ConnectionError, ValueError, ImportError and others here
        raise NoJobs(_without_job(first_line(error)), Cause.RAY_CLUSTER) from None
    print(f"note: the sweep starts on this cluster as the Ray job {name}", file=sys.stderr, flush=True)  # noqa: T201
    return Job(client, name, output)
