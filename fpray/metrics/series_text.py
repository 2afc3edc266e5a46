"""Names and labels of series as text: read as `promtool` prints them, written as Prometheus reads them."""

from __future__ import annotations

import re
from collections.abc import Mapping

NAME = "__name__"
_LABEL = re.compile(r'([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"', re.ASCII | re.DOTALL)
_SERIES = re.compile(rf"\{{(?:{_LABEL.pattern}(?:, *)?)*\}}", re.ASCII | re.DOTALL)
_GO_ESCAPE = re.compile(r"\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-7]{3}|.)", re.DOTALL)
_GO_LETTERS = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_WRITTEN_ESCAPES = str.maketrans({"\\": r"\\", "\n": r"\n", '"': r"\""})


def read_series(text: str) -> dict[str, str]:
    """The labels of a series as Go's `%q` quotes them, `{__name__="up", job="x"}`: name -> value.

    Raises:
        ValueError: the text is nothing of the kind.
    """
    if _SERIES.fullmatch(text) is None:
        raise ValueError(f"{text[:200]!r} is no series of Prometheus")
    return {match[1]: _unquoted(match[2]) for match in _LABEL.finditer(text)}


def _unquoted(text: str) -> str:
    return _GO_ESCAPE.sub(_character, text) if "\\" in text else text


def _character(match: re.Match[str]) -> str:
    escape = match[1]
    if len(escape) == 1:
        return _GO_LETTERS.get(escape, escape)
    number = int(escape, 8) if escape.isdigit() else int(escape[1:], 16)
    return chr(number) if number <= 0x10FFFF else "\N{REPLACEMENT CHARACTER}"


def labels_text(labels: Mapping[str, str]) -> str:
    """Labels as the text formats of Prometheus have them, by name: `job="x",type="Read"`; empty ones are left out."""
    return ",".join(f'{name}="{value.translate(_WRITTEN_ESCAPES)}"' for name, value in sorted(labels.items()) if value)
