"""`fpray attach`: the live display of another process."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import subprocess
import time
from dataclasses import replace
from pathlib import Path

import pytest

from fpray.report.snapshot import Phase, Snapshot
from tests.conftest import FPRAY, cli
from tests.support.patience import LONG


def test_on_a_terminal_attach_draws_the_live_block_until_the_end(tmp_path: Path) -> None:
    now = time.time()
    suite = tmp_path / "suites" / "2026-11-22_00-00-00_ABCDEFGHIJ_unreplicated_smoke"
    suite.mkdir(parents=True)
    (suite / "suite.json").write_text(json.dumps({"protocol": "unreplicated", "points": [], "jar": {}}))
    (suite / "driver.log").write_text("an earlier run\n[003/160; 1.9%] this run\n")
    running = Snapshot(
        done=3, total=160, failed=1, began=now, remaining_s=100, standing="", before=Phase("", now),
        under_way=[Phase("measuring", now, 99.0, "004")], log_from=len("an earlier run\n"),
    )  # fmt: skip
    (suite / "progress.json").write_text(json.dumps(vars(running), default=vars))
    terminal, end = pty.openpty()
    with (suite / "suite.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.write(f"process {running.pid} on {running.host} since 2026-11-22 00:00:00 UTC\n")
        lock.flush()
        watcher = subprocess.Popen([FPRAY, "attach", "ABCD"], cwd=tmp_path, stdin=end, stdout=end, stderr=end)
        os.close(end)
        output = b""
        while not (b"trial 004 \xc2\xb7 3 of 160 done" in output and b"this run" in output):
            output += os.read(terminal, 4096)
        over = replace(running, under_way=[], state="finished", says="159 finished, 1 crashed", exit_code=1)
        (suite / "progress.json").write_text(json.dumps(vars(over), default=vars))
    assert b"[003/160; 1.9%] this run" in output
    assert b"an earlier run" not in output
    assert watcher.wait(LONG) == 1
    os.close(terminal)


def test_a_driver_that_was_killed_is_told_once(tmp_path: Path) -> None:
    suite = tmp_path / "2026-11-22_00-00-00_ABCDEFGHIJ_unreplicated_smoke"
    suite.mkdir()
    (suite / "suite.json").write_text(json.dumps({"protocol": "unreplicated", "points": [], "jar": {}}))
    now = time.time()
    snapshot = Snapshot(
        done=3, total=160, failed=1, began=now, remaining_s=100, standing="", before=Phase("", now), under_way=[], pid=7
    )
    (suite / "progress.json").write_text(json.dumps(vars(snapshot), default=vars))
    done = cli("attach", "ABCD", "-s", str(tmp_path))
    assert done.exit_code == 1
    assert done.output.count("was killed: it ended without a final report") == 1
    assert done.output.rstrip().endswith(" · docs/troubleshooting.md#killed-driver")
    assert "is not running" not in done.output


def test_a_driver_that_wrote_nothing_of_its_end_is_told_once(tmp_path: Path) -> None:
    suite = tmp_path / "2026-11-22_00-00-00_ABCDEFGHIJ_unreplicated_smoke"
    suite.mkdir()
    (suite / "suite.json").write_text(
        json.dumps({"protocol": "unreplicated", "points": [], "jar": {}, "planned": 3, "kind": "sweep"})
    )
    done = cli("attach", "ABCD", "-s", str(tmp_path))
    assert done.exit_code == 1
    assert done.output.count("is not running: 0 of 3 done") == 1
    assert done.output.rstrip().endswith(" · docs/troubleshooting.md#killed-driver")


@pytest.mark.parametrize("command", ["attach", "stop"])
def test_a_suite_that_does_not_exist_is_refused(command: str, tmp_path: Path) -> None:
    missing = cli(command, "WXYZ", "-s", str(tmp_path))
    assert missing.exit_code == 2
    assert "is not a suite" in missing.stderr
