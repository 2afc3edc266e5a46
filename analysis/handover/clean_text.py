"""A copy of a text file with placeholders in place of the author's directories, and what looks like a secret in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final

from fpray_analysis.handover.placeholders import Placeholders
from fpray_analysis.handover.suspects import suspects

_PIECE_BYTES: Final = 4 << 20
_LONGEST_LINE: Final = 64 << 20  # a longer one is cut, so that memory is bounded
_ENDS: Final = b" \t\"',;"  # where a line is cut: no path goes on there


@dataclass
class Cleaned:
    """What became of a file.

    Attributes:
        replaced: at how many places.
        suspects: line, from 1, and what is in it that looks like a secret.
        hidden: a directory of the author that could not be replaced; empty if there is none.
        names_user: whether the user is still named in it.
    """

    replaced: int = 0
    suspects: list[tuple[int, str]] = field(default_factory=list)
    hidden: str = ""
    names_user: bool = False


def is_binary(path: Path) -> bool:
    """Whether a file is no text, so that a change would damage it."""
    with path.open("rb") as file:
        head = file.read(8192)
    return b"\0" in head or head.startswith(b"\x1f\x8b")  # gzip


def clean_text(path: Path, copy: IO[bytes], placeholders: Placeholders) -> Cleaned:
    """Write the copy.

    Raises:
        OSError: the file cannot be read, or the copy cannot be written.
    """
    cleaned, line = Cleaned(), 1
    for piece in _pieces(path):
        text, count = placeholders.replace(piece)
        cleaned.replaced += count
        cleaned.suspects += [(line + number, kind) for number, kind in suspects(text)]
        line += piece.count(b"\n")
        cleaned.names_user = cleaned.names_user or placeholders.names_user(text)
        copy.write(text)
    return cleaned


def check_binary(path: Path, placeholders: Placeholders) -> Cleaned:
    """Look through a file that cannot be changed."""
    cleaned = Cleaned()
    for piece in _pieces(path):
        homes = (home for home in placeholders.homes if home.encode(errors="surrogateescape") + b"/" in piece)
        cleaned.hidden = cleaned.hidden or next(homes, "")
        cleaned.suspects += [(0, kind) for _, kind in suspects(piece)]
    return cleaned


def _pieces(path: Path) -> Iterator[bytes]:
    """The content in pieces of whole lines."""
    rest = b""
    with path.open("rb") as file:
        while data := file.read(_PIECE_BYTES):
            data = rest + data
            end = data.rfind(b"\n") + 1
            if not end and len(data) > _LONGEST_LINE:
                end = max(data.rfind(bytes([character])) for character in _ENDS) + 1 or len(data)
            if end:
                yield data[:end]
            rest = data[end:]
    if rest:
        yield rest
