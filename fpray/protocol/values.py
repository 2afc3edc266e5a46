"""The types that a parameter can have: how a value of each is read, written and described.

A field of a parameters dataclass is an int, a float, a bool, a string (or a `Literal` choice), a `timedelta`, an enum,
an options dataclass, or a union of workload dataclasses, which differ in their last field, `name`.
"""

from __future__ import annotations

import dataclasses
import enum
import functools
import math
import re
import types
import typing
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any, Literal, TypeVar, Union

from fpray.errors import nearest
from fpray.files.content import BY_USERS, Unreadable, json_value
from fpray.files.shown import in_brief, shown

P = TypeVar("P")

_DURATION = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?)\s*(us|ms|s|m|min|h)\s*")
_MICROSECONDS = {"us": 1, "ms": 1_000, "s": 1_000_000, "m": 60_000_000, "min": 60_000_000, "h": 3_600_000_000}
_LONGEST = timedelta(hours=24)  # of a duration: a trial of days is a typing error
_LONGEST_US = _LONGEST / timedelta(microseconds=1)
_PLAIN = frozenset((int, float, bool, str))
_TRUE, _FALSE = ("true", "yes", "1"), ("false", "no", "0")


class BadValue(ValueError):
    """A value that a parameter cannot take; the text says what it takes instead."""


class NotOneValue(BadValue):
    """A single value for a parameter that has fields of its own."""

    def __init__(self, value: object, fields: Sequence[str]) -> None:
        self.value, self.fields = value, fields
        example = f'{{"{fields[0]}": VALUE}}'
        super().__init__(self.with_remedy(f"write a JSON object with one or more of these fields, such as {example}"))

    def with_remedy(self, remedy: str) -> str:
        """The same text with another way out: a caller that knows the parameter's name shows how to set one field."""
        fields = ", ".join(self.fields)
        return f"{shown(self.value)} does not fit this parameter, which is a group of fields ({fields}): {remedy}"


def seconds(count: float) -> timedelta:
    """A duration of so many seconds."""
    return timedelta(seconds=count)


def parse_duration(text: str) -> timedelta:
    """`2s`, `500ms`, `1m`, `1.5h` as a duration.

    Raises:
        BadValue: the text is no number with a unit.
    """
    match = _DURATION.fullmatch(text)
    if match is None:
        raise BadValue(f"{shown(text)} is not a duration (a number with a unit): write one such as 2s, 500ms or 1m")
    microseconds = float(match[1]) * _MICROSECONDS[match[2]]
    return timedelta(microseconds=round(microseconds)) if microseconds <= _LONGEST_US else _bounded(timedelta.max)


def show_duration(value: timedelta) -> str:
    """The shortest exact text that `parse_duration` reads back: `2s`, `500ms`, `250us`."""
    microseconds = value // timedelta(microseconds=1)
    for unit in ("s", "ms"):
        if microseconds % _MICROSECONDS[unit] == 0:
            return f"{microseconds // _MICROSECONDS[unit]}{unit}"
    return f"{microseconds}us"


def field_types(cls: Any) -> dict[str, Any]:
    """Field name -> resolved type, in the order of declaration."""
    return _field_types(cls)


@functools.cache  # for type checkers a `type[P]` is not hashable: so only an `Any` is passed on
def _field_types(cls: type) -> dict[str, Any]:
    hints = typing.get_type_hints(cls)
    return {field.name: hints[field.name] for field in dataclasses.fields(cls)}


@functools.cache
def field_names(cls: Any) -> tuple[str, ...] | None:
    """The names of a record's fields, in order; None for any other type. Asked millions of times in a sweep."""
    return tuple(field.name for field in dataclasses.fields(cls)) if dataclasses.is_dataclass(cls) else None


def alternatives(kind: Any) -> tuple[type, ...]:
    """The dataclasses of a union of workloads; empty for anything else."""
    if typing.get_origin(kind) in (Union, types.UnionType):
        return typing.get_args(kind)
    return ()


def describe_type(kind: Any) -> str:
    """What a value of this type looks like, for messages and for `fpray protocols`."""
    if typing.get_origin(kind) is Literal:
        return " | ".join(str(choice) for choice in typing.get_args(kind))
    if alternatives(kind):
        return " | ".join(alternative.__name__ for alternative in alternatives(kind))
    if kind is timedelta:
        return "duration"
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return " | ".join(member.name for member in kind)
    return {int: "integer", float: "number", bool: "true | false", str: "text"}.get(kind, str(kind.__name__))


def to_json(value: Any) -> Any:
    """Parameters as nested JSON values: durations as text, enums by name."""
    kind: Any = type(value)
    if kind in _PLAIN:  # nearly all of them, and a sweep asks for thousands of trials
        return value
    if (record := field_names(kind)) is not None:
        return {name: to_json(getattr(value, name)) for name in record}
    if isinstance(value, timedelta):
        return show_duration(value)
    if isinstance(value, enum.Enum):
        return value.name
    return value


def from_json(cls: type[P], values: Mapping[str, Any]) -> P:
    """The parameters that `to_json` wrote.

    Raises:
        BadValue: a value does not fit its field, or a name is unknown.
    """
    kinds = field_types(cls)
    if unknown := [name for name in values if name not in kinds]:
        raise BadValue(f"{cls.__name__} has no field {in_brief(unknown[0])}{_nearest(unknown[0], kinds)}")
    return cls(**{name: read_value(kinds[name], value) for name, value in values.items()})


def read_value(kind: Any, value: Any) -> Any:
    """A Python, JSON or command-line value as what a field of type `kind` holds.

    Raises:
        BadValue: it does not fit; the text says what would.
    """
    value = python_number(value)
    if typing.get_origin(kind) is Literal:
        choices = typing.get_args(kind)
        if isinstance(value, str) and value in choices:
            return value
        raise BadValue(f"{shown(value)} is not one of {', '.join(choices)}{_nearest(value, choices)}")
    if alternatives(kind):
        return read_alternative(alternatives(kind), value)
    if dataclasses.is_dataclass(kind):
        return _read_record(typing.cast(type, kind), value)
    return _read_scalar(kind, value)


def _read_record(kind: type, value: Any) -> Any:
    if isinstance(value, kind):
        return value
    fields = field_names(kind) or ()
    if (values := _json_object(f"the fields {', '.join(fields)}", value)) is None:
        if not fields:
            raise BadValue(f"{shown(value)} does not fit this parameter, which cannot be set: remove it and its value")
        raise NotOneValue(value, fields)
    return from_json(kind, values)


def read_alternative(kinds: tuple[type, ...], value: Any) -> Any:
    """A name, a JSON object or a record as one of the dataclasses of a union, see `read_value`."""
    if isinstance(value, kinds):
        return value
    by_name = {kind.__name__: kind for kind in kinds}
    if isinstance(value, str) and value in by_name:
        return by_name[value]()
    what = " or ".join(by_name)
    if (values := _json_object(what, value)) is None:
        example = f'{{"name": "{next(iter(by_name))}", "FIELD": VALUE}}'
        more = f"To set fields of the workload, too, write a JSON object, such as {example}"
        raise BadValue(f"{shown(value)} is not the name of a workload: write {what}. {more}")
    name = values.get("name")
    if not isinstance(name, str) or name not in by_name:
        raise BadValue(f"the name of a workload must be one of {', '.join(by_name)}{_nearest(name, by_name)}")
    return from_json(by_name[name], values)


def _json_object(what: str, value: Any) -> Mapping[str, Any] | None:
    """A JSON object, or what a text of one says; None for any other value. what: what it should be an object of."""
    if isinstance(value, str):
        try:
            value = json_value(value, BY_USERS)
        except Unreadable as why:
            if value.lstrip().startswith("{"):
                raise BadValue(f"{shown(value)} is not a JSON object of {what}, because {why}: correct it") from None
            return None
    return value if isinstance(value, Mapping) else None


def python_number(value: Any) -> Any:
    """A number, boolean or text of numpy as Python's; any other value as it is."""
    if type(value).__module__ == "numpy" and getattr(value, "ndim", None) == 0 and hasattr(value, "item"):
        return value.item()
    return value


def _nearest(value: object, names: Iterable[str]) -> str:
    """As `nearest` for a short text; nothing for any other value."""
    return nearest(value, names) if isinstance(value, str) and len(value) < 100 else ""


def plain_float(text: str) -> float:
    """A number in plain digits; `float` also takes those of other scripts, and `1_0` as 10.

    Raises:
        ValueError: it is none.
    """
    if not text.isascii() or "_" in text:
        raise ValueError(text)
    return float(text)


def _text(kind: Any, value: Any) -> str:
    """A single value as text, without blanks around it.

    Raises:
        BadValue: it is none.
    """
    if isinstance(value, str):
        return value.strip()
    if not isinstance(value, int | float | timedelta | enum.Enum):
        raise BadValue(f"{shown(value)} does not fit this parameter: write a value of the type {describe_type(kind)}")
    if type(value) is int and value.bit_length() > 64:
        raise BadValue(f"{shown(value)} is too large a number: write one of at most 64 bits")
    return str(value).strip()


def _bounded(value: timedelta) -> timedelta:
    if value > _LONGEST:
        raise BadValue("is too long a duration: write at most 24h")
    return value


def _read_scalar(kind: Any, value: Any) -> Any:  # noqa: PLR0911  one line per type reads best
    text = _text(kind, value)
    if kind is timedelta:
        return _bounded(value) if isinstance(value, timedelta) else parse_duration(text)
    if kind is bool:
        if text.lower() in _TRUE:
            return True
        if text.lower() in _FALSE:
            return False
        raise BadValue(f"{shown(text)} is neither true nor false: write one of these two")
    if kind is int:
        if not re.fullmatch(r"[+-]?[0-9]+", text) or isinstance(value, bool):
            raise BadValue(f"{shown(text)} is not a whole number: write one, such as 2")
        if len(text.lstrip("+-0")) > 10 or not -(2**31) <= int(text) < 2**31:
            raise BadValue(
                f"{in_brief(text)} is outside the jar's integers: write a number from -2147483648 to 2147483647"
            )
        return int(text)
    if kind is float:
        try:
            number = plain_float(text)
        except ValueError:
            raise BadValue(f"{shown(text)} is not a number: write one, such as 0.5") from None
        if not math.isfinite(number):
            raise BadValue(f"{shown(text)} is not a finite number: write one, such as 0.5")
        return number
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        name = value.name if isinstance(value, enum.Enum) else text.removeprefix(f"{kind.__name__}.")
        if name in kind.__members__:
            return kind[name]
        raise BadValue(f"{shown(name)} is not one of {', '.join(kind.__members__)}{_nearest(name, kind.__members__)}")
    return str(value)
