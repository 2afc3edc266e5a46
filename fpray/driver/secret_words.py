"""Secrets among the options of a command: not in what is written down, and not in `ps`."""

from __future__ import annotations

import contextlib
import ctypes
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from fpray.driver.rerun import Rerun
from fpray.files.paths import GivenPath
from fpray.files.secret import Secret
from fpray.protocol.params import json_of

_PLAIN = (str, int, float, type(None))


def secrets_of(values: Mapping[str, Any]) -> list[Secret]:
    """The secrets among the values of options."""
    lists = {name: value if isinstance(value, tuple) else (value,) for name, value in values.items()}
    return [replace(item, option=name) for name, items in lists.items() for item in items if isinstance(item, Secret)]


def scrubbed(text: str, secrets: Sequence[Secret]) -> str:
    """A text without what may not be shown of secrets."""
    for secret in secrets:
        text = secret.scrub(text)
    return text


def storable(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values of options, as JSON can hold them and as they may be written down."""
    plain = {name: value for name, value in values.items() if isinstance(value, _PLAIN) or value == {}}
    return {name: plain[name] if name in plain else json_of(_written(value)) for name, value in values.items()}


def _written(value: Any) -> Any:
    if isinstance(value, Secret | GivenPath | Rerun):
        return str(value)
    return [_written(item) for item in value] if isinstance(value, tuple) else value


def hide_from_ps(secrets: Sequence[Secret]) -> None:
    """Overwrite this process's own command line, as `ps` and Ray read it, where a secret stands in it."""
    for secret in secrets:
        if str(secret) != secret.value:
            with contextlib.suppress(OSError, ValueError, IndexError):
                for address, length in _places(secret.value.encode(errors="surrogateescape")):
                    ctypes.memset(address, ord("*"), length)


def _places(value: bytes) -> Iterator[tuple[int, int]]:
    """Address and length of each place of a value in the command line of this process; on Linux only."""
    if sys.platform != "linux" or not value:
        return
    fields = Path("/proc/self/stat").read_bytes().rpartition(b")")[2].split()
    begin = int(fields[45])  # arg_start, the 48th field
    line = Path("/proc/self/cmdline").read_bytes()
    at = line.find(value)
    while begin and at >= 0:
        yield begin + at, len(value)
        at = line.find(value, at + len(value))
