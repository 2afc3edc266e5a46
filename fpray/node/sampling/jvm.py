"""How long a JVM has stood still for its garbage collector: from its file of counters, which `jstat` reads, too.

A JVM maps /tmp/hsperfdata_USER/PID into its memory unless `-XX:-UsePerfData` is set. Format and names: OpenJDK,
src/hotspot/share/runtime/perfMemory.hpp and share/gc/shared/collectorCounters.cpp; the same in JDK 8 to 25.
"""

from __future__ import annotations

import functools
import os
import pwd
import re
import stat
import struct
from collections.abc import Iterator

_MAGIC = b"\xca\xfe\xc0\xc0"
_HEADER_BYTES, _ENTRY_BYTES, _MOST_BYTES, _MOST_ENTRIES = 32, 20, 1 << 20, 10_000
_COLLECTOR = re.compile(rb"sun\.gc\.collector\.\d+\.time")
_FREQUENCY = b"sun.os.hrt.frequency"


class GcTime:
    """The file of one JVM, which stays open."""

    def __init__(self, file: int, order: str, places: list[int], ticks_per_s: int) -> None:
        """order: of bytes, for `struct`; places: in the file, of the time of each of its collectors."""
        self._file, self._number = file, struct.Struct(f"{order}q")
        self._places, self._ticks_per_s = places, ticks_per_s

    @classmethod
    def of(cls, pid: int) -> GcTime | None:
        """That of a process; None if it has none that can be read."""
        try:
            user = _user(os.stat(f"/proc/{pid}").st_uid)  # noqa: PTH116 -- pathlib is slow
            file = os.open(f"/tmp/hsperfdata_{user}/{pid}", os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
        except (OSError, KeyError, ValueError):
            return None
        counters = _read_counters(file)
        if counters is None:
            os.close(file)
            return None
        return cls(file, *counters)

    def seconds(self) -> float | None:
        """The seconds in all so far."""
        try:
            ticks = [self._number.unpack(os.pread(self._file, 8, place))[0] for place in self._places]
        except (OSError, struct.error):
            return None
        return float(sum(ticks)) / self._ticks_per_s

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)


@functools.lru_cache(maxsize=16)
def _user(uid: int) -> str:
    return pwd.getpwuid(uid).pw_name


def _read_counters(file: int) -> tuple[str, list[int], int] | None:
    """What `GcTime` needs of a file; None if it is no such file, or not yet complete."""
    try:
        if not stat.S_ISREG(os.fstat(file).st_mode):
            return None
        return counters_of(os.pread(file, _MOST_BYTES, 0))
    except OSError:
        return None


def counters_of(data: bytes) -> tuple[str, list[int], int] | None:
    """The order of bytes, the places of the collectors' times, and ticks per second; None if `data` is something else.

    data: from the beginning of a file; whatever it is, nothing is raised.
    """
    if len(data) < _HEADER_BYTES or data[:4] != _MAGIC:
        return None
    order = "<" if data[4] else ">"
    places, ticks_per_s = [], 0
    for name, place in _numbers(data, order):
        if _COLLECTOR.fullmatch(name):
            places.append(place)
        elif name == _FREQUENCY:
            (ticks_per_s,) = struct.unpack_from(f"{order}q", data, place)
    return (order, places, ticks_per_s) if places and ticks_per_s > 0 else None


def _numbers(data: bytes, order: str) -> Iterator[tuple[bytes, int]]:
    """The name of each number of 64 bits, and its place."""
    begin, count = struct.unpack_from(f"{order}ii", data, 24)
    for _ in range(min(count, _MOST_ENTRIES)):
        if begin < _HEADER_BYTES or begin + _ENTRY_BYTES > len(data):
            return
        length, name_at, values, kind, value_at = struct.unpack_from(f"{order}iiic3xi", data, begin)
        if length < _ENTRY_BYTES:
            return
        place = begin + value_at
        if kind == b"J" and values == 0 and 0 <= name_at < length and 0 <= place <= len(data) - 8:
            name = data[begin + name_at : begin + length]
            yield name.partition(b"\0")[0], place
        begin += length
