"""Every file name of a suite is stated once, in fpray/files/layout.py."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from fpray.files import layout

ROOT = Path(__file__).parents[2]
FILES = [f for top in ("fpray", "analysis") for f in sorted((ROOT / top).rglob("*.py")) if f.name != "layout.py"]
SUFFIXES = {function("") for function in (layout.command_file, layout.stdout_file, layout.stderr_file)}
SUFFIXES |= {layout.returncode_file(""), layout.data_file("")}
NAMES = {value for name, value in vars(layout).items() if name.isupper() and "." in value}


def _texts(file: Path) -> Iterator[str]:
    tree = ast.parse(file.read_text())
    docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs:
            yield node.value


def test_no_name_is_stated_twice() -> None:
    values = [value for name, value in vars(layout).items() if name.isupper()]
    assert len(values) == len(set(values)) > 20


def test_names_are_stated_in_the_layout_only() -> None:
    stated = {
        f"{file.relative_to(ROOT)}: {text}"
        for file in FILES
        for text in _texts(file)
        if text in NAMES or any(text.endswith(suffix) for suffix in SUFFIXES)
    }
    assert not stated, "use fpray.files.layout"


def test_the_label_of_a_log() -> None:
    for log in (layout.stdout_file("/suite/001/server_0"), layout.stderr_file("/suite/001/server_0")):
        assert layout.label_of(log) == "/suite/001/server_0"
