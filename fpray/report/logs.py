"""`fpray logs`: what a process of a trial has written so far, and, if it is followed, what it still writes."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path

from fpray.errors import Cause, nearest, refuse
from fpray.files import layout
from fpray.files.reading import piece_of
from fpray.files.suite_file import Damaged
from fpray.report.remote_files import RemoteReader
from fpray.store.plan_file import planned_processes
from fpray.store.trial_directory import TrialDirectory

_POLL_S, _POLL_REMOTE_S = 0.25, 1.0  # reading on another machine wakes it up


def labels(directory: TrialDirectory) -> list[str]:
    """The processes of a trial, in the order in which they are started."""
    return [process.label for process in planned_processes(directory)]


def check_label(directory: TrialDirectory, label: str) -> None:
    """Check that a trial has a process.

    Raises:
        Refused: it has not.
    """
    names = labels(directory)
    if label not in names:
        others = (
            f"its processes: {', '.join(names)}"
            if names
            else "this trial has not started any process yet, so try again later"
        )
        raise refuse(
            label, f"trial {directory.number} has no such process{nearest(label, names)}; {others}", Cause.PROCESS
        )


def read_log(
    directory: TrialDirectory,
    label: str,
    *,
    follow: bool = False,
    remote: RemoteReader = lambda _host, _path, _offset: b"",
) -> Iterator[bytes]:
    """The output and the error output of a process, in pieces, with a heading if both have something.

    follow: also what the process writes until it has ended. If it works on a disk of its own machine, its files are
    read there until they are in the suite.

    Raises:
        Refused: the trial has no such process.
        FprayError: its machine cannot be asked.
    """
    check_label(directory, label)
    place = _work_place(directory, label)
    files = [_LogFile(directory.file(name(label)), place, remote) for name in (layout.stdout_file, layout.stderr_file)]
    for file in files:
        if file.path.exists() and not file.path.is_file():
            sentence = (
                "is not an ordinary file (it is a directory, a pipe or a device), so fpray does not read it: replace it"
                " by an ordinary file with the log, or remove it"
            )
            raise Damaged(file.path, sentence)
    ends = [directory.file(layout.returncode_file(label)), directory.file(layout.OUTCOME)]
    last_file: _LogFile | None = None
    last = b""
    while True:
        over = not follow or any(path.exists() for path in ends)  # checked first: the last pieces are read after it
        for file in files:
            for piece in file.news():
                if file is not last_file and (last_file is not None or all(any_file.size() for any_file in files)):
                    yield (b"" if last in (b"", b"\n") else b"\n") + f"==> {file.path.name} <==\n".encode()
                last_file, last = file, piece[-1:]
                yield piece
        if over:
            return
        time.sleep(_POLL_REMOTE_S if any(file.is_remote for file in files) else _POLL_S)


def _work_place(directory: TrialDirectory, label: str) -> tuple[str, str] | None:
    """The machine and directory in which a process works, if that is not the trial's directory."""
    process = next(process for process in planned_processes(directory) if process.label == label)
    trial = directory.path
    if trial.parent.name == layout.ATTEMPTS:  # its processes worked in the directory of its trial
        trial = trial.parents[1]
    if not process.directory or Path(process.directory).name == trial.name:
        return None
    return process.host, process.directory


class _LogFile:
    """A file that grows, and up to where it was read: in the suite or, until it is there, where its process works."""

    def __init__(self, path: Path, place: tuple[str, str] | None, remote: RemoteReader) -> None:
        self.path, self._offset, self._remote = path, 0, remote
        self._host, self._work_file = (place[0], Path(place[1]) / path.name) if place else ("", path)
        self.is_remote = False

    def news(self) -> Iterator[bytes]:
        """What has been added since the last call."""
        while True:
            local = next((path for path in (self.path, self._work_file) if path.exists()), None)
            self.is_remote = local is None and bool(self._host)
            if local is not None:
                piece = piece_of(local, self._offset)
            else:
                piece = self._remote(self._host, str(self._work_file), self._offset) if self._host else b""
            if not piece and self.is_remote and self.path.exists():
                continue  # it has come into the suite meanwhile
            if not piece:
                return
            self._offset += len(piece)
            yield piece

    def size(self) -> int:
        """The size of the file in bytes; of a file on another machine, how much of it was read."""
        for path in (self.path, self._work_file):
            with contextlib.suppress(FileNotFoundError):
                return path.stat().st_size
        return self._offset
