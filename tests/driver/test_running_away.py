"""A driver that loses its terminal: `--detach`, and the commands that look at it from outside."""

from __future__ import annotations

import itertools
import json
import os
import re
import shlex
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from fpray.store.find import suites
from tests.conftest import QUICK, run, start, wait_for
from tests.driver.held import PATIENT, hold_clients
from tests.support.patience import LONG
from tests.support.processes import command_of, jvms, seen
from tests.support.suites import only_suite


@pytest.fixture(autouse=True)
def no_drivers(tmp_path: Path) -> Iterator[None]:
    """Whatever fails, no driver goes on by itself."""
    yield
    for suite in suites(tmp_path / "suites"):
        if (holder := suite.holder()) is not None and holder.here:
            for driver in seen([holder.pid]):
                driver.kill()


def _status(directory: Path) -> dict[str, object]:
    (entry,) = json.loads(run("status", "--json", cwd=directory).out)
    assert isinstance(entry, dict)
    return entry


def _driver(directory: Path) -> int:
    return int(str(_status(directory)["pid"]))


@pytest.mark.timeout(400)
@pytest.mark.slow
def test_a_detached_sweep_is_seen_left_stopped_killed_and_carried_on(ray_address: str, tmp_path: Path) -> None:
    words = ["sweep", "unreplicated", *PATIENT, "--vary", "num_clients_per_proc=1", "--address", ray_address]
    first_run = run(*words, "--detach", cwd=tmp_path)
    assert first_run.code == 0, first_run.err
    suite = only_suite(tmp_path)
    name = suite.name.split("_")[2][:4]
    assert first_run.out == (
        f"detached: the sweep runs in the background · results in suites/{suite.name} · all sweeps: fpray status"
        f" · watch it: fpray attach {name} · end it: fpray stop {name}\n"
    )
    assert "unreplicated on the Ray cluster at" in first_run.err, "what it says before it is under way is said here"
    _watch_and_leave(suite)
    _stop(suite)
    _kill(words, tmp_path)
    _carry_on(words, suite)
    _debug_the_server(suite, ray_address)


def _watch_and_leave(suite: Path) -> None:
    tmp_path, suite_id = suite.parent.parent, suite.name.split("_")[2]
    hold_clients(tmp_path)
    pid = _driver(tmp_path)
    assert os.getsid(pid) == pid, "in a session of its own"
    under_way = re.compile(rf"unreplicated smoke  running  0 of 1 done · about \d+ s to go · process {pid} on ")
    wait_for(lambda: under_way.search(run("status", cwd=tmp_path).out), LONG, "a trial under way")
    watcher = start("attach", suite_id[:4], cwd=tmp_path)
    assert watcher.stderr
    assert watcher.stderr.readline().startswith("unreplicated on the Ray cluster at")
    watcher.send_signal(signal.SIGINT)
    _, messages = watcher.communicate(timeout=LONG)
    attach, end = f"fpray attach {suite_id[:4]}", f"fpray stop {suite_id[:4]}"
    last = f"you have left the display; the sweep continues · see it again: {attach} · end it: {end}"
    assert (watcher.returncode, messages.splitlines()[-1]) == (0, last)


def _stop(suite: Path) -> None:
    """As Ctrl-C would."""
    tmp_path, name = suite.parent.parent, suite.name.split("_")[2][:4]
    stopped = run("stop", name, cwd=tmp_path)
    assert stopped.out.startswith("interrupted · "), stopped.out
    ending = " of 1 finished, and their results are kept · nothing is running any more · to continue, run fpray sweep "
    assert ending in stopped.out
    assert not jvms(str(tmp_path))
    assert _status(tmp_path)["state"] == "stopped"
    done = run("attach", name, cwd=tmp_path)
    assert done.code == 130
    assert "is not running: interrupted" in done.err


def _kill(words: list[str], tmp_path: Path) -> None:
    assert run(*words, "--detach", cwd=tmp_path).code == 0
    hold_clients(tmp_path)
    os.kill(_driver(tmp_path), signal.SIGKILL)
    wait_for(lambda: _status(tmp_path)["state"] == "died", LONG, "the lock of a dead driver")
    assert "was killed: it ended without a final report" in run("status", cwd=tmp_path).out


def _carry_on(words: list[str], suite: Path) -> None:
    tmp_path, suite_id = suite.parent.parent, suite.name.split("_")[2]
    name = suite_id[:4]
    second = run(*words, "--notify", f"sh -c 'cat > {tmp_path}/told'", "--detach", cwd=tmp_path)
    assert "continuing" in second.err
    (client,) = hold_clients(tmp_path)
    watcher = start("attach", name, cwd=tmp_path)
    assert watcher.stderr is not None
    first = watcher.stderr.readline()
    client.resume()
    display = first + watcher.communicate(timeout=LONG)[1]
    assert watcher.returncode == 0, display
    assert "[001/001; 100%]" in display
    assert display.splitlines()[-1].startswith("1 finished · results: fpray show ")
    wait_for(lambda: (tmp_path / "told").exists() and (tmp_path / "told").read_text(), LONG, "a notice")
    notice = json.loads((tmp_path / "told").read_text())
    assert (notice["event"], notice["done"], notice["suite"], notice["exit_code"]) == ("finished", 1, str(suite), 0)
    assert "[001/001; 100%]" in (suite / "driver.log").read_text()
    assert run("logs", f"{name}/001", "client_0", cwd=tmp_path).out == (suite / "001" / "client_0_out.txt").read_text()
    assert _status(tmp_path) | {"suite": "", "began": ""} == {
        "suite": "", "letters": suite_id, "began": "", "varied": ["num_clients_per_proc"],
        "state": "finished", "done": 1, "total": 1, "failed": 0,
        "remaining_s": None, "pid": None, "host": None, "says": ("1 finished · results:"
f" fpray show {name}"), "exit_code": 0,
    }  # fmt: skip


def _debug_the_server(suite: Path, address: str) -> None:
    """All but the server is started, and waits for ours; its clients are served by it, and no result is changed."""
    cwd = suite.parent.parent
    results = (suite / "results.csv").read_bytes()
    process = start("debug", f"{suite}/001", "server", "--address", address, cwd=cwd)
    assert process.stderr
    lines = iter(process.stderr.readline, "")
    messages = list(itertools.takewhile(lambda line: not line.startswith("java "), lines))
    assert "start server yourself on " in messages[-1]
    assert "; the other processes wait until server listens on " in messages[-1]
    directory = suite / "debug" / "001-1"
    server = subprocess.Popen(
        shlex.split((directory / "server_cmd.txt").read_text()), cwd=directory, stdout=subprocess.DEVNULL
    )
    try:
        assert next(lines) == "server listens\n"
        assert next(lines).startswith("fpray has started all processes of this trial except server, ")
        assert [p.pid for p in jvms(str(directory)) if "ServerMain" in command_of(p)] == [server.pid]
        code = directory / "client_0_returncode.txt"
        wait_for(lambda: code.exists() and code.read_text().endswith("\n"), LONG, "the end of the client")
        assert code.read_text() == "0\n"
        assert len((directory / "client_0_data.csv").read_text().splitlines()) > 1, "more than the header"
        process.send_signal(signal.SIGINT)
        *_, last = process.communicate(timeout=LONG)[1].splitlines()
        assert last.endswith(
            "It did not start server: if that process still runs, stop it yourself · fpray debug never records a result"
        )
        assert server.poll() is None
    finally:
        server.kill()
        process.kill()
    assert process.returncode == 0
    assert (suite / "results.csv").read_bytes() == results
    assert run("show", str(suite), cwd=cwd).out.splitlines()[-1] == "1 finished"


@pytest.mark.ray
@pytest.mark.jvm
def test_what_is_refused_is_refused_on_the_terminal_and_leaves_nothing(tmp_path: Path) -> None:
    done = run("sweep", "unreplicated", *QUICK, "--address", "127.0.0.1:1", "--detach", cwd=tmp_path)
    assert (done.code, done.out) == (2, "")
    assert "no Ray cluster answers there: nothing listens" in done.err
    assert not list((tmp_path / "suites").iterdir())
    assert run("sweep", "unreplicated", "--json", "--detach", cwd=tmp_path).code == 2
