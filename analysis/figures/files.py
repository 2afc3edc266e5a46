"""The files of figures: which names they may have, and how one is written, with what it was drawn from."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import fpray
from fpray.errors import Cause, Problem, refuse
from fpray.files.paths import short_path
from fpray.files.printable import printable

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SUFFIXES: Final = (".pdf", ".png", ".svg")
_CM_OF_INCH, _CHARACTERS_OF_CM = 2.54, 7.6  # of the line below a figure


def problems_of_file(file: Path | None) -> Iterator[Problem]:
    """What is wrong with the name of a figure's file; nothing if there is none."""
    if file is None:
        return
    if file.suffix.lower() not in SUFFIXES:
        yield Problem(f"-o {short_path(file)}", f"must end in one of {', '.join(SUFFIXES)}", Cause.FIGURE)
    elif file.exists() and not file.is_file():
        yield Problem(f"-o {short_path(file)}", "is no file: name another one", Cause.FIGURE)


def save(figure: Figure, file: Path, line: str, *, title: str = "", shows_line: bool = True) -> None:
    """Write a figure in the format that the file's name ends with.

    line: what it was drawn from, which is in its metadata, and below it if `shows_line`.

    Raises:
        Refused: the file cannot be written.
    """
    if shows_line:
        text = textwrap.fill(line, int(figure.get_figwidth() * _CM_OF_INCH * _CHARACTERS_OF_CM))
        figure.supxlabel(text, fontsize=6.5, color="#555555", x=0.01, ha="left")
    try:
        with file.open("wb") as output:
            figure.savefig(output, format=file.suffix[1:].lower(), metadata=_metadata(file, line, title))
    except OSError as error:
        why = error.strerror or str(error)
        more = f": make the directory {short_path(file.parent)} first" if not file.parent.is_dir() else ""
        raise refuse(f"-o {short_path(file)}", f"cannot be written: {why}{more}", Cause.FIGURE) from None


def _metadata(file: Path, line: str, title: str) -> dict[str, Any]:
    """The line in the file, by the keys of its format."""
    software = f"fpray {fpray.__version__}"
    title = printable(title) or "Figure of fpray"
    if file.suffix.lower() == ".pdf":
        return {"Title": title, "Subject": line, "Creator": software}
    if file.suffix.lower() == ".svg":
        return {"Title": title, "Description": line, "Creator": software, "Date": None}
    return {"Title": title, "Description": line, "Software": software}
