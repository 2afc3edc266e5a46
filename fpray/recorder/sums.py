"""Sums of 64-bit integers that are exact, whatever the integers are."""

from __future__ import annotations

from fpray.recorder.schema import Int64s

_LIMIT = 2**63 - 1


def exact_sum(values: Int64s) -> int:
    """The sum of integers."""
    if not len(values):
        return 0
    if _largest(values) * len(values) <= _LIMIT:
        return int(values.sum())
    low = int((values & 0xFFFFFFFF).sum())  # at most 2**31 values are in memory at once
    return (int((values >> 32).sum()) << 32) + low


def exact_product_sum(first: Int64s, second: Int64s) -> int:
    """The sum of the products of two columns."""
    if not len(first):
        return 0
    if _largest(first) * _largest(second) * len(first) <= _LIMIT:
        return int((first * second).sum())
    # By limbs of 16 bits: their products fit.
    total = 0
    for a in range(0, 64, 16):
        for b in range(0, 64, 16):
            total += exact_sum(_limb(first, a) * _limb(second, b)) << (a + b)
    return total


def _limb(values: Int64s, shift: int) -> Int64s:
    limb = values >> shift
    return limb if shift == 48 else limb & 0xFFFF  # the highest limb has the sign


def _largest(values: Int64s) -> int:
    return max(int(values.max()), -int(values.min()))
