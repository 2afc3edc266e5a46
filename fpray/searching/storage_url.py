"""What `--storage` may be, checked before it is opened: a word, or a database URL without its password."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import TYPE_CHECKING

from fpray.errors import Cause, Problem, Refused, first_line, nearest
from fpray.files.secret import HOW, Secret, read_secret

if TYPE_CHECKING:
    from sqlalchemy.engine import URL

JOURNAL, MEMORY, SQLITE = "journal", "memory", "sqlite"
_PIP = {"psycopg": "'psycopg[binary]'", "psycopg2": "psycopg2-binary", "MySQLdb": "mysqlclient"}  # module -> package
_SECRET = re.compile(r"(?:password|passwd|pwd|secret|token)$", re.IGNORECASE)  # in a URL's query
_DIALECTS = ("postgresql", "mysql", "mariadb", "sqlite")  # what Optuna is tested with


def read_storage(text: str | None) -> tuple[Secret | None, list[Problem]]:
    """The option `--storage`; what may be shown of a URL, and stored, is the URL without its password."""
    if text is None:
        return None, []
    try:
        value = read_secret(text)
    except Refused as refused:
        return None, [problem.within("--storage") for problem in refused.problems]
    if value in (JOURNAL, MEMORY, SQLITE) or (url := _url(value)) is None:
        return Secret(value, given=text), []
    secrets = [name for name in url.query if _SECRET.search(name)]
    pieces = [url.password, *(str(url.query[name]) for name in secrets)]
    without_secrets = _without(url, secrets)
    return Secret(value, value if pieces == [None] else without_secrets, tuple(filter(None, pieces)), text), []


def _without(url: URL, secrets: Collection[str]) -> str:
    query = {name: value for name, value in url.query.items() if name not in secrets}
    return url.create(url.drivername, url.username, None, url.host, url.port, url.database, query).render_as_string()


def _url(text: str) -> URL | None:
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        text.encode()  # what is no UTF-8 text cannot be written as a URL again
        return make_url(text)
    except (ArgumentError, ValueError):
        return None


def storage_problems(storage: Secret) -> list[Problem]:
    """What is wrong with a `--storage` before it is opened: its words, or a driver that is not installed."""
    if storage.value in (JOURNAL, MEMORY, SQLITE):
        return []
    from sqlalchemy.exc import NoSuchModuleError

    about, url = f"--storage {storage}", _url(storage.value)
    if url is None:
        near = nearest(storage.value, (JOURNAL, MEMORY, SQLITE))
        message = (
            f"must be {JOURNAL}, {MEMORY}, {SQLITE} or a database URL, such as postgresql://ana@10.0.0.5/optuna{near}"
        )
        return [Problem(about if storage.literal else f"--storage {storage.given}", message, Cause.STORAGE)]
    problems = []
    if storage.literal and storage.pieces:
        about = (
            f"--storage {storage.scrub(url.render_as_string(hide_password=True))}"
            if url.password is not None
            else about
        )
        message = (
            "holds a password, which the command ps and the files of results show to all users: remove it, and"
            " let the database driver find it (PostgreSQL: ~/.pgpass or PGPASSWORD; MySQL:"
            f" ?read_default_file=FILE), or {HOW}"
        )
        problems.append(Problem(about, message, Cause.SECRET))
    try:
        url.get_dialect().import_dbapi()
    except NoSuchModuleError:
        near = nearest(url.get_backend_name(), _DIALECTS)
        message = f"SQLAlchemy does not know the database {url.drivername}: correct what is before :// in the URL{near}"
        problems.append(Problem(about, message, Cause.STORAGE))
    except ModuleNotFoundError as missing:
        package = _PIP.get(missing.name or "", missing.name)
        message = f"needs {missing.name}, which fpray does not install: run pip install {package}"
        problems.append(Problem(about, message, Cause.STORAGE))
    except ImportError as error:  # the driver's own library is missing
        how = f"Install the library that this error names, or use --storage {JOURNAL}"
        message = f'the database driver {url.drivername} cannot be loaded: "{first_line(error)}". {how}'
        problems.append(Problem(about, message, Cause.STORAGE))
    return problems
