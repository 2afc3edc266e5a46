"""Reads what comes from outside as JSON or YAML values, within bounds: size, depth, digits, aliases, repeated keys."""

from __future__ import annotations

import codecs
import json
import os
import stat
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

MEGABYTE = 1_000_000
_CHUNK = 1 << 20


class Unreadable(ValueError):
    """Content that cannot be read; the text says why, and follows the name of the file."""


@dataclass(frozen=True)
class Bounds:
    """How much a file may hold.

    Attributes:
        size: bytes.
        depth: lists and objects inside one another.
        values: numbers, texts, lists and objects in all.
        strict: whether a repeated key, NaN and infinity are refused; what fpray wrote has no repeated key.
        regular: whether it must be a regular file; else it may be a pipe, such as `<(command)` in a shell.
    """

    size: int
    depth: int = 100
    values: int = 10_000_000
    strict: bool = False
    regular: bool = True


BY_FPRAY = Bounds(256 * MEGABYTE)
BY_USERS = Bounds(4 * MEGABYTE, depth=50, values=200_000, strict=True, regular=False)


def read_json_file(path: str | Path, bounds: Bounds) -> Any:
    """The value of a JSON file.

    Raises:
        Unreadable: it is no JSON, or beyond a bound.
        OSError: it cannot be opened.
    """
    return json_value(read_text_file(path, bounds), bounds)


def read_yaml_file(path: Path, bounds: Bounds) -> Any:
    """The value of a YAML file; None for one without content.

    Raises:
        Unreadable: it is no YAML, or beyond a bound.
        OSError: it cannot be opened.
    """
    return yaml_value(read_text_file(path, bounds), bounds)


def read_text_file(path: str | Path, bounds: Bounds) -> str:
    """The text of a file, which may begin with a byte-order mark.

    Raises:
        Unreadable: it is in another encoding, or beyond a bound.
        OSError: it cannot be opened.
    """
    waits = 0 if not bounds.regular else os.O_NONBLOCK  # a pipe without a writer would be waited for
    file = os.open(path, os.O_RDONLY | os.O_CLOEXEC | waits)
    try:
        status = os.fstat(file)
        if stat.S_ISDIR(status.st_mode):
            raise Unreadable("it is a directory, not a file")
        if bounds.regular and not stat.S_ISREG(status.st_mode):
            raise Unreadable("it is not an ordinary file, but a pipe or a device")
        length = status.st_size  # of a pipe 0
        data = bytearray()
        while chunk := os.read(file, min(length or _CHUNK, _CHUNK)):
            data += chunk
            if len(data) > bounds.size:
                raise Unreadable(
                    f"the file has more than {bounds.size // MEGABYTE} MB, and fpray reads no file of that size"
                )
            if len(data) == length:  # the end needs no call of its own
                break
    finally:
        os.close(file)
    return text_of(data)


def text_of(data: bytes | bytearray) -> str:
    """Bytes as text: UTF-8, with or without a byte-order mark.

    Raises:
        Unreadable: they are in another encoding.
    """
    try:
        return data.removeprefix(codecs.BOM_UTF8).decode()
    except UnicodeDecodeError as error:
        raise Unreadable(
            f"the file must be UTF-8 text, but byte {error.start + 1} is 0x{data[error.start]:02x}"
        ) from None


def json_value(text: str, bounds: Bounds) -> Any:
    """The value of a JSON text.

    Raises:
        Unreadable: it is no JSON, or beyond a bound.
    """
    try:
        if bounds.strict:
            value = json.loads(text, object_pairs_hook=_without_repetition, parse_constant=_no_number)
        else:
            value = json.loads(text)
    except Unreadable:
        raise
    except RecursionError:
        raise _too_deep(bounds) from None
    except ValueError as error:  # also of Python's bound on digits
        raise Unreadable(f"it is not JSON: {_first_line(error)}") from None
    # Each value has at least a character, and each level a bracket.
    if len(text) > bounds.values or text.count("[") + text.count("{") > bounds.depth:
        check_bounds(value, bounds)
    return value


def check_bounds(value: Any, bounds: Bounds) -> None:
    """Check that lists and objects are not too deep and not too many, without recursion.

    Raises:
        Unreadable: they are.
    """
    level, rest = [value], bounds.values
    for _ in range(bounds.depth + 1):
        outer = [part for part in level if isinstance(part, dict | list)]
        if not outer:
            return
        level = [inner for part in outer for inner in (part.values() if isinstance(part, dict) else part)]
        rest -= len(level)
        if rest < 0:
            raise _too_many(bounds)
    raise _too_deep(bounds)


def _too_deep(bounds: Bounds) -> Unreadable:
    return Unreadable(
        f"lists and objects are more than {bounds.depth} levels deep, and fpray reads none with so many levels"
    )


def _too_many(bounds: Bounds) -> Unreadable:
    counts = "each text, number, list and object counts as one"
    return Unreadable(
        f"the file or text has more than {bounds.values:,} values ({counts}), and fpray reads none with so many"
    )


def _without_repetition(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    entries = dict(pairs)
    if len(entries) < len(pairs):
        raise _repeated(key for key, _ in pairs)
    return entries


def _no_number(word: str) -> NoReturn:
    raise Unreadable(f"JSON has only finite numbers, such as 1.5, and not {word}")


def _not_yaml(error: Exception) -> str:
    mark, problem = getattr(error, "problem_mark", None), getattr(error, "problem", None)
    if mark is None or problem is None:
        return f"it is not YAML: {' '.join(str(error).split())[:300]}"
    return f"its YAML has a mistake in line {mark.line + 1}, column {mark.column + 1}: {problem}"


def yaml_value(text: str, bounds: Bounds) -> Any:
    """The value of a YAML text; None for one without content. Aliases count as often as they are used.

    Raises:
        Unreadable: it is no YAML, or beyond a bound.
    """
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        _check_events(yaml.parse(text, Loader=loader), bounds)
        node = yaml.compose(text, Loader=loader)
        if node is None:
            return None
        _check_node(node, bounds)
        value = yaml.SafeLoader("").construct_document(node)
    except Unreadable:
        raise
    except (yaml.YAMLError, ValueError, OverflowError) as error:  # also a date or a number that there cannot be
        raise Unreadable(_not_yaml(error)) from None
    check_bounds(value, bounds)
    return value


def _check_events(events: Iterable[Any], bounds: Bounds) -> None:
    """Depth and length before anything is built by recursion."""
    depth = 0
    for count, event in enumerate(events):
        name = type(event).__name__
        depth += name.endswith(("SequenceStartEvent", "MappingStartEvent")) - name.endswith(
            ("SequenceEndEvent", "MappingEndEvent")
        )
        if depth > bounds.depth:
            raise _too_deep(bounds)
        if count > bounds.values:
            raise _too_many(bounds)


def _check_node(node: Any, bounds: Bounds) -> None:
    """Values with aliases, each counted as often as it is used; and keys that are there twice."""
    weights: dict[int, int] = {}

    def weigh(part: Any, depth: int) -> int:
        if depth > bounds.depth:  # also an alias inside what it stands for
            raise _too_deep(bounds)
        if id(part) not in weights:
            inner = list(_parts(part))
            weight = 1 + sum(weigh(child, depth + 1) for child in inner)
            if weight > bounds.values:
                raise Unreadable(f"the YAML aliases (*name) stand for more than {bounds.values:,} values: use fewer")
            weights[id(part)] = weight
        return weights[id(part)]

    weigh(node, 0)


def _parts(node: Any) -> Iterable[Any]:
    """The nodes in a node."""
    if not isinstance(node.value, list):
        return ()
    pairs = [part if isinstance(part, tuple) else (part,) for part in node.value]
    keys = [pair[0].value for pair in pairs if len(pair) == 2 and isinstance(pair[0].value, str)]
    keys = [key for key in keys if key != "<<"]  # a merge may be there several times
    if len({*keys}) < len(keys):
        raise _repeated(keys)
    return [part for pair in pairs for part in pair]


def _repeated(keys: Iterable[str]) -> Unreadable:
    earlier = set[str]()
    key_twice = next(key for key in keys if key in earlier or earlier.add(key))  # type: ignore[func-returns-value]
    return Unreadable(f"the key {key_twice[:60]!r} occurs twice in one object, where it must occur only once")


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
