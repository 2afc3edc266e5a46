"""`--notify`: a command or a URL gets a notice when a sweep ends, stalls, or mostly fails."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from fpray.driver import notify
from fpray.driver.notify import Notifier, _post
from fpray.driver.notify_targets import read_targets
from fpray.store.outcome import Outcome, Reason, Status
from fpray.testing.fake_machines import FakeMachines
from tests.conftest import cli, stays, wait_for
from tests.support.patience import LONG
from tests.support.sweeps import run_on

pytestmark = pytest.mark.heavy


def test_each_target_gets_the_notice(tmp_path: Path) -> None:
    """A real command, and a real server that gets what is posted; a target that fails is a message."""
    posts: list[dict[str, object]] = []

    class Server(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            posts.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
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
        texts = [f"'{command}' {tmp_path / 'told'}", url, f"{url}broken", "sh -c 'echo no >&2; exit 3'"]
        targets, problems = read_targets(texts)
        assert not problems
        with Notifier(targets, lambda: {"done": 7}, messages.append) as notices:
            notices.tell("finished", "7 finished", exit_code=0)
        server.shutdown()
    expected = {"event": "finished", "sentence": "7 finished", "done": 7, "exit_code": 0}
    assert posts == [expected, expected]
    assert json.loads((tmp_path / "told").read_text()) == expected
    assert (tmp_path / "told.env").read_text() == "finished 7\n"
    assert [line.partition(" of the sweep: ")[2] for line in messages] == [
        "it answered 500 Internal Server Error. Check that URL or command; the sweep and its results are not affected",
        "the command ended with exit code 3: no. Check that URL or command; the sweep and its results are not affected",
    ]


def test_a_stall_is_one_notice_until_a_trial_ends_or_begins(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("fpray.driver.notify.STALLED_SPARE_S", 0.1)
    file = tmp_path / "told"

    def lines() -> list[str]:
        return file.read_text().splitlines() if file.exists() else []

    targets, _ = read_targets([f"sh -c 'echo $FPRAY_EVENT >> {file}'"])
    with Notifier(targets, dict, print) as notices:
        notices.expect(100.0)
        notices.expect(0.1)
        wait_for(lambda: lines() == ["stalled"], LONG, "a stall")
        stays(lambda: lines() == ["stalled"], 0.5, "one notice")
        notices.expect(0.0)
        wait_for(lambda: lines() == ["stalled", "stalled"], LONG, "another")


def test_a_sweep_that_stalls_and_mostly_fails_reports_both(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("fpray.driver.notify.STALLED_SPARE_S", 0.5)
    monkeypatch.setattr("fpray.driver.notify.STALLED_TIMES", 0.0)
    notices = tmp_path / "told"

    def play(*_: object) -> Outcome:
        wait_for(notices.exists, LONG, "the notice of a stall in the first trial")
        monkeypatch.setattr("fpray.driver.notify.STALLED_SPARE_S", 600.0)  # no other trial stalls, however slow it is
        return Outcome(Status.CRASHED, "it crashed", Reason.SYSTEM_UNDER_TEST)

    run_on(
        FakeMachines(["10.0.0.1"]),
        play,
        tmp_path,
        notify=[f"sh -c 'echo $FPRAY_EVENT $FPRAY_FAILED >> {notices}'"],
    )
    assert notices.read_text().splitlines() == ["stalled 0", "mostly-failed 5", "finished 5"]


def test_a_target_that_cannot_work_is_refused_before_the_sweep(tmp_path: Path) -> None:
    wrong = cli(
        "sweep", "unreplicated", "--dry-run", "--notify", "tell-no-one now", "--notify", "'", "-s", str(tmp_path)
    )
    assert wrong.exit_code == 2
    assert "must be a command or an http(s) URL, and this machine has no program 'tell-no-one': correct" in wrong.stderr
    assert "is not a valid command line, because its quotes do not match (No closing quotation)" in wrong.stderr


def test_an_answer_that_names_another_address_is_a_failure() -> None:
    """A login page, which was got without the message, was taken for its receipt."""
    requests: list[str] = []

    class Server(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            requests.append(f"POST {self.path} {self.headers['Authorization']}")
            self.send_response(302)
            self.send_header("Location", "/login")
            self.end_headers()

        def do_GET(self) -> None:
            requests.append(f"GET {self.path}")
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Server) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        failure = _post(f"http://me:a%20b@127.0.0.1:{server.server_port}/hook", {})
        server.shutdown()
    assert failure == "it answered 302 Found"
    assert requests == ["POST /hook Basic bWU6YSBi"]


def test_one_that_answers_byte_by_byte_holds_nothing_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each byte is in time; the sweep never ended."""
    monkeypatch.setattr("fpray.driver.notify._PATIENCE_S", 0.3)
    opened = notify._web.open
    # No wait for one byte ends it, however slow this machine is: the limit of the whole answer does.
    monkeypatch.setattr(notify._web, "open", lambda request, timeout: opened(request, timeout=LONG))
    over = threading.Event()

    class Server(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            while not over.wait(0.1):
                self.wfile.write(b"x")

        def log_message(self, *_: object) -> None:
            pass

    messages: list[str] = []
    with ThreadingHTTPServer(("127.0.0.1", 0), Server) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        targets, _ = read_targets([f"http://127.0.0.1:{server.server_port}/"])
        with Notifier(targets, dict, messages.append) as notifier:
            notifier.tell("finished", "it is over")
        over.set()
        server.shutdown()
    assert "no complete answer came within 1 s" in messages[0]
