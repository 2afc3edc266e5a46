"""Plain English, as far as a program can see it: names, and words in messages, help and docstrings."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.repository.house import ROOT, Source

# A participle or an adverb is no name: what it stands for is.
NOT_A_NAME = frozenset({"said", "told", "found", "kept", "each", "there"})
# These are no names of variables, parameters and private attributes; a property may ask `process.ended`, and a file's
# keys and columns stay as they are.
NOT_A_THING = frozenset({
    "abandoned", "again", "aligned", "asked", "begun", "borrowed", "built", "cached", "caught", "chosen",
    "clipped", "counted", "doomed", "drawn", "ended", "escaped", "followed", "given", "gone", "grown", "held",
    "ignored", "killed", "known", "left", "listed", "logged", "made", "marked", "measured", "named", "needed",
    "old", "packed", "parsed", "piloted", "planned", "polled", "posted", "pressed", "printed", "raised",
    "recorded", "reported", "scripted", "seen", "selected", "sent", "shifted", "shown", "skipped", "spelled",
    "spent", "struck", "swapped", "taken", "through", "tried", "typed", "used", "waited", "wanted", "warned",
    "watched", "written",
})  # fmt: skip
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
    fields = set(_fields(file))
    for node in file.nodes:
        name = _given_name(node)
        if name in NOT_A_NAME or (node not in fields and _name_of_thing(node) in NOT_A_THING):
            yield f"{file.path}:{getattr(node, 'lineno', 0)}: {name}"


def _fields(file: Source) -> Iterator[ast.AST]:
    """The names that a class's body assigns: fields of a dataclass, and what is written to files."""
    for node in file.nodes:
        for line in node.body if isinstance(node, ast.ClassDef) else ():
            if isinstance(line, ast.AnnAssign | ast.Assign):
                yield from [line.target] if isinstance(line, ast.AnnAssign) else line.targets


def _name_of_thing(node: ast.AST) -> str | None:
    if isinstance(node, ast.Attribute):
        return node.attr.removeprefix("_") if node.attr.startswith("_") and isinstance(node.ctx, ast.Store) else None
    return (_given_name(node) or "").lstrip("_") if isinstance(node, ast.Name | ast.arg) else None


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
