"""Draws messages of fpray at random: a reader judges whether they are clear.

`python -m tests.repository.draw_messages SEED NUMBER`, at the root of the repository.
It prints `file:line` and the text of each, as a user would read it but with its placeholders. Without arguments, it
prints all of them.

A message is a text of at least six words that is raised, returned, yielded or passed to a function, alone or by way of
a variable. Docstrings, help texts, and texts that are only parts of other texts are none: these stand where the other
text has them, also those that a function returns, as `[one | other]`.
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
from fpray.files.suite_file import Damaged
from tests.repository.message_parts import whole

_LEAST_WORDS = 6
_LEAST_PLAIN_WORDS = 3  # besides the placeholders
_NO_MESSAGES = {
    "Option",
    "option",
    "compile",
    "label_axes",
    "axhspan",
    "replace",
    "pick",
    "strip",
    "rstrip",
    "ask",
    "with_remedy",
}
_NO_KEYWORDS = {"help", "default_words", "label", "epilog", "description"}
_DOCUMENTS = {"protocols_document.py", "html_page.py"}
_GO_ON = (",", ";", ".")  # a text that begins so is put behind another
_DEPTH = 4  # of variables that hold a text by way of others
_Scope = ast.Module | ast.FunctionDef | ast.AsyncFunctionDef


class _Functions:
    """The functions of fpray that return texts, and how these are used."""

    def __init__(self) -> None:
        self._by_name: dict[str, list[ast.FunctionDef]] = {}
        self._uses: dict[str, list[bool]] = {}

    def add(self, tree: ast.Module) -> None:
        """Take the functions of a module."""
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef):
                self._by_name.setdefault(node.name, []).append(node)

    def used(self, name: str, *, as_part: bool) -> None:
        """A name is used, as a part of a text or by itself."""
        self._uses.setdefault(name, []).append(as_part)

    def is_part(self, scope: _Scope) -> bool:
        """Whether what a function returns is only a part of other texts, in which it is shown."""
        if not isinstance(scope, ast.FunctionDef):
            return False
        uses = self._uses.get(scope.name, [])
        return bool(uses) and all(uses) and bool(self.returns(scope.name)[1])

    def returns(self, name: str) -> tuple[ast.FunctionDef | None, list[ast.expr]]:
        """The only function of this name, and the texts that it returns; none if it returns anything else."""
        functions = self._by_name.get(name, [])
        if len(functions) != 1:
            return None, []
        values = [node.value for node in ast.walk(functions[0]) if isinstance(node, ast.Return) and node.value]
        texts = [value for value in values if _is_text(value) or isinstance(value, ast.IfExp)]
        most = max(map(_plain_words, texts), default=0)
        return functions[0], texts if len(texts) == len(values) and most >= _LEAST_PLAIN_WORDS else []

    def in_words(self, call: ast.AST) -> bool:
        """Whether this is a call of a function that returns texts."""
        match call:
            case ast.Call(ast.Name(name) | ast.Attribute(attr=name)):
                return bool(self.returns(name)[1])
        return False


class _Module:
    """The messages of one Python file."""

    def __init__(self, path: Path, constants: dict[str, ast.expr], functions: _Functions) -> None:
        self.path = path
        self._tree = ast.parse(path.read_text(encoding="utf-8"))
        self._parents = {child: node for node in ast.walk(self._tree) for child in ast.iter_child_nodes(node)}
        self._constants = constants
        self._functions = functions
        functions.add(self._tree)
        for node in ast.walk(self._tree):
            match node:
                case ast.Name(name, ast.Load()) | ast.Attribute(attr=name, ctx=ast.Load()):
                    functions.used(name, as_part=self._is_part(node))

    def messages(self) -> Iterator[tuple[int, str]]:
        """The line and the text of each."""
        for node in ast.walk(self._tree):
            if self._is_whole_text(node) and self._reaches_a_user(node):
                text = self._text(node, self._scope(node))
                plain = re.sub(r"\{[^{}]*\}", "", text)
                long_enough = len(text.split()) >= _LEAST_WORDS and len(plain.split()) >= _LEAST_PLAIN_WORDS
                if long_enough and "</" not in text and not text.startswith(_GO_ON):
                    yield node.lineno, " ".join(self._with_about(node, text).split())

    def _is_whole_text(self, node: ast.AST) -> TypeGuard[ast.expr]:
        if not _is_text(node):
            return False
        parent = self._parents[node]
        within = isinstance(parent, ast.JoinedStr | ast.FormattedValue)
        return not within and not (isinstance(parent, ast.BinOp) and _is_text(parent))

    def _is_part(self, use: ast.AST) -> bool:
        """Whether what a function returns becomes a part of a text here, alone or by way of a variable."""
        node, parent = use, self._parents[use]
        if isinstance(parent, ast.Call) and parent.func is node:
            node, parent = parent, self._parents[parent]
        match parent:
            case ast.Assign([ast.Name(name)]) | ast.AnnAssign(ast.Name(name)):
                return not list(self._whole_uses(name, self._scope(node)))
        return isinstance(parent, ast.FormattedValue) or (isinstance(parent, ast.BinOp) and _is_text(parent))

    def _reaches_a_user(self, node: ast.AST, depth: int = 0) -> bool:
        statement, names = self._statement(node)
        reaches = False
        match statement:
            case ast.Expr(ast.Constant()):
                pass  # a docstring
            case ast.Return() if self._functions.is_part(self._scope(node)):
                pass
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

    def _values_at(self, use: ast.expr, name: str, scope: _Scope) -> list[ast.expr]:
        """What a variable can be where it is used: all that it is assigned, or what the same block assigned last."""
        values = list(_values(name, scope)) or ([self._constants[name]] if name in self._constants else [])
        if len(values) < 2 or use not in self._parents:
            return values
        block = self._parents[self._statement(use)[0]]
        before = [value for value in values if value in self._parents and value.lineno < use.lineno]
        return [value for value in before if self._parents[self._parents[value]] is block][-1:] or values

    def _scope(self, node: ast.AST) -> _Scope:
        while not isinstance(node, _Scope):
            node = self._parents[node]
        return node

    def _with_about(self, node: ast.expr, text: str) -> str:
        """The text of a problem, and before it what the problem is about."""
        scope = self._scope(node)
        statement, _ = self._statement(node)
        ways: list[ast.AST] = [node]
        match statement:
            case ast.Assign([ast.Name(name)]) | ast.AnnAssign(ast.Name(name)):
                ways = list(self._whole_uses(name, scope))
        for way in ways:
            for sentence, parent in self._ancestors(way):
                match parent:
                    case ast.Call(ast.Name("Damaged"), [about, second, *_]) if sentence is second:
                        return Damaged(Path(self._text(about, scope)), text).problems[0].in_words()
                    case ast.Call(ast.Name("refuse" | "Problem"), [about, second, *_]) if sentence is second:
                        return Problem(self._text(about, scope), text, Cause.OPTION).in_words()
        return text

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
            case ast.IfExp(body=one, orelse=other):
                ways = [self._text(way, scope, above) for way in (one, other)]
                if any(_is_text(way) for way in (one, other)) or not any(way.startswith("{") for way in ways):
                    readable = f"[{' | '.join(ways)}]"
            case ast.FormattedValue(value=value):
                readable = self._text(value, scope, above)
            case ast.Name(name) if name not in above:
                values = self._values_at(node, name, scope)
                if len(values) == 1 and (
                    _is_text(values[0]) or isinstance(values[0], ast.IfExp) or self._functions.in_words(values[0])
                ):
                    readable = self._text(values[0], scope, above | {name})
            case ast.Call(ast.Name(name) | ast.Attribute(attr=name)) if name not in above:
                function, texts = self._functions.returns(name)
                ways = [self._text(text, function or scope, above | {name}) for text in texts]
                readable = f"[{' | '.join(ways)}]" if len(ways) > 1 else "".join(ways)
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


def _plain_words(text: ast.expr) -> int:
    """The number of words of a text, without its placeholders."""
    constants = (node.value for node in ast.walk(text) if isinstance(node, ast.Constant))
    return sum(len(re.findall(r"[A-Za-z]{2,}", value)) for value in constants if isinstance(value, str))


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


def every_message() -> list[str]:
    """Place and text of each message of fpray, in the order of the files."""
    paths = sorted(path for path in Path("fpray").rglob("*.py") if path.name not in _DOCUMENTS)
    constants, functions = _constants(paths), _Functions()
    modules = [_Module(path, constants, functions) for path in paths]
    places = [(module, line, text) for module in modules for line, text in sorted(set(module.messages()))]
    texts = [(str(module.path), text) for module, _, text in places]
    return [f"{module.path}:{line}\t{whole(str(module.path), text, texts)}" for module, line, text in places]


def main() -> None:
    """Print the messages that the arguments ask for."""
    every = every_message()
    if len(sys.argv) > 1:
        seed, number = map(int, sys.argv[1:])
        every = random.Random(seed).sample(every, number)
    for message in every:
        sys.stdout.write(f"{message}\n")


if __name__ == "__main__":
    main()
