"""The files of a store that an archive holds, each by its name there; what an archive cannot hold is refused."""

from __future__ import annotations

import fnmatch
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from fpray.errors import Cause, Problem, refuse_if_any
from fpray.files import layout
from fpray_analysis.loaded import Store

# What a process of this moment has, what was not yet complete, and what is written for each archive anew.
_LEFT_OUT: Final = (layout.SUITE_LOCK, f"{layout.ARRIVALS}*", ".*.partial", ".*.tmp")
_OF_ARCHIVES: Final = (layout.README, layout.CHECKSUMS)  # of a suite that was unpacked from one
ROWS: Final = (layout.RECORDER, layout.DATA_CSV, layout.DATA_CSV_GZ, f"*{layout.data_file('')}")
_LISTED: Final = 5


def members(store: Store, *, rows: bool) -> Mapping[str, Path]:
    """Name in the archive -> file, sorted by name. rows: whether those that clients recorded are among them.

    Raises:
        Refused: the store holds links or special files, or a name that a list of hashes cannot have.
    """
    if store.path.is_file():
        return {layout.RESULTS_CSV: store.source}
    files_by_name = dict(_files(store.path, ""))
    problems = [
        Problem(str(store.path / name), sentence, Cause.LINKS)
        for name, path in files_by_name.items()
        if (sentence := _why_not(name, path))
    ]
    refuse_if_any(problems[:_LISTED])
    return {name: path for name, path in sorted(files_by_name.items()) if rows or not is_rows(name)}


def is_rows(name: str) -> bool:
    """Whether a file has the rows of a trial."""
    return _is_like(name.rpartition("/")[2], ROWS)


def _files(directory: Path, prefix: str) -> Iterator[tuple[str, Path]]:
    with os.scandir(directory) as entries:
        for entry in entries:
            if _is_like(entry.name, _LEFT_OUT) or (not prefix and entry.name in _OF_ARCHIVES):
                continue
            if entry.is_dir(follow_symlinks=False):
                yield from _files(Path(entry.path), f"{prefix}{entry.name}/")
            else:
                yield f"{prefix}{entry.name}", Path(entry.path)


def _is_like(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)


def _why_not(name: str, path: Path) -> str:
    """Why an archive cannot hold a file; empty if it can."""
    if path.is_symlink() or not path.is_file():
        return "is a link or a special file, which an archive cannot hold: remove it, or replace it by a copy"
    if not name.isprintable() or "\\" in name:
        return "has a name with characters that a list of hashes cannot hold: rename it"
    try:
        path.open("rb").close()
    except OSError as error:
        return f"cannot be read: {error.strerror}. Correct its permissions, or remove it"
    return ""
