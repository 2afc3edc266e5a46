"""The file of a report: where it may be written, and the one way in which it is."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from fpray.errors import Cause, only_reading, refuse
from fpray.files.atomic import write_text
from fpray.files.paths import short_path

USUAL: Final = "report.html"
SUFFIXES: Final = (".html", ".htm")
_HEAD: Final = 4096  # bytes of a file by which a report is known


def check_file(file: Path, generator: str) -> None:
    """Do nothing if a report may be written to a path: nothing is there, or another report.

    generator: what stands in the head of each report.

    Raises:
        Refused: it has another ending, or something else is there.
    """
    with only_reading():
        if file.suffix.lower() not in SUFFIXES:
            raise refuse(f"-o {short_path(file)}", f"must end in {' or '.join(SUFFIXES)}", Cause.FIGURE)
        if file.exists() and not file.is_file():
            raise refuse(f"-o {short_path(file)}", "is no file: name another one", Cause.FIGURE)
        if file.exists() and not _is_report(file, generator):
            sentence = "is a file that no fpray report has written, and stays as it is: name another one"
            raise refuse(f"-o {short_path(file)}", sentence, Cause.FIGURE)


def write_file(file: Path, text: str) -> None:
    """Write a report, whole or not at all.

    Raises:
        Refused: it cannot be written.
    """
    try:
        write_text(file, text)
    except OSError as error:
        why = error.strerror or str(error)
        more = f": make the directory {short_path(file.parent)} first" if not file.parent.is_dir() else ""
        with only_reading():
            raise refuse(f"-o {short_path(file)}", f"cannot be written: {why}{more}", Cause.FIGURE) from None


def _is_report(file: Path, generator: str) -> bool:
    try:
        with file.open("rb") as content:
            head = content.read(_HEAD)
    except OSError:
        return False
    return not head.strip() or f'<meta name="generator" content="{generator}'.encode() in head
