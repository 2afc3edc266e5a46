"""Parameter values as the words of a command line, spelt as the FrankenPaxos harness spells them."""

from __future__ import annotations

import dataclasses
import enum
import functools
import typing
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Annotated, Any

# An option that FrankenPaxos writes in milliseconds, `1000.0ms`; a plain `timedelta` is written in seconds, `1.0s`.
Milliseconds = Annotated[timedelta, "ms"]


def to_words(flags: Mapping[str, Any]) -> Iterator[str]:
    """`{"index": 1}` as `--index 1`: two words per flag, in the order of the mapping."""
    for name, value in flags.items():
        yield f"--{name}"
        yield to_text(value)


def to_text(value: Any) -> str:
    """One value: durations in seconds (`2.0s`), enums by name, booleans as Python writes them."""
    if isinstance(value, timedelta):
        return f"{value.total_seconds()}s"
    if isinstance(value, enum.Enum):
        return value.name
    return str(value)


def option_flags(prefix: str, options: Any) -> dict[str, Any]:
    """An options dataclass as flags: `flush_phase2as_every_n` becomes `options.flushPhase2asEveryN`.

    A nested record drops its `_options`: `election_options.ping_period` is `options.election.pingPeriod`. A number
    with a name that ends in `_ms` drops that and says its unit: `ping_period_ms` becomes `options.pingPeriod 1000.0ms`.
    """
    record: Any = type(options)
    in_ms = _in_milliseconds(record)
    flags: dict[str, Any] = {}
    for field in dataclasses.fields(options):
        value = getattr(options, field.name)
        if dataclasses.is_dataclass(value):
            flags.update(option_flags(f"{prefix}.{field.name.removesuffix('_options')}", value))
        elif field.name in in_ms:
            count = value / timedelta(milliseconds=1) if isinstance(value, timedelta) else value
            flags[f"{prefix}.{camel_case(field.name.removesuffix('_ms'))}"] = f"{count}ms"
        else:
            flags[f"{prefix}.{camel_case(field.name)}"] = value
    return flags


@functools.cache
def _in_milliseconds(cls: Any) -> frozenset[str]:
    """The fields with a flag that says so."""
    hints = typing.get_type_hints(cls, include_extras=True)
    return frozenset(name for name, hint in hints.items() if hint == Milliseconds or name.endswith("_ms"))


def camel_case(name: str) -> str:
    """`unsafe_read_at_i` as `unsafeReadAtI`."""
    first, *others = name.split("_")
    return first + "".join(word.capitalize() for word in others)
