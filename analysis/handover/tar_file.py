"""Writes files into a `.tar.zst`, so that the same files give the same bytes: one time, no owner, one mode."""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import tarfile
from types import TracebackType
from typing import IO, Any, Final, Self

from fpray.errors import Cause, refuse

TIME: Final = 946_684_800  # 2000-01-01, in seconds since the epoch
_MODE: Final = 0o644
_PIECE_BYTES: Final = 1 << 20


class _Disk:
    """The file below a compressor, which must not raise where Arrow cannot pass an error on: it is raised later."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._error: OSError | None = None
        self.hash = hashlib.sha256()
        self.closed = False

    def write(self, data: Any) -> int:
        """Write, unless that has failed before."""
        if self._error is None:
            try:
                self._file.write(data)
                self.hash.update(data)
            except OSError as error:
                self._error = error
        return len(data)

    def flush(self) -> None:
        """Nothing is kept back here."""

    def close(self) -> None:
        """Its owner closes the file."""

    def raise_if_failed(self) -> None:
        """Raise what a write has raised."""
        if self._error is not None:
            raise self._error


class TarFile:
    """A `.tar.zst` that is being written."""

    def __init__(self, path: str, top: str) -> None:
        """top: the directory in which all files are."""
        self._path, self._top = path, top
        self.directory = os.path.dirname(path)  # noqa: PTH120
        self._all = contextlib.ExitStack()
        self.sums: dict[str, str] = {}  # name -> SHA-256 of its content

    def __enter__(self) -> Self:
        import pyarrow as pa

        self._disk = _Disk(self._all.enter_context(open(self._path, "wb")))  # noqa: PTH123
        self._compressor = pa.CompressedOutputStream(pa.PythonFile(self._disk, mode="w"), "zstd")
        self._tar = tarfile.open(fileobj=self._compressor, mode="w|", format=tarfile.PAX_FORMAT, bufsize=_PIECE_BYTES)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        with self._all:
            with contextlib.suppress(*([Exception] if kind else [])):
                self._tar.close()
            self._compressor.close()
            if kind is None:
                self._disk.raise_if_failed()

    @property
    def sha256(self) -> str:
        """The SHA-256 of the whole file, once it is closed."""
        return self._disk.hash.hexdigest()

    def add(self, name: str, content: IO[bytes], size: int, *, later: int = 0) -> None:
        """Add a file of `size` bytes. later: how many seconds after the others it seems to be from.

        Raises:
            Refused: it has another size by now.
            OSError: the archive cannot be written.
        """
        reader = _Hashed(content)
        info = tarfile.TarInfo(f"{self._top}/{name}")
        info.size, info.mtime, info.mode = size, TIME + later, _MODE
        try:
            self._tar.addfile(info, reader)
        except OSError as error:
            if str(error) == "unexpected end of data":
                raise changed(name) from None
            raise
        if content.read(1):
            raise changed(name)
        self.sums[name] = reader.hash.hexdigest()
        self._disk.raise_if_failed()

    def add_text(self, name: str, text: str) -> None:
        """Add a file with a text."""
        data = text.encode(errors="surrogateescape")
        self.add(name, io.BytesIO(data), len(data))


class _Hashed:
    """A file that is hashed while it is read."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self.hash = file, hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        """Read, as from the file."""
        data = self._file.read(size)
        self.hash.update(data)
        return data


def changed(name: str) -> Exception:
    """The error of a file that changed while the archive was made."""
    return refuse(name, "changed while it was read: wait until no program writes into the suite", Cause.IN_USE)


def sums_text(sums: dict[str, str]) -> str:
    """Hashes as `sha256sum -c` takes them."""
    return "".join(f"{value}  {name}\n" for name, value in sums.items())
