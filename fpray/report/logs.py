"""`fpray logs`: what a process of a trial has written so far, and, followed, what it still writes."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from fpray.errors import Problem, Refused, nearest
from fpray.files import layout
from fpray.files.atomic import read_json
from fpray.node.process_files import piece_of
from fpray.store.suite import Suite
from fpray.store.trial_directory import TrialDirectory

# Machine, path there, offset -> what follows in that file; nothing where there is no such file (yet, or any more).
Far = Callable[[str, str, int], bytes]
_LOOK_S, _LOOK_FAR_S = 0.25, 1.0  # a look at another machine wakes it up


def labels(directory: TrialDirectory) -> list[str]:
    """The processes of a trial, in the order in which they are started."""
    plan = read_json(directory.file(layout.PLAN)) or {"processes": []}
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


@contextlib.contextmanager
def far_reader(suite: Suite) -> Iterator[Far]:
    """Reads on other machines within the block, through the Ray cluster that the suite runs on."""
    from fpray.cluster.calls import gather
    from fpray.cluster.session import Machines

    address = suite.record.last_run.get("ray", {}).get("address")
    with contextlib.ExitStack() as attached:
        machines: list[Machines] = []

        def far(host: str, path: str, offset: int) -> bytes:
            if address in (None, "embedded"):
                return b""
            if not machines:
                machines.append(attached.enter_context(Machines(address)))
            ((_, piece),) = gather([machines[0].actor("logs", host).read_piece.remote(path, offset)], 30)
            return bytes(piece)

        yield far


def read_log(
    directory: TrialDirectory, label: str, *, follow: bool = False, far: Far = lambda _host, _path, _offset: b""
) -> Iterator[bytes]:
    """The output and the error output of a process, with a heading where both have something; in pieces.

    Followed, what comes while it runs, too, until it has ended. A process that works on a disk of its machine's own
    is read there until its files are in the suite.

    Raises:
        Refused: the trial has no such process.
        FprayError: its machine cannot be asked.
    """
    check_label(directory, label)
    place = _place(directory, label)
    files = [_File(directory.file(name(label)), place, far) for name in (layout.stdout_file, layout.stderr_file)]
    ends = [directory.file(layout.returncode_file(label)), directory.file(layout.OUTCOME)]
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
        time.sleep(_LOOK_FAR_S if any(each.is_far for each in files) else _LOOK_S)


def _place(directory: TrialDirectory, label: str) -> tuple[str, str] | None:
    """The machine and directory in which a process works, where that is not the trial's."""
    own = next(each for each in read_json(directory.file(layout.PLAN))["processes"] if each["label"] == label)
    there = own.get("directory", "")  # a plan of before there were others has none
    return (own["host"], there) if there and Path(there).name != directory.path.name else None


class _File:
    """A file that grows, and where it was read to: in the suite or, until it is there, where its process works."""

    def __init__(self, path: Path, place: tuple[str, str] | None, far: Far) -> None:
        self.path, self._read, self._far = path, 0, far
        self._host, self._there = (place[0], Path(place[1]) / path.name) if place else ("", path)
        self.is_far = False

    def news(self) -> Iterator[bytes]:
        """What has come since."""
        while True:
            near = next((path for path in (self.path, self._there) if path.exists()), None)
            self.is_far = near is None and bool(self._host)
            if near is not None:
                piece = piece_of(near, self._read)
            else:
                piece = self._far(self._host, str(self._there), self._read) if self._host else b""
            if not piece and self.is_far and self.path.exists():
                continue  # it has come home meanwhile
            if not piece:
                return
            self._read += len(piece)
            yield piece

    def size(self) -> int:
        """In bytes; of what is not there, what was read of it."""
        for path in (self.path, self._there):
            with contextlib.suppress(FileNotFoundError):
                return path.stat().st_size
        return self._read
