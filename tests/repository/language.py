"""Plain English, as far as a program can see it: names, and words in messages, help and docstrings."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from tests.repository.house import Source

# A participle or an adverb is no name: what it stands for is.
NOT_A_NAME = frozenset({"said", "told", "found", "kept", "each", "there"})
# Words for persons. A machine or a process is "it".
PERSONS = re.compile(r"\b(who|whom|whose|whoever|nobody|somebody|anybody)\b", re.IGNORECASE)


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


def persons(file: Source) -> Iterator[str]:
    """Where a message, a help text or a docstring has a word for persons."""
    for node in file.nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and (match := PERSONS.search(node.value)):
            yield f"{file.path}:{node.lineno}: {match[0]}: {' '.join(node.value.split())[:90]}"
