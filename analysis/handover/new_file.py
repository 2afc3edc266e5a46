"""A file that a command writes: whole or not at all, never over what is read, and what goes wrong is a sentence."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from fpray.errors import Cause, Problem, refuse, refuse_if_any
from fpray.files.disk import remedy, why_not_written
from fpray.files.paths import short_path
from fpray_analysis.loaded import Store


def check_place(path: Path, stores: Sequence[Store], *, directory: bool = False) -> None:
    """Check that something can be written at a path: a file, which may be there already, or files in a directory.

    Raises:
        Refused: something else is there, or it is a part of what is read.
    """
    problems = []
    if path.exists() and not (path.is_dir() if directory else path.is_file()):
        what = "directory, and files of several trials are written" if directory else "file"
        problems.append(Problem(f"-o {short_path(path)}", f"is no {what}: name another one", Cause.NOT_WRITABLE))
    problems += [
        Problem(
            f"-o {short_path(path)}",
            f"is a part of what is read, {short_path(store.path)}: name another place",
            Cause.NOT_WRITABLE,
        )
        for store in stores
        if _is_within(path, store.path) or _is_within(path, store.source)
    ]
    refuse_if_any(problems)


def _is_within(path: Path, top: Path) -> bool:
    """Whether a path is another one, or is below it; links are followed."""
    real, of_top = Path(os.path.realpath(path)), Path(os.path.realpath(top))
    return real == of_top or of_top in real.parents


@contextlib.contextmanager
def writing(path: Path) -> Iterator[None]:
    """A block that writes a file, or files of a directory.

    Raises:
        Refused: a file cannot be written, such as on a full disk.
    """
    try:
        yield
    except OSError as error:
        why = why_not_written(error, path.parent)
        is_missing = not path.parent.is_dir()
        mend = f"Make the directory {short_path(path.parent)} first" if is_missing else remedy(error)
        sentence = f"cannot be written: {why}. {mend}, or name another place"
        raise refuse(f"-o {short_path(path)}", sentence, Cause.NOT_WRITABLE) from None
