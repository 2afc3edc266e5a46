"""Draws messages of fpray at random: a reader judges whether they are clear.

`python -m tests.repository.draw_messages SEED NUMBER`, at the root of the repository.
It prints `file:line` and the text of each, as a user would read it but with its placeholders. Without arguments, it
prints all of them.

A message is a text of at least six words that is raised, returned, yielded or passed to a function, alone or by way of
a variable. Docstrings, help texts, and texts that are only parts of other texts are none.
"""

from __future__ import annotations

import ast
import random
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeGuard

from fpray.errors import Cause, Problem

_LEAST_WORDS = 6
_LEAST_PLAIN_WORDS = 3  # besides the placeholders
_NO_MESSAGES = {"Option", "option", "compile", "label_axes", "axhspan", "replace", "pick", "strip", "rstrip", "ask"}
_NO_KEYWORDS = {"help", "default_words", "label", "epilog", "description"}
_DOCUMENTS = {"protocols_document.py", "html_page.py"}
_DEPTH = 4  # of variables that hold a text by way of others
_Scope = ast.Module | ast.FunctionDef | ast.AsyncFunctionDef


class _Module:
    """The messages of one Python file."""

    def __init__(self, path: Path, constants: dict[str, ast.expr]) -> None:
        self.path = path
        self._tree = ast.parse(path.read_text(encoding="utf-8"))
        self._parents = {child: node for node in ast.walk(self._tree) for child in ast.iter_child_nodes(node)}
        self._constants = constants

    def messages(self) -> Iterator[tuple[int, str]]:
        """The line and the text of each."""
        for node in ast.walk(self._tree):
            if self._is_whole_text(node) and self._reaches_a_user(node):
                text = self._text(node, self._scope(node))
                plain = re.sub(r"\{[^{}]*\}", "", text)
                if len(text.split()) >= _LEAST_WORDS and len(plain.split()) >= _LEAST_PLAIN_WORDS and "</" not in text:
                    about = self._about(node)
                    whole = Problem(about, text, Cause.OPTION).in_words() if about else text
                    yield node.lineno, " ".join(whole.split())

    def _is_whole_text(self, node: ast.AST) -> TypeGuard[ast.expr]:
        if not _is_text(node):
            return False
        parent = self._parents[node]
        within = isinstance(parent, ast.JoinedStr | ast.FormattedValue)
        return not within and not (isinstance(parent, ast.BinOp) and _is_text(parent))

    def _reaches_a_user(self, node: ast.AST, depth: int = 0) -> bool:
        statement, names = self._statement(node)
        reaches = False
        match statement:
            case ast.Expr(ast.Constant()):
                pass  # a docstring
            case ast.Raise() | ast.Return() | ast.Expr() | ast.AugAssign() | ast.Assign([ast.Subscript()]):
                reaches = True
            case ast.Assign([ast.Name(name)]) | ast.AnnAssign(ast.Name(name)):
                uses = self._whole_uses(name, self._scope(node)) if depth < _DEPTH else []
                reaches = any(self._reaches_a_user(use, depth + 1) for use in uses)
            case ast.Assign([ast.Attribute(attr=name)]):
                reaches = not name.startswith("_")
        return reaches and not names & (_NO_MESSAGES | _NO_KEYWORDS)

    def _whole_uses(self, name: str, scope: _Scope) -> Iterator[ast.AST]:
        """Where a variable is used by itself: not as a part of a text, in a comparison or as an attribute's owner."""
        for use in ast.walk(scope):
            if isinstance(use, ast.Name) and use.id == name and isinstance(use.ctx, ast.Load):
                parent = self._parents[use]
                if not isinstance(parent, ast.FormattedValue | ast.Compare | ast.Attribute | ast.BinOp | ast.Subscript):
                    yield use

    def _statement(self, node: ast.AST) -> tuple[ast.AST, set[str]]:
        """The statement of an expression, and the names of the calls and keywords between."""
        names = set()
        while not isinstance(node, ast.stmt):
            node = self._parents[node]
            match node:
                case ast.Call(ast.Name(name) | ast.Attribute(attr=name)) | ast.keyword(arg=str(name)):
                    names.add(name)
                case ast.FormattedValue() | ast.Dict() | ast.arguments() | ast.Compare():
                    names.add("option")  # a part of a text, a table, a default, or what another text is compared with
                case ast.Assign(value=ast.Tuple()):
                    names.add("option")
        return node, names

    def _scope(self, node: ast.AST) -> _Scope:
        while not isinstance(node, _Scope):
            node = self._parents[node]
        return node

    def _about(self, node: ast.expr) -> str:
        """What a problem is about, which stands before its sentence."""
        scope = self._scope(node)
        statement, _ = self._statement(node)
        ways: list[ast.AST] = [node]
        match statement:
            case ast.Assign([ast.Name(name)]) | ast.AnnAssign(ast.Name(name)):
                ways = list(self._whole_uses(name, scope))
        for way in ways:
            for sentence, parent in self._ancestors(way):
                match parent:
                    case ast.Call(ast.Name("refuse" | "Problem"), [about, second, *_]) if sentence is second:
                        return self._text(about, scope)
        return ""

    def _ancestors(self, node: ast.AST) -> Iterator[tuple[ast.AST, ast.AST]]:
        """A node and its parent, that parent and its own, and so on up to the statement."""
        while not isinstance(node, ast.stmt):
            yield node, self._parents[node]
            node = self._parents[node]

    def _text(self, node: ast.expr, scope: _Scope, above: frozenset[str] = frozenset()) -> str:
        """A text as a user reads it, with placeholders for what only a run knows."""
        readable = ""
        match node:
            case ast.Constant(value=str(text)):
                readable = text
            case ast.JoinedStr(values=parts):
                readable = "".join(self._text(part, scope, above) for part in parts)
            case ast.BinOp(left, ast.Add(), right) if _is_text(node):
                readable = self._text(left, scope, above) + self._text(right, scope, above)
            case ast.IfExp(body=one, orelse=other) if _is_text(one) or _is_text(other):
                readable = f"[{self._text(one, scope, above)} | {self._text(other, scope, above)}]"
            case ast.FormattedValue(value=value):
                readable = self._text(value, scope, above)
            case ast.Name(name) if name not in above:
                values = list(_values(name, scope)) or ([self._constants[name]] if name in self._constants else [])
                if len(values) == 1 and (_is_text(values[0]) or isinstance(values[0], ast.IfExp)):
                    readable = self._text(values[0], scope, above | {name})
        return (
            readable
            if _is_text(node)
            else readable or "{" + ast.unparse(node).replace("{", "(").replace("}", ")") + "}"
        )


def _is_text(node: ast.AST) -> TypeGuard[ast.expr]:
    match node:
        case ast.Constant(value=str()) | ast.JoinedStr():
            return True
        case ast.BinOp(left, ast.Add(), right):
            return _is_text(left) or _is_text(right)
    return False


def _values(name: str, scope: _Scope) -> Iterator[ast.expr]:
    """Everything that is assigned to a variable."""
    for node in ast.walk(scope):
        match node:
            case ast.Assign([ast.Name(target)], value) | ast.AnnAssign(ast.Name(target), value=ast.expr() as value):
                if target == name:
                    yield value


def _constants(paths: Iterable[Path]) -> dict[str, ast.expr]:
    """The texts that modules give a name."""
    by_name: dict[str, ast.expr] = {}
    for path in paths:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        names = {s.targets[0].id for s in tree.body if isinstance(s, ast.Assign) and isinstance(s.targets[0], ast.Name)}
        names |= {s.target.id for s in tree.body if isinstance(s, ast.AnnAssign) and isinstance(s.target, ast.Name)}
        top = ast.Module([s for s in tree.body if isinstance(s, ast.Assign | ast.AnnAssign)], [])
        for name in names:
            if texts := [value for value in _values(name, top) if _is_text(value)]:
                by_name[name] = texts[0]
    return by_name


def main() -> None:
    """Print the messages that the arguments ask for."""
    paths = sorted(path for path in Path("fpray").rglob("*.py") if path.name not in _DOCUMENTS)
    constants = _constants(paths)
    every = [
        f"{path}:{line}\t{text}" for path in paths for line, text in sorted(set(_Module(path, constants).messages()))
    ]
    if len(sys.argv) > 1:
        seed, number = map(int, sys.argv[1:])
        every = random.Random(seed).sample(every, number)
    for message in every:
        sys.stdout.write(f"{message}\n")


if __name__ == "__main__":
    main()
