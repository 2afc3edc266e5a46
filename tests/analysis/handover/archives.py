"""What is in the archives that tests make, and the home directory of their author."""

from __future__ import annotations

import tarfile
from pathlib import Path

import pyarrow as pa

HOME = "/home/alicia"


def unpack(file: Path, place: Path) -> Path:
    place.mkdir()
    with pa.CompressedInputStream(str(file), "zstd") as stream, tarfile.open(fileobj=stream, mode="r|") as tar:
        tar.extractall(place, filter="data")
    (top,) = place.iterdir()
    return top


def content_of(file: Path, place: Path) -> dict[str, bytes]:
    top = unpack(file, place)
    return {str(path.relative_to(top)): path.read_bytes() for path in top.rglob("*") if path.is_file()}
