"""Every file name of a suite is stated once: in fpray/files/layout.py, or in the room of the source that adds it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from fpray.files import layout
from fpray.searching import file_names

ROOT = Path(__file__).parents[2]
HOMES = ("layout.py", "file_names.py")
TOPS = ("fpray", "analysis", "bench")
FILES = [f for top in TOPS for f in sorted((ROOT / top).rglob("*.py")) if f.name not in HOMES]
SUFFIXES = {function("") for function in (layout.command_file, layout.stdout_file, layout.stderr_file)}
SUFFIXES |= {layout.returncode_file(""), layout.data_file("")}
VALUES = [value for home in (layout, file_names) for name, value in vars(home).items() if name.isupper()]
NAMES = {value for value in VALUES if "." in value}
# As a whole text, in a path, or in a message.
STATED = re.compile(
    rf"(?<![\w.-])({'|'.join(map(re.escape, NAMES))})(?!\w)|({'|'.join(map(re.escape, SUFFIXES))})(?!\w)"
)
APART = {"fpray/recorder/summary.py"}  # its folder imports nothing of fpray but itself


def _texts(file: Path) -> Iterator[str]:
    tree = ast.parse(file.read_text())
    docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs:
            yield node.value


def test_no_name_is_stated_twice() -> None:
    assert len(VALUES) == len(set(VALUES)) > 20


def test_names_are_stated_in_the_layout_only() -> None:
    stated = {
        (str(file.relative_to(ROOT)), match[0])
        for file in FILES
        for text in _texts(file)
        if (match := STATED.search(text)) is not None
    }
    assert {(file, name) for file, name in stated if file not in APART} == set(), (
        "use fpray.files.layout, or fpray.searching.file_names"
    )
    assert {file for file, _ in stated} == APART, "and no file is apart for nothing"


@pytest.mark.parametrize(
    "text", ["results.csv", "/suite/results.csv cannot be written", "has no (trial.json)", "look at client_0_err.txt."]
)
def test_a_name_is_seen_in_a_message(text: str) -> None:
    assert STATED.search(text)
    assert not STATED.search(text.replace(".", "-"))


def test_the_label_of_a_log() -> None:
    for log in (layout.stdout_file("/suite/001/server_0"), layout.stderr_file("/suite/001/server_0")):
        assert layout.label_of(log) == "/suite/001/server_0"
