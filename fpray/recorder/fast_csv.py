"""Reads the rows that clients usually write, `start,stop,count,latency_nanos,label`, eight characters at a time.

Lines are read in pieces that fit a core's cache. The reader declines a block that is not exactly as usual, and a
CSV parser reads that block instead. Usual is:
instants with 0, 3, 6 or 9 digits after the second (as Java writes them); the same count in all rows of a block;
latencies of 1 to 16 digits; labels of at most 6 bytes; no quotes, no empty lines, no spaces.
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

from fpray.recorder.csv_words import (
    NINES,
    ZEROS,
    U,
    UInt64s,
    above,
    digit_limits,
    eight_digits,
    last_numbers,
    newlines,
    to_pairs,
    word,
    words_at,
)
from fpray.recorder.row import FIRST_YEAR, LAST_YEAR
from fpray.recorder.schema import Int64s

BEFORE = 8  # bytes that must precede the first row, because a row's first word begins before the row
_AFTER = 64  # bytes that must follow the last row
_SHORTEST = len("2026-11-22T04:23:17Z,2026-11-22T04:23:17Z,1,1,\n")
_PIECE_BYTES = 4 << 20
_MOST_LABELS = 16
_MOST_HOURS = 1000  # runs of rows with the same hour
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TIME, _TIME_LIMITS = word(b":00:00.0"), digit_limits("05905909")
_SECONDS = U(1 + (6 << 16) + (600 << 32))  # the weights of a pair ss, of a pair m0 and of a pair 0m
_Z_COMMA = int(word(b"Z,"))


@dataclass(frozen=True)
class Rows:
    """The columns of the rows of one label in a block. Times are nanoseconds since the epoch."""

    label: str
    start: Int64s
    stop: Int64s
    count: int
    latency_nanos: Int64s


class _Buffer(threading.local):
    """Bytes to read into, one buffer for each thread. A buffer is reused, so it stays in the core's cache."""

    def __init__(self) -> None:
        self.data = bytearray(BEFORE + _PIECE_BYTES + _AFTER)
        self.front = memoryview(self.data)[:-_AFTER]


_buffer = _Buffer()


def read(fd: int, begin: int, end: int) -> list[Rows] | None:
    """The rows of the lines that begin in [begin, end) of a file; None if a line is not as usual, or without lines.

    A line begins at `begin` only if a newline precedes it. The file must hold more than BEFORE bytes before `begin`.
    """
    if sys.byteorder != "little" or begin <= BEFORE:
        return None
    data, by_label = _buffer.data, dict[str, list[Rows]]()
    at, last = begin - 1, False  # offset in the file from which the next line is looked for
    while not last:
        offset = at - BEFORE
        size = os.preadv(fd, [_buffer.front], offset)
        first = data.find(b"\n", BEFORE, size) + 1 if at < begin else BEFORE
        last = offset + size >= end
        stop = (data.find(b"\n", max(end - 1 - offset, 0), size) if last else data.rfind(b"\n", 0, size)) + 1
        if last and not stop and size == len(_buffer.front):  # the line continues beyond the buffer
            last, stop = False, data.rfind(b"\n", 0, size) + 1
        if not first or stop <= first:
            return None
        rows = _piece(data, first, stop)
        if rows is None:
            return None
        for part in rows:
            by_label.setdefault(part.label, []).append(part)
        at = offset + stop
    if any(part.count != parts[0].count for parts in by_label.values() for part in parts):
        return None
    return [_joined(parts) for parts in by_label.values()] or None


def _joined(parts: list[Rows]) -> Rows:
    if len(parts) == 1:
        return parts[0]
    start, stop, latency_nanos = (
        np.concatenate(columns) for columns in zip(*((p.start, p.stop, p.latency_nanos) for p in parts), strict=True)
    )
    return Rows(parts[0].label, start, stop, parts[0].count, latency_nanos)


def _piece(data: bytearray, first: int, stop: int) -> list[Rows] | None:
    """The rows of the lines in [first, stop), one Rows for each label; None if a line is not as usual."""
    ends = newlines(data, first, stop)
    begins = np.concatenate(([first], ends[:-1] + 1))
    if (ends - begins).min() + 1 < _SHORTEST:
        return None
    tails = words_at(data, ends - 23, 3)
    labels = _labels(tails[:, 2])
    start = labels and _instants(data, begins)
    stop_ = start and _instants(data, start[1])
    count = stop_ and _count(stop_[2])
    if not labels or not start or not stop_ or not count:
        return None
    widths = np.full(len(ends), len(labels[0][0]))  # the characters of each label
    for label, rows in labels[1:]:
        widths[rows] = len(label)
    latencies = last_numbers(tails, widths, ends - 1 - widths - stop_[1] - count[1])
    if latencies is None:
        return None
    return [Rows(label.decode(), start[0][rows], stop_[0][rows], count[0], latencies[rows]) for label, rows in labels]


def _instants(data: bytearray, begins: Int64s) -> tuple[Int64s, Int64s, UInt64s] | None:
    """`2026-11-22T04:23:17.209748401Z,` at each place: nanoseconds, the next field's place, `Z,` and 6 more bytes."""
    if begins.max() + 37 > len(data):
        return None
    words = words_at(data, begins - 3, 5)  # `???2026-` `11-22T04` `:23:17.2` `09748401` `Z,??????`
    hours = _hours(words[:, 0] >> U(24), words[:, 1])
    if hours is None:
        return None
    times, fractions, following = words[:, 2] ^ _TIME, words[:, 3] ^ ZEROS, words[:, 4]
    ends = begins + 31
    odd = np.flatnonzero(above(times, _TIME_LIMITS) | above(fractions, NINES))
    if len(odd):
        times[odd], fractions[odd], missing = _completed(times[odd], fractions[odd])
        if (above(times[odd], _TIME_LIMITS) | above(fractions[odd], NINES)).any():
            return None
        ends[odd] -= missing
        following[odd] = words_at(data, ends[odd] - 2, 1)[:, 0]
    if (following.astype(np.uint16) != _Z_COMMA).any():
        return None
    to_pairs(times)
    instants = eight_digits(fractions)
    instants += (times >> U(48)) * U(100_000_000)
    times *= _SECONDS
    times >>= U(32)
    times &= U(0xFFFF)
    times *= U(1_000_000_000)
    instants += times
    nanoseconds = instants.view(np.int64)
    nanoseconds += hours
    return nanoseconds, ends, following


def _completed(times: UInt64s, fractions: UInt64s) -> tuple[UInt64s, UInt64s, Int64s]:
    """The words with zeros for the missing digits (in place of `Z,` and what follows), and how many are missing."""
    missing = np.zeros(len(times), np.int64)
    for places, byte in ((3, 5), (6, 2)):
        short = (fractions >> U(8 * byte)) & U(0xFFFF) == U(_Z_COMMA ^ 0x3030)
        fractions[short] &= U((1 << 8 * byte) - 1)
        missing[short] = places
    whole = times >> U(48) == U(_Z_COMMA ^ int.from_bytes(b".0", "little"))  # no digit after the second
    times[whole] &= U((1 << 48) - 1)
    fractions[whole] = 0
    missing[whole] = 10
    return times, fractions, missing


def _hours(years: UInt64s, rest: UInt64s) -> Int64s | int | None:
    """`2026-` and `11-22T04` as nanoseconds since the epoch; one number if all hours are the same."""
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
    if not re.fullmatch(rb"(?!0000)\d{4}-\d\d-\d\dT(?:[01]\d|2[0-3])", text):
        return None
    try:
        time = datetime.fromisoformat(text.decode() + ":00:00+00:00")
    except ValueError:
        return None
    if not FIRST_YEAR <= time.year <= LAST_YEAR:
        return None
    return (time - _EPOCH) // timedelta(hours=1) * 3_600_000_000_000


def _count(words: UInt64s) -> tuple[int, int] | None:
    """The count that follows `Z,` in all rows, and its width with the comma; None if the rows differ."""
    match = re.compile(rb"Z,(\d{1,5}),").match(int(words[0]).to_bytes(8, "little"))
    if match is None:
        return None
    width = len(match[0])
    return None if ((words ^ word(match[0])) << U(64 - 8 * width)).any() else (int(match[1]), width - 2)


def _labels(words: UInt64s) -> list[tuple[bytes, Any]] | None:
    """The labels at the ends of the lines, in the order of appearance, each with the index of its rows."""
    others = np.ones(len(words), np.bool_)
    labels: list[tuple[bytes, Any]] = []
    while len(labels) < _MOST_LABELS:
        match = re.search(rb",([!#-+\--~]{0,6})\n\Z", int(words[others.argmax()]).to_bytes(8, "little"))
        if match is None:
            return None
        rows = words >> U(64 - 8 * len(match[0])) == word(match[0])
        others &= ~rows
        labels.append((match[1], slice(None) if rows.all() else np.flatnonzero(rows)))
        if not others.any():
            return labels
    return None
