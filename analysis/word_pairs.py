"""Reads words such as COLUMN=VALUE, of options that may be repeated."""

from __future__ import annotations

from collections.abc import Iterable

from fpray.errors import Cause, Problem
from fpray.files.shown import in_brief


def word_pairs(
    texts: Iterable[str], option: str, form: str, problems: list[Problem], *, has_value: bool = False
) -> dict[str, list[str]]:
    """Name -> the values that are written for it; problems: gets each word without a name or an equals sign.

    has_value: whether an empty value is a problem, too.
    """
    pairs: dict[str, list[str]] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not (name and equals) or (has_value and not value):
            problems.append(Problem(f"{option} {in_brief(text)}", f"must be {form}", Cause.FIGURE))
        pairs.setdefault(name, []).append(value)
    return pairs


def where_words(texts: Iterable[str], problems: list[Problem]) -> dict[str, list[str]]:
    """Column -> the values that a trial may have, of `--where COLUMN=VALUE,...`."""
    pairs = word_pairs(texts, "--where", "COLUMN=VALUE", problems)
    return {name: [value for text in values for value in text.split(",")] for name, values in pairs.items()}
