"""No module outside of the search's own rooms names the search: to all others it is one source of trials."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "fpray"
ROOMS = {"searching", "peak_sampler", "cli"}
ALLOWED = {
    "__init__.py",  # fpray.search, fpray.Search
    "api.py",  # fpray.search
    "study/__init__.py",  # Search
    "study/search_study.py",  # Search
    "store/suite_record.py",  # declares every entry of suite.json
    "report/studies.py",  # a key of `fpray studies --json`
}
OTHERS = sorted(
    path
    for path in (file.relative_to(PACKAGE) for file in PACKAGE.rglob("*.py"))
    if path.parts[0] not in ROOMS and path.as_posix() not in ALLOWED
)
LIBRARIES = {"search", "searchsorted", "_searchsorted"}  # methods and functions of re and numpy, when called


def mentions(tree: ast.AST) -> Iterator[str]:
    """Names, imported modules and string constants that mean the search."""
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom | ast.Import):
            module = getattr(node, "module", None) or ""
            imported = [f"{module}.{alias.name}" for alias in node.names]
            yield from (full_name for full_name in imported if "search" in full_name.lower())
        elif isinstance(node, ast.Constant):
            if node.value == "search":
                yield repr(node.value)
        else:
            for field in ("id", "attr", "arg", "name"):
                name = getattr(node, field, None)
                if not isinstance(name, str) or "search" not in name.lower():
                    continue
                if name not in LIBRARIES or (id(node) not in called and not isinstance(node, ast.FunctionDef)):
                    yield name


def test_the_search_is_named_in_its_own_rooms_only() -> None:
    names_by_path = {path: list(mentions(ast.parse((PACKAGE / path).read_text()))) for path in OTHERS}
    assert {path: names for path, names in names_by_path.items() if names} == {}


def test_a_mention_is_noticed() -> None:
    for line in (
        "from fpray.searching.run import run_search",
        "from fpray.study import Search",
        "isinstance(study, Search)",
        "kind == 'search'",
        "FailureLimit(searching=True)",
        "def caps(search): ...",
        "study.search",
    ):
        assert list(mentions(ast.parse(line))), line
    assert not list(mentions(ast.parse("re.search(a, b); np.searchsorted(a, b)")))
