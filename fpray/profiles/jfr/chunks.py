"""The chunks of a recording, and the events of a chunk: each chunk has all that is needed to read it."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from fpray.files.reading import open_regular
from fpray.profiles.jfr.cursor import BadRecording, Cursor

# Magic, versions, size, last checkpoint, metadata, start and duration in ns, start and rate of ticks, features.
_HEADER: Final = struct.Struct(">4sHHqqqqqqqI")
_MAGIC: Final = b"FLR\0"
_COMPRESSED: Final = 1  # the feature that numbers have as few bytes as they need
_MOST_CHUNK: Final = 64 << 20  # bytes that are held at once
_MOST_FILE: Final = 256 << 20  # a JVM keeps 250 MB of a recording


@dataclass(frozen=True)
class Chunk:
    """A chunk.

    Attributes:
        data: its bytes.
        began_ns: its begin, since the epoch.
        began_ticks, ticks_per_s: the clock of its events at its begin, and how fast that is.
    """

    data: bytes
    began_ns: int
    began_ticks: int
    ticks_per_s: int

    def events(self) -> Iterator[tuple[int, Cursor]]:
        """(number of its type, cursor behind that) of each event, as far as they are whole."""
        begin = _HEADER.size
        while begin < len(self.data):
            cursor = Cursor(self.data, begin)
            try:
                size, type_id = cursor.number(), cursor.number()
            except IndexError:
                return
            if begin + size > len(self.data) or begin + size < cursor.position:
                return  # of a JVM that was killed, the last event may be anything
            yield type_id, cursor
            begin += size

    def at_ns(self, ticks: int) -> int:
        """The time of an event, in ns since the epoch."""
        return self.began_ns + (ticks - self.began_ticks) * 1_000_000_000 // self.ticks_per_s


def read_chunks(path: Path) -> Iterator[Chunk]:
    """The chunks of a file; the last one may be unfinished, of a JVM that was killed.

    Raises:
        BadRecording: the file is no recording, or damaged.
        OSError: it cannot be read.
    """
    with open_regular(path) as file:
        rest = file.seek(0, 2)
        file.seek(0)
        if rest > _MOST_FILE:
            raise BadRecording(f"it has {rest / 1e6:,.0f} MB, and fpray reads at most {_MOST_FILE / 1e6:,.0f} MB")
        if rest < _HEADER.size:
            raise BadRecording("it is empty, or has only a part of its header")
        while rest:
            header = file.read(_HEADER.size)
            if len(header) < _HEADER.size:
                return
            magic, major, _minor, size, *_, began_ns, _duration, ticks, rate, features = _HEADER.unpack(header)
            if magic != _MAGIC or major not in (1, 2) or not features & _COMPRESSED or rate <= 0:
                raise BadRecording("it is no recording of JDK Flight Recorder, or a part of it is overwritten")
            if not _HEADER.size < size <= rest:
                size = rest
            if size > _MOST_CHUNK:
                raise BadRecording(f"a chunk of it has {size / 1e6:,.0f} MB; fpray reads {_MOST_CHUNK / 1e6:,.0f} MB")
            data = header + _read(path, file.read(size - _HEADER.size), size - _HEADER.size)
            rest -= size
            yield Chunk(data, began_ns, ticks, rate)


def _read(path: Path, data: bytes, size: int) -> bytes:
    if len(data) < size:
        raise BadRecording(f"it became shorter while it was read: {path.name}")
    return data
