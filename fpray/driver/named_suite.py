"""What `-s` means: a suite to continue, by its path, suite id or name, or a directory in which suites are made."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from fpray.errors import Cause, Refused, refuse
from fpray.files.paths import GivenPath, short_path
from fpray.store.find import find_suite, is_suite, no_directory, suites
from fpray.store.suite import Suite
from fpray.store.usual_root import usual_root

_ID_START = re.compile(r"[A-Za-z]{4,10}")
_NAME = re.compile(r"[A-Z]{4,10}|\d{4}-\d\d-\d\d_[^/]*")  # no directory for suites has such a name


def suite_of(directory: GivenPath, *, is_new: bool) -> Path | None:
    """The suite that is named; None where it is a directory of suites. is_new: whether a new one is wanted.

    Raises:
        Refused: there is no such suite, or an old one is named although a new one is wanted.
    """
    try:
        suite = _find(directory.text, directory.path)
        if error := no_directory(directory.path):
            raise error
    except OSError as error:
        raise refuse(
            f"-s {short_path(directory.path)}",
            f"cannot hold results: {error.strerror}. Name another directory, such as -s ./suites",
            Cause.NOT_WRITABLE,
        ) from None
    if suite is not None and is_new:
        sentence = (
            f"starts a new suite (directory of results), but -s names an old one, {suite.name}:"
            " remove --new to continue that, or remove -s to start a new one"
        )
        raise refuse("--new", sentence, Cause.OPTION)
    return suite


def is_in_suite(recorded_selection: Any, suite: Path | None, root: Path) -> bool:
    """Whether a command continues a suite that has its trials: the suite that is named, else any of a directory."""
    could_continue = suites(root) if suite is None else [Suite(suite)]
    return any(recorded_selection in one.record.points for one in could_continue)


def _find(text: str, root: Path) -> Path | None:
    """The suite of a name: by its path, or, in the usual directory, by the start of its id, as in `fpray show`."""
    if is_suite(root):
        return root
    if not root.exists() and (_ID_START.fullmatch(text) or _NAME.fullmatch(text)):
        try:
            return find_suite(text, usual_root()).path
        except Refused as refused:
            if _NAME.fullmatch(text):  # a typing error would measure everything again
                [problem] = refused.problems
                sentence = f"{problem.sentence}. To make a new directory of this name, write -s ./{text}"
                raise refuse(f"-s {text}", sentence, problem.cause) from None
    return None
