"""Where the Optuna study of a search is kept: a journal in the suite, an SQLite file, a database, or memory."""

from __future__ import annotations

import contextlib
import time
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path

import optuna
from optuna.exceptions import StorageInternalError
from optuna.storages import BaseStorage, JournalStorage, RDBStorage
from optuna.storages.journal import JournalFileBackend, JournalFileSymlinkLock

from fpray.errors import FprayError, Problem, first_line, nearest, refuse
from fpray.files import layout
from fpray.peak_sampler.goals import Goal

JOURNAL, MEMORY, SQLITE = "journal", "memory", "sqlite"
_DEAD_S = 2.0  # a journal's lock is held for milliseconds
_PIP = {"psycopg": "'psycopg[binary]'", "psycopg2": "psycopg2-binary", "MySQLdb": "mysqlclient"}  # module -> package
_DIALECTS = ("postgresql", "mysql", "mariadb", "sqlite")  # what Optuna is tested with


def storage_problems(storage: str) -> list[Problem]:
    """What is wrong with a `--storage` before it is opened: its words, or a driver that is not installed."""
    if storage in (JOURNAL, MEMORY, SQLITE):
        return []
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError, NoSuchModuleError

    try:
        url = make_url(storage)
    except (ArgumentError, ValueError):
        near = nearest(storage, (JOURNAL, MEMORY, SQLITE))
        message = f"must be {JOURNAL}, {MEMORY}, {SQLITE} or a database URL (postgresql://USER@HOST/DATABASE){near}"
        return [Problem(f"--storage {storage}", message)]
    about = f"--storage {url.render_as_string(hide_password=True)}"
    problems = []
    if url.password is not None:
        message = (
            "holds a password, which ps and the suite's files would show to all users: leave it out, and let the driver"
            " find it (PostgreSQL: ~/.pgpass or PGPASSWORD; MySQL: ?read_default_file=FILE)"
        )
        problems.append(Problem(about, message))
    try:
        url.get_dialect().import_dbapi()
    except NoSuchModuleError:
        near = nearest(url.get_backend_name(), _DIALECTS)
        problems.append(Problem(about, f"SQLAlchemy does not know the database {url.drivername}{near}"))
    except ModuleNotFoundError as missing:
        package = _PIP.get(missing.name or "", missing.name)
        problems.append(Problem(about, f"needs {missing.name}, which fpray does not install: pip install {package}"))
    except ImportError as error:  # a driver whose own library is missing
        problems.append(Problem(about, f"the database driver {url.drivername} cannot be loaded: {first_line(error)}"))
    return problems


def open_study(storage: str, suite: Path, goals: Sequence[Goal]) -> optuna.Study:
    """The study of a suite, with the suite's name; it is made if there is none.

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
    except Exception as error:  # a database's driver may raise anything
        raise refuse(f"--storage {storage}", f"cannot be opened: {first_line(error)}") from None


def _storage(storage: str, suite: Path) -> BaseStorage:
    if storage == MEMORY:
        return optuna.storages.InMemoryStorage()
    if storage == JOURNAL:
        # Absolute: a lock is a symbolic link. A relative path would point to nowhere, and Optuna would wait for ever.
        path = (suite / layout.OPTUNA_JOURNAL).absolute()
        mend(path)
        # Every network file system makes a symbolic link atomically.
        return JournalStorage(JournalFileBackend(str(path), JournalFileSymlinkLock(str(path))))
    if storage == SQLITE:
        return RDBStorage(f"sqlite:///{(suite / layout.OPTUNA_DB).absolute()}")
    return RDBStorage(storage)


@contextlib.contextmanager
def reachable(suite: str) -> Iterator[None]:
    """A block that reads and writes a study, without Optuna's warnings: our user does not call Optuna.

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
        raise FprayError(
            f"the Optuna study of the search cannot be reached any more: {first_line(error)} (every outcome is kept in"
            f" {suite}; run the same command again to continue)"
        ) from None


def mend(journal: Path) -> None:
    """Remove what a driver that was killed while it wrote left: half of a last line, and its lock.

    The driver that holds the suite is the journal's only writer, apart from a dashboard, which holds the lock for
    milliseconds.
    """
    _unlock(journal.with_name(journal.name + ".lock"))
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
