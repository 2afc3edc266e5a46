"""Where the Optuna study of a search is kept: a journal in the suite, an SQLite file, a database, or memory."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import optuna
from optuna.storages import BaseStorage, JournalStorage, RDBStorage
from optuna.storages.journal import JournalFileBackend, JournalFileSymlinkLock

from fpray.errors import Problem, Refused, refuse
from fpray.searching.goals import Goal

JOURNAL, MEMORY, SQLITE = "journal", "memory", "sqlite"
JOURNAL_FILE, SQLITE_FILE = "optuna.journal", "optuna.db"
_DEAD_S = 2.0  # a journal's lock is held for milliseconds
_PARTS = 2  # of a URL: what speaks to the database, and where it is


def storage_problems(storage: str) -> list[Problem]:
    """What is wrong with a `--storage`, as far as its words say."""
    if storage in (JOURNAL, MEMORY, SQLITE):
        return []
    about = f"--storage {storage}"
    if len(storage.split("://")) != _PARTS:
        return [Problem(about, f"is none of {JOURNAL}, {MEMORY}, {SQLITE}, and no database URL (dialect://...)")]
    return []


def open_study(storage: str, suite: Path, goals: Sequence[Goal]) -> optuna.Study:
    """The study of a suite, made where there is none; its name is the suite's.

    Raises:
        Refused: the storage cannot be opened.
    """
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        return optuna.create_study(
            study_name=suite.name,
            storage=_storage(storage, suite),
            directions=[goal.direction for goal in goals],
            load_if_exists=True,
        )
    except Refused:
        raise
    except Exception as error:  # whatever a database's driver raises
        said = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise refuse(f"--storage {storage}", f"cannot be opened: {said}") from None


def _storage(storage: str, suite: Path) -> BaseStorage:
    if storage == MEMORY:
        return optuna.storages.InMemoryStorage()
    if storage == JOURNAL:
        path = suite / JOURNAL_FILE
        mend(path)
        # A symbolic link is made atomically on every network file system.
        return JournalStorage(JournalFileBackend(str(path), JournalFileSymlinkLock(str(path))))
    if storage == SQLITE:
        return RDBStorage(f"sqlite:///{(suite / SQLITE_FILE).absolute()}")
    driver = storage.split("://", maxsplit=1)[0].partition("+")[2]
    if driver and find_spec(driver) is None:
        raise refuse(f"--storage {storage}", f"needs {driver}: pip install {driver}")
    return RDBStorage(storage)


def mend(journal: Path) -> None:
    """Undo what a driver that was killed in the middle of a write left: half a last line, and its lock.

    Whoever holds the suite is the journal's only writer, but for a dashboard, which holds the lock for milliseconds.
    """
    lock = journal.with_name(journal.name + ".lock")
    with contextlib.suppress(OSError):
        if time.time() - lock.lstat().st_mtime > _DEAD_S:
            lock.unlink()
    with contextlib.suppress(FileNotFoundError), journal.open("rb+") as file:
        whole = file.read().rfind(b"\n") + 1
        file.truncate(whole)
