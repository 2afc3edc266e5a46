"""One trial at a time measures on a machine, whichever user's; and no other user can stop the trials of one."""

from __future__ import annotations

import contextlib
import os
import pwd
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from fpray.files import user_directory
from fpray.node.machine_holders import Hold
from fpray.node.machine_lock import MachineLock
from tests.conftest import wait_for
from tests.support.other_user import UID, as_other_user, needs_root
from tests.support.patience import LONG

# A process that holds the machine as fpray does, until its input ends; Ray names its workers so.
PROGRAM = Path(sys.executable).name
HOLDS = """
import os, socket, sys
holder = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
holder.bind("\\0fpray-machine/" + sys.argv[1] + "/" + str(os.getpid()) + ".0")
holder.listen(int(sys.argv[2]))
print(os.getpid(), flush=True)
sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def _directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sentences of other tests are elsewhere."""
    tmp_path.chmod(0o700)
    monkeypatch.setattr(user_directory, "_TMP", tmp_path)


@contextlib.contextmanager
def holding(user: int, mode: str = "x", backlog: int = 10, name: str = "python3") -> Iterator[int]:
    """The pid of a process of a user that holds the machine within the block."""
    if user == os.geteuid():
        command = [name, "-c", HOLDS, mode, str(backlog)]
        # Python looks for its libraries where PATH has a program of its first word.
        environment = os.environ | {"PATH": f"{sys.base_prefix}/bin:{os.environ['PATH']}"}
        process = subprocess.Popen(
            command,
            executable=sys.executable,
            env=environment,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
    else:
        process = as_other_user(HOLDS, mode, str(backlog), uid=user)
    assert process.stdout is not None
    try:
        yield int(process.stdout.readline())
    finally:
        process.communicate()


def test_one_trial_at_a_time_and_it_says_which() -> None:
    """G3: what it says of itself stays with this user, and loses its terminal escapes."""
    one, two = MachineLock(), MachineLock()
    assert one.acquire("the sweep in /a\x1b[2Jb (process 7)") is None
    assert one.acquire("again") is None
    with _as_fpray():
        assert two.acquire("two") == (
            "the machine is in use by the sweep in /a\\x1b[2Jb (process 7); this trial"
            " starts automatically when the machine is free"
        )
    one.release()
    one.release()
    assert two.acquire("two") is None
    two.release()


@contextlib.contextmanager
def _as_fpray() -> Iterator[None]:
    """This process counts as a role actor."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("fpray.node.machine_holders.MachineHolder.may_be_fpray", True)
        yield


def test_trials_that_share_machines_share_them_with_one_another_only() -> None:
    shared, exclusive = [MachineLock() for _ in range(3)], MachineLock()
    with _as_fpray():
        assert [lock.acquire("shared", shared=True) for lock in shared] == [None] * 3
        assert exclusive.acquire("alone") == (
            "the machine is in use by shared; this trial starts automatically when the machine is free"
        )
        for lock in shared[:2]:
            lock.release()
        assert exclusive.acquire("alone") == (
            "the machine is in use by shared; this trial starts automatically when the machine is free"
        )
        shared[2].release()
        assert exclusive.acquire("alone") is None
        assert shared[0].acquire("shared", shared=True) == (
            "the machine is in use by alone; this trial starts automatically when the machine is free"
        )
    exclusive.release()


def test_the_lock_dies_with_its_process() -> None:
    lock = MachineLock()
    with holding(os.geteuid(), name="ray::RoleActor") as pid:
        assert (
            lock.acquire("x")
            == f"the machine is in use by process {pid} ({PROGRAM}) of user {_name()}; this trial starts"
            f" automatically when the machine is free"
        )
    assert lock.acquire("x") is None
    lock.release()


def _name() -> str:
    return pwd.getpwuid(os.geteuid()).pw_name


@pytest.mark.heavy
def test_of_many_at_once_one_has_it() -> None:
    locks = [MachineLock() for _ in range(8)]
    had: list[int] = []

    def contend(lock: MachineLock) -> None:
        for _ in range(200):
            if lock.acquire("x") is None:
                had.append(1)
                assert len(had) == 1
                had.pop()
                lock.release()

    with _as_fpray():
        threads = [threading.Thread(target=contend, args=(lock,)) for lock in locks]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert locks[0].acquire("x") is None
    locks[0].release()


def test_a_process_that_is_no_fpray_is_waited_for_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    """G3: then the trial starts all the same, and later trials do not wait again."""
    now = [0.0]
    monkeypatch.setattr("fpray.node.machine_lock.time", SimpleNamespace(monotonic=lambda: now[0]))
    lock = MachineLock()
    with holding(os.geteuid()) as pid:
        holder = f"process {pid} ({PROGRAM}) of user {_name()}, which is not a process of fpray,"
        free = "This trial starts automatically when the machine is free"
        then = f"{free}; if it is not free after 60 s, this trial starts anyway"
        for now[0] in (0.0, 30.0, 59.0):
            assert lock.acquire("x") == f"{holder} has reserved the machine. {then}"
        now[0] = 60.0
        assert lock.acquire("x") is None
        lock.release()
        assert lock.acquire("x") is None
        lock.release()
    assert lock.acquire("x") is None
    lock.release()
    with holding(os.geteuid()):
        assert lock.acquire("x") is not None  # another one is waited for anew


@needs_root
@pytest.mark.parametrize("mode", ["x", "s"])
def test_another_users_trial_is_waited_for_but_not_for_ever(mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """G3: by kernel facts: its pid and its user. A lock that is shared is shared with this user's trials only."""
    now = [0.0]
    monkeypatch.setattr("fpray.node.machine_lock.time", SimpleNamespace(monotonic=lambda: now[0]))
    lock = MachineLock()
    with holding(UID, mode) as pid:
        shared = mode == "s"
        assert re.fullmatch(
            rf"process {pid} \(python3?[\d.]*\) of user nobody, which is not a process of fpray, .* after 60 s,"
            " this trial starts anyway",
            str(lock.acquire("x", shared=shared)),
        )
        monkeypatch.setattr("fpray.node.machine_holders.MachineHolder.may_be_fpray", True)
        now[0] = 899.0
        assert str(lock.acquire("x", shared=shared)).endswith(
            "of user nobody has reserved the machine. This trial starts automatically when the machine is free; if it"
            " is not free after 900 s, this trial starts anyway"
        )
        now[0] = 900.0
        assert lock.acquire("x", shared=shared) is None
    lock.release()


@needs_root
def test_another_user_cannot_pass_for_this_one_nor_write_to_our_terminal() -> None:
    """G3: neither its name nor what it says is believed or printed."""
    code = HOLDS.replace('+ "/" + str(os.getpid()) + ".0"', '+ "/1.0"')
    code = "import ctypes; ctypes.CDLL(None).prctl(15, b'\\x1b[2Jevil')\n" + code
    process = as_other_user(code, "x", "10")
    assert process.stdout is not None
    pid = int(process.stdout.readline())
    try:
        reason = str(MachineLock().acquire("x"))
        assert reason.startswith(f"process {pid} (\\x1b[2Jevil) of user nobody, which")
    finally:
        process.communicate()


@needs_root
def test_another_users_file_or_link_of_the_old_lock_is_neither_read_nor_written(tmp_path: Path) -> None:
    """G2: the lock is no file."""
    namespace = Path("/proc/self/ns/net").stat().st_ino
    precious = tmp_path / "precious"
    precious.write_text("kept")
    link = Path(f"/tmp/fpray-machine-{namespace}.lock")
    link.unlink(missing_ok=True)  # of an earlier version of fpray
    link.symlink_to(precious)
    try:
        os.lchown(link, UID, UID)
        lock = MachineLock()
        assert lock.acquire("x") is None
        lock.release()
    finally:
        link.unlink()
    assert precious.read_text() == "kept"


def test_what_only_bears_such_a_name_holds_nothing() -> None:
    lock = MachineLock()
    code = HOLDS.replace("holder.listen(int(sys.argv[2]))", "")
    command = [sys.executable, "-c", code, "x", "0"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        assert lock.acquire("x") is None
        process.communicate()
    lock.release()


def test_one_that_many_ask_is_asked_once() -> None:
    """A waiting sweep asks twice a second: the holder, which never answers, is not filled."""
    with holding(os.geteuid(), backlog=0, name="ray::RoleActor") as pid:
        lock, other = MachineLock(), MachineLock()
        for _ in range(50):
            assert f"process {pid} " in str(lock.acquire("x"))
        assert f"process {pid} " in str(other.acquire("x"))
    wait_for(lambda: lock.acquire("x") is None, LONG, "the lock")
    lock.release()


def test_sentences_of_killed_holders_go(tmp_path: Path) -> None:
    lost = Hold("the sweep that was killed", shared=False)
    lost.explain()
    lost._socket.close()
    [directory] = tmp_path.glob("fpray-*/holders")
    assert directory.stat().st_mode & 0o777 == 0o700
    assert len(list(directory.iterdir())) == 1
    lock = MachineLock()
    assert lock.acquire("the sweep that runs") is None
    assert [file.read_text() for file in directory.iterdir()] == ["the sweep that runs"]
    lock.release()
    assert list(directory.iterdir()) == []


def test_without_a_directory_of_its_own_the_lock_still_holds(tmp_path: Path) -> None:
    """G2: another user made /tmp/fpray-UID first: the sweep waits for its own kind all the same."""
    (tmp_path / f"fpray-{os.geteuid()}").write_text("in the way")
    one, two = MachineLock(), MachineLock()
    assert one.acquire("one") is None
    with _as_fpray():
        assert str(two.acquire("two")).startswith(f"the machine is in use by process {os.getpid()} (")
    one.release()
