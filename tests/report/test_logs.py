"""`fpray logs`: what a process has written, and what it still writes."""

from __future__ import annotations

import json
import os
from pathlib import Path

from tests.conftest import cli, start
from tests.support.patience import LONG


def test_logs_are_printed_and_followed_until_the_process_ends(tmp_path: Path) -> None:
    suite = tmp_path / "suites" / "2026-11-22_00-00-00_ABCDEFGHIJ_unreplicated_smoke"
    trial = suite / "001"
    trial.mkdir(parents=True)
    (suite / "suite.json").write_text(json.dumps({"protocol": "unreplicated", "points": [], "jar": {}}))
    record = {"schema": 1, "id": "a", "protocol": "unreplicated", "params": {}, "repeat": 0, "provenance": {}}
    (trial / "trial.json").write_text(json.dumps(record))
    processes = [{"label": label, "host": "127.0.0.1", "port": 1, "kind": ""} for label in ("server", "client_0")]
    (trial / "plan.json").write_text(json.dumps({"processes": processes}))
    root = ["-s", str(tmp_path / "suites")]
    assert cli("logs", "ABCD/1", *root).stdout == "server\nclient_0\n"
    assert cli("logs", str(trial), "server").stdout == ""
    refused = cli("logs", "ABCD/001", "client", *root)
    assert refused.exit_code == 2
    assert "trial 001 has no such process; did you mean client_0?; its processes: server, client_0" in refused.stderr
    assert "no such trial; its trials are 001 to 001" in cli("logs", "ABCD/2", "server", *root).stderr
    out, err = trial / "server_out.txt", trial / "server_err.txt"
    out.write_text("one\n")
    follower = start("logs", "-f", "ABCD/001", "server", cwd=tmp_path)
    assert follower.stdout
    assert follower.stdout.readline() == "one\n"
    err.write_text("two\n")
    assert [follower.stdout.readline() for _ in range(2)] == ["==> server_err.txt <==\n", "two\n"]
    with out.open("a") as file:
        file.write("three")
    (trial / "server_returncode.txt").write_text("0\n")
    assert follower.communicate(timeout=LONG)[0] == "==> server_out.txt <==\nthree"
    assert follower.returncode == 0
    assert cli("logs", "ABCD/001", "server", *root).stdout == (
        "==> server_out.txt <==\none\nthree\n==> server_err.txt <==\ntwo\n"
    )


def test_the_logs_of_an_earlier_attempt_are_its_own(tmp_path: Path) -> None:
    suite = tmp_path / "2026-11-22_00-00-00_ABCDEFGHIJ_unreplicated_smoke"
    attempt = suite / "001" / "attempts" / "1"
    attempt.mkdir(parents=True)
    (suite / "suite.json").write_text(json.dumps({"protocol": "unreplicated", "points": [], "jar": {}}))
    server = {"label": "server", "host": "127.0.0.1", "port": 1, "kind": "", "directory": str(suite / "001")}
    plan = {"processes": [server]}
    record = {"schema": 1, "id": "a", "protocol": "unreplicated", "params": {}, "repeat": 0, "provenance": {}}
    for directory in (attempt, suite / "001"):
        (directory / "trial.json").write_text(json.dumps(record))
        (directory / "plan.json").write_text(json.dumps(plan))
    (suite / "001" / "server_out.txt").write_text("of the latest attempt\n")
    done = cli("logs", str(attempt), "server")
    assert (done.exit_code, done.stdout) == (0, ""), "it has written nothing"
    (attempt / "server_out.txt").write_text("of the first attempt\n")
    assert cli("logs", str(attempt), "server").stdout == "of the first attempt\n"


def test_a_pipe_in_place_of_a_file_is_not_waited_for(tmp_path: Path) -> None:
    """I3: `logs` and `status` waited for ever; the other suites were hidden."""
    suite = tmp_path / "2026-11-22_00-00-00_ABCDEFGHIJ_unreplicated_smoke"
    trial = suite / "001"
    trial.mkdir(parents=True)
    (suite / "suite.json").write_text(json.dumps({"protocol": "unreplicated", "points": [], "jar": {}}))
    record = {"schema": 1, "id": "a", "protocol": "unreplicated", "params": {}, "repeat": 0, "provenance": {}}
    (trial / "trial.json").write_text(json.dumps(record))
    process = {"label": "server", "host": "127.0.0.1", "port": 1, "kind": ""}
    (trial / "plan.json").write_text(json.dumps({"processes": [process]}))
    os.mkfifo(suite / "suite.lock")
    os.mkfifo(trial / "server_out.txt")
    assert "ABCDEFGHIJ" in cli("status", "-s", str(tmp_path)).stdout
    refused = cli("logs", str(trial), "server")
    assert refused.exit_code == 2
    assert "server_out.txt is not an ordinary file" in refused.stderr
