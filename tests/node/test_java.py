"""Which java a machine starts: `--java`, else JAVA_HOME's, else PATH's."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from fpray.node.facts import java_facts
from fpray.node.java import java_program, other_java


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
