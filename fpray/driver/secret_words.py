"""Secrets among the words of a command: not in what is written down, nor in `ps`, and handed on in private files."""

from __future__ import annotations

import contextlib
import ctypes
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from fpray.files.secret import ONCE, Secret

_OPTIONS = ("--notify", "--storage")  # their values may be secrets


def secrets_of(values: Mapping[str, Any]) -> list[Secret]:
    """The secrets among the values of options."""
    flat = [item for value in values.values() for item in (value if isinstance(value, tuple) else (value,))]
    return [item for item in flat if isinstance(item, Secret)]


def scrubbed(text: str, secrets: Sequence[Secret]) -> str:
    """A text without what may not be shown of secrets."""
    for secret in secrets:
        text = secret.scrub(text)
    return text


def storable(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values of options, as they may be written down."""

    def storable_value(value: Any) -> Any:
        if isinstance(value, tuple):
            return tuple(storable_value(item) for item in value)
        return str(value) if isinstance(value, Secret) else value

    return {name: storable_value(value) for name, value in values.items()}


def hand_over(words: Sequence[str], secrets: Sequence[Secret], put: Callable[[int, Secret], str]) -> list[str]:
    """The words of a command for another process: each secret in a file of its own, which is read once.

    put: takes the place of the word and the secret, writes the file, and returns its path for that process.
    """
    by_text = {secret.given: secret for secret in secrets}
    handed = []
    for place, (before, word) in enumerate(zip(("", *words), words, strict=False)):
        option, equals, value = word.partition("=")
        head, text = ("", word) if before in _OPTIONS else (f"{option}=", value)
        is_one = text in by_text and (before in _OPTIONS or (equals and option in _OPTIONS))
        handed.append(f"{head}{ONCE}{put(place, by_text[text])}" if is_one else word)
    return handed


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
