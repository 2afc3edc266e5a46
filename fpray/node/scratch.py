"""Directories on a machine's own disk in which trials work, until their files have come to the suite."""

from __future__ import annotations

import contextlib
import fcntl
import fnmatch
import json
import os
import secrets
import shutil
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from fpray.errors import Lost
from fpray.node.local_disk import local_directory, own_directory

PARCEL_BYTES = 8 << 20
# What a stranger's trial left waits this long for its own sweep to be carried on; only what is small does.
WAITS_S, SMALL_BYTES = 86_400.0, 1 << 20
_OWNER, _TRASH = ".owner", ".trash-"


@dataclass(frozen=True)
class Owner:
    """Whose a directory is: an attempt at a trial, told from others by the content of its start_time.txt."""

    suite: str
    trial: str
    began: str


@dataclass(frozen=True)
class Abandoned:
    """What an attempt left whose role actor is gone."""

    directory: str
    owner: Owner


@dataclass(frozen=True)
class Parcel:
    """Pieces of files on their way to the suite.

    Attributes:
        pieces: (name in the directory, offset, content, whether that is the file's end).
        following: where the next parcel begins: a name and an offset; None after the last one.
        free: bytes on that disk.
    """

    pieces: Sequence[tuple[str, int, bytes, bool]]
    following: tuple[str, int] | None
    free: int


class Scratch:
    """The directories that one role actor holds: its trial's, and what it found abandoned by others of its suite.

    Each is held by a lock that dies with its holder: what is not locked is nobody's any more.
    """

    def __init__(self) -> None:
        self._held: dict[str, int] = {}
        self._own: tuple[Owner, str] | None = None

    def make(self, told: str | None, owner: Owner) -> str:
        """The trial's directory: below the one that the user told, or one on a disk of this machine's own.

        Raises:
            Lost: there is no place for it.
        """
        if self._own is not None and self._own[0] == owner:
            return self._own[1]
        root = root_of(told)
        path = root / f"{owner.suite[:60]}-{owner.trial}-{secrets.token_hex(4)}"
        try:
            with _alone(root):
                path.mkdir()
                self._held[str(path)] = os.open(path / _OWNER, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
                os.write(self._held[str(path)], json.dumps(asdict(owner)).encode())
                fcntl.flock(self._held[str(path)], fcntl.LOCK_EX)
        except OSError as error:
            raise Lost(f"no trial can work in {root}: {error.strerror}") from None
        self._own = owner, str(path)
        return str(path)

    def clean(self, told: str | None, suite: str) -> list[Abandoned]:
        """Remove what is nobody's; what is of the suite is held, and told, to be brought home first."""
        found: list[Abandoned] = []
        for root in _known_roots(told):
            with contextlib.suppress(OSError), _alone(root):
                for path in [each for each in root.iterdir() if each.is_dir()]:
                    found += self._clean(path, suite)
            for path in root.glob(f"{_TRASH}*"):
                shutil.rmtree(path, ignore_errors=True)
        return found

    def _clean(self, path: Path, suite: str) -> Iterator[Abandoned]:
        if str(path) in self._held or path.name.startswith(_TRASH):
            return
        try:
            fd = os.open(path / _OWNER, os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:  # it was cut short while it was made
            _to_trash(path)
            return
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            owner = Owner(**json.loads(os.pread(fd, 4096, 0)))
        except BlockingIOError:
            os.close(fd)
            return  # somebody works in it
        except (ValueError, TypeError):
            os.close(fd)
            _to_trash(path)
            return
        if owner.suite == suite:
            self._held[str(path)] = fd
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
        """Everything in it is in the suite."""
        if directory in self._held:
            os.close(self._held.pop(directory))
        if self._own is not None and self._own[1] == directory:
            self._own = None
        shutil.rmtree(directory, ignore_errors=True)

    def let_go(self) -> None:
        """The attempt is over: what was not removed is left for the next one."""
        for fd in self._held.values():
            os.close(fd)
        self._held.clear()
        self._own = None


def root_of(told: str | None) -> Path:
    """Below which directory trials work on this machine.

    Raises:
        Lost: there is none.
    """
    try:
        own = own_directory(told) if told is not None else local_directory()
        if own is None:
            raise Lost(
                "there is no local directory to work in (/var/tmp and /tmp cannot be used): name one by --scratch"
            )
        (own / "trials").mkdir(exist_ok=True)
        return own / "trials"
    except OSError as error:
        raise Lost(f"no trial can work in {told}: {error.strerror}") from None


def _known_roots(told: str | None) -> Iterator[Path]:
    """Where trials of this user may have worked."""
    for base in dict.fromkeys((told or "/var/tmp", "/var/tmp", "/tmp")):
        if (root := Path(base) / f"fpray-{os.geteuid()}" / "trials").is_dir():
            yield root


@contextlib.contextmanager
def _alone(root: Path) -> Iterator[None]:
    """Nobody else makes or removes directories here meanwhile."""
    fd = os.open(root, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX)
        yield
    finally:
        os.close(fd)


def _to_trash(path: Path) -> None:
    """Out of the way at once; removing what may be gigabytes needs no lock."""
    path.rename(path.with_name(f"{_TRASH}{path.name}"))


def parcel(directory: str, leave_out: Sequence[str], begin: tuple[str, int] | None) -> Parcel:
    """The next pieces of a directory's files, in order of name; without those whose names match a pattern.

    Raises:
        Lost: a file cannot be read.
    """
    pieces: list[tuple[str, int, bytes, bool]] = []
    room = PARCEL_BYTES
    try:
        free = shutil.disk_usage(directory).free
        for name in _files(directory, leave_out):
            offset = begin[1] if begin is not None and begin[0] == name else 0
            if begin is not None and name < begin[0]:
                continue
            with (Path(directory) / name).open("rb", buffering=0) as file:
                left = os.fstat(file.fileno()).st_size - offset
                if left > room and pieces:  # the next parcel's: only what fills one is cut
                    return Parcel(pieces, (name, offset), free)
                content = os.pread(file.fileno(), room, offset)
            pieces.append((name, offset, content, len(content) >= left))
            room -= len(content)
            if len(content) < left:
                return Parcel(pieces, (name, offset + len(content)), free)
        return Parcel(pieces, None, free)
    except OSError as error:
        raise Lost(f"{error.filename or directory} cannot be brought to the suite: {error.strerror}") from None


def _files(directory: str, leave_out: Sequence[str]) -> list[str]:
    found = []
    for path in Path(directory).rglob("*"):
        name = str(path.relative_to(directory))
        ours = path.name.startswith(".") or any(fnmatch.fnmatchcase(name, pattern) for pattern in leave_out)
        if path.is_file() and not path.is_symlink() and not ours:
            found.append(name)
    return sorted(found)
