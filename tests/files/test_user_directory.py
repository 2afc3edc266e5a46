"""fpray's own directory is its user's alone: what another user made, or can change, is refused."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from fpray.errors import Refused
from fpray.files import user_directory as module
from fpray.files.user_directory import private_directory, user_directory
from tests.support.other_user import UID, needs_root, output_as_other_user

NAME = f"fpray-{os.geteuid()}"


@pytest.fixture
def tmp(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A /tmp of the test's own, which other users can enter as the real one, and no other place."""
    with tempfile.TemporaryDirectory(prefix="fpt-", dir="/tmp") as name:
        Path(name).chmod(0o1777)
        monkeypatch.setattr(module, "_TMP", Path(name))
        monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
        yield Path(name)


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077, 0o777])
def test_it_is_closed_to_others_whatever_the_umask_is(tmp: Path, umask: int) -> None:
    """G1, G2: mode 0700 from the first moment."""
    before = os.umask(umask)
    try:
        directory = user_directory()
    finally:
        os.umask(before)
    assert directory == tmp / NAME
    assert directory.stat().st_mode & 0o7777 == 0o700
    assert user_directory() == directory


@pytest.mark.parametrize("mode", [0o777, 0o755, 0o701, 0o770, 0o1777])
def test_one_that_is_open_to_others_is_refused(tmp: Path, mode: int) -> None:
    """G1, G2: others may have put something there."""
    (tmp / NAME).mkdir()
    (tmp / NAME).chmod(mode)
    with pytest.raises(Refused, match=rf"(?s)nothing was started.*mode {mode:04o}.*chmod 700 {tmp / NAME}"):
        user_directory()
    assert (tmp / NAME).stat().st_mode & 0o7777 == mode


def test_a_link_is_not_followed(tmp: Path, tmp_path: Path) -> None:
    """G2: not even one that leads to a directory of this user's own."""
    (tmp_path / "own").mkdir(mode=0o700)
    (tmp / NAME).symlink_to(tmp_path / "own")
    with pytest.raises(Refused, match="symbolic link"):
        user_directory()
    (tmp / NAME).unlink()
    (tmp / NAME).symlink_to(tmp_path / "nowhere")
    with pytest.raises(Refused, match="symbolic link"):
        user_directory()
    assert not (tmp_path / "nowhere").exists()


def test_a_file_in_its_place_is_refused(tmp: Path) -> None:
    (tmp / NAME).write_text("kept")
    with pytest.raises(Refused, match="it is no directory"):
        user_directory()
    assert (tmp / NAME).read_text() == "kept"


@needs_root
def test_one_of_another_user_is_refused(tmp: Path) -> None:
    """G1, G2: even if its mode is right."""
    (tmp / NAME).mkdir(mode=0o700)
    os.chown(tmp / NAME, UID, UID)
    with pytest.raises(Refused, match=f"belongs to the user with number {UID}"):
        user_directory()


def test_two_that_cannot_be_used_are_both_named_with_what_to_do(tmp: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp / NAME).write_text("kept")
    monkeypatch.setenv("XDG_RUNTIME_DIR", "/proc/no-such-directory")
    with pytest.raises(Refused) as refused:
        user_directory()
    first, second = (problem.sentence for problem in refused.value.problems)
    whole = "cannot hold fpray's temporary files"
    assert first == f"{whole} (no other user may read them): it is no directory. Remove it"
    assert (
        second
        == f"{whole} either (this directory or {tmp / NAME} is enough): No such file or directory. Check that disk"
    )


def test_where_all_may_write_without_the_sticky_bit_it_could_be_replaced(tmp: Path) -> None:
    tmp.chmod(0o777)
    with pytest.raises(Refused, match=rf"chmod \+t {tmp}"):
        user_directory()
    tmp.chmod(0o755)
    assert user_directory() == tmp / NAME


def test_the_runtime_directory_is_the_second_choice(tmp: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp / NAME).write_text("in the way")
    runtime = Path(f"/tmp/fpt-{os.getpid()}")  # short
    runtime.mkdir(mode=0o700)
    try:
        monkeypatch.setenv("XDG_RUNTIME_DIR", str(runtime))
        assert user_directory() == runtime / "fpray"
        monkeypatch.setenv("XDG_RUNTIME_DIR", str(runtime) + "/" + "x" * 40)  # no socket's path fits below it
        with pytest.raises(Refused):
            user_directory()
    finally:
        (runtime / "fpray").rmdir()
        runtime.rmdir()


def test_every_place_that_cannot_be_used_is_named(tmp: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """C1, I6: a full or read-only disk is a sentence."""
    (tmp / NAME).write_text("in the way")
    monkeypatch.setenv("XDG_RUNTIME_DIR", "/proc/none")
    with pytest.raises(Refused, match=r"(?s)2 problems.*no directory.*/proc/none/fpray.*No such file"):
        user_directory()


def test_private_directories_below_it_follow_the_same_rules(tmp: Path) -> None:
    directory = private_directory(user_directory() / "locks")
    assert directory.stat().st_mode & 0o7777 == 0o700
    directory.chmod(0o750)
    with pytest.raises(PermissionError, match="other users can write or read it"):
        private_directory(directory)


@needs_root
def test_two_users_have_a_directory_each(tmp: Path) -> None:
    """G1, G2: and neither can enter the other's."""
    code = (
        "import os, sys; from pathlib import Path; from fpray.files import user_directory as module;"
        "module._TMP = Path(sys.argv[1]); print(module.user_directory()); print(os.access(sys.argv[2], os.R_OK))"
    )
    assert output_as_other_user(code, str(tmp), str(user_directory())).split() == [str(tmp / f"fpray-{UID}"), "False"]
    assert (tmp / f"fpray-{UID}").stat().st_uid == UID
    assert user_directory() == tmp / NAME
