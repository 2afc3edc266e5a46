"""A value from Python as Python's own: numbers of numpy, paths as text, any sequence as a list; within bounds."""

from __future__ import annotations

import enum
import itertools
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import is_dataclass
from datetime import timedelta
from typing import Any

from fpray.files.shown import shown
from fpray.files.typed import Defect, Misfit
from fpray.protocol.values import python_number

MOST_VALUES = 1_000_000
_DEEPEST = 20
_BYTES = (bytes, bytearray, memoryview)  # no lists of numbers
_SCALARS = (str, int, float, bool, type(None))


def python_value(value: Any, depth: int = 0) -> Any:
    """A value from Python as Python's own: numbers of numpy, paths as text, any sequence as a list.

    Raises:
        Misfit: it is too deep or too long, or has keys that are not text.
    """
    if depth > _DEEPEST:
        how = "write fewer lists or dictionaries inside one another"
        raise Misfit(Defect("", f"is more than {_DEEPEST} levels deep: {how}"))
    value = python_number(value)
    if isinstance(value, (*_SCALARS, timedelta, enum.Enum, range, *_BYTES)) or is_dataclass(value):
        return str(value) if isinstance(value, str) and type(value) is not str else value
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if isinstance(value, Mapping):
        return {_key(key): python_value(entry, depth + 1) for key, entry in value.items()}
    if (iterator := _iterator(value)) is not None:
        entries = list(itertools.islice(iterator, MOST_VALUES + 1))
        if len(entries) > MOST_VALUES:
            raise Misfit(Defect("", f"lists more than {MOST_VALUES:,} values"))
        return [python_value(entry, depth + 1) for entry in entries]
    return value


def _iterator(value: Any) -> Iterator[Any] | None:
    """Its entries; None for a single value, such as numpy's masked one, which is of a type with entries."""
    try:
        return iter(value) if isinstance(value, Iterable) else None
    except TypeError:
        return None


def _key(key: Any) -> str:
    if not isinstance(key, str):
        raise Misfit(Defect("", f"has the key {shown(key)}, which is not text: write each key as a string"))
    return str(key)
