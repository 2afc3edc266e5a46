"""Bounds what processes write to their standard output and error: the beginning and the end stay, the middle goes."""

from __future__ import annotations

import contextlib
import os
import threading
from pathlib import Path

LOOK_S = 1.0  # between two looks at the sizes: what is written in that time may be beyond the bound
_END_BYTES = 1 << 20  # of the latest output stay at each cut


class BoundedFile:
    """A file that another process appends to.

    most: bytes that may stay. Attributes:
        left_out: bytes that did not.
    """

    def __init__(self, path: str, most: int) -> None:
        self.path, self._most, self.left_out = path, most, 0

    def cut(self) -> None:
        """If it has grown beyond its bound, take out its middle; what is written meanwhile may be lost, too.

        The writer opened it with O_APPEND, so that it goes on at the new end.
        """
        with contextlib.suppress(OSError):  # not there yet, or its file system is gone: the trial notices
            if Path(self.path).stat().st_size > self._most:
                self._cut()

    def _cut(self) -> None:
        beginning, end = self._most // 2, min(_END_BYTES, self._most // 4)
        with Path(self.path).open("r+b", buffering=0) as file:
            size = file.seek(0, os.SEEK_END)
            latest = os.pread(file.fileno(), end, size - end)
            latest = latest[latest.find(b"\n") + 1 :]  # whole lines
            self.left_out += size - beginning - len(latest)
            file.truncate(beginning)
        words = (
            f"{self.left_out / 1e6:.1f} MB of output are left out here, because --max-output is"
            f" {size_words(self._most)} (write a larger one to keep more)"
        )
        with Path(self.path).open("ab", buffering=0) as file:
            file.write(f"\n[fpray: {words}]\n".encode() + latest)


def size_words(size: int) -> str:
    """`100m`, as `--max-output` takes it."""
    for unit, factor in (("g", 10**9), ("m", 10**6), ("k", 10**3)):
        if size % factor == 0:
            return f"{size // factor}{unit}"
    return str(size)


class OutputLimit:
    """Looks at the outputs of running processes once a second, in a thread that lives as long as there are some."""

    def __init__(self) -> None:
        self._files: dict[int, list[BoundedFile]] = {}
        self._lock = threading.Lock()
        self._looks = False

    def add(self, key: int, files: list[BoundedFile]) -> None:
        """Bound the outputs of a process from now on."""
        with self._lock:
            if files:
                self._files[key] = files
            if self._looks or not self._files:
                return
            self._looks = True
        threading.Thread(target=self._look, name="output-limit", daemon=True).start()

    def end(self, key: int) -> int:
        """The process has ended: bytes of its outputs that were left out."""
        with self._lock:
            files = self._files.pop(key, [])
            for file in files:
                file.cut()
        return sum(file.left_out for file in files)

    def _look(self) -> None:
        pause = threading.Event()
        while True:
            pause.wait(LOOK_S)
            with self._lock:
                if not self._files:
                    self._looks = False
                    return
                for file in (file for files in self._files.values() for file in files):
                    file.cut()
