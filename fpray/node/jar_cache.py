"""The jars on this machine: the driver's own path if that has the same bytes, else a cache by hash."""

from __future__ import annotations

import contextlib
import hashlib
import os
import time
from collections.abc import Iterable
from pathlib import Path

from fpray.errors import Lost
from fpray.files.atomic import replacing
from fpray.files.directory_lock import locked
from fpray.files.disk import remedy
from fpray.node.local_disk import cache_directory, on_network

# What stays in the cache: a jar that was used lately is likely to be used again.
UNUSED_S, IN_USE_S, MOST_BYTES = 14 * 86_400.0, 86_400.0, 2_000_000_000


class JarCache:
    """Finds and keeps jars. What was read once is hashed again only when the file has changed."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._hashes: dict[str, tuple[tuple[int, int, int], str]] = {}

    def find(self, path: str, sha256: str) -> str | None:
        """The path here of the jar with this hash: `path` if it has it, or one in the cache; None if it must be sent.

        A path on a network file system is not used: classes that are loaded late would come across the network
        while clients measure. Nor is one that means something else in a class path.
        """
        if fits_class_path(path) and not on_network(path) and self._hash(path) == sha256:
            return path
        copy = _cache() / f"{sha256}.jar"
        if self._hash(str(copy)) != sha256:
            return None
        with contextlib.suppress(OSError):
            os.utime(copy, ns=(time.time_ns(), copy.stat().st_mtime_ns))  # when it was last used, for `_prune`
        return str(copy)

    def keep(self, sha256: str, pieces: Iterable[bytes]) -> tuple[str, bool]:
        """Put a jar into the cache: its path, and whether it was written. If it is there by now, no piece is read.

        Raises:
            Lost: it cannot be written, or its bytes are not those of the hash.
        """
        cache = _cache()
        path = str(cache / f"{sha256}.jar")
        try:
            with locked(cache):  # sweeps that begin at the same time fetch it once
                if self._hash(path) == sha256:
                    return path, False
                _write(cache, sha256, pieces)
                _prune(cache, self._most_bytes)
                return path, True
        except OSError as error:
            raise Lost(
                f"the jar cannot be written to the directory {cache}: {error.strerror}. {remedy(error)}; otherwise"
                " fpray's next attempt on the machine of this directory fails, too"
            ) from None

    def _hash(self, path: str) -> str | None:
        try:
            stat = os.stat(path)  # noqa: PTH116
            key = (stat.st_ino, stat.st_size, stat.st_mtime_ns)
            if path not in self._hashes or self._hashes[path][0] != key:
                with Path(path).open("rb") as file:
                    self._hashes[path] = key, hashlib.file_digest(file, "sha256").hexdigest()
        except OSError:
            return None
        return self._hashes[path][1]


def fits_class_path(path: str) -> bool:
    """Whether a path can stand after `-cp`: a colon there separates two paths, a star stands for all jars."""
    return ":" not in path and not path.endswith("/*")


def _cache() -> Path:
    """Where jars are kept.

    Raises:
        Lost: there is no place for them.
    """
    path = cache_directory("jars", fits_class_path)
    if path is None:
        raise Lost(
            "there is no directory for the jar on a disk of this machine, because ~/.cache, /var/tmp and /tmp cannot be"
            " used. Make one of them writable; otherwise fpray's next attempt on this machine fails, too"
        )
    return path


def _write(cache: Path, sha256: str, pieces: Iterable[bytes]) -> None:
    digest = hashlib.sha256()
    with replacing(cache / f"{sha256}.jar") as partial:
        with Path(partial).open("wb") as file:
            for piece in pieces:
                digest.update(piece)
                file.write(piece)
        if digest.hexdigest() != sha256:
            raise Lost("the jar was damaged while it was copied to this machine. fpray's next attempt copies it again")


def _prune(cache: Path, most_bytes: int) -> None:
    """Remove jars that were not used for long, and the least recently used if all of them take too much space."""
    stats = {path: path.stat() for path in cache.glob("*.jar")}
    now, total = time.time(), 0
    for path in sorted(stats, key=lambda path: stats[path].st_atime, reverse=True):
        total += stats[path].st_size
        idle = now - stats[path].st_atime
        if idle > UNUSED_S or (idle > IN_USE_S and total > most_bytes):
            path.unlink(missing_ok=True)
            (cache / f".{path.stem}.lock").unlink(missing_ok=True)  # of an earlier fpray
