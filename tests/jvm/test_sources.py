"""The rules of jvm/README.md for the sources of the jar."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

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
PERSONS = r"(?i)\b(who|whom|whose|whoever|nobody|somebody|anybody|everybody)\b"


def _name(file: Path) -> str:
    return str(file.relative_to(ROOT))


@pytest.mark.parametrize("file", SOURCES, ids=_name)
def test_a_source_keeps_to_the_rules(file: Path) -> None:
    text = file.read_text()
    lines = text.splitlines()
    assert len(lines) <= 300
    assert re.match(r"// [A-Z].*", lines[0]), "the first line says what the file is for"
    assert not re.search(r"^\s*// .*-{4,}", text, re.MULTILINE), "a banner comment"
    assert not re.search(PERSONS, text), "a process is not a person"
    for what, pattern in SLOW_TO_START.items():
        assert not re.search(pattern, text), what


def test_the_library_knows_no_protocol() -> None:
    knowing = {_name(file) for file in SOURCES if re.search(r"\bfrankenpaxos\.\w+\.\w", file.read_text())}
    assert {name for name in knowing if name.startswith("fpray/")} == {"fpray/history/HistoryMain.java"}
