"""Recordings of real JVMs, which tests without a JDK read: `tests/data/recordings`, of a program that adds numbers."""

from __future__ import annotations

import gzip
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "data" / "recordings"
RELEASES = ("jdk17", "jdk25")


def recording(release: str) -> bytes:
    """The bytes of a recording."""
    return gzip.decompress((FOLDER / f"{release}.jfr.gz").read_bytes())
