"""Reads the rows that clients usually write, `start,stop,count,latency_nanos,label`, eight characters at a time.

Whole columns of 8-byte words are looked at with numpy: a byte of a word is a character, the first one the lowest.
That takes half the time of a CSV parser. Lines are taken in pieces that stay in a core's cache. Whatever is not
exactly as usual is declined, for a real parser to read:
instants have 0, 3, 6 or 9 digits after the second (as Java's have), all rows of a block the same count, latencies 1
to 16 digits, labels at most 6 bytes; there are no quotes, empty lines, or spaces.
"""

from __future__ import annotations

import os
import re
import sys
import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from fpray.recorder.schema import Int64s

Words = npt.NDArray[np.uint64]

_AFTER = 64  # and follow the last one
BEFORE = 8  # bytes that must precede the first row: rows are looked at from a little before
_SHORTEST = len("2026-11-22T04:23:17Z,2026-11-22T04:23:17Z,1,1,\n")
_PIECE_BYTES = 4 << 20
_MOST_LABELS = 16
_MOST_HOURS = 1000  # stretches of rows of the same hour
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Rows:
    """The columns of a block's rows of one label; times are nanoseconds since the epoch."""

    label: str
    start: Int64s
    stop: Int64s
    count: int
    latency_nanos: Int64s


def _word(text: bytes) -> np.uint64:
    return np.uint64(int.from_bytes(text, "little"))


def _limits(text: str) -> np.uint64:
    """What to add to a word of digit values so that a byte's high bit tells that the digit is above its limit."""
    return _word(bytes(0x7F - int(limit) for limit in text))


_U = np.uint64
_HIGH_BITS = _word(b"\x80" * 8)
_ZEROS = _word(b"00000000")
_NINES = _limits("99999999")
_TIME, _TIME_LIMITS = _word(b":00:00.0"), _limits("05905909")
_PAIRS, _FOURS = _word(b"\xff\0" * 4), _word(b"\xff\xff\0\0" * 2)
_SECONDS = _U(1 + (6 << 16) + (600 << 32))  # the weights of a pair ss, of a pair m0 and of a pair 0m
_Z_COMMA = int(_word(b"Z,"))


class _Buffer(threading.local):
    """Each thread's own bytes to read into: used again and again, they stay in its core's cache."""

    def __init__(self) -> None:
        self.data = bytearray(BEFORE + _PIECE_BYTES + _AFTER)
        self.front = memoryview(self.data)[:-_AFTER]


_buffer = _Buffer()


def read(fd: int, begin: int, end: int) -> list[Rows] | None:
    """The rows of the lines of a file that begin in [begin, end); None if any is not as usual, or there are none.

    A line begins at `begin` only if a newline is before it. The file must hold more than BEFORE bytes before `begin`.
    """
    if sys.byteorder != "little" or begin <= BEFORE:
        return None
    data, found = _buffer.data, dict[str, list[Rows]]()
    at, last = begin - 1, False  # in the file: where the next line is looked for
    while not last:
        offset = at - BEFORE
        size = os.preadv(fd, [_buffer.front], offset)
        first = data.find(b"\n", BEFORE, size) + 1 if at < begin else BEFORE
        last = offset + size >= end
        stop = (data.find(b"\n", max(end - 1 - offset, 0), size) if last else data.rfind(b"\n", 0, size)) + 1
        if last and not stop and size == len(_buffer.front):  # a line goes on beyond the buffer
            last, stop = False, data.rfind(b"\n", 0, size) + 1
        if not first or stop <= first:
            return None
        rows = _piece(data, first, stop)
        if rows is None:
            return None
        for part in rows:
            found.setdefault(part.label, []).append(part)
        at = offset + stop
    if any(part.count != parts[0].count for parts in found.values() for part in parts):
        return None
    return [_joined(parts) for parts in found.values()] or None


def _joined(parts: list[Rows]) -> Rows:
    if len(parts) == 1:
        return parts[0]
    start, stop, latency_nanos = (
        np.concatenate(columns) for columns in zip(*((p.start, p.stop, p.latency_nanos) for p in parts), strict=True)
    )
    return Rows(parts[0].label, start, stop, parts[0].count, latency_nanos)


def _piece(data: bytearray, first: int, stop: int) -> list[Rows] | None:
    """The rows of some lines, label by label."""
    ends = _newlines(data, first, stop)
    begins = np.concatenate(([first], ends[:-1] + 1))
    if (ends - begins).min() + 1 < _SHORTEST:
        return None
    tails = _words(data, ends - 23, 3)
    labels = _labels(tails[:, 2])
    start = labels and _instants(data, begins)
    stop_ = start and _instants(data, start[1])
    count = stop_ and _count(stop_[2])
    if not labels or not start or not stop_ or not count:
        return None
    widths = np.full(len(ends), len(labels[0][0]))  # of the labels
    for label, mine in labels[1:]:
        widths[mine] = len(label)
    latencies = _numbers(tails, widths, ends - 1 - widths - stop_[1] - count[1])
    if latencies is None:
        return None
    return [Rows(label.decode(), start[0][mine], stop_[0][mine], count[0], latencies[mine]) for label, mine in labels]


def _newlines(data: bytearray, first: int, stop: int) -> Int64s:
    """Where newlines are. Words of 64 comparisons are a shorter way than bytes: rows are long."""
    newline = np.frombuffer(data, np.uint8, stop - first, first) == 10
    whole = len(newline) // 64 * 64
    words = np.packbits(newline[:whole], bitorder="little").view(np.uint64)
    at = np.flatnonzero(words)
    words = words[at]
    below = words - _U(1)
    if (words & below).any():  # two in one word
        return np.flatnonzero(newline) + first
    at *= 64
    at += np.bitwise_count(below)
    return np.concatenate((at, np.flatnonzero(newline[whole:]) + whole)) + first


def _words(data: bytearray, at: Int64s, words: int) -> Words:
    """For each place, that many words in a row."""
    windows: Any = np.ndarray((len(data) - 8 * words + 1,), f"S{8 * words}", data, strides=(1,))
    found: Words = windows[at].view(np.uint64).reshape(len(at), words)
    return found


def _instants(data: bytearray, begins: Int64s) -> tuple[Int64s, Int64s, Words] | None:
    """`2026-11-22T04:23:17.209748401Z,` at each place: nanoseconds, where the next field begins, `Z,` and 6 more."""
    if begins.max() + 37 > len(data):
        return None
    words = _words(data, begins - 3, 5)  # `???2026-` `11-22T04` `:23:17.2` `09748401` `Z,??????`
    hours = _hours(words[:, 0] >> _U(24), words[:, 1])
    if hours is None:
        return None
    times, fractions, following = words[:, 2] ^ _TIME, words[:, 3] ^ _ZEROS, words[:, 4]
    ends = begins + 31
    odd = np.flatnonzero(_above(times, _TIME_LIMITS) | _above(fractions, _NINES))
    if len(odd):
        times[odd], fractions[odd], missing = _completed(times[odd], fractions[odd])
        if (_above(times[odd], _TIME_LIMITS) | _above(fractions[odd], _NINES)).any():
            return None
        ends[odd] -= missing
        following[odd] = _words(data, ends[odd] - 2, 1)[:, 0]
    if (following.astype(np.uint16) != _Z_COMMA).any():
        return None
    _to_pairs(times)
    found = _eight_digits(fractions)
    found += (times >> _U(48)) * _U(100_000_000)
    times *= _SECONDS
    times >>= _U(32)
    times &= _U(0xFFFF)
    times *= _U(1_000_000_000)
    found += times
    nanoseconds = found.view(np.int64)
    nanoseconds += hours
    return nanoseconds, ends, following


def _completed(times: Words, fractions: Words) -> tuple[Words, Words, Int64s]:
    """Zeros in place of `Z,` and what follows where digits are missing, and how many places they would take."""
    missing = np.zeros(len(times), np.int64)
    for places, byte in ((3, 5), (6, 2)):
        here = (fractions >> _U(8 * byte)) & _U(0xFFFF) == _U(_Z_COMMA ^ 0x3030)
        fractions[here] &= _U((1 << 8 * byte) - 1)
        missing[here] = places
    here = times >> _U(48) == _U(_Z_COMMA ^ int.from_bytes(b".0", "little"))
    times[here] &= _U((1 << 48) - 1)
    fractions[here] = 0
    missing[here] = 10
    return times, fractions, missing


def _hours(years: Words, rest: Words) -> Int64s | int | None:
    """`2026-` and `11-22T04` as nanoseconds since the epoch, one number if all are the same."""
    changes = np.flatnonzero((years[1:] != years[:-1]) | (rest[1:] != rest[:-1])) + 1
    if len(changes) > _MOST_HOURS:
        return None
    runs = [0, *changes.tolist()]
    hours = [_hour(int(years[run]), int(rest[run])) for run in runs]
    if None in hours:
        return None
    if len(hours) == 1:
        return hours[0]
    return np.repeat(np.array(hours, np.int64), np.diff([*runs, len(years)]))


@lru_cache(256)
def _hour(year: int, rest: int) -> int | None:
    text = year.to_bytes(5, "little") + rest.to_bytes(8, "little")
    if not re.fullmatch(rb"(?!0000)\d{4}-\d\d-\d\dT\d\d", text):
        return None
    try:
        time = datetime.fromisoformat(text.decode() + ":00:00+00:00")
    except ValueError:
        return None
    if not 1678 <= time.year <= 2261:  # those in which nanoseconds fit 64 bits
        return None
    return (time - _EPOCH) // timedelta(hours=1) * 3_600_000_000_000


def _count(words: Words) -> tuple[int, int] | None:
    """The count that follows `Z,` in all rows, and its width with the comma."""
    match = re.compile(rb"Z,(\d{1,5}),").match(int(words[0]).to_bytes(8, "little"))
    if match is None:
        return None
    width = len(match[0])
    return None if ((words ^ _word(match[0])) << _U(64 - 8 * width)).any() else (int(match[1]), width - 2)


def _labels(words: Words) -> list[tuple[bytes, Any]] | None:
    """The labels that end the lines, in the order in which they appear, and what selects their rows."""
    others = np.ones(len(words), np.bool_)
    labels: list[tuple[bytes, Any]] = []
    while len(labels) < _MOST_LABELS:
        match = re.search(rb",([!#-+\--~]{0,6})\n\Z", int(words[others.argmax()]).to_bytes(8, "little"))
        if match is None:
            return None
        mine = words >> _U(64 - 8 * len(match[0])) == _word(match[0])
        others &= ~mine
        labels.append((match[1], slice(None) if mine.all() else np.flatnonzero(mine)))
        if not others.any():
            return labels
    return None


def _numbers(words: Words, behind: Int64s, widths: Int64s) -> Int64s | None:
    """The last digits before `,label\\n` as numbers: a line's last 24 bytes, the label's width, that of the digits."""
    if widths.min() < 1 or widths.max() > 16:
        return None
    right = (8 * (6 - behind)).view(np.uint64)
    left = _U(64) - right
    found = _low_digits(words[:, 1] >> right | words[:, 2] << left, widths)
    if found is not None and widths.max() > 8:
        high = _low_digits(words[:, 0] >> right | words[:, 1] << left, np.maximum(widths - 8, 0))
        if high is None:
            return None
        found += high * _U(100_000_000)
    return None if found is None else found.view(np.int64)


def _low_digits(words: Words, widths: Int64s) -> Words | None:
    """The last digits of each word as a number."""
    shifts = (64 - 8 * np.minimum(widths, 8)).view(np.uint64)
    words ^= _ZEROS
    words >>= shifts
    words <<= shifts
    return None if _above(words, _NINES).any() else _eight_digits(words)


def _above(words: Words, limits: np.uint64) -> Words:
    """Not 0 where a byte is above its limit."""
    above = words + limits
    above |= words
    above &= _HIGH_BITS
    return above


def _to_pairs(words: Words) -> None:
    """Digit values d0 d1 ... d7 become 16-bit numbers d0d1 ... d6d7."""
    words *= _U(10 << 8 | 1)
    words >>= _U(8)
    words &= _PAIRS


def _eight_digits(words: Words) -> Words:
    """The number that digit values d0 d1 ... d7 make, in place."""
    _to_pairs(words)
    words *= _U(100 << 16 | 1)
    words >>= _U(16)
    words &= _FOURS
    words *= _U(10_000 << 32 | 1)
    words >>= _U(32)
    return words
