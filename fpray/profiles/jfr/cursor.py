"""A place in the bytes of a recording, and the values that begin there."""

from __future__ import annotations

import struct
from typing import Final

_MOST_TEXT: Final = 1 << 16  # bytes of a text; a longer one is cut
_LAST_SHIFT: Final = 56  # the ninth byte of a number has all of its eight bits
_DOUBLE: Final = struct.Struct(">d")
_FLOAT: Final = struct.Struct(">f")


class BadRecording(ValueError):
    """The bytes of a recording are not what they should be; the text says which, as the end of a sentence."""


class Cursor:
    """Reads one value after the other, of a part of a recording.

    A method raises `IndexError` where the value would go on behind the end, and `BadRecording` for one that is none.
    """

    __slots__ = ("data", "position")

    def __init__(self, data: bytes, position: int = 0) -> None:
        self.data, self.position = data, position

    def number(self) -> int:
        """A number of 1 to 9 bytes, the lowest seven bits first (LEB128); a negative one has 2**64 added."""
        data, position = self.data, self.position
        value = data[position]
        position += 1
        if value & 0x80:
            value &= 0x7F
            shift = 7
            while True:
                byte = data[position]
                position += 1
                if shift == _LAST_SHIFT:
                    value |= byte << shift
                    break
                value |= (byte & 0x7F) << shift
                if byte < 0x80:
                    break
                shift += 7
        self.position = position
        return value

    def byte(self) -> int:
        """A byte, as a number from 0 to 255."""
        value = self.data[self.position]
        self.position += 1
        return value

    def single(self) -> float:
        """A float of four bytes."""
        return self._unpacked(_FLOAT)

    def double(self) -> float:
        """A float of eight bytes."""
        return self._unpacked(_DOUBLE)

    def _unpacked(self, form: struct.Struct) -> float:
        piece = self._piece(form.size)
        (value,) = form.unpack(piece)
        return float(value)

    def _piece(self, size: int) -> bytes:
        begin = self.position
        if begin + size > len(self.data):
            raise IndexError
        self.position += size
        return self.data[begin : begin + size]

    def text(self) -> str | int | None:
        """A text; its number in the pool of texts; or None.

        Raises:
            BadRecording: its first byte, which says how it is written, has no meaning.
        """
        form = self.byte()
        if form == 0:
            return None
        if form == 1:
            return ""
        if form == 2:
            return self.number()
        if form not in (3, 4, 5):
            raise BadRecording(f"a text in it is written in form {form}, and there are the forms 0 to 5")
        size = self.number()
        if form == 4:
            if size > len(self.data) - self.position:
                raise IndexError
            return "".join([chr(self.number() & 0xFFFF) for _ in range(size)][:_MOST_TEXT])
        piece = self._piece(size)[:_MOST_TEXT]
        return piece.decode("utf-8" if form == 3 else "latin-1", errors="backslashreplace")
