"""What a client leaves behind, in whatever state, becomes rows and sentences."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from fpray.recorder import csv_blocks, parquet_writer
from fpray.recorder.csv_reader import ClientFile, Reading, read_client
from fpray.recorder.parquet_writer import RecorderWriter, clients_of
from fpray.recorder.schema import SCHEMA, nanoseconds
from tests.support.recorder_file import write_recorder

LABELLED = "start,stop,count,latency_nanos,label\n"
UNLABELLED = "start,stop,latency_nanos,host,port\n"
T = "2026-11-22T04:23:"
BASE = 1_795_321_380_000_000_000  # 2026-11-22T04:23:00Z


def second(text: str) -> str:
    """ "7.5" as Instant.toString would: "2026-11-22T04:23:07.500Z"."""
    whole, _, fraction = text.partition(".")
    return f"{T}{whole:>02}.{fraction:0<{-(-len(fraction) // 3) * 3}}Z".replace(".Z", "Z")


def row(start: str, stop: str, latency: int = 1000, label: str = "write", count: int = 1) -> str:
    return f"{second(start)},{second(stop)},{count},{latency},{label}\n"


def read(path: Path, text: str | bytes, client: str = "client_0") -> Reading:
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_client(path, client)


def by_label(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each label's rows in their order."""
    return sorted(rows, key=lambda r: str(r["label"]))


@pytest.fixture
def csv(tmp_path: Path) -> Path:
    return tmp_path / "client_0_data.csv"


def test_labelled_rows_with_mixed_fraction_digits(csv: Path) -> None:
    text = LABELLED + row("17", "17.1") + row("17.209748401", "17.209749", 599, "read", 7)
    reading = read(csv, text)
    assert reading.notes == ()
    assert reading.error is None
    assert reading.table.schema == SCHEMA
    assert nanoseconds(reading.table["start"]).tolist() == [BASE + 17_000_000_000, BASE + 17_209_748_401]
    assert nanoseconds(reading.table["stop"]).tolist() == [BASE + 17_100_000_000, BASE + 17_209_749_000]
    rest = reading.table.select(["count", "latency_nanos", "label", "host", "port", "client"]).to_pylist()
    nothing = {"host": None, "port": None, "client": "client_0"}
    assert rest == [
        {"count": 1, "latency_nanos": 1000, "label": "write", **nothing},
        {"count": 7, "latency_nanos": 599, "label": "read", **nothing},
    ]


def test_unlabelled_rows_with_quoted_hosts_and_crlf(csv: Path) -> None:
    lines = [f'{T}17.5Z,{T}18Z,500000000,"a,b/10.0.0.1",9000', f"{T}17.5Z,{T}18Z,5,localhost,9001", ""]
    reading = read(csv, (UNLABELLED + "\n".join(lines)).replace("\n", "\r\n"), "client_3")
    assert reading.notes == ()
    assert reading.table.select(["count", "label", "host", "port", "client"]).to_pylist() == [
        {"count": 1, "label": None, "host": "a,b/10.0.0.1", "port": 9000, "client": "client_3"},
        {"count": 1, "label": None, "host": "localhost", "port": 9001, "client": "client_3"},
    ]


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ("", "empty (0 bytes)"),
        ("start,stop,cou", "ends inside its header ('start,stop,cou')"),
        (LABELLED, "no rows"),
        (UNLABELLED, "no rows"),
    ],
)
def test_a_file_without_rows_has_a_note(csv: Path, text: str, note: str) -> None:
    reading = read(csv, text)
    assert reading.table.num_rows == 0
    assert reading.table.schema == SCHEMA
    assert reading.error is None
    assert len(reading.notes) == 1
    assert str(csv) in reading.notes[0]
    assert note in reading.notes[0]
    assert "nothing was recorded" in reading.notes[0]


def test_missing_file_and_wrong_header_are_errors(csv: Path) -> None:
    missing = read_client(csv, "client_0")
    assert missing.error == f"{csv}: cannot be read: No such file or directory."
    wrong = read(csv, "start,stop,latency\n1,2,3\n")
    assert wrong.error is not None
    assert wrong.error.startswith(f"{csv}: its first line is 'start,stop,latency', but must be start,stop,count,")
    assert missing.table.num_rows == wrong.table.num_rows == 0


@pytest.mark.parametrize("cut", [1, 2, 7, 20, 50])
def test_torn_last_line_is_left_out_even_if_it_parses(csv: Path, cut: int) -> None:
    reading = read(csv, (LABELLED + row("1", "2") + row("2", "3", 123456789))[:-cut])
    assert reading.table.num_rows == 1
    assert len(reading.notes) == 1
    assert "the last line has no end" in reading.notes[0]
    assert f"({len(row('2', '3', 123456789)) - cut} bytes: '{second('2')[:10]}" in reading.notes[0]


def test_only_a_torn_line(csv: Path) -> None:
    reading = read(csv, LABELLED + row("1", "2")[:-1])
    assert reading.table.num_rows == 0
    assert [("no end" in n, "nothing was recorded" in n) for n in reading.notes] == [(True, False), (False, True)]


@pytest.mark.parametrize(
    "garbage",
    [
        b"what\n",
        b"\0\0\0\0\0\0\n",
        b"\xff\xfe,,,,\n",
        b",,,,\n",
        f"{T}01Z,{T}02Z,1,,write\n".encode(),
        f"{T}01Z,{T}02Z,1,12x,write\n".encode(),
        f"{T}01Z,{T}02Z,1,99999999999999999999,write\n".encode(),
        f"{T}61Z,{T}02Z,1,1,write\n".encode(),
        b"2026-02-30T00:00:00Z,2026-02-30T00:00:00Z,1,1,write\n",
        b"9999-01-01T00:00:00Z,9999-01-01T00:00:00Z,1,1,write\n",
        f"{T}01Z,{T}02Z,1,1,write,more\n".encode(),
        (row("01", "02")[:30] + row("01", "02")).encode(),
    ],
)
def test_garbage_in_the_middle_is_left_out_by_line(csv: Path, garbage: bytes) -> None:
    text = LABELLED.encode() + row("01", "02").encode() + garbage + row("03", "04").encode() + b"\n" + garbage
    reading = read(csv, text)
    assert nanoseconds(reading.table["start"]).tolist() == [BASE + 10**9, BASE + 3 * 10**9]
    assert len(reading.notes) == 1
    assert reading.notes[0].startswith(f"{csv}: 2 lines cannot be read as rows and are left out, such as line 3: ")
    assert "line 6: " in reading.notes[0]


@pytest.mark.heavy
def test_blocks_meet_at_lines(csv: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [row(f"{i % 50 + 10}.{i:09}", f"{i % 50 + 10}.{i:09}", i, "rw"[i % 2] * (i % 40 + 1)) for i in range(300)]
    lines[150] = "no row\n"
    whole = read(csv, LABELLED + "".join(lines) + "torn" * 9)
    for size in (7, 100, 1000):
        monkeypatch.setattr(csv_blocks, "_BLOCK_BYTES", size)
        file = ClientFile(csv, "client_0")
        tables = list(file)
        assert sum(t.num_rows for t in tables) == 299
        assert by_label([r for t in tables for r in t.to_pylist()]) == by_label(whole.table.to_pylist())
        assert sum("has no end" in n for n in file.notes) == 1
        assert any("line 152: 'no row'" in n for n in file.notes)
        assert any("(36 bytes: 'torntorn" in n for n in file.notes)


def test_clock_set_back(csv: Path) -> None:
    # In flight while the clock goes back by 2 s: stops before it starts; the next one starts back there too.
    text = LABELLED + row("10", "10.5") + row("10.6", "8.7") + row("8.8", "9") + row("9", "9.1")
    reading = read(csv, text)
    assert reading.table.num_rows == 4
    reversed_, fell = (n.removeprefix(f"{csv}: ") for n in reading.notes)
    assert reversed_.startswith(
        "the wall clock of the client's machine was set back: 1 rows stop before they start, by up to 1900.000 ms. "
    )
    assert fell.startswith(
        "the wall clock of the client's machine was set back 1 times: some rows have a stop time that is up to 1800"
    )


def test_rows_that_several_threads_write_late_are_no_clock_jump(csv: Path) -> None:
    """E5: a thread may wait for 65 ms between the end of its request and its row; its next row is in order again."""
    rng = np.random.default_rng(0)
    for threads in (2, 5, 40):
        lines_with_time: list[tuple[int, str]] = []  # in microseconds
        for _ in range(threads):
            at = int(rng.integers(0, 1000))
            while at < 3_000_000:
                start, at = at, at + int(rng.integers(500, 5000))
                line = row(f"{start / 1e6:.6f}", f"{at / 1e6:.6f}", 1000 * (at - start))
                at += int(rng.integers(5, 60)) if rng.random() < 0.97 else int(rng.integers(2000, 65_000))
                lines_with_time.append((at, line))
        lines = [line for _, line in sorted(lines_with_time)]
        assert read(csv, LABELLED + "".join(lines)).notes == ()
        # The same, where the clock is set back by 1.5 s half way: rows afterwards are behind for as long.
        half = len(lines) // 2
        later = [line.replace(T, T.replace("04:23", "04:22")) for line in lines[half:]]
        (note,) = read(csv, LABELLED + "".join(lines[:half] + later)).notes
        assert re.search(
            r" was set back 1 times: some rows have a stop time that is up to (59|60)\d\d\d\.\d{3} ms earlier ", note
        )


def test_interleaved_requests_are_no_clock_jump(csv: Path) -> None:
    # Starts in any order, and each label's unfinished group at the end.
    text = LABELLED + row("10", "10.5", 1, "read") + row("7", "10.6") + row("9", "10.7") + row("10", "10.55", 1, "read")
    assert read(csv, text).notes == ()


def test_gathering_keeps_rows_facts_and_notes(tmp_path: Path) -> None:
    a, b, c = (tmp_path / f"client_{i}_data.csv" for i in range(3))
    first = read(
        a, LABELLED + row("10", "11", label="read") + row("9", "12", count=5) + row("10", "13", label="read"), "a"
    )
    read(b, LABELLED + row("8", "9") + "torn", "b")
    out = tmp_path / "recorder.parquet"
    facts = write_recorder([first, ClientFile(b, "b"), ClientFile(c, "c")], out)
    assert [(f.client, f.rows, f.requests) for f in facts] == [("a", 3, 7), ("b", 1, 1), ("c", 0, 0)]
    assert facts[0].first_start_ns == BASE + 9 * 10**9
    assert facts[0].last_start_ns == BASE + 10 * 10**9
    assert facts[0].last_stop_ns == BASE + 13 * 10**9
    assert "no end" in facts[1].notes[0]
    assert facts[2].first_start_ns is None
    assert facts[2].error == f"{c}: cannot be read: No such file or directory."
    table = pq.read_table(out)
    assert table.schema.equals(SCHEMA)
    assert table["client"].to_pylist() == ["a", "a", "a", "b"]
    assert sorted(zip(table["label"].to_pylist(), nanoseconds(table["stop"]).tolist(), strict=True)) == [
        ("read", BASE + 11 * 10**9),
        ("read", BASE + 13 * 10**9),
        ("write", BASE + 9 * 10**9),
        ("write", BASE + 12 * 10**9),
    ]
    assert clients_of(pq.read_metadata(out).metadata) == facts
    assert {b"fpray.clients", b"fpray.row_groups"} <= set(pq.read_metadata(out).metadata), "as in suites of today"
    json.dumps([f.notes for f in facts])
    assert [p.name for p in tmp_path.glob("*parquet*")] + [p.name for p in tmp_path.glob(".*")] == ["recorder.parquet"]


def test_a_failed_gathering_leaves_no_file(tmp_path: Path) -> None:
    def add_and_fail() -> None:
        with RecorderWriter(tmp_path / "recorder.parquet") as writer:
            writer.add(Reading("a", SCHEMA.empty_table()))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        add_and_fail()
    assert list(tmp_path.iterdir()) == []


def test_row_groups_hold_one_client_and_label(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet_writer, "_ROW_GROUP_ROWS", 10)
    rng = np.random.default_rng(0)
    labels = rng.choice(["read", "write"], 35)
    reading = read(tmp_path / "a.csv", LABELLED + "".join(row("1", "2", i, label) for i, label in enumerate(labels)))
    write_recorder([reading], tmp_path / "recorder.parquet")
    file = pq.ParquetFile(tmp_path / "recorder.parquet")
    groups = [file.read_row_group(i) for i in range(file.num_row_groups)]
    assert all(len(set(g["label"].to_pylist())) == 1 and g.num_rows <= 10 for g in groups)
    for label in ("read", "write"):
        mine = [n for g in groups for n in g["latency_nanos"].to_pylist() if g["label"][0].as_py() == label]
        assert mine == np.flatnonzero(labels == label).tolist()
