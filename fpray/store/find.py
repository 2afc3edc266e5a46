"""Finding suites and trials on disk: by path, by name, or by suite id."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable
from pathlib import Path

from fpray.errors import Cause, FprayError, refuse
from fpray.files import layout
from fpray.files.paths import absolute, short_path
from fpray.store.suite import Suite
from fpray.store.trial_directory import TrialDirectory


def suites(root: Path, on_damage: Callable[[FprayError], None] = lambda _why: None) -> list[Suite]:
    """The suites in a directory, newest first; `on_damage` gets the error of each that cannot be read."""
    if not root.is_dir():
        return []
    readable = []
    for path in sorted(root.iterdir(), key=lambda p: p.name, reverse=True):
        if is_suite(path):
            try:
                readable.append(Suite(path))
            except FprayError as error:  # one damaged suite must not hide the others
                on_damage(error)
    return readable


def no_directory(path: Path) -> OSError | None:
    """Why something is at a path that is no directory; None for a directory, and where nothing is."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError as error:
        return error if path.is_symlink() else None
    except OSError as error:
        return error
    return None if stat.S_ISDIR(mode) else NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))


def refuse_no_directory(root: Path) -> None:
    """Do nothing if a path is a directory or nothing.

    Raises:
        Refused: something else is there.
    """
    if error := no_directory(root):
        sentence = f"cannot hold results: {error.strerror}. Name another directory, such as -s ./suites"
        raise refuse(f"-s {short_path(root)}", sentence, Cause.SUITE)


def is_suite(path: Path) -> bool:
    """Whether a directory is a suite, readable or not: a `suite.json` that is no file is named when it is read."""
    return os.path.lexists(path / layout.SUITE)


def find_suite(text: str, root: Path) -> Suite:
    """A suite by path, by the start of its name, or by (the start of) its suite id, which is ten letters.

    Raises:
        Refused: there is none, or there are several.
    """
    text = text.rstrip("/") or text
    path = absolute(text)
    if is_suite(path):
        return Suite(path)
    matching = [s for s in suites(root) if s.path.name.startswith(text) or s.suite_id.startswith(text.upper())]
    if len(matching) == 1:
        return matching[0]
    if not matching and path.is_dir():
        theirs = f". Its {layout.RESULTS_CSV} is one of FrankenPaxos: read it in Python, with fpray.load"
        more = theirs if (path / layout.RESULTS_CSV).is_file() else ""
        raise refuse(
            text, f"is not a suite (directory of results) of fpray, because it has no {layout.SUITE}{more}", Cause.SUITE
        )
    refuse_no_directory(root)
    if not matching:
        raise refuse(
            text,
            f"is not a suite (directory of results) in {short_path(root)}: write the path of one, or the first"
            " letters of its suite id (fpray status lists them)",
            Cause.SUITE,
        )
    raise refuse(
        text,
        "is the beginning of several suites (directories of results): write more of the name, or one of these"
        f" suite ids: {', '.join(s.suite_id for s in matching[:5])}",
        Cause.SUITE,
    )


def newest_suite(root: Path) -> Suite:
    """The suite that was begun last.

    Raises:
        Refused: there is none.
    """
    refuse_no_directory(root)
    newest = next(iter(suites(root)), None)
    if newest is None:
        raise refuse(
            short_path(root),
            "has no results of fpray yet: start a sweep with fpray sweep PROTOCOL, or name another directory with -s",
            Cause.SUITE,
        )
    return newest


def find_trial(text: str, root: Path) -> tuple[Suite, TrialDirectory]:
    """A trial as SUITE/TRIAL, the suite as for `find_suite`; or by the path of its directory or of an earlier attempt.

    Raises:
        Refused: there is none, or there are several.
    """
    path = absolute(text).resolve()
    if (path / layout.TRIAL).is_file():
        suite = next((up for up in path.parents if is_suite(up)), None)
        if suite is None:
            sentence = (
                f"is the directory of one trial, but its suite (the directory with {layout.SUITE}) is not around it"
            )
            raise refuse(
                text,
                f"{sentence}: move it back into its suite, or name a trial as SUITE/TRIAL, such as QKZJ/001",
                Cause.TRIAL,
            )
        return Suite(suite), TrialDirectory(path)
    name, _, number = text.rstrip("/").rpartition("/")
    if not name or is_suite(absolute(text)):
        raise refuse(text, f"does not name a trial: add the number of one, such as {text.rstrip('/')}/001", Cause.TRIAL)
    of_trial = find_suite(name, root)
    return of_trial, of_trial.numbered(number)
