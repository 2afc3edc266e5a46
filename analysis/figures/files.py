"""The files of figures: which names they may have, and how one is written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from fpray.errors import Cause, Problem, refuse
from fpray.files.paths import short_path

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SUFFIXES: Final = (".pdf", ".png", ".svg")


def problems_of_file(file: Path | None) -> Iterator[Problem]:
    """What is wrong with the name of a figure's file; nothing if there is none."""
    if file is None:
        return
    if file.suffix.lower() not in SUFFIXES:
        yield Problem(f"-o {short_path(file)}", f"must end in one of {', '.join(SUFFIXES)}", Cause.FIGURE)
    elif file.exists() and not file.is_file():
        yield Problem(f"-o {short_path(file)}", "is no file: name another one", Cause.FIGURE)


def save(figure: Figure, file: Path, metadata: Mapping[str, Any] | None = None) -> None:
    """Write a figure in the format that the file's name ends with.

    Raises:
        Refused: the file cannot be written.
    """
    try:
        with file.open("wb") as output:
            figure.savefig(output, format=file.suffix[1:].lower(), metadata=metadata)
    except OSError as error:
        why = error.strerror or str(error)
        more = f": make the directory {short_path(file.parent)} first" if not file.parent.is_dir() else ""
        raise refuse(f"-o {short_path(file)}", f"cannot be written: {why}{more}", Cause.FIGURE) from None
