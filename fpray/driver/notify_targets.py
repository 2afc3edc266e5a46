"""What `--notify` may name: commands and URLs, checked before anything starts."""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Iterator, Sequence

from fpray.errors import Problem

URLS = ("http://", "https://")


def notify_problems(targets: Sequence[str]) -> Iterator[Problem]:
    """What is wrong with the targets of `--notify`."""
    for target in targets:
        if target.startswith(URLS):
            continue
        try:
            program = (shlex.split(target) or [""])[0]
        except ValueError as error:
            yield Problem(f"--notify {target}", f"is not a valid command line: {error}")
            continue
        if shutil.which(program) is None:
            missing = f"must be a command of this machine or an http(s) URL: there is no program {program!r} here"
            yield Problem(f"--notify {target}", missing)
