"""Secrets come from the environment or a private file, and what is shown of one is never the secret."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from fpray.errors import Refused
from fpray.files.secret import IN_MEMORY, Secret, read_secret, secret_in_memory, write_secret
from tests.support.other_user import UID, needs_root
from tests.support.patience import LONG


def test_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """G9: `env:NAME`."""
    monkeypatch.setenv("HOOK", " https://u:pw@host/x\n")
    assert read_secret("env:HOOK") == "https://u:pw@host/x"
    monkeypatch.setenv("HOOK", " ")
    for name in ("HOOK", "NO_SUCH", "", "A=B"):
        with pytest.raises(Refused, match="is missing or empty"):
            read_secret(f"env:{name}")


def test_from_a_private_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """G9: `file:PATH`, mode 0600, below ~ as well."""
    monkeypatch.setenv("HOME", str(tmp_path))
    file = tmp_path / "hook"
    file.write_text("https://host/secret\n")
    for mode in (0o644, 0o640, 0o604, 0o620):
        file.chmod(mode)
        with pytest.raises(Refused, match=rf"\(mode {mode:04o}\).* chmod 600 {file}"):
            read_secret("file:~/hook")
    file.chmod(0o600)
    assert read_secret("file:~/hook") == "https://host/secret"
    (tmp_path / "link").symlink_to(file)
    assert read_secret(f"file:{tmp_path / 'link'}") == "https://host/secret"
    file.write_text("\n")
    for name, sentence in (("hook", "empty"), ("none", "No such file"), (".", "directory"), ("a\0b", "NUL")):
        with pytest.raises(Refused, match=sentence):
            read_secret(f"file:{tmp_path / name}")
    with pytest.raises(Refused, match="ordinary file"):
        read_secret("file:/dev/null")


@needs_root
def test_a_file_of_another_user_is_not_believed(tmp_path: Path) -> None:
    """G9: it would choose where notices go."""
    file = tmp_path / "hook"
    write_secret(file, "https://elsewhere/")
    os.chown(file, UID, UID)
    with pytest.raises(Refused, match=rf"is a file of another user \(number {UID}\)"):
        read_secret(f"file:{file}")


def test_what_is_handed_on_is_read_once(tmp_path: Path) -> None:
    """G9: a file for another process is private from the first moment, and gone when it is read."""
    before = os.umask(0)
    try:
        write_secret(tmp_path / "s", "caf\udce9 secret")
    finally:
        os.umask(before)
    assert (tmp_path / "s").stat().st_mode & 0o777 == 0o600
    with pytest.raises(FileExistsError):
        write_secret(tmp_path / "s", "another")
    assert read_secret(f"once:{tmp_path / 's'}") == "caf\udce9 secret"
    assert not (tmp_path / "s").exists()


def test_what_is_shown() -> None:
    secret = Secret("https://u:password@h/db", "https://u@h/db", ("password",), "env:X")
    assert (str(secret), secret.literal) == ("https://u@h/db", False)
    assert "password" not in repr(secret)
    assert secret.scrub("at https://u:password@h/db, with password") == "at https://u@h/db, with ***"
    assert Secret("journal").scrub("journal") == str(Secret("journal")) == "journal"
    assert Secret("a b", "a", ("b",)).scrub("bar") == "bar"


def test_what_a_child_inherits_is_on_no_disk_and_is_read_once() -> None:
    """G9: where the command and its child are killed before the secret is read, no file is left."""
    file = secret_in_memory("https://u:p@h/x")
    assert "memfd:" in os.readlink(f"{IN_MEMORY}{file}")  # noqa: PTH115
    code = "import sys; from fpray.files.secret import read_secret; print(read_secret(sys.argv[1]))"
    code += "; import os; print(os.path.exists(sys.argv[1][5:]))"
    words = [sys.executable, "-c", code, f"once:{IN_MEMORY}{file}"]
    done = subprocess.run(words, pass_fds=[file], capture_output=True, text=True, check=True)
    os.close(file)
    assert done.stdout == "https://u:p@h/x\nFalse\n"


@pytest.mark.timeout(LONG)
def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(pipe := tmp_path / "secret", 0o600)
    with pytest.raises(Refused, match="is a pipe or a device"):
        read_secret(f"file:{pipe}")
