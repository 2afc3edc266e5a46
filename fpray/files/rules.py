"""What a value from outside must keep beside its type."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from fpray.files.shown import shown


@dataclass(frozen=True)
class Rule:
    """What a value must keep beside its type.

    check: gives what is wrong with a value, as a sentence, or None.
    kept_by: types of which every value keeps the rule.
    """

    check: Callable[[Any], str | None]
    kept_by: frozenset[type] = frozenset()


def between(low: float, high: float) -> Rule:
    """A number in a range, both ends in it."""
    return Rule(lambda value: None if low <= value <= high else f"must be between {low:,} and {high:,}, not {value}")


def _number_or_word(value: object) -> str | None:
    if value is None or isinstance(value, bool | float | str) or (type(value) is int and value.bit_length() < 64):
        return None
    return f"must be a number, text, true, false or null, not {shown(value)}"


# A value that is no list and no object, as a table's cell is.
Cell = Annotated[Any, Rule(_number_or_word, frozenset({type(None), bool, float, str}))]
