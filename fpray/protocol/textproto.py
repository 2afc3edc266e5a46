"""Nested Python values as protobuf text, the format of the jar's config and workload files."""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Message = Mapping[str, Any]


def to_pbtxt(message: Message) -> str:
    """One `field: value` per line; messages in braces; a list repeats its field; enums by name."""
    return "".join(f"{line}\n" for line in _lines(message, ""))


def _lines(message: Message, indent: str) -> Iterator[str]:
    for name, value in message.items():
        items = value if isinstance(value, Sequence) and not isinstance(value, str) else [value]
        for item in items:
            if isinstance(item, Mapping):
                yield f"{indent}{name}: {{"
                yield from _lines(item, indent + "  ")
                yield f"{indent}}}"
            else:
                yield f"{indent}{name}: {_scalar(item)}"


def _scalar(value: Any) -> str:
    if isinstance(value, enum.Enum):
        return value.name
    if isinstance(value, bool):
        return str(value).lower()  # FrankenPaxos writes True and False; every parser reads this spelling
    if isinstance(value, str):
        # FrankenPaxos does not escape; host names never need it, and a quote must not end the string early.
        text = value.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{text}"'
    return str(value)
