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
DIRECTORIES = {value for value in VALUES if "." not in value}
# As a whole text, in a path, or in a message; `{}` stands for a value in an f-string. A directory's name is a plain
# word, so it is one in a path only.
STATED = re.compile(
    rf"(?<![\w.-])({'|'.join(map(re.escape, NAMES))})(?!\w)|({'|'.join(map(re.escape, SUFFIXES))})(?!\w)"
    rf"|_\{{\}}\.txt|(?:^|/)({'|'.join(DIRECTORIES)})/"
)
APART = {"fpray/recorder/summary.py"}  # its folder imports nothing of fpray but itself


def _texts(code: str) -> Iterator[str]:
    """The texts of a file but for docstrings; one that is joined to a path begins with `/`, and ends with it."""
    tree = ast.parse(code)
    docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs:
            yield node.value
        elif isinstance(node, ast.JoinedStr):
            yield "".join(
                part.value if isinstance(part, ast.Constant) and isinstance(part.value, str) else "{}"
                for part in node.values
            )
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div) and isinstance(node.right, ast.Constant):
            yield f"/{node.right.value!s}/"


def test_no_name_is_stated_twice() -> None:
    assert len(VALUES) == len(set(VALUES)) > 20


def test_names_are_stated_in_the_layout_only() -> None:
    stated = {
        (str(file.relative_to(ROOT)), match[0])
        for file in FILES
        for text in _texts(file.read_text())
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


@pytest.mark.parametrize(
    "code", ["suite / 'pilot'", "glob('*/attempts/*')", "top / f'debug/{number}'", "f'{label}_{stream}.txt'"]
)
def test_a_name_is_seen_in_code(code: str) -> None:
    assert any(map(STATED.search, _texts(code)))


def test_a_plain_word_is_no_name() -> None:
    assert not any(map(STATED.search, _texts("log_level = 'debug'; print('pilot: all attempts', 'attempts to move')")))


def test_the_label_of_a_log() -> None:
    for log in (layout.stdout_file("/suite/001/server_0"), layout.stderr_file("/suite/001/server_0")):
        assert layout.label_of(log) == "/suite/001/server_0"
