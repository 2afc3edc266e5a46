"""The types of the columns of a `results.csv`, which are those of fpray's own tables: a CSV file has only texts."""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from fpray.recorder.columns import ABSENT, is_measured
from fpray.store.bottleneck import PREFIX
from fpray.store.columns import column_types
from fpray.study.registry import protocols
from fpray_analysis.loaded import FIRST, LAST

# FrankenPaxos's figures of an output, also of its earlier versions: `write_output.stop_throughput_5s.p90`.
OUTPUT: Final = re.compile(r"(?:^|\.)(?:latency\.\w+_ms|(?:start|stop)_throughput_\d+s\.\w+)$")
_INTEGER: Final = re.compile(r"[+-]?(0|[1-9][0-9]{0,17})")
_FLAGS: Final = {"True": True, "False": False}


def typed_column(name: str, texts: Sequence[str]) -> tuple[type, list[Any]]:
    """The type and the values of a column; None for a blank, and for a figure that was not measured.

    A parameter has the type that the installed protocols declare. One that none declares, or with values of another
    type, has the first of integer, number, true or false, and text that fits all of them. Durations are texts, such as
    `0:00:10`, and so are enumerations: in the tables of fpray as well.
    """
    if OUTPUT.search(name) and (figures := _read(texts, _figure)) is not None:
        return float, figures
    declared = _declared().get(name)
    for kind in (*([declared] if declared else []), int, float, bool, str):
        values = _read(texts, _READERS[kind])
        if values is not None:
            return kind, values
    raise AssertionError("every text is a text")


def is_figure(text: str) -> bool:
    """Whether a text is a measured number, or says that there is none."""
    return _read([text], _figure) is not None


def is_input(name: str) -> bool:
    """Whether a column of a table of results is a parameter, as far as its name says it."""
    return not (name in FIRST or name in LAST or is_measured(name) or name.startswith(PREFIX) or OUTPUT.search(name))


def _read(texts: Sequence[str], reader: Callable[[str], Any]) -> list[Any] | None:
    """All texts as values; None if one of them is none of this type."""
    try:
        return [reader(text.strip()) if text.strip() else None for text in texts]
    except ValueError:
        return None


def _integer(text: str) -> int:
    if not _INTEGER.fullmatch(text):
        raise ValueError
    return int(text)


def _number(text: str) -> float:
    value = float(text)
    if not math.isfinite(value) or "_" in text or not text.isascii():
        raise ValueError
    return value


def _flag(text: str) -> bool:
    if text not in _FLAGS:
        raise ValueError
    return _FLAGS[text]


def _figure(text: str) -> float | None:
    """A measured number; FrankenPaxos writes -1.0, and pandas `nan`, where there was none."""
    value = None if text.lower() == "nan" else _number(text)
    return None if value == ABSENT else value


_READERS: Final[Mapping[type, Callable[[str], Any]]] = {int: _integer, float: _number, bool: _flag, str: str}


@functools.cache
def _declared() -> Mapping[str, type]:
    """Parameter -> its type, where all protocols that have it agree."""
    kinds: dict[str, set[type]] = {}
    for protocol in protocols().values():
        for name, kind in column_types(protocol).items():
            kinds.setdefault(name, set()).add(kind)
    return {name: next(iter(own)) for name, own in kinds.items() if len(own) == 1}
