"""The jars that are on this machine: the driver's own path where that holds the same bytes, or a cache by hash."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import time
from collections.abc import Iterable
from pathlib import Path

from fpray.errors import Lost
from fpray.node.local_disk import local_directory, on_network

# Of what other sweeps left, so much stays: a jar that was used lately is likely to be used again.
UNUSED_S, IN_USE_S, MOST_BYTES = 14 * 86_400.0, 86_400.0, 2_000_000_000


class Jars:
    """Finds and keeps jars. What was read once is hashed again only when the file has changed."""

    def __init__(self) -> None:
        self._hashes: dict[str, tuple[tuple[int, int, int], str]] = {}

    def find(self, told: str, sha256: str) -> str | None:
        """The path here of the jar with this hash: as the driver calls it, or in the cache; None where it has to come.

        A path on a network file system is passed over: classes that are loaded late would come across the network
        while clients measure.
        """
        if not on_network(told) and self._hash(told) == sha256:
            return told
        cached = _cache() / f"{sha256}.jar"
        if self._hash(str(cached)) != sha256:
            return None
        with contextlib.suppress(OSError):
            os.utime(cached, ns=(time.time_ns(), cached.stat().st_mtime_ns))  # when it was last used, for `_prune`
        return str(cached)

    def keep(self, sha256: str, pieces: Iterable[bytes]) -> tuple[str, bool]:
        """Put a jar into the cache: its path, and whether it came. Where it is there by now, no piece is taken.

        Raises:
            Lost: it cannot be written, or is not what it should be.
        """
        cache = _cache()
        path = str(cache / f"{sha256}.jar")
        try:
            with (cache / f".{sha256}.lock").open("w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)  # sweeps that begin at the same time fetch it once
                if self._hash(path) == sha256:
                    return path, False
                _write(cache, sha256, pieces)
                _prune(cache)
                return path, True
        except OSError as error:
            raise Lost(f"the jar cannot be kept in {cache}: {error.strerror}") from None

    def _hash(self, path: str) -> str | None:
        try:
            found = os.stat(path)  # noqa: PTH116
            key = (found.st_ino, found.st_size, found.st_mtime_ns)
            if path not in self._hashes or self._hashes[path][0] != key:
                with Path(path).open("rb") as file:
                    self._hashes[path] = key, hashlib.file_digest(file, "sha256").hexdigest()
        except OSError:
            return None
        return self._hashes[path][1]


def _cache() -> Path:
    """Where jars are kept: the user's cache, unless that is on a network file system or cannot be written."""
    home = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser()
    with contextlib.suppress(OSError):
        if home.is_absolute() and not on_network(home):
            cache = home / "fpray" / "jars"
            cache.mkdir(parents=True, exist_ok=True)
            if os.access(cache, os.W_OK):
                return cache
    own = local_directory()
    if own is None:
        raise Lost("there is no local directory for the jar: neither ~/.cache, /var/tmp nor /tmp can be used")
    (own / "jars").mkdir(exist_ok=True)
    return own / "jars"


def _write(cache: Path, sha256: str, pieces: Iterable[bytes]) -> None:
    partial, digest = cache / f".{sha256}.{os.getpid()}.partial", hashlib.sha256()
    try:
        with partial.open("wb") as file:
            for piece in pieces:
                digest.update(piece)
                file.write(piece)
        if digest.hexdigest() != sha256:
            raise Lost("the jar arrived with other bytes than it was sent with")
        partial.replace(cache / f"{sha256}.jar")
    finally:
        partial.unlink(missing_ok=True)


def _prune(cache: Path) -> None:
    """Remove what nobody has used for long, and the least recently used where all of it takes too much."""
    used = {path: path.stat() for path in cache.glob("*.jar")}
    now, total = time.time(), 0
    for path in sorted(used, key=lambda path: used[path].st_atime, reverse=True):
        total += used[path].st_size
        idle = now - used[path].st_atime
        if idle > UNUSED_S or (idle > IN_USE_S and total > MOST_BYTES):
            path.unlink(missing_ok=True)
            (cache / f".{path.stem}.lock").unlink(missing_ok=True)
