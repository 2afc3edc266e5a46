"""A value from outside in a message: as Python shows it, cut to a line, whatever it is."""

from __future__ import annotations

import math
import reprlib


class _Shown(reprlib.Repr):
    """A value as Python shows it, cut to a line."""

    def __init__(self) -> None:
        super().__init__()
        self.maxlevel, self.maxstring, self.maxlong, self.maxother = 2, 60, 40, 60

    def repr_int(self, number: int, level: int) -> str:
        """A number; one with more digits than Python shows by its size."""
        if number.bit_length() > 200:
            return f"a number of about {round(number.bit_length() * math.log10(2))} digits"
        return repr(number)


def in_brief(value: object) -> str:
    """A value as a user typed it, where that is a short text; else as `shown`."""
    text = value if isinstance(value, str) else shown(value)
    return text if text.strip() and len(text) <= 60 and text.isprintable() else shown(value)


def shown(value: object) -> str:
    """A value for a message, cut to a line, whatever it is."""
    try:
        return " ".join(_Shown().repr(value).split())[:120]
    except Exception:  # the value's own __repr__
        return f"a {type(value).__name__}"
