"""Parameter values as the words of a command line, spelt as the FrankenPaxos harness spells them."""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any


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

    A nested record drops its `_options`: `election_options.ping_period` is `options.election.pingPeriod`.
    """
    flags: dict[str, Any] = {}
    for field in dataclasses.fields(options):
        value = getattr(options, field.name)
        if dataclasses.is_dataclass(value):
            flags.update(option_flags(f"{prefix}.{field.name.removesuffix('_options')}", value))
        else:
            flags[f"{prefix}.{camel_case(field.name)}"] = value
    return flags


def camel_case(name: str) -> str:
    """`unsafe_read_at_i` as `unsafeReadAtI`."""
    first, *others = name.split("_")
    return first + "".join(word.capitalize() for word in others)
