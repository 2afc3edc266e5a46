"""The live block, drawn from what a driver wrote."""

from __future__ import annotations

import json
import time
from pathlib import Path

from fpray.report.snapshot import Phase, Snapshot, read_snapshot


def test_the_live_block_is_drawn_from_what_is_on_disk(tmp_path: Path) -> None:
    now = time.time()
    snapshot = Snapshot(
        done=3, total=160, failed=0, began=now - 65, remaining_s=100, standing="best so far 7",
        before=Phase("waiting for role actors", now - 60), under_way=[Phase("measuring", now - 1.2, 2.0, "004")],
        updated=now - 10,
    )  # fmt: skip
    (tmp_path / "progress.json").write_text(json.dumps(snapshot, default=vars))
    copy = read_snapshot(tmp_path)
    assert copy is not None
    assert copy == snapshot
    assert copy.block(now) == (
        "best so far 7\n  trial 004 · 3 of 160 done · measuring 1 of 2 s · 0:01:05 elapsed, 0:01:30 to go"
    )


def test_the_block_of_many_trials_is_bounded_and_fits_the_terminal() -> None:
    now = time.time()
    steps = [Phase("measuring", now, None, f"{number:03}") for number in range(200)]
    snapshot = Snapshot(
        done=1, total=200, failed=0, began=now, remaining_s=0, standing="best so far 7 · of 100 tried · " + "x" * 200,
        before=Phase("", now), under_way=steps,
    )  # fmt: skip
    lines = snapshot.block(now, width=60).splitlines()
    assert len(lines) < 20
    assert all(len(line) <= 60 for line in lines)
    assert lines[-1].split() == ["and", "192", "more"]


def test_a_snapshot_in_another_format_is_none(tmp_path: Path) -> None:
    assert read_snapshot(tmp_path) is None
    (tmp_path / "progress.json").write_text('{"done": 3}')
    assert read_snapshot(tmp_path) is None
