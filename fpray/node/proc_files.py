"""Files of /proc and /sys: read in one system call where they are read again and again."""

# ruff: noqa: PTH123 -- pathlib is slow, and clients measure beside this
from __future__ import annotations

import os
import resource

_OPEN = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK
_PAGE = 4096  # the kernel gives lists in pieces of at most this size
_SHARE_OF_LIMIT = 4  # a quarter of the files that this process may have open


def read_text(path: str) -> str:
    """All of a file; "" if it is gone, or not ours to read. Bytes that are no UTF-8 are replaced."""
    try:
        with open(path, errors="replace") as file:
            return file.read()
    except OSError:
        return ""


def read_bytes(path: str, size: int = _PAGE) -> bytes:
    """What one read gives of a file; b"" if it is gone, or not ours to read."""
    try:
        file = os.open(path, _OPEN)
    except OSError:
        return b""
    try:
        return os.read(file, size)
    except OSError:
        return b""
    finally:
        os.close(file)


class OpenFile:
    """A file that the kernel writes anew at each read. It stays open: that takes a third of the time.

    The file of a process or thread that has ended gives nothing any more, even if another one has its number by then.
    Only so many files stay open that this process can still open others; the next ones are opened at each read.
    """

    __slots__ = ("_file", "_path", "_size")
    _number = 0

    def __init__(self, path: str, size: int = _PAGE) -> None:
        self._path, self._size, self._file = path, size, -1
        if OpenFile._number < resource.getrlimit(resource.RLIMIT_NOFILE)[0] // _SHARE_OF_LIMIT:
            try:
                self._file = os.open(path, _OPEN)
                OpenFile._number += 1
            except OSError:
                pass

    def read(self) -> bytes:
        """Its first bytes, at most `size`; b"" if it is gone."""
        if self._file < 0:
            return read_bytes(self._path, self._size)
        try:
            return os.pread(self._file, self._size, 0)
        except OSError:
            return b""

    def read_pieces(self) -> bytes:
        """All of it: a list that may be longer than what one read gives."""
        content = piece = self.read()
        while len(piece) > _PAGE // 2 and self._file >= 0:
            try:
                piece = os.pread(self._file, self._size, len(content))
            except OSError:
                break
            content += piece
        return content

    def close(self) -> None:
        """Close it; it gives nothing any more that another process of its number has."""
        if self._file >= 0:
            os.close(self._file)
            self._file, self._path = -1, ""
            OpenFile._number -= 1
