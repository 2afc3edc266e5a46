"""The rules of jvm/README.md for the sources of the jar."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2] / "jvm" / "src"
SOURCES = sorted(ROOT.rglob("*.java"))
# Each loads many classes when a process starts.
SLOW_TO_START = {
    "a lambda": r"->",
    "a method reference": r"\w::\w",
    "a string format": r"String\.format|\.formatted\(|\.printf\(",
    "a regular expression": r"java\.util\.regex|\.split\(|\.matches\(|\.replaceAll\(|\.replaceFirst\(",
    "a stream": r"java\.util\.stream|\.stream\(",
}


def _name(file: Path) -> str:
    return str(file.relative_to(ROOT))


def test_each_source_keeps_to_the_rules() -> None:
    assert {_name(file): faults for file in SOURCES if (faults := list(_faults(file.read_text())))} == {}


def _faults(text: str) -> Iterator[str]:
    lines = text.splitlines()
    if len(lines) > 300:
        yield f"{len(lines)} lines"
    if not re.match(r"// [A-Z].*", lines[0]):
        yield "the first line does not say what the file is for"
    if re.search(r"^\s*// .*-{4,}", text, re.MULTILINE):
        yield "a banner comment"
    yield from (what for what, pattern in SLOW_TO_START.items() if re.search(pattern, text))


def test_the_library_knows_no_protocol() -> None:
    knowing = {_name(file) for file in SOURCES if re.search(r"\bfrankenpaxos\.\w+\.\w", file.read_text())}
    assert {name for name in knowing if name.startswith("fpray/")} == {"fpray/history/HistoryMain.java"}
