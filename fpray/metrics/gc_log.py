"""Reads the garbage collections of a JVM from its log: that of JDK 8, and the unified one of JDK 9 and later."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

# [2026-11-30T08:44:13.123+0000][gc] GC(3) Pause Young (Normal) (G1 Evacuation Pause) 24M->4M(256M) 3.456ms
_UNIFIED = re.compile(
    r"\[(?P<at>[^\]]+)\](?:\[[^\]]*\])* GC\(\d+\) (?:[yYoO]: )?Pause (?P<what>[^0-9].*?)"
    r"(?: (?P<before>\d+)(?P<unit>[BKMGT])->(?P<after>\d+)(?P<after_unit>[BKMGT])\(\d+[BKMGT]\))? (?P<ms>\d+\.\d+)ms\s*"
)
# 2026-11-30T08:44:13.123+0000: 0.522: [GC (Allocation Failure) [PSYoungGen: ...] 8192K->1024K(9728K), 0.0055 secs]
# 2026-11-30T08:44:13.123+0000: 0.522: [GC pause (G1 Evacuation Pause) (young), 0.0157400 secs]
_JDK8 = re.compile(
    r"(?P<at>\d{4}-\d\d-\d\dT[\d:.]+[+-]\d{4}): (?:[\d.]+: )?\["
    r"(?P<what>(?:Full )?GC(?! concurrent)(?: pause| remark| cleanup)?(?: \((?:[^()]|\(\))*\))*)(?P<rest>.*)"
)
_JDK8_HEAP = re.compile(r"(\d+)([BKMGT])->(\d+)([BKMGT])\(\d+[BKMGT]\)")
_JDK8_SECONDS = re.compile(r".*, (\d+\.\d+) secs$")
_BYTES = {"B": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}


@dataclass(frozen=True)
class Pause:
    """One pause of a JVM for garbage collection.

    Attributes:
        time_ns: when it was logged, which is its end with JDK 9 and later, and its beginning with JDK 8; UTC.
        what: its kind and its cause, in the words of the log.
        seconds: how long it took.
        before, after: bytes of the heap in use; None where the log does not say it.
    """

    time_ns: int
    what: str
    seconds: float
    before: int | None
    after: int | None


def pauses(lines: Iterable[str]) -> Iterator[Pause]:
    """The pauses in the lines of a log. Concurrent phases are none, and what is no line of such a log is skipped."""
    for line in lines:
        pause = _unified(line) or _jdk8(line)
        if pause is not None:
            yield pause


def _unified(line: str) -> Pause | None:
    match = _UNIFIED.match(line)
    if match is None or (at := _time_ns(match["at"])) is None:
        return None
    has_heap = match["before"] is not None
    before = int(match["before"]) * _BYTES[match["unit"]] if has_heap else None
    after = int(match["after"]) * _BYTES[match["after_unit"]] if has_heap else None
    return Pause(at, match["what"], float(match["ms"]) / 1e3, before, after)


def _jdk8(line: str) -> Pause | None:
    match = _JDK8.match(line)
    if match is None or (at := _time_ns(match["at"])) is None:
        return None
    own = _outside_brackets(match["rest"])
    if (seconds := _JDK8_SECONDS.match(own)) is None:
        return None
    heap = next(_JDK8_HEAP.finditer(own), None)
    before = int(heap[1]) * _BYTES[heap[2]] if heap else None
    after = int(heap[3]) * _BYTES[heap[4]] if heap else None
    return Pause(at, match["what"], float(seconds[1]), before, after)


def _outside_brackets(text: str) -> str:
    """A text up to the bracket that closes it, without what stands in brackets: the parts of a pause."""
    depth, own = 0, []
    for character in text:
        if character == "[":
            depth += 1
        elif character == "]":
            depth -= 1
            if depth < 0:
                break
        elif depth == 0:
            own.append(character)
    return "".join(own)


def _time_ns(text: str) -> int | None:
    try:
        at = datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%f%z")
        return round(at.timestamp() * 1e3) * 1_000_000  # logs have milliseconds
    except (ValueError, OverflowError):
        return None
