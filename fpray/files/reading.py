"""Reads parts of files that may be large or still grow: the last lines of a log, a piece, pieces all over a file."""

from __future__ import annotations

import errno
import os
import stat
from io import FileIO
from pathlib import Path

from fpray.files.printable import printable

_MOST_BYTES = 1 << 16  # that are read at once
_SAMPLES, _SAMPLE_BYTES = 64, 1024  # how many pieces are all over a file, and how long each is
_LINE_CHARS = 1000


def open_regular(path: str | Path, *, trusted: bool = False) -> FileIO:
    """Open a regular file to read it, unbuffered. A pipe is an error: `open` would wait until something writes to it.

    trusted: it must be this user's or root's, and no link: another user can lead a link to a file of /proc that is
    root's, and choose the content of that file.

    Raises:
        OSError: it cannot be opened, or is something else.
    """
    file = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | (os.O_NOFOLLOW if trusted else 0))
    facts = os.fstat(file)
    theirs = trusted and (facts.st_uid not in (0, os.geteuid()) or facts.st_nlink != 1)
    if theirs or not stat.S_ISREG(facts.st_mode):
        os.close(file)
        what = "the file belongs to another user, or has a second name (a hard link): remove this file"
        if not stat.S_ISREG(facts.st_mode):
            what = "the path is a directory, a pipe or a device, not an ordinary file: delete or rename it"
        raise OSError(errno.EINVAL, what, str(path))
    return FileIO(file)


def tail(path: str | Path, lines: int = 20) -> tuple[str, ...]:
    """The last lines of a log that are not blank; of any size and content, and () if it is missing or empty.

    Reads at most the last 64 KiB; bytes that are no text become visible escapes, and long lines are cut.
    """
    try:
        with open_regular(path) as file:
            size = os.fstat(file.fileno()).st_size
            file.seek(max(0, size - _MOST_BYTES))
            data = file.read(_MOST_BYTES)
    except OSError:
        return ()
    readable = [
        printable(line.rstrip(), most=_LINE_CHARS) for line in data.decode(errors="backslashreplace").split("\n")
    ]
    return tuple([line for line in readable if line][-lines:]) if lines > 0 else ()


def pieces(path: str | Path) -> list[bytes]:
    """Pieces of a file, spread evenly over it, cut anywhere; the whole of a short one, [] of one that is missing."""
    try:
        with open_regular(path) as file:
            last = os.fstat(file.fileno()).st_size - _SAMPLE_BYTES  # where the last possible piece begins
            if last <= (_SAMPLES - 1) * _SAMPLE_BYTES:
                return [file.read()]
            offsets = [last * (2 * i + 1) // (2 * _SAMPLES) for i in range(_SAMPLES)]
            return [os.pread(file.fileno(), _SAMPLE_BYTES, offset) for offset in offsets]
    except OSError:
        return []


def piece_of(path: str | Path, offset: int) -> bytes:
    """At most 64 KiB of a file from an offset on; none if it is missing."""
    try:
        with open_regular(path) as file:
            return os.pread(file.fileno(), _MOST_BYTES, offset)
    except OSError:
        return b""
