"""A search with its Optuna study in PostgreSQL: a real server, for this test alone."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import optuna
import pytest
from optuna.trial import TrialState

from tests.conftest import OVERLAPPING, run
from tests.support.suites import only_suite

LOAD = ("--maximize", "measured.throughput", "--space", "num_clients_per_proc=1..16:log", "--stop-at", "0%")


def _initdb() -> Path | None:
    """Debian keeps it out of the PATH."""
    programs = [str(path) for path in sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))]
    programs += filter(None, [shutil.which("initdb")])
    return Path(programs[0]) if programs else None


class Server:
    """PostgreSQL in a directory below /tmp (a socket's path is short), as user nobody if we are root."""

    def __init__(self, initdb: Path) -> None:
        self._scratch = Path(tempfile.mkdtemp(prefix="fppg-", dir="/tmp"))
        self._user = "nobody" if os.geteuid() == 0 else None
        if self._user is not None:
            os.chown(self._scratch, pwd.getpwnam(self._user).pw_uid, -1)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port = free.getsockname()[1]
        self.url = f"postgresql://fpray@127.0.0.1:{self._port}/postgres"
        self._bin = initdb.parent
        self._do("initdb", "-D", "data", "-U", "fpray", "-A", "trust", "--no-sync")

    def _do(self, program: str, *words: str) -> None:
        subprocess.run(
            [self._bin / program, *words], cwd=self._scratch, user=self._user, check=True, stdout=subprocess.DEVNULL
        )

    def start(self) -> None:
        options = f"-p {self._port} -k {self._scratch} -c listen_addresses=127.0.0.1 -c fsync=off"
        self._do("pg_ctl", "-D", "data", "-l", "log", "-w", "-o", options, "start")

    def stop(self) -> None:
        self._do("pg_ctl", "-D", "data", "-m", "immediate", "-w", "stop")

    def remove(self) -> None:
        shutil.rmtree(self._scratch)


@pytest.fixture
def server() -> Iterator[Server]:
    initdb = _initdb()
    if initdb is None:
        pytest.skip("no PostgreSQL is installed (initdb)")
    pytest.importorskip("psycopg", reason="the driver of PostgreSQL is not installed: pip install 'psycopg[binary]'")
    server = Server(initdb)
    server.start()
    yield server
    server.stop()
    server.remove()


def test_a_study_in_postgresql(server: Server, ray_address: str, tmp_path: Path) -> None:
    words = ["search", "unreplicated", *OVERLAPPING, *LOAD, "--storage", server.url, "--address", ray_address]
    words += ["--confirm", "1", "--parallel", "2", "--share-machines"]
    done = run(*words, "--budget-trials", "3", cwd=tmp_path)
    assert done.code == 0, done.err
    suite = only_suite(tmp_path)
    assert not list(suite.glob("optuna.*"))
    trials = optuna.load_study(study_name=suite.name, storage=server.url).trials
    assert [t.state for t in trials] == [TrialState.COMPLETE] * 3

    server.stop()
    options = ["-s", str(suite), "--budget-trials", "4"]
    failure = run(*words, *options, cwd=tmp_path)
    assert failure.code == 2
    assert f'--storage {server.url} cannot be opened: "(psycopg.Oper' in " ".join(failure.err.split())
    server.start()

    done = run(*words, *options, cwd=tmp_path)
    assert done.code == 0, done.err
    assert "(3 of at most 4 finished; at most 1 to go" in done.err
    trials = optuna.load_study(study_name=suite.name, storage=server.url).trials
    assert [t.user_attrs["number"] for t in trials] == ["001", "002", "003", "004"]
