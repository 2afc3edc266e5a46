"""Where the Optuna study of a search is kept: a journal in the suite, an SQLite file, a database, or memory."""

from __future__ import annotations

import contextlib
import sqlite3
import time
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path

import optuna
from optuna.exceptions import StorageInternalError
from optuna.storages import BaseStorage, JournalStorage, RDBStorage
from optuna.storages.journal import JournalFileBackend, JournalFileSymlinkLock

from fpray.errors import Cause, FprayError, Refused, first_line, refuse
from fpray.files.disk import remedy
from fpray.files.secret import Secret
from fpray.peak_sampler.goals import Goal
from fpray.plan.words import AGAIN
from fpray.searching.file_names import JOURNAL_LOCK, OPTUNA_DB, OPTUNA_JOURNAL, POINTS
from fpray.searching.storage_url import JOURNAL, MEMORY, SQLITE

STUDY_FILES = {JOURNAL: OPTUNA_JOURNAL, SQLITE: OPTUNA_DB}  # in the suite
_WRITABLE = "Check that the suite (directory of results) has free disk space and that you may write in it"
_ANEW = "and run the same fpray command again: the search makes the Optuna study again from the results in the suite"
_DEAD_S = 2.0  # a journal's lock is held for milliseconds


def open_study(storage: Secret, suite: Path, goals: Sequence[Goal]) -> optuna.Study:
    """The study of a suite, with the suite's name; it is made if there is none.

    Raises:
        Refused: the storage cannot be opened.
    """
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        return optuna.create_study(
            study_name=suite.name,
            storage=_storage(storage.value, suite),
            directions=[goal.direction for goal in goals],
            load_if_exists=True,
        )
    except Exception as error:  # a database's driver may raise anything
        why = storage.scrub(first_line(error))
        if storage.value not in STUDY_FILES:
            sentence = f'cannot be opened: "{why}". Start the database, or correct the URL'
            raise refuse(f"--storage {storage}", sentence, Cause.STORAGE) from None
        file = suite / STUDY_FILES[storage.value]
        of_disk = isinstance(error, OSError) and not isinstance(error, IsADirectoryError)
        if file.exists() and not of_disk:
            sentence = f'cannot be read as the Optuna study of this search: "{why}". Move this file away, {_ANEW}'
            raise refuse(str(file), sentence, Cause.STORAGE) from None
        raise refuse(str(file), f'cannot be opened: "{why}". {_remedy(error)}', Cause.STORAGE) from None


def _remedy(error: Exception) -> str:
    """What to do about a file of a study that cannot be read or written."""
    return remedy(error) if isinstance(error, OSError) else _WRITABLE


def _storage(storage: str, suite: Path) -> BaseStorage:
    if storage == MEMORY:
        return optuna.storages.InMemoryStorage()
    if storage == JOURNAL:
        # Absolute: a lock is a symbolic link. A relative path would point to nowhere, and Optuna would wait for ever.
        path = (suite / OPTUNA_JOURNAL).absolute()
        mend(path)
        # Every network file system makes a symbolic link atomically.
        return JournalStorage(JournalFileBackend(str(path), JournalFileSymlinkLock(str(path))))
    if storage == SQLITE:
        path = (suite / OPTUNA_DB).absolute()  # not in the URL, where ? # % { } mean something else
        connect = {"creator": lambda: sqlite3.connect(path, check_same_thread=False)}
        return RDBStorage(f"sqlite:///{OPTUNA_DB}", connect)
    return RDBStorage(storage)


def not_its_study(suite: Path, storage: str, why: str) -> Refused:
    """The error of a study that cannot be used; a lost study is made again from the suite."""
    sentence = f"contains an Optuna study that does not fit this search: {why}"
    if storage in STUDY_FILES:
        return refuse(str(suite / STUDY_FILES[storage]), f"{sentence}. Move this file away, {_ANEW}", Cause.STORAGE)
    command = f"optuna delete-study --study-name {suite.name} --storage URL"
    how = f"Delete the Optuna study {suite.name} from that database ({command}), {_ANEW}"
    return refuse(f"--storage {storage}", f"{sentence}. {how}", Cause.STORAGE)


@contextlib.contextmanager
def reachable(suite: str, storage: str) -> Iterator[None]:
    """A block that reads and writes a study, without Optuna's warnings: our user does not call Optuna.

    suite: its name; storage: where the study is, as the suite records it.

    Raises:
        FprayError: its database, or its disk, is gone.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except Exception as error:
        if not isinstance(error, OSError | StorageInternalError) and "sqlalchemy" not in type(error).__module__:
            raise
        while isinstance(error, StorageInternalError) and isinstance(error.__cause__, Exception):
            error = error.__cause__
        error = getattr(error, "orig", None) or error  # without what SQLAlchemy says before it
        raise FprayError(f"{_gone(suite, storage, error)}; {AGAIN}", Cause.STORAGE) from None


def _gone(suite: str, storage: str, error: Exception) -> str:
    """What cannot be used and why, and what to do: a disk that is full is that of the suite, also beside a database."""
    why = f"any more: {first_line(error)}. Every result is kept in {suite}"
    of_disk = isinstance(error, OSError) and not isinstance(error, ConnectionError | TimeoutError)
    if storage in (*STUDY_FILES, MEMORY) or of_disk:
        files = " and ".join(filter(None, (STUDY_FILES.get(storage), POINTS)))
        return f"the search cannot read or write its files ({files} in {suite}) {why}. {_remedy(error)}"
    how = "Start the database again, free space on its disk, or repair the network connection to it"
    return f"the search cannot use its database (--storage {storage}) {why}. {how}"


def mend(journal: Path) -> None:
    """Remove what a driver that was killed while it wrote left: half of a last line, and its lock.

    The driver that holds the suite is the journal's only writer, apart from a dashboard, which holds the lock for
    milliseconds.
    """
    _unlock(journal.with_name(JOURNAL_LOCK))
    with contextlib.suppress(FileNotFoundError), journal.open("rb+") as file:
        whole = file.read().rfind(b"\n") + 1
        file.truncate(whole)


def _unlock(lock: Path) -> None:
    """Remove a lock that stays the same for too long, by our own clock: the clock of a file server may differ."""
    until = time.monotonic() + _DEAD_S
    with contextlib.suppress(OSError):  # it is gone
        first = lock.lstat()
        while (now := lock.lstat()).st_ino == first.st_ino and now.st_mtime_ns == first.st_mtime_ns:
            if time.monotonic() > until:
                lock.unlink()
            time.sleep(0.02)


def delete_study(study: optuna.Study) -> None:
    """Remove the study of a search that ran nothing, so that none stays behind in a database."""
    with contextlib.suppress(Exception):
        optuna.delete_study(study_name=study.study_name, storage=study._storage)
