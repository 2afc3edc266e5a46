"""Directories on a machine's own disk in which trials work, until their files are in the suite."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import secrets
import shutil
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from fpray.errors import Lost
from fpray.files.content import BY_FPRAY, json_value, text_of
from fpray.files.directory_lock import locked
from fpray.files.disk import remedy, why_not_written
from fpray.files.typed import typed
from fpray.files.user_directory import check_private
from fpray.node.local_disk import directory_name, local_directory, own_directory

# What a trial of another suite left stays this long, for that sweep to be continued; only small files stay.
WAITS_S, SMALL_BYTES = 86_400.0, 1 << 20
_OWNER, _TRASH = ".owner", ".trash-"


@dataclass(frozen=True)
class Owner:
    """The owner of a directory: an attempt at a trial; the content of its start_time.txt differs from any other's."""

    suite: str
    trial: str
    began: str


@dataclass(frozen=True)
class Abandoned:
    """A directory that an attempt left; its role actor is gone."""

    directory: str
    owner: Owner


class Scratch:
    """The directories that one role actor holds: its trial's, and abandoned ones of the same suite.

    Each is held by a lock that dies with its holder: a directory without a lock has no owner any more.
    """

    def __init__(self) -> None:
        self._holds: dict[str, int] = {}
        self._own: tuple[Owner, str] | None = None

    def make(self, requested: str | None, owner: Owner) -> str:
        """The trial's directory: below the requested one, or on a disk of this machine's own. Asked again, the same.

        Raises:
            Lost: there is no directory for it.
        """
        if self._own is not None and self._own[0] == owner:
            return self._own[1]
        root = root_of(requested)
        path = root / f"{owner.suite[:60]}-{owner.trial}-{secrets.token_hex(4)}"
        try:
            with locked(root):  # no other process makes or removes directories there
                path.mkdir()
                self._holds[str(path)] = os.open(path / _OWNER, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
                os.write(self._holds[str(path)], json.dumps(asdict(owner)).encode())
                fcntl.flock(self._holds[str(path)], fcntl.LOCK_EX)
        except OSError as error:
            raise Lost(
                f"the directory {root} cannot be used for trials: {why_not_written(error, root)}. {remedy(error)};"
                " otherwise fpray's next attempt on this machine fails, too"
            ) from None
        self._own = owner, str(path)
        return str(path)

    def clean(self, requested: str | None, suite: str) -> list[Abandoned]:
        """Remove directories without an owner; those of this suite are held and returned: they are copied first."""
        remains: list[Abandoned] = []
        for root in _known_roots(requested):
            with contextlib.suppress(OSError), locked(root):
                for path in [path for path in root.iterdir() if path.is_dir()]:
                    remains += self._clean(path, suite)
            for path in root.glob(f"{_TRASH}*"):
                shutil.rmtree(path, ignore_errors=True)
        return remains

    def _clean(self, path: Path, suite: str) -> Iterator[Abandoned]:
        if str(path) in self._holds or path.name.startswith(_TRASH):
            return
        try:
            fd = os.open(path / _OWNER, os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:  # it was cut short while it was made
            _to_trash(path)
            return
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            owner = typed(Owner, json_value(text_of(os.pread(fd, 4096, 0)), BY_FPRAY))
        except BlockingIOError:
            os.close(fd)
            return  # a trial works in it
        except ValueError:  # it is damaged
            os.close(fd)
            _to_trash(path)
            return
        if owner.suite == suite:
            self._holds[str(path)] = fd
            yield Abandoned(str(path), owner)
            return
        if time.time() - os.fstat(fd).st_mtime > WAITS_S:
            _to_trash(path)
        else:
            for file in path.iterdir():
                if file.is_file() and file.stat().st_size > SMALL_BYTES:
                    file.unlink()
        os.close(fd)

    def remove(self, directory: str) -> None:
        """Remove a directory of which everything is in the suite."""
        if directory in self._holds:
            os.close(self._holds.pop(directory))
        if self._own is not None and self._own[1] == directory:
            self._own = None
        shutil.rmtree(directory, ignore_errors=True)

    def release(self) -> None:
        """The attempt is over: directories that were not removed are left for the next one."""
        for fd in self._holds.values():
            os.close(fd)
        self._holds.clear()
        self._own = None


def root_of(requested: str | None) -> Path:
    """The directory below which trials work on this machine: below the requested one, or any local one.

    Raises:
        Lost: there is none.
    """
    try:
        own = own_directory(requested) if requested is not None else local_directory()
        if own is None:
            raise Lost(
                "there is no directory for trials on a disk of this machine, because /var/tmp and /tmp cannot be used."
                " Make one of them writable, or stop the sweep (Ctrl-C; results are kept) and start it again with"
                " --scratch /data"
            )
        (own / "trials").mkdir(exist_ok=True)
        return own / "trials"
    except OSError as error:
        raise Lost(
            f"the directory {error.filename or requested} cannot be used for trials: {error.strerror}. Correct that,"
            " or name another directory, such as --scratch /var/tmp"
        ) from None


def _known_roots(requested: str | None) -> Iterator[Path]:
    """Directories in which trials of this user may have worked."""
    for base in dict.fromkeys((requested or "/var/tmp", "/var/tmp", "/tmp")):
        own = Path(base) / directory_name()
        with contextlib.suppress(OSError):  # there is none, or another user made it
            check_private(own)
            if (own / "trials").is_dir():
                yield own / "trials"


def _to_trash(path: Path) -> None:
    """Rename at once; removing gigabytes can wait, and needs no lock."""
    path.rename(path.with_name(f"{_TRASH}{path.name}"))
