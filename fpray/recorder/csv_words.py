"""Digits and places in text, computed with numpy on 64-bit words, each of which holds eight characters.

The first character is the lowest byte of its word. This takes half the time of a CSV parser.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from fpray.recorder.schema import Int64s

UInt64s = npt.NDArray[np.uint64]


def word(text: bytes) -> np.uint64:
    """Up to eight characters as a word."""
    return np.uint64(int.from_bytes(text, "little"))


def digit_limits(text: str) -> np.uint64:
    """The largest digit that is allowed at each place, in the form that `above` takes.

    Added to a word of digit values, it sets the high bit of each byte that exceeds its limit.
    """
    return word(bytes(0x7F - int(limit) for limit in text))


U = np.uint64  # for constants: numpy does not mix 64-bit words with Python's integers in all operations
ZEROS = word(b"00000000")
NINES = digit_limits("99999999")
_HIGH_BITS = word(b"\x80" * 8)
_PAIRS, _FOURS = word(b"\xff\0" * 4), word(b"\xff\xff\0\0" * 2)


def newlines(data: bytearray, first: int, stop: int) -> Int64s:
    """The places of the newlines in [first, stop).

    The results of 64 comparisons are packed into one word. Rows are long, so few words are not 0.
    """
    newline = np.frombuffer(data, np.uint8, stop - first, first) == 10
    whole = len(newline) // 64 * 64
    words = np.packbits(newline[:whole], bitorder="little").view(np.uint64)
    at = np.flatnonzero(words)
    words = words[at]
    below = words - U(1)
    if (words & below).any():  # two newlines in one word
        return np.flatnonzero(newline) + first
    at *= 64
    at += np.bitwise_count(below)
    return np.concatenate((at, np.flatnonzero(newline[whole:]) + whole)) + first


def words_at(data: bytearray, at: Int64s, words: int) -> UInt64s:
    """The words that begin at each place, shape (places, words)."""
    windows: Any = np.ndarray((len(data) - 8 * words + 1,), f"S{8 * words}", data, strides=(1,))
    rows: UInt64s = windows[at].view(np.uint64).reshape(len(at), words)
    return rows


def last_numbers(words: UInt64s, label_widths: Int64s, widths: Int64s) -> Int64s | None:
    """The digits before `,label\\n` as numbers; None if there are others than digits, or more than 16.

    Args:
        words: the last 24 bytes of each line, shape (lines, 3).
        label_widths: the number of characters of each label.
        widths: the number of digits in each line.
    """
    if widths.min() < 1 or widths.max() > 16:
        return None
    right = (8 * (6 - label_widths)).view(np.uint64)
    opposite = U(64) - right
    low = _low_digits(words[:, 1] >> right | words[:, 2] << opposite, widths)
    if low is not None and widths.max() > 8:
        high = _low_digits(words[:, 0] >> right | words[:, 1] << opposite, np.maximum(widths - 8, 0))
        if high is None:
            return None
        low += high * U(100_000_000)
    return None if low is None else low.view(np.int64)


def _low_digits(words: UInt64s, widths: Int64s) -> UInt64s | None:
    """The last digits of each word as a number; None if one is no digit. At most 8 of `widths` count."""
    shifts = (64 - 8 * np.minimum(widths, 8)).view(np.uint64)
    words ^= ZEROS
    words >>= shifts
    words <<= shifts
    return None if above(words, NINES).any() else eight_digits(words)


def above(words: UInt64s, limits: np.uint64) -> UInt64s:
    """Not 0 where a byte of a word exceeds its limit, as in `digit_limits`."""
    excess = words + limits
    excess |= words
    excess &= _HIGH_BITS
    return excess


def to_pairs(words: UInt64s) -> None:
    """Changes digit values d0 d1 ... d7 into the 16-bit numbers d0d1 ... d6d7, in place."""
    words *= U(10 << 8 | 1)
    words >>= U(8)
    words &= _PAIRS


def eight_digits(words: UInt64s) -> UInt64s:
    """Changes digit values d0 d1 ... d7 into the number that they write, in place."""
    to_pairs(words)
    words *= U(100 << 16 | 1)
    words >>= U(16)
    words &= _FOURS
    words *= U(10_000 << 32 | 1)
    words >>= U(32)
    return words
