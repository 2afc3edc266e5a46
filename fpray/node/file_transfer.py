"""Sends files from a machine's own disk to the suite: in chunks, since a file may exceed what one answer can carry."""

from __future__ import annotations

import fnmatch
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from fpray.errors import Lost
from fpray.files.disk import remedy

CHUNK_BYTES = 8 << 20


@dataclass(frozen=True)
class Chunk:
    """Pieces of files on their way to the suite.

    Attributes:
        pieces: (name in the directory, offset, content, whether that is the file's end).
        following: where the next chunk begins: a name and an offset; None after the last one.
        free: bytes on that disk.
    """

    pieces: Sequence[tuple[str, int, bytes, bool]]
    following: tuple[str, int] | None
    free: int


def read_chunk(
    directory: str, leave_out: Sequence[str], begin: tuple[str, int] | None, size: int = CHUNK_BYTES
) -> Chunk:
    """The next pieces of a directory's files, at most `size` bytes, by name; without names that match a pattern.

    Raises:
        Lost: a file cannot be read.
    """
    pieces: list[tuple[str, int, bytes, bool]] = []
    room = size
    try:
        free = shutil.disk_usage(directory).free
        for name in _files(directory, leave_out):
            offset = begin[1] if begin is not None and begin[0] == name else 0
            if begin is not None and name < begin[0]:
                continue
            with (Path(directory) / name).open("rb", buffering=0) as file:
                rest = os.fstat(file.fileno()).st_size - offset
                if rest > room and pieces:  # of the next chunk: only a file that fills a chunk is cut
                    return Chunk(pieces, (name, offset), free)
                content = os.pread(file.fileno(), room, offset)
            pieces.append((name, offset, content, len(content) >= rest))
            room -= len(content)
            if len(content) < rest:
                return Chunk(pieces, (name, offset + len(content)), free)
        return Chunk(pieces, None, free)
    except OSError as error:
        raise Lost(
            f"{error.filename or directory} cannot be copied to the directory of results, because it cannot be read:"
            f" {error.strerror}. {remedy(error)}"
        ) from None


def _files(directory: str, leave_out: Sequence[str]) -> list[str]:
    names = []
    for path in Path(directory).rglob("*"):
        name = str(path.relative_to(directory))
        excluded = path.name.startswith(".") or any(fnmatch.fnmatchcase(name, pattern) for pattern in leave_out)
        if path.is_file() and not path.is_symlink() and not excluded:
            names.append(name)
    return sorted(names)
