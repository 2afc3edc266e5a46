"""A package with instruments, as one that is installed beside fpray."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path


def install_instruments(directory: Path, points: Mapping[str, str]) -> Path:
    """Let a directory hold a package with entry points, name -> `module:factory`; it is for the path of imports."""
    metadata = directory / "faults-1.0.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: faults\nVersion: 1.0\n")
    lines = ["[fpray.instruments]", *(f"{name} = {what}" for name, what in points.items())]
    (metadata / "entry_points.txt").write_text("\n".join(lines) + "\n")
    return directory
