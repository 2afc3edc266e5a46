"""Finds what a suite of fpray's never holds: links and special files, through which a sweep would write elsewhere."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from fpray.errors import Cause, Problem, refuse_if_any
from fpray.files import layout

_LISTED = 5
_OPTUNA_LOCK = f"{layout.OPTUNA_JOURNAL}.lock"  # a symbolic link that is never followed


def refuse_strange_files(suite: Path) -> None:
    """Check that a suite holds only ordinary files and directories.

    Raises:
        Refused: it holds something else; the first few of them.
    """
    refuse_if_any(
        [
            Problem(
                os.path.relpath(path, suite.parent),
                "is a link or a special file, through which trials would write to another place: remove it, or"
                " replace it by a copy of the file that it leads to",
                Cause.LINKS,
            )
            for path in islice(_strange_files(suite), _LISTED)
        ]
    )


def _strange_files(directory: str | Path) -> Iterator[str]:
    with os.scandir(directory) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                yield from _strange_files(entry.path)
            elif not entry.is_file(follow_symlinks=False) and entry.name != _OPTUNA_LOCK:
                yield entry.path
