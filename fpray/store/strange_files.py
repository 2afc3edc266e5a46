"""Finds what a suite of fpray's never holds: links and special files, through which a sweep would write elsewhere."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from itertools import islice
from pathlib import Path

from fpray.errors import Cause, Problem, refuse_if_any

_LISTED = 5


def refuse_strange_files(suite: Path, links: Collection[str]) -> None:
    """Check that a suite holds only ordinary files and directories.

    links: names of links that it may hold, because they are never followed.

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
            for path in islice(_strange_files(suite, links), _LISTED)
        ]
    )


def _strange_files(directory: str | Path, links: Collection[str]) -> Iterator[str]:
    with os.scandir(directory) as entries:
        for entry in entries:
            if entry.is_file(follow_symlinks=False):
                continue
            if entry.is_dir(follow_symlinks=False):
                yield from _strange_files(entry.path, links)
            elif entry.name not in links:
                yield entry.path
