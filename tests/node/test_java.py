"""Which java a machine starts: `--java`, else JAVA_HOME's, else PATH's."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from fpray.node.facts import java_facts
from fpray.node.java import java_program, java_version, other_java


@pytest.fixture(autouse=True)
def _nothing_remembered() -> Iterator[None]:
    java_facts.cache_clear()
    yield
    java_facts.cache_clear()


def _java(directory: Path, version: str) -> str:
    (directory / "bin").mkdir(parents=True)
    program = directory / "bin" / "java"
    program.write_text(f"#!/bin/sh\necho {version} >&2\n")
    program.chmod(0o755)
    return str(program)


def test_java_home_comes_before_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A7: and where both exist and differ, the facts of the machine have both."""
    home, path, by_name = (_java(tmp_path / name, name) for name in ("home", "path", "named"))
    monkeypatch.setenv("PATH", f"{tmp_path}/path/bin:/usr/bin:/bin")
    monkeypatch.setenv("JAVA_HOME", f"{tmp_path}/home")
    assert java_facts("java") == {"java": home, "jvm": "home", "java_in_path": path}
    assert java_program("java") == home
    assert java_facts(by_name) == {"java": by_name, "jvm": "named"}
    monkeypatch.setenv("JAVA_HOME", f"{tmp_path}/path")
    assert other_java("java") is None, "they are one program"


def test_java_home_alone_and_path_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A7: no java in PATH, JAVA_HOME set; and the other way round, what is started stays the bare word."""
    home = _java(tmp_path / "home", "home")
    monkeypatch.setenv("JAVA_HOME", f"{tmp_path}/home")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert java_facts("java") == {"java": home, "jvm": "home"}
    for nothing in ("", str(tmp_path / "nothing")):
        java_facts.cache_clear()
        monkeypatch.setenv("JAVA_HOME", nothing)
        assert java_program("java") == "java"
        assert java_facts("java")["java"] is None


@pytest.mark.parametrize(
    ("release", "version"),
    [
        ('IMPLEMENTOR="Debian"\nJAVA_VERSION="17.0.15"\n', 17),
        ('JAVA_VERSION="1.8.0_392"\n', 8),
        ('JAVA_VERSION="25"\n', 25),
        ('JAVA_VERSION="9-ea"\n', 9),
        ('SOURCE="something else"\n', 0),
        ("\ud800", 0),
        (None, 0),
    ],
)
@pytest.mark.parametrize("place", ["", "jre"])
def test_the_version_is_in_the_files_of_the_jdk(
    release: str | None, version: int, place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a JDK 8 also where `java` is the one in jre/bin; and through a link, as in /usr/bin."""
    program = _java(tmp_path / "jdk" / place, "any")
    if release is not None:
        (tmp_path / "jdk" / "release").write_bytes(release.encode(errors="surrogatepass"))
    (tmp_path / "java").symlink_to(program)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert java_version(program) == java_version("java") == version
    assert java_version("no-such-java") == 0
