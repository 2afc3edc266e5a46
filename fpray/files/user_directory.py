"""The directory of fpray's own on a machine, for one user alone: locks, the embedded Ray's files, sockets."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from fpray.errors import Cause, Problem, Refused
from fpray.files.disk import remedy, why_not_written

_TMP = Path("/tmp")
_SOCKETS = 40  # the longest path: below it lie Ray's sockets; their paths may have 107 bytes


def user_directory() -> Path:
    """`/tmp/fpray-UID`, mode 0700; where that cannot be used, `$XDG_RUNTIME_DIR/fpray`. Made if it is missing.

    Every process of a user on a machine gets the same one. `$XDG_RUNTIME_DIR` is the second choice: it is removed when
    the user logs out, which a sweep in the background survives, and Ray's processes on a cluster may not have it.

    Raises:
        Refused: there is none: each of these is another user's, a link, open to other users, or cannot be made.
    """
    problems: list[Problem] = []
    for path in _candidates():
        try:
            _check_parent(path.parent)
            return private_directory(path)
        except OSError as error:
            which = " (no other user may read them)"
            if problems:
                which = f" either (this directory or {problems[0].about} is enough)"
            sentence = f"cannot hold fpray's temporary files{which}: {_why(error)}"
            problems.append(Problem(str(path), sentence, Cause.OWN_DIRECTORY))
    raise Refused(*problems)


def _why(error: OSError) -> str:
    """Why a directory cannot be used, and what to do; the errors of this file say both."""
    if error.strerror != os.strerror(error.errno or 0):
        return str(error.strerror)
    return f"{why_not_written(error, str(_TMP))}. {remedy(error)}"


def _candidates() -> Iterator[Path]:
    yield _TMP / f"fpray-{os.geteuid()}"
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    if runtime.startswith("/") and len(os.fsencode(runtime)) + len("/fpray") <= _SOCKETS:
        yield Path(runtime) / "fpray"


def _check_parent(parent: Path) -> None:
    """Where all users may write, the sticky bit keeps them from renaming what is another's."""
    mode = parent.stat().st_mode
    if mode & 0o022 and not mode & stat.S_ISVTX:
        raise PermissionError(13, _replaceable(parent), str(parent))


def check_parents(path: Path) -> None:
    """Check that no directory around a path is open to all users without the sticky bit: they could replace the path.

    Raises:
        OSError: one is; `strerror` says which, and what to do.
    """
    for parent in Path(os.path.realpath(path)).parents:
        mode = parent.stat().st_mode
        if mode & 0o002 and not mode & stat.S_ISVTX:
            raise PermissionError(13, _replaceable(parent), str(parent))


def _replaceable(parent: Path) -> str:
    return f"other users could replace it, because {parent} has no sticky bit. Run chmod +t {parent} (as its owner)"


def closed_directory(path: Path) -> Path:
    """A directory as `private_directory`; one of this user's own that was open to others is closed.

    Raises:
        OSError: it cannot be made, belongs to another user, or is a link.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    check_parents(path)
    facts = path.lstat() if os.path.lexists(path) else None
    if facts is not None and stat.S_ISDIR(facts.st_mode) and facts.st_uid == os.geteuid():
        path.chmod(0o700)
    return private_directory(path)


def private_directory(path: Path) -> Path:
    """A directory of this user's own that is closed to all others; made with mode 0700 if it is missing.

    Raises:
        OSError: it cannot be made or used; `strerror` says why, and what to do.
    """
    try:
        path.mkdir(mode=0o700)
        path.chmod(0o700)  # whatever the umask is
    except FileExistsError:
        pass
    check_private(path)
    return path


def check_private(path: Path) -> None:
    """Check that a directory is this user's own and closed to all others.

    Raises:
        OSError: it is not, or there is none; `strerror` says why, and what to do.
    """
    facts = path.lstat()
    if facts.st_uid != os.geteuid():
        raise PermissionError(
            13,
            f"it belongs to the user with number {facts.st_uid}. Ask that user, or root, to remove it",
            str(path),
        )
    if not stat.S_ISDIR(facts.st_mode):
        what = "a symbolic link" if stat.S_ISLNK(facts.st_mode) else "no directory"
        raise NotADirectoryError(20, f"it is {what}. Remove it", str(path))
    if facts.st_mode & 0o077:
        sentence = (
            f"other users can write or read it (mode {stat.S_IMODE(facts.st_mode):04o}). Remove it, or"
            f" run chmod 700 {path}"
        )
        raise PermissionError(13, sentence, str(path))
    if not os.access(path, os.W_OK | os.X_OK):
        raise PermissionError(13, "Permission denied", str(path))
