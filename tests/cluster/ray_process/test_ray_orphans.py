"""What an embedded Ray leaves behind is ended and removed, and never what lives."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest

from fpray.cluster.ray_process import ray_orphans
from fpray.node.supervisor.procfs import namespace, read_entry, read_words
from tests.conftest import wait_for
from tests.support.patience import LONG


def test_a_directory_that_is_just_being_made_is_not_taken_for_abandoned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the making of its lock and the locking, another sweep that starts removed it."""
    is_made, go_on = threading.Event(), threading.Event()

    def flock(file: int, how: int) -> None:
        if threading.current_thread().name == "first" and how == fcntl.LOCK_EX:
            is_made.set()
            go_on.wait(LONG)
        fcntl.flock(file, how)

    monkeypatch.setattr(
        ray_orphans, "fcntl", SimpleNamespace(flock=flock, LOCK_EX=fcntl.LOCK_EX, LOCK_NB=fcntl.LOCK_NB)
    )
    directories: list[ray_orphans.Directory] = []
    threads = [
        threading.Thread(target=lambda: directories.append(ray_orphans.new_directory(tmp_path)), name=name)
        for name in ("first", "second")
    ]
    threads[0].start()
    assert is_made.wait(LONG)
    threads[1].start()
    threads[1].join(0.3)
    go_on.set()
    for thread in threads:
        thread.join()
    assert [os.fstat(directory.lock).st_nlink for directory in directories] == [1, 1], "neither was removed"
    for directory in directories:
        other = os.open(directory.path, os.O_RDONLY)
        with pytest.raises(BlockingIOError):  # G8: what systemd's cleaner of /tmp asks for before it removes anything
            fcntl.flock(other, fcntl.LOCK_SH | fcntl.LOCK_NB)
        os.close(other)
    for directory in directories:
        directory.remove()


@pytest.mark.parametrize(
    ("start", "pids", "ends"),
    [("{start}", "{pids}", True), ("1", "{pids}", False), ("{start}", "pid:[1]", False)],
    ids=["the same", "a number that is used again", "of another container"],
)
def test_only_the_session_that_was_noted_is_ended(start: str, pids: str, ends: bool, tmp_path: Path) -> None:
    """G8: in containers that share /tmp, and after a while, its number is that of another sweep's Ray."""
    words = [sys.executable, "-c", "import time; time.sleep(100)", "fpray.cluster.ray_process"]
    with subprocess.Popen(words, start_new_session=True) as process:
        try:
            (path := tmp_path / "ray-1-0").mkdir(mode=0o700)
            wait_for(lambda: words[-1].encode() in read_words(process.pid), LONG, "its program has begun")
            entry = read_entry(process.pid)
            assert entry is not None
            facts = {"start": entry.start, "pids": namespace("self", "pid")}
            (path / "driver.lock").write_text(f"{process.pid} {start.format(**facts)} {pids.format(**facts)}\n")
            ray_orphans.new_directory(tmp_path).remove()
            assert not path.exists()
            assert (process.poll() is not None) is ends
        finally:
            process.kill()


def test_a_session_is_noted_with_its_start(tmp_path: Path) -> None:
    directory = ray_orphans.new_directory(tmp_path)
    directory.note(os.getpid())
    entry = read_entry(os.getpid())
    assert entry is not None
    assert os.pread(directory.lock, 100, 0).decode() == f"{entry.pid} {entry.start} {namespace('self', 'pid')}\n"
    os.close(directory.lock)
