"""Loads results: suites of fpray, suite directories of FrankenPaxos, and its published files of results."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from os import PathLike
from pathlib import Path

from fpray.errors import Cause, Problem, Refused, only_reading, refuse_if_any
from fpray.files.paths import absolute
from fpray.store.find import find_suite
from fpray.store.usual_root import usual_root
from fpray_analysis.loaded import Store
from fpray_analysis.published import is_published, load_published
from fpray_analysis.result_set import Results
from fpray_analysis.suites import load_suite

Source = str | PathLike[str]


def load(source: Source | Sequence[Source], root: Source | None = None) -> Results:
    """What is in a suite, or in several; also while a sweep runs.

    source: a suite, by its path, by the start of its name, or by (the start of) its suite id; a suite directory of
    FrankenPaxos; a `results.csv` of FrankenPaxos; or several of them, which are stacked. root: where suites are looked
    for by name (default: `./suites`, or FPRAY_SUITE_DIRECTORY).

    Raises:
        fpray.Refused: one of them is not there, or cannot be read; all such problems at once.
    """
    return Results(load_stores(source, root))


def load_stores(source: Source | Sequence[Source], root: Source | None = None) -> list[Store]:
    """What `load` loads, each suite or file by itself, no two with the same name; arguments and errors are its own."""
    sources = [source] if isinstance(source, str | bytes | PathLike) or not isinstance(source, Iterable) else [*source]
    stores, problems = list[Store](), list[Problem]()
    with only_reading():
        directory = absolute(root) if root is not None else usual_root()
        for one in sources:
            try:
                stores.append(_store(one, directory))
            except Refused as refused:
                problems += refused.problems
        if not sources:
            problems.append(Problem("load", "names no suite: write at least one", Cause.SUITE))
        twice = [path for path, count in Counter(store.source.resolve() for store in stores).items() if count > 1]
        problems += [Problem(str(path), "is read twice: name these results once", Cause.SUITE) for path in twice]
        refuse_if_any(problems)
    return [replace(store, name=_name(store, stores)) for store in stores]


def _store(source: Source, root: Path) -> Store:
    path = absolute(source)
    if is_published(path):
        return load_published(path)
    return load_suite(find_suite(str(source), root))


def _name(store: Store, stores: Sequence[Store]) -> str:
    """The end of a store's path that no other has: many files of results are called `results.csv`."""
    paths = [other.path.parts for other in stores]
    for length in range(1, len(store.path.parts)):
        if sum(parts[-length:] == store.path.parts[-length:] for parts in paths) == 1:
            return "/".join(store.path.parts[-length:])
    return str(store.path)
