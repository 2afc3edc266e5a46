"""A temporary directory lives as long as its process: no cleaner takes it before, and nothing keeps it afterwards."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from fpray.files.locked_directory import lock_of, locked_directory
from fpray.files.user_directory import user_directory

PREFIX = f"test-{os.getpid()}-"
WAITING = f"""
import sys
from fpray.files.locked_directory import locked_directory
with locked_directory({PREFIX!r}) as directory:
    (directory / "file").touch()
    print(directory, flush=True)
    sys.stdin.read()
"""


def _waiting() -> tuple[subprocess.Popen[str], Path]:
    command = [sys.executable, "-c", WAITING]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    return process, Path(process.stdout.readline().strip())


def test_that_of_a_killed_process_is_removed_by_the_next_one_and_that_of_a_living_one_is_not() -> None:
    first, directory = _waiting()
    first.kill()
    first.communicate()
    assert directory.exists()
    second, other = _waiting()
    with locked_directory(PREFIX) as own:
        assert sorted(user_directory().glob(f"{PREFIX}*")) == sorted([own, other])
        assert own.stat().st_mode & 0o777 == 0o700
    second.communicate()
    assert not list(user_directory().glob(f"{PREFIX}*"))


def test_one_that_may_be_needed_after_its_process_stays_until_it_is_old() -> None:
    first, directory = _waiting()
    first.kill()
    first.communicate()
    with locked_directory(PREFIX, abandoned_s=60):
        assert directory.exists()
    os.utime(directory, (0, time.time() - 61))
    with locked_directory(PREFIX, abandoned_s=60):
        assert not directory.exists()


def test_systemds_cleaner_leaves_a_locked_directory_alone(tmp_path: Path) -> None:
    """G8: tmpfiles.d(5) says that it takes a shared lock on each directory, or goes on without it."""
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "file").touch()
    lock = lock_of(tmp_path / "old")
    other = os.open(tmp_path / "old", os.O_RDONLY)
    with pytest.raises(BlockingIOError):
        fcntl.flock(other, fcntl.LOCK_SH | fcntl.LOCK_NB)
    os.close(other)
    if cleaner := shutil.which("systemd-tmpfiles"):
        (tmp_path / "rules.conf").write_text(f"d {tmp_path} - - - 0\n")
        subprocess.run([cleaner, "--clean", tmp_path / "rules.conf"], check=False, capture_output=True)
        assert (tmp_path / "old" / "file").exists()
    os.close(lock)
