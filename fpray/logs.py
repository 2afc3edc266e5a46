"""`fpray logs`: what a process of a trial has written so far, and, followed, what it still writes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from fpray.errors import Problem, Refused, nearest
from fpray.store import TrialDirectory, read_json

_LOOK_S = 0.25
_CHUNK = 1 << 16


def labels(directory: TrialDirectory) -> list[str]:
    """The processes of a trial, in the order in which they are started."""
    plan = read_json(directory.file("plan.json")) or {"processes": []}
    return [process["label"] for process in plan["processes"]]


def check_label(directory: TrialDirectory, label: str) -> None:
    """See that a trial has a process.

    Raises:
        Refused: it has not.
    """
    known = labels(directory)
    if label not in known:
        said = f"it has {', '.join(known)}" if known else "it has started none yet"
        raise Refused(Problem(label, f"trial {directory.number} has no such process{nearest(label, known)}; {said}"))


def read_log(directory: TrialDirectory, label: str, *, follow: bool = False) -> Iterator[bytes]:
    """The output and the error output of a process, with a heading where both have something; in pieces.

    Followed, what comes while it runs, too, until it has ended.

    Raises:
        Refused: the trial has no such process.
    """
    check_label(directory, label)
    files = [_File(directory.file(f"{label}_{kind}.txt")) for kind in ("out", "err")]
    ends = [directory.file(f"{label}_returncode.txt"), directory.file("outcome.json")]
    shown: _File | None = None
    last = b""
    while True:
        over = not follow or any(path.exists() for path in ends)  # asked first: what comes before the end is read after
        for file in files:
            for piece in file.news():
                if file is not shown and (shown is not None or all(each.size() for each in files)):
                    yield (b"" if last in (b"", b"\n") else b"\n") + f"==> {file.path.name} <==\n".encode()
                shown, last = file, piece[-1:]
                yield piece
        if over:
            return
        time.sleep(_LOOK_S)


class _File:
    """A file that grows, and where it was read to."""

    def __init__(self, path: Path) -> None:
        self.path, self._read = path, 0

    def news(self) -> Iterator[bytes]:
        """What has come since."""
        try:
            with self.path.open("rb") as file:
                file.seek(self._read)
                while piece := file.read(_CHUNK):
                    self._read += len(piece)
                    yield piece
        except FileNotFoundError:
            return

    def size(self) -> int:
        """In bytes; of what is not there, 0."""
        try:
            return self.path.stat().st_size
        except FileNotFoundError:
            return 0
