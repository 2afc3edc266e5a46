"""A driver as a job of Ray's: submitted on the head, run there by Ray, listed by it."""

from __future__ import annotations

import contextlib
import secrets
import shlex
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from fpray.errors import FprayError

_LOOK_S = 0.3


class NoJobs(FprayError):
    """Why Ray takes no jobs here."""


class Job:
    """A command that Ray runs as a job; what it says until it leaves its terminal is said here. As a `Popen`."""

    def __init__(self, client: Any, name: str, said: Path) -> None:
        self.name = name
        self._client, self._said, self._read, self._asked = client, said, 0, 0.0

    def poll(self) -> int | None:
        """Its exit code, or None while it lives."""
        self._relay()
        if time.monotonic() < self._asked + _LOOK_S:
            return None
        info = self._client.get_job_info(self.name)
        self._asked = time.monotonic()
        if not info.status.is_terminal():
            return None
        self._relay()
        if info.driver_exit_code is None and info.message:
            print(f"Ray's job {self.name}: {info.message}", file=sys.stderr)  # noqa: T201
        return info.driver_exit_code if info.driver_exit_code is not None else 1

    def terminate(self) -> None:
        """End it."""
        self._client.stop_job(self.name)

    def wait(self) -> int:
        """Wait until it has ended."""
        while (code := self.poll()) is None:
            time.sleep(_LOOK_S)
        return code

    def _relay(self) -> None:
        with contextlib.suppress(FileNotFoundError), self._said.open("rb") as file:
            file.seek(self._read)
            news = file.read()
            self._read += len(news)
            sys.stderr.write(news.decode(errors="backslashreplace"))
            sys.stderr.flush()


def as_job(command: Sequence[str], told: Mapping[str, str], scratch: Path) -> Job:
    """Submit a command to the Ray cluster that this machine belongs to.

    Raises:
        NoJobs: that takes none.
    """
    said = scratch / "said"
    words = [f"{name}={shlex.quote(value)}" for name, value in told.items()]
    words = ["cd", shlex.quote(str(Path.cwd())), "&&", *words, "exec", shlex.join(command), ">", shlex.quote(str(said))]
    try:
        from ray.job_submission import JobSubmissionClient

        client = JobSubmissionClient()
        name = client.submit_job(entrypoint=" ".join([*words, "2>&1"]), submission_id=f"fpray-{secrets.token_hex(4)}")
    except SystemExit:
        raise NoJobs("this machine is no node of a Ray cluster") from None
    except Exception as error:  # Ray raises RuntimeError, ConnectionError, ValueError, ImportError and others here
        lines = str(error).strip().splitlines() or [type(error).__name__]
        raise NoJobs(lines[0]) from None
    print(f"submitted as Ray's job {name}", file=sys.stderr, flush=True)  # noqa: T201
    return Job(client, name, said)
