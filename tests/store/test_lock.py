"""One driver at a time runs a suite, and another user can neither lock it nor mistake which one does."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from fpray.errors import Refused
from fpray.store import lock
from tests.support.other_user import needs_root, output_as_other_user


def test_it_is_locked_once_and_says_by_which(tmp_path: Path) -> None:
    (tmp_path / "suite.lock").touch(0o644)  # of an earlier fpray
    file = lock.acquire(tmp_path)
    assert (tmp_path / "suite.lock").stat().st_mode & 0o777 == 0o600
    with pytest.raises(Refused, match="is in use by process"):
        lock.acquire(tmp_path)
    holder = lock.holder(tmp_path)
    assert holder is not None
    assert (holder.pid, holder.here) == (os.getpid(), True)
    os.close(file)
    assert lock.holder(tmp_path) is None


@needs_root
def test_another_user_cannot_hold_it(tmp_path: Path) -> None:
    """G3: to lock a file for ever, reading is enough; and the suite would be in use by a process that is long gone."""
    tmp_path.chmod(0o755)
    os.close(lock.acquire(tmp_path))
    code = """
import fcntl, sys
try:
    fcntl.flock(open(sys.argv[1]), fcntl.LOCK_SH)
    print("locked")
except PermissionError:
    print("refused")
"""
    _open_the_way_to(tmp_path)
    assert output_as_other_user(code, str(tmp_path / "suite.lock")) == "refused\n"


def _open_the_way_to(path: Path) -> None:
    for parent in path.parents[:3]:
        if parent != Path("/tmp"):
            parent.chmod(parent.stat().st_mode | 0o011)


def test_a_reader_that_may_not_open_it_asks_the_kernel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As another user does with `fpray status`."""
    lock_file = tmp_path / "suite.lock"
    real_open = os.open

    def refused(path: object, *arguments: int) -> int:
        if path == lock_file:
            raise PermissionError(13, "Permission denied")
        return real_open(str(path), *arguments)

    lock_file.touch()
    with subprocess.Popen(["flock", str(lock_file), "sleep", "100"]) as process, monkeypatch.context() as patched:
        try:
            while lock.holder(tmp_path) is None:
                pass
            patched.setattr(os, "open", refused)
            holder = lock.holder(tmp_path)
            assert holder is not None
            assert holder.pid == process.pid
        finally:
            process.kill()
