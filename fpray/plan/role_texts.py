"""What users type for the JVM arguments and flags of roles: the values of `--jvm-arg` and `--flag`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def jvm_arg_texts(by_role: Mapping[str, Sequence[str]]) -> list[str]:
    """The values of `--jvm-arg` that mean these arguments."""
    return [f"{role}:{argument}" for role, arguments in by_role.items() for argument in arguments]


def flag_texts(by_role: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """The values of `--flag` that mean these flags."""
    return [f"{role}:--{name}={value}" for role, by_name in by_role.items() for name, value in by_name.items()]
