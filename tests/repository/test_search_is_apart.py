"""No module outside of the search's own rooms knows the search: to all others it is one source of trials."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import get_type_hints

import pytest

from fpray.driver.options import SweepOptions
from fpray.searching.options import SearchOptions
from fpray.searching.search_study import Search
from fpray.searching.suite_entries import SearchEntries, SearchWords
from fpray.study.study import Study

PACKAGE = Path(__file__).parents[2] / "fpray"
ROOMS = {"searching", "peak_sampler"}
# What names the search all the same, each with its reason.
ALLOWED = {
    "__init__.py": "fpray.search and fpray.Search are names that users import",
    "cli/search.py": "`fpray search` starts a search",
    "cli/main.py": "the table of the commands",
    "cli/entry.py": "the commands that run trials: known before anything is imported",
    "cli/kinds.py": "the registry of the kinds of suites and studies",
    "cli/show.py": "`--figure` draws a search, and help says so",
    "cli/watch.py": "the help of `fpray status`",
    "errors.py": "the headings of docs/troubleshooting.md, in one list",
    "driver/option.py": "the headings of `--help`, in their order",
    "jar/provenance.py": "versions of packages are recorded: of Optuna, too",
}
# In any text: in names, messages, help, docstrings and comments.
WORDS = re.compile(r"search|optuna|sampler|\bgoals?\b|maximi[sz]|minimi[sz]|recommendation", re.IGNORECASE)
LIBRARIES = re.compile(r"(\bre|\b_[A-Z_]+)\.search\(|searchsorted")  # those of re and numpy
# Attributes and keys that only a search has; without those that others have as well, of another meaning.
GENERIC = {"start", "seed", "ended", "bounds"}
OWN = (
    {field.name for field in fields(Search)} - {field.name for field in fields(Study)}
    | {field.name for field in fields(SearchEntries)}
    | set(get_type_hints(SearchWords))
    | set(get_type_hints(SearchOptions)) - set(get_type_hints(SweepOptions))
) - GENERIC


def mentions(text: str) -> Iterator[str]:
    """The lines of a module that speak of the search, and the names and keys in it that only a search has."""
    for line in text.splitlines():
        if WORDS.search(LIBRARIES.sub("", line)):
            yield line.strip()
    for node in ast.walk(ast.parse(text)):
        for attribute in ("id", "attr", "arg", "name", "value"):
            name = getattr(node, attribute, None)
            if isinstance(name, str) and name in OWN and LIBRARIES.search(ast.unparse(node) + "(") is None:
                yield name


def test_the_search_is_known_in_its_own_rooms_only() -> None:
    paths = sorted(file.relative_to(PACKAGE) for file in PACKAGE.rglob("*.py"))
    speak = {str(path): list(mentions((PACKAGE / path).read_text())) for path in paths if path.parts[0] not in ROOMS}
    assert {path: names for path, names in speak.items() if names and path not in ALLOWED} == {}
    assert [path for path in ALLOWED if not speak[path]] == [], "allowed for nothing"


def test_its_own_names_come_from_its_room() -> None:
    assert {"search", "space", "goals", "maximize", "suggest", "budget_trials", "storage", "confirm"} <= OWN


@pytest.mark.parametrize(
    "line",
    [
        "from fpray.searching.run import run_search",
        "isinstance(study, Search)",
        "kind == 'search'",
        "FailureLimit(searching=True)",
        "def caps(search): ...",
        "study.search(1)",
        "say('this trial was stopped; the search continues')",
        "def f():\n    'Whether a search may choose it.'",
        "x = 1  # of a search",
        "OPTUNA_DB = 'a.db'",
        "record['space']",
        "record.get('space')",
        "kinds = {'budget_trials': int}",
        "study.suggest",
        "Study(confirm=3)",
    ],
)
def test_a_mention_is_noticed(line: str) -> None:
    assert list(mentions(line)), line


def test_what_libraries_call_so_is_no_mention() -> None:
    assert not list(mentions("import re\nre.search(a, b); np.searchsorted(a, b); _NAME.search(c); x.start(); seed = 1"))
