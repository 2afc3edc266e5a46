"""A driver whose terminal goes away: `--detach`, and the commands that look at it from outside."""

from __future__ import annotations

import itertools
import json
import os
import re
import shlex
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from fpray.driver.notify import Notifier
from fpray.driver.notify_targets import read_targets
from fpray.store.find import suites
from fpray.store.outcome import Outcome, Reason, Status
from fpray.testing.fake_machines import FakeMachines
from tests.conftest import QUICK, cli, command_of, jvms, run, start, wait_for
from tests.driver.suites import only_suite
from tests.support.sweeps import run_on

SLOW = ("--set", "warmup_duration=200ms", "--set", "warmup_timeout=9s", "--set", "duration=4s", "--set", "timeout=300s")


@pytest.fixture(autouse=True)
def no_drivers(tmp_path: Path) -> Iterator[None]:
    """Whatever fails, no driver goes on by itself."""
    yield
    for suite in suites(tmp_path / "suites"):
        if (holder := suite.holder()) is not None and holder.here:
            os.kill(holder.pid, signal.SIGKILL)


def _status(directory: Path) -> dict[str, object]:
    (found,) = json.loads(run("status", "--json", cwd=directory).out)
    assert isinstance(found, dict)
    return found


def _driver(directory: Path) -> int:
    return int(str(_status(directory)["pid"]))


def _hold_trial(directory: Path) -> None:
    """Suspend the JVMs of a trial: it goes on until it is ended, however slow this machine is."""
    wait_for(lambda: any("ClientMain" in command_of(jvm) for jvm in jvms(str(directory))), 60, "a client")
    for jvm in jvms(str(directory)):
        jvm.suspend()


@pytest.mark.timeout(400)
def test_a_detached_sweep_is_seen_left_stopped_killed_and_carried_on(ray_address: str, tmp_path: Path) -> None:
    words = ["sweep", "unreplicated", *SLOW, "--vary", "num_clients_per_proc=1", "--address", ray_address]
    begun = run(*words, "--detach", cwd=tmp_path)
    assert begun.code == 0, begun.err
    suite = only_suite(tmp_path)
    name = suite.name.split("_")[2][:4]
    assert begun.out == f"detached · suites/{suite.name} · fpray status · fpray attach {name} · fpray stop {name}\n"
    assert "unreplicated on the Ray cluster at" in begun.err, "what it says before it is under way is said here"
    _watch_and_leave(suite)
    _stop(suite)
    _kill(words, tmp_path)
    _carry_on(words, suite)
    _debug_the_server(suite, ray_address)


def _watch_and_leave(suite: Path) -> None:
    tmp_path, letters = suite.parent.parent, suite.name.split("_")[2]
    _hold_trial(tmp_path)
    pid = _driver(tmp_path)
    assert os.getsid(pid) == pid, "in a session of its own"
    under_way = re.compile(rf"unreplicated smoke  running  0 of 1 done · about \d+ s to go · process {pid} on ")
    wait_for(lambda: under_way.search(run("status", cwd=tmp_path).out), 60, "a trial under way")
    watcher = start("attach", letters[:4], cwd=tmp_path)
    assert watcher.stderr
    assert watcher.stderr.readline().startswith("unreplicated on the Ray cluster at")
    watcher.send_signal(signal.SIGINT)
    _, messages = watcher.communicate(timeout=60)
    last = f"detached; the sweep continues · fpray attach {letters} · fpray stop {letters}"
    assert (watcher.returncode, messages.splitlines()[-1]) == (0, last)


def _stop(suite: Path) -> None:
    """As Ctrl-C would."""
    tmp_path, name = suite.parent.parent, suite.name.split("_")[2][:4]
    stopped = run("stop", name, cwd=tmp_path)
    assert stopped.out.startswith("interrupted · "), stopped.out
    assert stopped.out.endswith(
        " of 1 finished · nothing is running any more · run the same command again to continue\n"
    )
    assert not jvms(str(tmp_path))
    assert _status(tmp_path)["state"] == "stopped"
    ended = run("attach", name, cwd=tmp_path)
    assert ended.code == 130
    assert "is not running: interrupted" in ended.err


def _kill(words: list[str], tmp_path: Path) -> None:
    assert run(*words, "--detach", cwd=tmp_path).code == 0
    _hold_trial(tmp_path)
    os.kill(_driver(tmp_path), signal.SIGKILL)
    wait_for(lambda: _status(tmp_path)["state"] == "died", 60, "the lock of a dead driver")
    assert "was killed: its last message is" in run("status", cwd=tmp_path).out


def _carry_on(words: list[str], suite: Path) -> None:
    tmp_path, letters = suite.parent.parent, suite.name.split("_")[2]
    name = letters[:4]
    again = run(*words, "--notify", f"sh -c 'cat > {tmp_path}/told'", "--detach", cwd=tmp_path)
    assert "continuing" in again.err
    seen = run("attach", name, cwd=tmp_path)
    assert seen.code == 0, seen.err
    assert "[001/001; 100%]" in seen.err
    assert seen.err.splitlines()[-1].startswith("1 finished · fpray show ")
    wait_for(lambda: (tmp_path / "told").exists() and (tmp_path / "told").read_text(), 60, "a notice")
    notice = json.loads((tmp_path / "told").read_text())
    assert (notice["event"], notice["done"], notice["suite"], notice["exit_code"]) == ("finished", 1, str(suite), 0)
    assert "[001/001; 100%]" in (suite / "driver.log").read_text()
    assert run("logs", f"{name}/001", "client_0", cwd=tmp_path).out == (suite / "001" / "client_0_out.txt").read_text()
    assert _status(tmp_path) | {"suite": ""} == {
        "suite": "", "letters": letters, "state": "finished", "done": 1, "total": 1, "failed": 0,
        "remaining_s": None, "pid": None, "host": None, "says": f"1 finished · fpray show {name}", "exit_code": 0,
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
        assert next(lines).startswith("all processes except server are running · logs: ")
        assert [p.pid for p in jvms(str(directory)) if "ServerMain" in " ".join(p.cmdline())] == [server.pid]
        wait_for((directory / "client_0_returncode.txt").exists, 30, "the end of the client")
        assert (directory / "client_0_returncode.txt").read_text().strip() == "0"
        assert len((directory / "client_0_data.csv").read_text().splitlines()) > 100
        process.send_signal(signal.SIGINT)
        *_, last = process.communicate(timeout=30)[1].splitlines()
        assert last == "all other processes are stopped; stop server yourself · this run is not a result"
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


def test_who_wants_to_know_is_told(tmp_path: Path) -> None:
    """A real command, and a real server that gets what is posted; who cannot be told is a sentence."""
    posted: list[dict[str, object]] = []

    class Server(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            posted.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204 if self.path == "/" else 500)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    messages: list[str] = []
    command = tmp_path / "tell me.sh"
    command.write_text('#!/bin/sh\ncat > "$1"\necho "$FPRAY_EVENT $FPRAY_DONE" > "$1.env"\n')
    command.chmod(0o755)
    with ThreadingHTTPServer(("127.0.0.1", 0), Server) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/"
        wanted = [f"'{command}' {tmp_path / 'told'}", url, f"{url}broken", "sh -c 'echo no >&2; exit 3'"]
        targets, problems = read_targets(wanted)
        assert not problems
        with Notifier(targets, lambda: {"done": 7}, messages.append) as notices:
            notices.tell("finished", "7 finished", exit_code=0)
        server.shutdown()
    expected = {"event": "finished", "sentence": "7 finished", "done": 7, "exit_code": 0}
    assert posted == [expected, expected]
    assert json.loads((tmp_path / "told").read_text()) == expected
    assert (tmp_path / "told.env").read_text() == "finished 7\n"
    assert [line.rpartition(": it ")[2] for line in messages] == [
        "answered 500 Internal Server Error (the results are kept)",
        "returned 3: no (the results are kept)",
    ]


def test_a_stall_is_told_once_until_something_moves(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("fpray.driver.notify.STALLED_SPARE_S", 0.1)
    file = tmp_path / "told"

    def lines() -> list[str]:
        return file.read_text().splitlines() if file.exists() else []

    targets, _ = read_targets([f"sh -c 'echo $FPRAY_EVENT >> {file}'"])
    with Notifier(targets, dict, print) as notices:
        notices.expect(0.2)
        notices.expect(0.1)
        wait_for(lambda: lines() == ["stalled"], 60, "a stall")
        time.sleep(0.5)
        assert lines() == ["stalled"]
        notices.expect(0.0)
        wait_for(lambda: lines() == ["stalled", "stalled"], 60, "another")


def test_a_sweep_says_when_it_stalls_and_mostly_fails(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("fpray.driver.notify.STALLED_SPARE_S", 2.0)
    monkeypatch.setattr("fpray.driver.notify.STALLED_TIMES", 0.0)
    notices = tmp_path / "told"

    def play(*_: object) -> Outcome:
        wait_for(notices.exists, 60, "the notice of a stall in the first trial")
        return Outcome(Status.CRASHED, "it crashed", Reason.SYSTEM_UNDER_TEST)

    run_on(
        FakeMachines(["10.0.0.1"]),
        play,
        tmp_path,
        notify=[f"sh -c 'echo $FPRAY_EVENT $FPRAY_FAILED >> {notices}'"],
    )
    assert notices.read_text().splitlines() == ["stalled 0", "mostly-failed 5", "finished 5"]


def test_a_notifier_that_cannot_be_is_refused_in_the_evening(tmp_path: Path) -> None:
    wrong = cli(
        "sweep", "unreplicated", "--dry-run", "--notify", "tell-nobody now", "--notify", "'", "-s", str(tmp_path)
    )
    assert wrong.exit_code == 2
    assert "must be a command of this machine or an http(s) URL: there is no program 'tell-nobody' here" in wrong.stderr
    assert "is not a valid command line: No closing quotation" in wrong.stderr
