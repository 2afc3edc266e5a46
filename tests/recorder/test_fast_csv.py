"""What the quick reader accepts, it reads as a CSV parser would; what is not exactly as usual, it declines."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fpray.recorder import csv_blocks, fast_csv
from fpray.recorder.csv_reader import Reading, read_client
from tests.support.rings import some_fast

HEADER = b"start,stop,count,latency_nanos,label\n"
ROW = b"2026-11-22T04:23:17.209748401Z,2026-11-22T04:23:17.309Z,1,204460,write\n"


def instant(rng: np.random.Generator, hours: int) -> str:
    nanoseconds = int(rng.integers(0, 10**9))
    fraction = {0: "", 3: f".{nanoseconds // 10**6:03}", 6: f".{nanoseconds // 1000:06}", 9: f".{nanoseconds:09}"}
    hour, minute, second = (int(n) for n in rng.integers(0, [hours, 60, 60]))
    day = int(rng.integers(1, 29)) if hours > 1 else 28
    return f"2024-02-{day:02}T{hour:02}:{minute:02}:{second:02}{fraction[int(rng.choice([0, 3, 6, 9]))]}Z"


def by_label(reading: Reading) -> list[dict[str, Any]]:
    return sorted(reading.table.to_pylist(), key=lambda row: str(row["label"]))


def usual(path: Path, data: bytes) -> list[fast_csv.Rows] | None:
    path.write_bytes(data)
    with path.open("rb") as file:
        return fast_csv.read(file.fileno(), len(HEADER), len(data))


def as_parsed(path: Path, monkeypatch: pytest.MonkeyPatch) -> Reading:
    with monkeypatch.context() as patched:
        patched.setattr(fast_csv, "read", lambda *_: None)
        return read_client(path, "c")


@pytest.mark.heavy
@pytest.mark.parametrize("seed", some_fast(range(12), 4))
def test_usual_rows_are_read_as_a_csv_parser_would(tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(seed)
    labels = ["read", "write", "", "x", "sixsix"][: seed % 5 + 1]
    count = int(rng.choice([1, 7, 100, 99999]))
    rows = [
        f"{instant(rng, seed % 2 * 23 + 1)},{instant(rng, seed % 2 * 23 + 1)},{count},"
        f"{rng.integers(0, 10 ** rng.integers(1, 17))},{rng.choice(labels)}\n"
        for _ in range(700)
    ]
    path = tmp_path / "a.csv"
    assert usual(path, HEADER + "".join(rows).encode()) is not None
    expected = as_parsed(path, monkeypatch)
    for block, piece in ((1000, 300), (1 << 22, 333), (1000, 4 << 20), (1 << 22, 4 << 20)):
        monkeypatch.setattr(csv_blocks, "_BLOCK_BYTES", block)
        monkeypatch.setattr(fast_csv, "_PIECE_BYTES", piece)
        monkeypatch.setattr(fast_csv, "_buffer", fast_csv._Buffer())
        with path.open("rb") as file:  # not declined: pieces end anywhere in a line
            assert fast_csv.read(file.fileno(), len(HEADER), path.stat().st_size) is not None
        reading = read_client(path, "c")
        assert by_label(reading) == by_label(expected)
        assert reading.table.schema == expected.table.schema
        assert reading.notes == expected.notes


@pytest.mark.heavy
@pytest.mark.parametrize("at", some_fast(range(len(ROW)), 4))
def test_no_character_is_overlooked(tmp_path: Path, at: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """One character of one row is another one: the same rows and notes as without the quick reader."""
    for byte in b'09:.,Z-+/; "\r\n\0\xff\xb0a':
        changed = bytearray(ROW)
        changed[at] = byte
        path = tmp_path / "a.csv"
        path.write_bytes(HEADER + ROW * 3 + changed + ROW * 3)
        expected, reading = as_parsed(path, monkeypatch), read_client(path, "c")
        assert by_label(reading) == by_label(expected)
        assert reading.notes == expected.notes


@pytest.mark.parametrize(
    "row",
    [
        ROW.replace(b",1,", b",2,"),  # another count than the others
        ROW.replace(b"write", b"longlabel"),
        ROW.replace(b"204460", b"-1"),
        ROW.replace(b"204460", b"12345678901234567"),
        ROW.replace(b"401Z", b"4Z"),
        ROW.replace(b"2026-11-22T04", b"2026-02-30T04"),
        ROW.replace(b"2026", b"2262"),
        ROW.replace(b"\n", b"\r\n"),
        b"\n",
        b"2026-11-22T04:23:17Z,2026-11-22T04:23:17Z,1,1,\n"[1:],
    ],
)
def test_unusual_rows_are_declined(tmp_path: Path, row: bytes) -> None:
    assert usual(tmp_path / "a.csv", HEADER + ROW * 9) is not None
    assert usual(tmp_path / "a.csv", HEADER + ROW * 4 + row + ROW * 4) is None
