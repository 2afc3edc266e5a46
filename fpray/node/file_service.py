"""Answers calls about files on a machine: the inputs of processes, their logs, the rows of clients."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from fpray.errors import Lost
from fpray.files.atomic import write_text
from fpray.files.disk import remedy
from fpray.files.reading import piece_of, pieces
from fpray.node.file_transfer import Chunk, read_chunk
from fpray.node.scratch import Scratch

if TYPE_CHECKING:
    from fpray.recorder.csv_reader import Reading


class FileService:
    """The files' part of a role actor; the contracts are those of `fpray.node.agent.FileCalls`."""

    def __init__(self, scratch: Scratch, stopping: threading.Event) -> None:
        """stopping: set when the role's processes are stopped, so that nothing waits any longer."""
        self._scratch, self._stopping = scratch, stopping

    def write(self, directory: str, files: Mapping[str, str]) -> None:
        """Write each file, whole."""
        try:
            for name, content in files.items():
                write_text(f"{directory}/{name}", content)
        except OSError as error:
            raise Lost(
                f"the directory {directory} cannot be written: {error.strerror}. {remedy(error)}; otherwise fpray's"
                " next attempt on the machine of this directory fails, too"
            ) from None

    def read_chunk(self, directory: str, leave_out: Sequence[str], begin: tuple[str, int] | None) -> Chunk:
        """The next pieces of a directory's files."""
        return read_chunk(directory, leave_out, begin)

    def read_piece(self, path: str, offset: int) -> bytes:
        """The next piece of one file."""
        return piece_of(path, offset)

    def read_client(self, path: str, client: str) -> Reading:
        """A client's rows."""
        from fpray.recorder.csv_reader import read_client

        return read_client(path, client)

    def sample_rows(self, paths: Sequence[str], after_s: float) -> Sequence[bytes]:
        """Wait, then read pieces."""
        if self._stopping.wait(after_s):
            return []
        return [piece for path in paths for piece in pieces(path)]

    def remove(self, directory: str) -> None:
        """Remove a directory, and forget it."""
        self._scratch.remove(directory)
