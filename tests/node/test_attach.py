"""A profiler's library on a machine, and processes into which none is loaded."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from fpray.node.attach import AttachError, library_of, load_agent

NAME = "libasyncProfiler.so"


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A jar as Maven Central has it, on a machine with an x86-64."""
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    path = tmp_path / "async-profiler.jar"
    with zipfile.ZipFile(path, "w") as file:
        for folder in ("linux-arm64", "linux-x64", "linux-x64-musl", "macos"):
            file.writestr(f"{folder}/{NAME}", folder)
        file.writestr("one/converter/Main.class", b"")
    return path


def test_an_archive_is_unpacked_for_the_machine_it_is_on(archive: Path, tmp_path: Path) -> None:
    with library_of(str(archive), NAME, str(tmp_path)) as path:
        assert Path(path).read_text() == "linux-x64"
        assert Path(path).parent == tmp_path
        assert Path(path).name.startswith("."), "such files are not copied to the suite"
    assert not Path(path).exists()


def test_a_library_is_taken_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / NAME
    file.write_bytes(b"\x7fELF")
    with library_of(str(file), NAME, str(tmp_path)) as path:
        assert path == str(file)


@pytest.mark.parametrize(
    ("machine", "content", "sentence"),
    [("riscv64", None, "has no libasyncProfiler.so for Linux on riscv64"), ("x86_64", b"x", "cannot be unpacked")],
)
def test_what_has_no_library_is_said(
    machine: str, content: bytes | None, sentence: str, archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("platform.machine", lambda: machine)
    if content is not None:
        archive.write_bytes(content)
    with pytest.raises(AttachError, match=sentence), library_of(str(archive), NAME, str(archive.parent)):
        pass
    with pytest.raises(AttachError, match="there is no file"), library_of("/none.jar", NAME, str(archive.parent)):
        pass


def test_a_process_that_is_no_jvm_gets_no_signal(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        with pytest.raises(AttachError, match="no HotSpot JVM"):
            load_agent(process.pid, pytest.fail, str(tmp_path / NAME), ["start"])
        assert process.poll() is None
        process.communicate(b"\n")
    assert process.returncode == 0
