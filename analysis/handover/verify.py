"""`fpray archive --verify`: reads an archive, unpacks nothing, and compares each file with the list of hashes in it.

An archive comes from outside. What `fpray archive` never writes is no archive: links, devices, paths that lead
elsewhere, names that are there twice, and a small file that stands for a huge one.
"""

from __future__ import annotations

import hashlib
import re
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Final

from fpray.errors import Cause, first_line, only_reading, refuse
from fpray.files import layout
from fpray.files.paths import short_path
from fpray.files.shown import in_brief

_PIECE_BYTES: Final = 1 << 20
_MOST_LIST_BYTES: Final = 256 << 20
_MOST_HEADER_BYTES: Final = 1 << 16  # of what stands before a file: its long name
_MOST_FILES: Final = 5_000_000
# Rows and logs become a tenth or a hundredth; what becomes far less is made to fill a reader's disk or time.
_MOST_RATIO, _FREE_BYTES = 2_000, 1 << 30
_HASH: Final = re.compile(r"(?P<hash>[0-9a-f]{64})  (?P<name>[^\n]+)")
_ORDINARY: Final = (tarfile.REGTYPE, tarfile.AREGTYPE)


@dataclass(frozen=True)
class Differences:
    """What differs from the list of hashes, by name; and how many files the list has."""

    files: int
    missing: list[str] = field(default_factory=list)
    additional: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)

    def by_kind(self) -> Mapping[str, list[str]]:
        """In a word, and the names."""
        return {"missing": self.missing, "additional": self.additional, "changed": self.changed}

    @property
    def any(self) -> bool:
        """Whether something differs."""
        return any(self.by_kind().values())


class _NoArchiveError(Exception):
    """Why a file is no archive: the end of a sentence about it."""


def verify(file: Path) -> Differences:
    """Compare the files in an archive with its list of hashes.

    Raises:
        fpray.Refused: it is no archive of fpray's, or cannot be read.
    """
    with only_reading():
        try:
            return _compared(file)
        except _NoArchiveError as why:
            raise refuse(short_path(file), f"is no archive of fpray: {why}", Cause.DAMAGED) from None
        except tarfile.TarError as error:
            sentence = f"is no archive of fpray, or is damaged: {error}"
            raise refuse(short_path(file), sentence, Cause.DAMAGED) from None
        except (OSError, ValueError) as error:  # Arrow's errors of damaged content are one or the other
            reason = getattr(error, "strerror", None) or f"it cannot be unpacked ({first_line(error)})"
            raise refuse(short_path(file), f"is no archive of fpray, or is damaged: {reason}", Cause.DAMAGED) from None


def _compared(file: Path) -> Differences:
    hashes: dict[str, str] = {}
    sums: dict[str, str] | None = None
    for name, content in _files(file):
        if name == layout.CHECKSUMS:
            sums = _list(content.read(_MOST_LIST_BYTES + 1))
            continue
        hashes[name] = _hash(content)
        if len(hashes) > _MOST_FILES:
            raise _NoArchiveError(f"it has more than {_MOST_FILES:,} files")
    if sums is None:
        raise _NoArchiveError(f"it has no {layout.CHECKSUMS}")
    return Differences(
        len(sums),
        missing=sorted(sums.keys() - hashes.keys()),
        additional=sorted(hashes.keys() - sums.keys()),
        changed=sorted(name for name in sums.keys() & hashes.keys() if sums[name] != hashes[name]),
    )


def _list(data: bytes) -> dict[str, str]:
    if len(data) > _MOST_LIST_BYTES:
        raise _NoArchiveError(f"its {layout.CHECKSUMS} has more than {_MOST_LIST_BYTES:,} bytes")
    hashes: dict[str, str] = {}
    for number, line in enumerate(data.decode(errors="replace").splitlines(), start=1):
        match = _HASH.fullmatch(line)
        if match is None or match["name"] in hashes:
            raise _NoArchiveError(f"line {number} of its {layout.CHECKSUMS} is no hash of a file of its own")
        hashes[match["name"]] = match["hash"]
    return hashes


def _hash(content: IO[bytes]) -> str:
    sha256 = hashlib.sha256()
    while piece := content.read(_PIECE_BYTES):
        sha256.update(piece)
    return sha256.hexdigest()


def _files(file: Path) -> Iterator[tuple[str, IO[bytes]]]:
    """The name of each file below the one directory of an archive, and its content, which is read at once."""
    import pyarrow as pa

    if not file.is_file():
        raise _NoArchiveError("it is a directory" if file.is_dir() else "there is no such file")
    names, tops = set[str](), set[str]()
    with file.open("rb") as raw, pa.CompressedInputStream(pa.PythonFile(raw, mode="r"), "zstd") as stream:
        bounded: Any = _Bounded(stream, file.stat().st_size)
        with tarfile.open(fileobj=bounded, mode="r|", tarinfo=_Header, bufsize=_PIECE_BYTES) as tar:
            for info in tar:
                top, _, name = info.name.partition("/")
                tops.add(top)
                if info.isdir() and _is_safe(info.name):
                    continue
                _check(info, names, tops)
                names.add(name)
                content = tar.extractfile(info)
                assert content is not None
                yield name, content
                tar.members = []  # type: ignore[attr-defined]  # it would remember all of them


def _check(info: tarfile.TarInfo, names: set[str], tops: set[str]) -> None:
    shown_name = in_brief(info.name)
    if info.type not in _ORDINARY or info.issparse():
        raise _NoArchiveError(f"{shown_name} is a link or a special file")
    if not _is_safe(info.name) or "/" not in info.name:
        raise _NoArchiveError(f"{shown_name} is a path that leads elsewhere")
    if len(tops) > 1:
        raise _NoArchiveError(f"{shown_name} is not in its one directory")
    if info.name.partition("/")[2] in names:
        raise _NoArchiveError(f"{shown_name} is in it twice")


def _is_safe(name: str) -> bool:
    """Whether a path stays in the directory in which it is unpacked, on any system."""
    parts = name.split("/")
    return name.isprintable() and "\\" not in name and ":" not in parts[0] and not {"", ".", ".."} & {*parts}


class _Header(tarfile.TarInfo):
    """A header of which the additions, such as a long name, are bounded: they are read at once."""

    @classmethod
    def frombuf(cls, buf: Any, encoding: str, errors: str) -> Any:
        """As `TarInfo.frombuf`."""
        info = super().frombuf(buf, encoding, errors)
        if info.type not in _ORDINARY and info.size > _MOST_HEADER_BYTES:
            raise _NoArchiveError(f"a header in it has {info.size:,} bytes")
        return info


class _Bounded:
    """What is unpacked from a file, at most _MOST_RATIO times its size."""

    def __init__(self, stream: Any, packed_bytes: int) -> None:
        self._stream = stream
        self._rest = _FREE_BYTES + _MOST_RATIO * packed_bytes

    def read(self, size: int) -> bytes:
        """At most so many bytes."""
        data: bytes = self._stream.read(size)
        self._rest -= len(data)
        if self._rest < 0:
            raise _NoArchiveError(f"it unpacks to more than {_MOST_RATIO:,} times its size")
        return data
