"""Which jar a path names: what the file has in it now."""

from __future__ import annotations

import zipfile
from pathlib import Path

from fpray.jar.find import find_jar


def test_a_jar_that_was_built_again_is_another_jar(tmp_path: Path) -> None:
    path = tmp_path / "my.jar"
    hashes = set()
    for version in ("1", "2"):
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("META-INF/MANIFEST.MF", f"Implementation-Version: {version}\n")
        jar = find_jar(str(path), "java")
        assert jar.version == version
        hashes.add(jar.sha256)
    assert len(hashes) == 2
