"""Numbers of a table with as many digits as their interval leaves meaning to."""

from __future__ import annotations

import math
from typing import Final

from fpray_analysis.table.estimate import MEAN, Estimate

_OF_INTERVAL: Final = 2  # significant digits of half of an interval
_OF_NUMBER: Final = 3  # of a number without one
_MOST: Final = 6  # of a number that all repeats have
_DECIMALS: Final = 12


def in_digits(figure: Estimate, statistic: str) -> tuple[str, ...]:
    """The number; then half of its interval (of a mean), or both ends (of a median), if it has one."""
    if figure.low is None or figure.high is None:
        return (_text(figure.value, _decimals(figure.value, _OF_NUMBER)),)
    half = (figure.high - figure.low) / 2
    decimals = _decimals(half, _OF_INTERVAL) if half > 0 else _all_decimals(figure.value)
    numbers = (figure.value, half) if statistic == MEAN else (figure.value, figure.low, figure.high)
    return tuple(_text(number, decimals) for number in numbers)


def _decimals(number: float, digits: int) -> int:
    """How many decimals a number has with so many significant digits; negative for tens and hundreds."""
    if not number:
        return 0
    return min(_DECIMALS, digits - 1 - math.floor(math.log10(abs(number))))


def _all_decimals(number: float) -> int:
    """The decimals of a number that all repeats have: without zeros at its end."""
    decimals = _decimals(number, _MOST)
    while decimals > 0 and round(number, decimals) == round(number, decimals - 1):
        decimals -= 1
    return decimals


def _text(number: float, decimals: int) -> str:
    return f"{round(number, decimals) + 0.0:,.{max(decimals, 0)}f}"
