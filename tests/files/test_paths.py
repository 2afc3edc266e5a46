"""A path that a user gives becomes absolute where it comes in, or is refused in a sentence."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fpray.errors import Refused
from fpray.files.paths import absolute, program, short_path


def test_is_expanded_and_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A6: `~` in any of its forms; what follows a `..` depends on links, so that stays."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", "/home/me")
    assert absolute("~/x") == absolute(Path("~/x")) == Path("/home/me/x")
    assert absolute("~root/x") == Path("/root/x")
    assert absolute("a/../b") == tmp_path / "a/../b"
    assert absolute("run-12:30") == tmp_path / "run-12:30"
    assert absolute("/a/~/b") == Path("/a/~/b")


@pytest.mark.parametrize(
    ("path", "why"),
    [
        (
            "~no-user-of-that-name/x",
            "there is no user no-user-of-that-name on this machine: correct the name, or write an absolute path",
        ),
        ("a\0b", "contains a NUL character"),
        ("a/" + 300 * "n" + "/b", "has a file name of 300 bytes: write one of at most 255"),
        ("a/" * 3000, "is a path of "),
        ("", "is empty"),
        ("a\ud800", "contains bytes that are not UTF-8 text"),
    ],
)
def test_what_can_be_no_path(path: str, why: str) -> None:
    """I6: a sentence, and no more than a line of it."""
    with pytest.raises(Refused, match=why) as refused:
        absolute(path)
    assert len(str(refused.value)) < 250


def test_other_types() -> None:
    """What is no path at all, from Python."""
    with pytest.raises(Refused, match="is not a path"):
        absolute(5)  # type: ignore[arg-type]


def test_without_a_current_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A directory that was removed while a shell is in it."""
    directory = tmp_path / "gone"
    directory.mkdir()
    monkeypatch.chdir(directory)
    directory.rmdir()
    assert absolute("/x") == Path("/x")
    assert short_path(Path("/x")) == "/x"
    with pytest.raises(Refused, match="the directory in which you work was removed"):
        absolute("x")


@settings(derandomize=True, deadline=None, max_examples=300)
@given(st.text(max_size=300))
def test_any_text(text: str) -> None:
    """Whatever is given, the answer is an absolute path that the system takes, or a refusal."""
    try:
        path = absolute(text)
    except Refused:
        return
    assert path.is_absolute()
    os.path.lexists(path)


def test_programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bare name is looked for on each machine."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", "/home/me")
    assert program("java") == "java"
    assert program("~/jdk/bin/java") == "/home/me/jdk/bin/java"
    assert program("jdk/bin/java") == f"{tmp_path}/jdk/bin/java"


def test_is_shown_from_the_current_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is below it is shown as a user types it."""
    monkeypatch.chdir(tmp_path)
    assert short_path(tmp_path / "suites" / "a") == "suites/a"
    assert short_path(tmp_path / "suites") == "./suites", "or a sentence reads: suites has no results"
    assert short_path(tmp_path) == "."
    assert short_path(tmp_path.parent) == str(tmp_path.parent)
