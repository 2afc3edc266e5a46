"""The words of `--vary` and `--set`: keys and values, and the shape of their grid."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from fpray.errors import Cause, Problem
from fpray.files.content import BY_USERS, Unreadable, json_value


def parse_vary(options: Sequence[str]) -> tuple[dict[str, list[Any]], list[Problem]]:
    """`KEY=V1,V2` options as key -> values, and what is wrong with them; a value with commas is written as JSON."""
    texts, problems = key_values("--vary", options)
    return {key: split_values(text) for key, text in texts.items()}, problems


def parse_set(options: Sequence[str]) -> tuple[dict[str, Any], list[Problem]]:
    """`KEY=VALUE` options as key -> value, and what is wrong with them."""
    texts, problems = key_values("--set", options)
    return {key: _unquoted(text) for key, text in texts.items()}, problems


def key_values(name: str, options: Sequence[str]) -> tuple[dict[str, str], list[Problem]]:
    """The `KEY=VALUE` options of a name as key -> text, and what is wrong with them."""
    texts: dict[str, str] = {}
    problems = []
    for option in options:
        key, equals, value = option.partition("=")
        if not equals or not key.strip():
            problems.append(
                Problem(
                    f"{name} {option}",
                    f"has no value: write a parameter, = and the value, such as {name} f=1",
                    Cause.OPTION,
                )
            )
        elif (twice := key.strip()) in texts:
            of_many = "--vary" if name == "--set" else name
            problems.append(
                Problem(
                    f"{name} {option}",
                    f"{twice} is given twice: write it once. Several values are written {of_many} {twice}=1,2",
                    Cause.OPTION,
                )
            )
        else:
            texts[key.strip()] = value
    return texts, problems


def split_values(text: str) -> list[Any]:
    """The values of a `--vary`: separated by commas, or a JSON list."""
    if text.lstrip().startswith("["):
        try:
            return list(json_value(text, BY_USERS))
        except Unreadable:
            pass  # no JSON: a value that happens to begin with a bracket
    return list(_split(text))


def _split(text: str) -> Iterator[Any]:
    """Commas separate values, except inside JSON strings, lists and objects."""
    start = depth = 0
    quoted = False
    for i, c in enumerate(text):
        if c == '"' and text[i - 1 : i] != "\\":
            quoted = not quoted
        elif not quoted:
            depth += (c in "{[") - (c in "}]")
            if c == "," and depth == 0:
                yield _unquoted(text[start:i])
                start = i + 1
    yield _unquoted(text[start:])


def _unquoted(text: str) -> Any:
    text = text.strip()
    if not text.startswith('"'):
        return text
    try:
        return json_value(text, BY_USERS)
    except Unreadable:
        return text


def grid_shape(factors: Sequence[str], repeat: int) -> str:
    """`3 x 3 x 3 repeats`, or nothing when the grid has one dimension and one repeat."""
    sizes = [*factors, *([f"{repeat} repeats"] if repeat > 1 else [])]
    return " x ".join(sizes) if len(sizes) > 1 else ""
