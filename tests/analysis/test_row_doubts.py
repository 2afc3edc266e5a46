"""Doubts from rows that no check has looked at: of suites of earlier versions, and of FrankenPaxos's directories."""

from __future__ import annotations

import gzip
import json
import shutil
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import fpray
from fpray.files import layout
from tests.conftest import cli
from tests.data.published_files import FILES, write_results
from tests.recorder.clients import S, client
from tests.support.recorder_file import write_recorder

RECORDED = Path(__file__).parents[1] / "recorded" / "suites"
WARMUP, STALL, GROUPS = "the warm-up was too short", "nearly no request was answered", "is the mean of up to"


def _latency(at: int, slow_until: float, stall: bool) -> int:
    if stall and 8 * S <= at < 8.1 * S:
        return 4 * S
    return 20_000_000 if at < slow_until * S else 10_000_000


def _rows(slow_until: float = 0.0, stall: bool = False, seconds: int = 20) -> Iterator[dict[str, Any]]:
    """A loop of three requests at once, which is half as fast until a time, and stands still in the middle."""
    at = 0
    while at < seconds * S:
        stop = at + _latency(at, slow_until, stall)
        yield from ({"start": at, "stop": stop, "label": "write"} for _ in range(3))
        at = stop


def _earlier_suite(directory: Path, rows: list[dict[str, Any]]) -> Path:
    """A suite that an earlier version has made, with these rows."""
    (original,) = (RECORDED / "sweep_with_a_crash").iterdir()
    suite = directory / "suite"
    shutil.copytree(original, suite)
    write_recorder([client("client_0", rows)], suite / "001" / layout.RECORDER)
    return suite


def _frankenpaxos(
    directory: Path, rows: list[dict[str, Any]], count: int = 1, columns: Mapping[str, str] | None = None
) -> Path:
    """A suite directory of FrankenPaxos of one trial with these rows."""
    (directory / "001").mkdir(parents=True)
    with gzip.open(directory / "001" / "data.csv.gz", "wt") as file:
        file.write("start,stop,count,latency_nanos,label\n")
        for row in rows:
            times = ",".join(f"{datetime.fromtimestamp(1.6e9 + row[name] / 1e9, UTC)}" for name in ("start", "stop"))
            file.write(f"{times},{count},{row['stop'] - row['start']},write\n")
    results = write_results(directory / "results.csv", FILES["nsdi_fig1_lt_epaxos_results.csv"], rows=1)
    header, line = (text.split(",") for text in results.read_text().splitlines())
    cells = dict(zip(header, line, strict=True)) | dict(columns or {})
    results.write_text(f"{','.join(cells)}\n{','.join(cells.values())}\n")
    return directory


def _doubts(suite: Path) -> str:
    return str(fpray.load(suite).trials["doubts"].to_pylist()[0])


def test_a_suite_of_an_earlier_version_is_judged(tmp_path: Path) -> None:
    suite = _earlier_suite(tmp_path, [*_rows(slow_until=3.0)])
    assert WARMUP in _doubts(suite)
    report = tmp_path / "report.html"
    assert cli("report", str(suite), "-o", str(report)).exit_code == 0
    assert WARMUP in report.read_text()


def test_one_that_is_steady_has_no_further_doubt(tmp_path: Path) -> None:
    suite = _earlier_suite(tmp_path, [*_rows()])
    assert WARMUP not in _doubts(suite)
    assert STALL not in _doubts(suite)


def test_what_was_judged_in_its_run_is_not_judged_a_second_time(tmp_path: Path) -> None:
    suite = _earlier_suite(tmp_path, [*_rows(slow_until=3.0)])
    outcome = suite / "001" / "outcome.json"
    outcome.write_text(json.dumps(json.loads(outcome.read_text()) | {"checks": ["not_steady"]}))
    assert WARMUP not in _doubts(suite)


def test_a_directory_of_frankenpaxos_is_judged(tmp_path: Path) -> None:
    assert STALL in _doubts(_frankenpaxos(tmp_path / "stall", [*_rows(stall=True)]))
    assert GROUPS in _doubts(_frankenpaxos(tmp_path / "groups", [*_rows()], count=10))
    assert _doubts(_frankenpaxos(tmp_path / "steady", [*_rows()])) == "None"


def test_a_recorded_warm_up_is_no_doubt(tmp_path: Path) -> None:
    """The clients of EPaxos record it, so their rows are longer than the duration."""
    durations = {"warmup_duration": "0:00:05", "warmup_sleep": "0:00:00", "duration": "0:00:15"}
    assert _doubts(_frankenpaxos(tmp_path / "recorded", [*_rows(slow_until=4.0)], columns=durations)) == "None"
    durations["duration"] = "0:00:20"
    assert WARMUP in _doubts(_frankenpaxos(tmp_path / "measured", [*_rows(slow_until=4.0)], columns=durations))


@pytest.mark.parametrize(
    "content", [b"", b"no gzip", gzip.compress(b"start,stop\n1,2\n", mtime=0)], ids=["empty", "no gzip", "others"]
)
def test_damaged_rows_are_no_end_of_a_table(content: bytes, tmp_path: Path) -> None:
    directory = _frankenpaxos(tmp_path / "suite", [*_rows(seconds=1)])
    (directory / "001" / "data.csv.gz").write_bytes(content)
    assert fpray.load(directory).trials.num_rows == 1
