"""Where the reference jar is built, and with which JDK."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from fpray.errors import Refused
from fpray.jar.build import javac, reference_jar
from tests.support.other_user import UID, needs_root, output_as_other_user

_SOURCES = Path(__file__).parents[2] / "jvm"
_BUILD = """
import os, pathlib, sys
os.environ["HOME"] = "/nonexistent"
os.environ.pop("XDG_CACHE_HOME", None)
from fpray.errors import Refused
from fpray.jar import build
from fpray.node import local_disk
if sys.argv[2] == "nowhere":
    local_disk.local_directory = lambda: None
try:
    print(build.reference_jar("java", pathlib.Path(sys.argv[1])))
except Refused as refused:
    print(refused)
"""


@pytest.fixture
def read_only_sources() -> Iterator[Path]:
    """A small checkout that another user can read, and cannot write to."""
    root = Path(tempfile.mkdtemp(prefix="fpray-sources-", dir="/tmp"))
    root.chmod(0o755)
    (root / "jvm" / "src").mkdir(parents=True)
    shutil.copy(_SOURCES / "VERSION", root / "jvm")
    (root / "jvm" / "src" / "A.java").write_text("class A {}")
    yield root / "jvm"
    shutil.rmtree(root)


@needs_root
@pytest.mark.jvm
def test_without_a_home_and_beside_read_only_sources(read_only_sources: Path) -> None:
    """A5: in a container, a user may have no home, and may not write to the installation."""
    jar = Path(output_as_other_user(_BUILD, str(read_only_sources), "somewhere").splitlines()[-1])
    try:
        assert jar.is_file()
        assert jar.parent in [Path(base) / f"fpray-{UID}" / "reference" for base in ("/var/tmp", "/tmp")]
    finally:
        jar.unlink()
    refusal = output_as_other_user(_BUILD, str(read_only_sources), "nowhere")
    assert "nothing was started" in refusal
    assert "Set XDG_CACHE_HOME to a directory that you can write, such as export XDG_CACHE_HOME=/data/cache" in refusal


@pytest.mark.jvm
def test_a_directory_that_cannot_be_made(tmp_path: Path) -> None:
    """A5: whatever the system says of it is a sentence."""
    shutil.copytree(_SOURCES, tmp_path / "jvm")
    (tmp_path / ".build").write_text("a file")
    why = r"cannot be built in .*\.build: (File exists|Not a directory)\. Check that disk, or name a jar of your own"
    with pytest.raises(Refused, match=why):
        reference_jar("java", tmp_path / "jvm")


def _jdk(home: Path, *programs: str) -> Path:
    (home / "bin").mkdir(parents=True)
    for name in programs:
        (home / "bin" / name).write_text("#!/bin/sh\nexec /bin/true\n")
        (home / "bin" / name).chmod(0o755)
    return home


def test_the_compiler_is_that_of_the_java_in_use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A7: `--java`, else JAVA_HOME, else PATH."""
    by_name, home, path = (_jdk(tmp_path / name, "java", "javac") for name in ("named", "home", "path"))
    monkeypatch.setenv("PATH", f"{path / 'bin'}:{os.environ['PATH']}")
    monkeypatch.delenv("JAVA_HOME", raising=False)
    assert javac("java") == str(path / "bin" / "javac")
    monkeypatch.setenv("JAVA_HOME", str(home))
    assert javac("java") == str(home / "bin" / "javac")
    assert javac(str(by_name / "bin" / "java")) == str(by_name / "bin" / "javac")
