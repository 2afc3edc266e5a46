"""Paths that a user gives: each is made absolute once, where it comes in, so that no change of directory matters."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from os import PathLike
from pathlib import Path

from fpray.errors import Cause, refuse
from fpray.files.printable import printable

_LONGEST_NAME, _LONGEST_PATH = 255, 4095  # bytes, of Linux
_SHOWN = 60


def absolute(path: str | PathLike[str]) -> Path:
    """A path with `~` and `~user` expanded, from the current directory on; links and `..` stay as they are.

    Whether anything is there is not looked at.

    Raises:
        Refused: it can be no path.
    """
    text = _text(path)
    try:
        whole = Path(text).expanduser()
    except RuntimeError:
        user = text.partition("/")[0]
        why = (
            "~ means your home directory, which is not known here: write an absolute path, or set the environment"
            " variable HOME"
            if user == "~"
            else f"there is no user {user[1:]} on this machine: correct the name, or write an absolute path"
        )
        raise refuse(_short(text), why, Cause.PATH) from None
    try:
        whole = whole.absolute()
    except OSError:
        sentence = (
            "the directory in which you work was removed: go to one that exists (cd ~), or write an"
            " absolute path, such as /data/suites"
        )
        raise refuse(_short(text), sentence, Cause.PATH) from None
    return _checked(text, whole)


@dataclass(frozen=True)
class GivenPath:
    """A path as it was typed, which may also be a name of something else, and the absolute path that it is."""

    text: str
    path: Path

    @staticmethod
    def of(path: str | PathLike[str]) -> GivenPath:
        """A path that is given. Raises as `absolute` does."""
        return GivenPath(os.fspath(path), absolute(path))

    def __str__(self) -> str:
        return str(self.path)


def program(text: str | PathLike[str]) -> str:
    """A program: a bare name, which each machine looks for in its PATH, or an absolute path.

    Raises:
        Refused: it can be no path.
    """
    words = _text(text)
    return words if "/" not in words and not words.startswith("~") else str(absolute(words))


def short_path(path: Path) -> str:
    """A path for people: from the current directory on if it is below it, else absolute.

    A bare name gets `./`: a sentence in which it stands must not read it as a word.
    """
    with contextlib.suppress(OSError, ValueError):
        relative = path.relative_to(Path.cwd())
        return f"./{relative}" if len(relative.parts) == 1 else str(relative)
    return str(path)


def _text(path: object) -> str:
    """The text of what is given as a path.

    Raises:
        Refused: it is nothing of the kind.
    """
    if not isinstance(path, str | PathLike):
        raise refuse(_short(repr(path)), "is not a path", Cause.PATH)
    text = os.fsdecode(path)
    if not text:
        raise refuse("''", "is empty: write the path of a file or directory", Cause.PATH)
    if "\0" in text:
        raise refuse(
            _short(repr(text)),
            "cannot be a path, because it contains a NUL character: remove that character",
            Cause.PATH,
        )
    return text


def _checked(text: str, path: Path) -> Path:
    try:
        names = [len(os.fsencode(name)) for name in path.parts]
    except UnicodeEncodeError:
        raise refuse(
            _short(repr(text)),
            "cannot be a path, because it contains bytes that are not UTF-8 text: write a path without them",
            Cause.PATH,
        ) from None
    if max(names) > _LONGEST_NAME:
        raise refuse(
            _short(text), f"has a file name of {max(names)} bytes: write one of at most {_LONGEST_NAME}", Cause.PATH
        )
    if (length := len(os.fsencode(path))) > _LONGEST_PATH:
        raise refuse(_short(text), f"is a path of {length} bytes: write one of at most {_LONGEST_PATH}", Cause.PATH)
    return path


def _short(text: str) -> str:
    return printable(text, most=_SHOWN)
