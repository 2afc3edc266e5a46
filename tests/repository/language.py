"""Plain English, as far as a program can see it: names, and words in messages, help and docstrings."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.repository.house import ROOT, Source

# A participle or an adverb is no name: what it stands for is.
NOT_A_NAME = frozenset({"said", "told", "found", "kept", "each", "there"})
# Words for persons. A machine or a process is "it".
_WORDS = "who|whom|whose|whoever|nobody|somebody|anybody|everybody"
PERSONS = re.compile(rf"\b({_WORDS})\b", re.IGNORECASE)
# Where they are meant: Unix has a user of such a name; and the words above.
MEANT = ("user nobody", 'user = "nobody"', _WORDS)
_TEXTS = {".py", ".pyi", ".yaml", ".yml", ".sh", ".md", ".java", ".toml"}
_FOLDERS = (
    "fpray", "analysis", "protocols", "studies", "bench", "tests", "cluster_configs", "docs", "jvm",
)  # fmt: skip
_DATA = ("tests/recorded", "tests/data")  # what earlier versions wrote, and what others published


def bad_names(file: Source) -> Iterator[str]:
    """Where a variable, a parameter, an attribute, a function or an import has a name that says nothing."""
    for node in file.nodes:
        name = _given_name(node)
        if name in NOT_A_NAME:
            yield f"{file.path}:{getattr(node, 'lineno', 0)}: {name}"


def _given_name(node: ast.AST) -> str | None:
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        return node.id
    if isinstance(node, ast.arg):
        return node.arg
    if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
        return node.attr.lstrip("_")
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return node.name.lstrip("_")
    return node.asname if isinstance(node, ast.alias) else None


def texts() -> Iterator[Path]:
    """Every text of the repository that was written by hand, relative to its root."""
    yield from (Path(name) for name in ("Makefile", ".ci/run"))
    files = [file for file in ROOT.iterdir() if file.is_file()]
    files += [file for folder in _FOLDERS for file in (ROOT / folder).rglob("*")]
    for file in (file.relative_to(ROOT) for file in sorted(files) if file.suffix in _TEXTS):
        if not str(file).startswith(_DATA):
            yield file


def persons(path: Path) -> Iterator[str]:
    """The lines of a text that have a word for persons: code, messages, help, docstrings, comments and prose."""
    text = (ROOT / path).read_text(encoding="utf-8")
    for meant in MEANT:
        text = text.replace(meant, "")
    for number, line in enumerate(text.splitlines(), 1):
        if match := PERSONS.search(line):
            yield f"{path}:{number}: {match[0]}: {line.strip()[:90]}"
