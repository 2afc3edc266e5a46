"""`fpray status` and `fpray stop`, on suites that other processes run or ran."""

from __future__ import annotations

import fcntl
import json
import re
import time
from pathlib import Path

import pytest

from fpray.report.snapshot import Phase, Snapshot
from tests.conftest import cli


def test_a_driver_elsewhere_is_named(tmp_path: Path) -> None:
    suite = tmp_path / "suites" / "2026-11-22_00-00-00_ABCDEFGHIJ_unreplicated_smoke"
    suite.mkdir(parents=True)
    content = {"protocol": "unreplicated", "study": "smoke", "points": [], "jar": {}, "planned": 4}
    (suite / "suite.json").write_text(json.dumps(content))
    root = ["-s", str(tmp_path / "suites")]
    line = "ABCDEFGHIJ  2026-11-22 00:00  unreplicated smoke  unfinished  0 of 4 done"
    assert cli("status", *root).stdout == f"{line} · to continue, run the same fpray command again\n"
    holder = "process 7 on head-1 since 2026-11-22 00:00:00 UTC"
    with (suite / "suite.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.write(f"{holder}\n")
        lock.flush()
        assert (
            cli("status", *root).stdout
            == f"ABCDEFGHIJ  2026-11-22 00:00  unreplicated smoke  running  0 of 4 done · {holder}\n"
        )
        refused = cli("stop", "ABCD", *root)
        assert refused.exit_code == 2
        assert f"is run by {holder}: to stop it, log in to head-1, and run fpray stop ABCDEFGHIJ" in refused.stderr
    assert "is not running" in cli("stop", "ABCD", *root).stdout


def test_the_remaining_time_is_counted_from_now(tmp_path: Path) -> None:
    suite = tmp_path / "2026-11-22_00-00-00_ABCDEFGHIJ_unreplicated_smoke"
    suite.mkdir()
    (suite / "suite.json").write_text(json.dumps({"protocol": "unreplicated", "points": [], "jar": {}}))
    now = time.time()
    running = Snapshot(
        done=3, total=160, failed=1, began=now - 99, remaining_s=9000, standing="", before=Phase("", now),
        under_way=[Phase("measuring", now, 99.0, "004")], updated=now - 6000,
    )  # fmt: skip
    (suite / "progress.json").write_text(json.dumps(vars(running), default=vars))
    with (suite / "suite.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.write(f"process {running.pid} on {running.host} since 2026-11-22 00:00:00 UTC\n")
        lock.flush()
        (entry,) = json.loads(cli("status", "--json", "-s", str(tmp_path)).stdout)
        assert re.search("about (4[0-9]|50) min to go", cli("status", "-s", str(tmp_path)).stdout)
    assert 2400 < entry["remaining_s"] <= 3000
    assert (running.remaining(now), running.remaining(now + 9000)) == (3000, 0)


def test_a_damaged_suite_is_named_beside_the_others(tmp_path: Path) -> None:
    for name, text in (("A" * 10, '{"protocol": "unreplicated", "points": [], "jar": {}}'), ("B" * 10, '{"proto')):
        suite = tmp_path / f"2026-11-22_00-00-00_{name}_unreplicated"
        suite.mkdir()
        (suite / "suite.json").write_text(text)
    done = cli("status", "-s", str(tmp_path))
    assert done.stdout.startswith("AAAAAAAAAA  2026-11-22 00:00  unreplicated")
    assert "BBBBBBBBBB_unreplicated/suite.json is damaged" in done.stderr


@pytest.mark.parametrize(
    ("state", "says", "expected"),
    [
        (
            "running",
            "",
            r"died +3 of 160 done, 1 of them failed · the driver \(process 7 on head-1\) was killed: it ended without ",
        ),
        ("stopped", "interrupted", "stopped +3 of 160 done, 1 of them failed · to continue, run the same fpray "),
        ("failed", "no space left\nat all", "failed +3 of 160 done, 1 of them failed · no space left$"),
        ("finished", "159 finished", "finished +3 of 160 done, 1 of them failed$"),
    ],
)
def test_a_suite_that_no_process_runs_says_how_it_ended(tmp_path: Path, state: str, says: str, expected: str) -> None:
    suite = tmp_path / "2026-11-22_00-00-00_ABCDEFGHIJ_unreplicated_smoke"
    suite.mkdir()
    (suite / "suite.json").write_text(json.dumps({"protocol": "unreplicated", "points": [], "jar": {}}))
    now = time.time()
    snapshot = Snapshot(
        done=3, total=160, failed=1, began=now - 99, remaining_s=9, standing="", before=Phase("", now), under_way=[],
        state=state, says=says, exit_code=None, pid=7, host="head-1",
    )  # fmt: skip
    (suite / "progress.json").write_text(json.dumps(vars(snapshot), default=vars))
    assert re.search(expected, cli("status", "-s", str(tmp_path)).stdout, re.MULTILINE)
    (entry,) = json.loads(cli("status", "--json", "-s", str(tmp_path)).stdout)
    assert (entry["done"], entry["total"], entry["failed"], entry["says"]) == (3, 160, 1, says)
