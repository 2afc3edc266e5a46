"""What the recorder makes of odd files is what a plain parser makes of them: rows, what is left out, every number.

`FPRAY_FUZZ` is the number of files; a few hundred are read in every run of the tests.
"""

from __future__ import annotations

import os
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from fpray.recorder import csv_blocks, parquet_writer, time_order
from fpray.recorder.csv_reader import ClientFile
from fpray.recorder.schema import nanoseconds
from fpray.recorder.summary import summarize
from tests.recorder import plain_parser
from tests.recorder.odd_files import OddFile
from tests.support.recorder_file import write_recorder
from tests.support.rings import some_fast

FILES = int(os.environ.get("FPRAY_FUZZ", "200"))
PARTS = 8
DURATION_S = 2


@pytest.mark.heavy
@pytest.mark.timeout(60 + FILES)
@pytest.mark.parametrize("part", some_fast(range(PARTS), 2))
def test_numbers_are_those_of_a_plain_parser(part: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """I2, I8: csv, Decimal and Python's integers say the same of every generated file."""
    files, seed = 0, part
    while files * PARTS < FILES:
        with monkeypatch.context() as patched:
            patched.setattr(csv_blocks, "_BLOCK_BYTES", (1 << 23, 1000, 20_000)[seed % 3])
            patched.setattr(parquet_writer, "_ROW_GROUP_ROWS", (1 << 17, 7, 60)[seed // 3 % 3])
            patched.setattr(time_order, "_MORE_GROUPS", (32, 0)[seed // 9 % 2])
            patched.setattr(time_order, "_BATCH_ROWS", (1 << 17, 50)[seed // 2 % 2])
            patched.setattr(time_order, "_SAMPLE_ROWS", (1 << 12, 9)[seed // 2 % 2])
            files += _compare(tmp_path, seed)
        seed += PARTS


def _compare(directory: Path, seed: int) -> int:
    """Compare one trial of one to three files; how many files it had."""
    odd = [OddFile(1000 * seed + i) for i in range(1 + seed % 3)]
    paths = [directory / f"client_{i}_data.csv" for i in range(len(odd))]
    for file, path in zip(odd, paths, strict=True):
        file.write(path, None if file is odd[0] else odd[0])
    contents = [plain_parser.parse(path) for path in paths]
    facts = write_recorder((ClientFile(path, path.stem) for path in paths), directory / "recorder.parquet")
    for one, fact in zip(contents, facts, strict=True):
        assert (fact.rows, fact.requests) == (len(one.rows), sum(row.count for row in one.rows)), (seed, fact.notes)
        assert _counts(fact.notes) == {
            "not rows": one.not_rows, "impossible": one.impossible, "other labels": one.other_labels, "torn": one.torn,
        }, (seed, fact.notes)  # fmt: skip
        if one.rows:
            times = min(r.start for r in one.rows), max(r.start for r in one.rows), max(r.stop for r in one.rows)
            assert (fact.first_start_ns, fact.last_start_ns, fact.last_stop_ns) == times, seed
    rows = [row for one in contents for row in one.rows]
    labels = sorted({row.label for row in rows}, key=str) or [None]
    outputs = {label: f"{number}." for number, label in enumerate(labels)}
    summary = summarize(directory / "recorder.parquet", outputs=outputs, duration_s=DURATION_S)
    expected: dict[str, Any] = {}
    for label, prefix in outputs.items():
        expected |= plain_parser.columns([row for row in rows if row.label == label], prefix)
    assert summary.columns.keys() == expected.keys()
    for name, value in expected.items():
        assert _same(summary.columns[name], value), (seed, name, summary.columns[name], value)
    window = plain_parser.measured(rows, [one.rows for one in contents], DURATION_S)
    assert summary.measured["measured.requests"] == (int(window["requests"] or 0) if window else None), seed
    if len(outputs) == 1 and window:
        assert _same(summary.measured["0.measured.throughput"], window["throughput"]), seed
        assert _same(summary.measured["0.measured.latency.mean_ms"], window["mean_ms"]), seed
    return len(odd)


def _counts(notes: tuple[str, ...]) -> dict[str, Any]:
    text = " ".join(notes)

    def number(pattern: str) -> int:
        match = re.search(pattern, text)
        return int(match[1]) if match else 0

    return {
        "not rows": number(r"(\d+) lines cannot be read as rows and are left out"),
        "impossible": number(r"(\d+) rows have impossible values and are left out"),
        "other labels": number(r"64 different labels: the (\d+) rows with further labels are left out"),
        "torn": "the last line has no end" in text,
    }


def _same(ours: float | None, theirs: Decimal | None) -> bool:
    if ours is None or theirs is None:
        return ours is None and theirs is None
    return abs(Decimal(ours) - theirs) <= Decimal("1e-12") * max(abs(theirs), Decimal("1e-9"))


@pytest.mark.heavy
def test_the_generated_files_hold_what_they_are_to_hold(tmp_path: Path) -> None:
    """The comparison means something: all kinds of lines come, and most files have rows."""
    reading = plain_parser.Parsed()
    with_rows = 0
    for seed in range(200):
        OddFile(seed).write(tmp_path / "a.csv")
        one = plain_parser.parse(tmp_path / "a.csv")
        reading.not_rows, reading.impossible = reading.not_rows + one.not_rows, reading.impossible + one.impossible
        reading.other_labels, reading.torn = reading.other_labels + one.other_labels, reading.torn or one.torn
        with_rows += bool(one.rows)
    assert min(reading.not_rows, reading.impossible, reading.other_labels) > 50
    assert reading.torn
    assert with_rows > 120


@pytest.mark.heavy
def test_whether_a_line_is_a_row_does_not_depend_on_other_lines(tmp_path: Path) -> None:
    """I8: each odd line alone, among rows, and among garbage."""
    lines = []
    for seed in range(40):
        odd = OddFile(seed)
        odd.oddity, odd.labelled = 0.9, True
        odd.write(tmp_path / "a.csv")
        lines += [line for line in (tmp_path / "a.csv").read_bytes().split(b"\n")[1:-1] if line.strip()]
    header = b"start,stop,count,latency_nanos,label\n"
    usual = b"2026-11-22T04:23:17.209748401Z,2026-11-22T04:23:17.309Z,1,204460,write\n"

    def rows(*around: bytes) -> int:
        (tmp_path / "a.csv").write_bytes(header + b"".join(around))
        tables = list(ClientFile(tmp_path / "a.csv", "a"))
        return sum(len(nanoseconds(table["start"])) for table in tables)

    for line in lines[:400]:
        alone = rows(line + b"\n")
        assert alone == rows(usual, line + b"\n", usual) - 2 == rows(b"what\n", line + b"\n", b"?\n"), line
