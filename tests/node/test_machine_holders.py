"""Which processes hold a machine is known, whatever other users do with names and connections."""

from __future__ import annotations

import contextlib
import os
import resource
import socket
from pathlib import Path
from types import SimpleNamespace

import pytest

from fpray.files import user_directory
from fpray.node.machine_lock import MachineLock
from tests.node.test_machine_lock import holding
from tests.support.other_user import as_other_user, needs_root


@pytest.fixture(autouse=True)
def _directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sentences of other tests are elsewhere."""
    tmp_path.chmod(0o700)
    monkeypatch.setattr(user_directory, "_TMP", tmp_path)


MANY = """
import socket, sys
names = [socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) for _ in range(int(sys.argv[2]))]
for number, name in enumerate(names):
    name.bind(f"\\0fpray-machine/{sys.argv[1]}/1.{number}")
    name.listen(1)
print(flush=True)
sys.stdin.read()
"""


@needs_root
def test_however_many_names_another_user_makes_it_only_delays_a_trial(monkeypatch: pytest.MonkeyPatch) -> None:
    """G3: a connection to each would take all file descriptors of the actor, and the trial would fail."""
    monkeypatch.setattr("fpray.node.machine_holders.MachineHolder.may_be_fpray", True)
    process = as_other_user(MANY, "x", "400")
    assert process.stdout is not None
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        process.stdout.readline()
        resource.setrlimit(resource.RLIMIT_NOFILE, (len(list(Path("/proc/self/fd").iterdir())) + 150, hard))
        lock = MachineLock()
        assert "of user nobody has reserved the machine" in str(lock.acquire("x"))
        lock._watch.end()
        with holding(os.geteuid(), name="ray::RoleActor") as pid:
            assert f"the machine is in use by process {pid} " in str(MachineLock().acquire("x")), (
                "an own one is seen all the same"
            )
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        process.communicate()


def test_an_own_trial_is_known_where_others_hold_all_connections_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """G3: after 15 minutes a trial would have started beside it."""
    now = [0.0]
    monkeypatch.setattr("fpray.node.machine_lock.time", SimpleNamespace(monotonic=lambda: now[0]))
    with holding(os.geteuid(), backlog=0, name="ray::RoleActor") as pid:
        full = []
        for _ in range(3):
            full.append(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
            full[-1].setblocking(False)
            with contextlib.suppress(BlockingIOError):
                full[-1].connect(f"\0fpray-machine/x/{pid}.0")
        for now[0] in (0.0, 10_000.0):
            assert f"the machine is in use by process {pid} " in str(MachineLock().acquire("x"))
        for one in full:
            one.close()
