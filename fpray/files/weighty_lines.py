"""Chooses the lines of a log that tell most: those of the heaviest level, and of these the latest."""

from __future__ import annotations

import re
from collections.abc import Sequence

# A level as loggers write it, in brackets or bare, or an exception's name.
_ERROR = re.compile(r"\b(?:FATAL|ERROR|SEVERE)\b|^(?:Error|Exception in thread)\b|\b[\w.]+(?:Exception|Error)\b")
_WARNING = re.compile(r"\bWARN(?:ING)?\b")
_NOISE = re.compile(r"\b(?:DEBUG|TRACE|FINE(?:R|ST)?)\b")
_STACK = re.compile(r"\s*(?:at |\.\.\. \d+ more)")


def weight(line: str) -> int:
    """3 for an error, 2 for a warning, 1 for what names no level or a plain one, 0 for debugging and stack frames."""
    if _STACK.match(line) or (_NOISE.search(line) and not _ERROR.search(line)):
        return 0
    if _WARNING.search(line):
        return 2
    return 3 if _ERROR.search(line) else 1


def telling(lines: Sequence[str], most: int) -> tuple[str, ...]:
    """At most so many of the lines, in their order: the heaviest, and of equal ones the last."""
    if len(lines) <= most:
        return tuple(lines)
    order = sorted(range(len(lines)), key=lambda at: (weight(lines[at]), at))
    return tuple(lines[at] for at in sorted(order[-most:]))
