"""A text that may hold a secret, such as a URL with a password: what may be shown of it, and where it comes from."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field
from pathlib import Path

from fpray.errors import Cause, refuse
from fpray.files.paths import absolute

# `once:` is what fpray itself hands to a process that it starts: the file is removed, or closed, when it is read.
ENVIRONMENT, FILE, ONCE = "env:", "file:", "once:"
IN_MEMORY = "/proc/self/fd/"  # and the number of an inherited file, which is on no disk
HOW = (
    "put the whole URL into an environment variable and write env:NAME, or into a file of mode 0600 and write file:PATH"
)
_ORDINARY = "name an ordinary file that belongs to you or to root"
_MOST_BYTES = 1 << 16
_SHORTEST = 4  # a shorter piece is in many texts by chance


@dataclass(frozen=True)
class Secret:
    """A text of which only a part may be shown, stored or logged: `str` and `repr` give that part.

    Attributes:
        value: all of it. shown: the part. pieces: what `scrub` removes beside the whole.
        given: how the user wrote it: the text itself, `env:NAME` or `file:PATH`.
        option: the name of its option.
    """

    value: str = field(repr=False)
    shown: str = ""
    pieces: tuple[str, ...] = field(default=(), repr=False)
    given: str = field(default="", repr=False)
    option: str = field(default="", repr=False)

    def __str__(self) -> str:
        return self.shown or self.value

    @property
    def literal(self) -> bool:
        """Whether the user wrote the text itself, on a command line or in a script."""
        return self.given in ("", self.value)

    def scrub(self, text: str) -> str:
        """A text without what may not be shown."""
        text = text.replace(self.value, str(self)) if str(self) != self.value else text
        if self.given.startswith(ONCE):
            text = text.replace(self.given, str(self))
        for piece in self.pieces:
            text = text.replace(piece, "***") if len(piece) >= _SHORTEST else text
        return text


def read_secret(text: str) -> str:
    """The text, or what `env:NAME` or `file:PATH` stands for.

    Raises:
        Refused: there is no such variable or file, or others can read the file.
    """
    if text.startswith(ENVIRONMENT):
        name = text.removeprefix(ENVIRONMENT)
        if not (value := os.environ.get(name, "").strip()):
            raise refuse(
                text,
                f"the environment variable {name} is missing or empty: before this command, run export"
                f" {name}=... with the whole value of the option, such as a URL with its password",
                Cause.SECRET,
            )
        return value
    for prefix in (FILE, ONCE):
        if text.startswith(prefix):
            path = absolute(text.removeprefix(prefix))
            value = _read(text, path)
            if prefix == ONCE:
                _forget(str(path))
            return value
    return text


def _forget(path: str) -> None:
    if (number := path.removeprefix(IN_MEMORY)).isdecimal():
        os.close(int(number))
    else:
        Path(path).unlink(missing_ok=True)


def _read(about: str, path: Path) -> str:
    try:
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK), "rb") as file:  # no wait for a pipe
            facts = os.fstat(file.fileno())
            if not stat.S_ISREG(facts.st_mode):
                raise refuse(about, f"is a pipe or a device: {_ORDINARY}", Cause.SECRET)
            if facts.st_uid not in (0, os.geteuid()):
                raise refuse(about, f"is a file of another user (number {facts.st_uid}): {_ORDINARY}", Cause.SECRET)
            if facts.st_mode & 0o077:
                mode = stat.S_IMODE(facts.st_mode)
                raise refuse(
                    about,
                    f"can be read by other users (mode {mode:04o}), but holds a secret: run chmod 600 {path}",
                    Cause.SECRET,
                )
            value = file.read(_MOST_BYTES).decode(errors="surrogateescape").strip()
    except (OSError, ValueError) as error:
        raise refuse(
            about,
            f"cannot be read: {getattr(error, 'strerror', None) or error}. Correct the path or the permissions",
            Cause.SECRET,
        ) from None
    if not value:
        sentence = "the file is empty: write the whole value of the option into it, such as a URL with its password"
        raise refuse(about, sentence, Cause.SECRET)
    return value


def secret_in_memory(value: str) -> int:
    """A file in memory with a secret, for a child that inherits it and reads it by `IN_MEMORY` and its number.

    It ends with the processes that have it: where they are killed, nothing is left.
    """
    file = os.memfd_create("secret")
    os.fchmod(file, 0o600)
    os.write(file, value.encode(errors="surrogateescape"))
    return file


def write_secret(path: Path, value: str) -> None:
    """Write a file that only this user can read, for `read_secret`.

    Raises:
        OSError: there is such a file already, or it cannot be written.
    """
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(file, "wb") as stream:
        stream.write(value.encode(errors="surrogateescape"))
