"""`fpray.load` of what FrankenPaxos's own harness has written: files of results, and suite directories."""

from __future__ import annotations

import csv
import gc
import gzip
import re
import tempfile
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import fpray
from tests.data.published_files import FILES, LINKS, write_results

pytestmark = pytest.mark.heavy


@pytest.mark.parametrize("name", FILES)
def test_each_published_file_is_loaded(name: str, tmp_path: Path) -> None:
    """The columns of all 65 files that FrankenPaxos's authors published, with values as it writes them."""
    names = FILES[name]
    results = fpray.load(write_results(tmp_path / name, names))
    trials = results.trials
    assert trials.num_rows == 2
    assert set(names) <= set(trials.column_names)
    assert trials["repeat"].to_pylist() == [0, 1]
    assert trials["status"].to_pylist() == ["finished", "finished"]
    for column in ("loops", "jar", "protocol", "hosts"):
        assert trials[column].null_count == 2, column
    assert "closed loops" in results.remarks[0]
    assert any(column.endswith("measured.throughput") for column in trials.column_names)
    for column in names:
        kind = trials.schema.field(column).type
        if re.search(r"(_ms|throughput_\ds\.\w+)$", column) and "latency" in column:
            assert kind == pa.float64(), column
        if column in ("profiled", "monitored"):
            assert kind == pa.bool_(), column
        if column in ("num_clients_per_proc", "f"):
            assert kind == pa.int64(), column


@pytest.mark.parametrize(("name", "target"), LINKS.items())
def test_a_link_that_git_stored_as_text_is_followed(name: str, target: str, tmp_path: Path) -> None:
    file = tmp_path / "plots" / name
    file.parent.mkdir()
    file.write_text(target)
    with pytest.raises(fpray.Refused, match=r"holds only the name of another file, .*\.csv, and there is no such file"):
        fpray.load(file)
    origin = file.parent / target
    origin.parent.mkdir(exist_ok=True)
    write_results(origin, FILES["vldb21_compartmentalized_unreplicated_lt_results.csv"])
    results = fpray.load(file)
    assert results.trials.num_rows == 2
    assert any(target in remark for remark in results.remarks)


def test_a_suite_directory_of_frankenpaxos_is_loaded(tmp_path: Path) -> None:
    """Its rows are in the order of its trials, so each has a directory."""
    directory = tmp_path / "2020-01-01_00:00:00.000000_ABCDEFGHIJ_lt"
    directory.mkdir()
    write_results(directory / "results.csv", FILES["vldb21_compartmentalized_unreplicated_lt_results.csv"])
    (directory / "args.json").write_text('{"jar": "frankenpaxos.jar"}')
    (directory / "001").mkdir()
    results = fpray.load(directory)
    assert results.trials["trial"].to_pylist() == ["001", "002"]
    assert results.provenance == {directory.name: {"args": {"jar": "frankenpaxos.jar"}}}
    with pytest.raises(FileNotFoundError, match="no trial has kept its rows"):
        results.recorder()


def test_rows_that_frankenpaxos_has_kept_are_read(tmp_path: Path) -> None:
    """`data.csv.gz` of both sets of columns, as pandas writes them; in bounded memory, and nothing is left."""
    directory = tmp_path / "suite"
    for trial, header, rest in (
        ("001", "start,stop,latency_nanos,host,port", "172.31.0.102,10000"),
        ("002", "start,stop,count,latency_nanos,label", "write"),
    ):
        (directory / trial).mkdir(parents=True)
        counts = "10," if "count" in header else ""
        times = "2020-07-02 18:50:43.476000+00:00,2020-07-02 18:50:43.478123456+00:00"
        lines = [header, *[f"{times},{counts}1748687,{rest}"] * 3]
        with gzip.open(directory / trial / "data.csv.gz", "wt") as file:
            file.write("\n".join(lines) + "\n")
    write_results(directory / "results.csv", FILES["nsdi_fig1_lt_epaxos_results.csv"])
    results = fpray.load(directory)
    rows = results.recorder().to_table().to_pylist()
    assert len(rows) == 6
    assert [row["count"] for row in rows] == [1, 1, 1, 10, 10, 10]
    assert {(row["trial"], row["label"], row["port"]) for row in rows} == {
        ("001", None, 10_000),
        ("002", "write", None),
    }
    assert rows[0]["stop"].value == 1_593_715_843_478_123_456
    copies = [Path(name).parent for name in results.recorder().files]
    assert copies[0].is_dir()
    del results, rows
    gc.collect()
    assert not copies[0].exists()
    (directory / "002" / "data.csv.gz").write_bytes(b"no gzip")
    with pytest.raises(fpray.Refused, match=r"002/data.csv.gz is damaged"):
        fpray.load(directory).recorder()


def test_a_file_that_is_being_written_has_its_whole_lines(tmp_path: Path) -> None:
    file = write_results(tmp_path / "results.csv", FILES["fasterpaxos_lt_results.csv"], rows=2)
    file.write_text(file.read_text() + "1,2,3")
    results = fpray.load(file)
    assert results.trials.num_rows == 2
    assert any("ends within a line" in remark for remark in results.remarks)


def test_what_was_not_measured_is_null(tmp_path: Path) -> None:
    """FrankenPaxos writes -1.0 for an output without rows, and pandas `nan` for a figure of too few."""
    names = FILES["vldb21_compartmentalized_unreplicated_lt_results.csv"]
    file = write_results(tmp_path / "results.csv", names, rows=1)
    header, row, _ = file.read_bytes().decode().split("\r\n")
    cells = dict(zip(header.split(","), row.split(","), strict=True))
    cells |= {"latency.mean_ms": "-1.0", "latency.p99_ms": "nan", "latency.max_ms": "1e300"}
    file.write_bytes(f"{header}\r\n{','.join(cells.values())}\r\n".encode())
    (trial,) = fpray.load(file).trials.to_pylist()
    assert (trial["latency.mean_ms"], trial["latency.p99_ms"], trial["latency.max_ms"]) == (None, None, 1e300)


ANY_CELL = st.one_of(
    st.text(max_size=8), st.floats().map(str), st.integers().map(str), st.sampled_from(["", "True", "0:00:01", "-1.0"])
)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.lists(ANY_CELL, min_size=3, max_size=3), max_size=4), st.binary(max_size=3))
def test_any_file_is_loaded_or_refused_in_a_sentence(rows: list[list[str]], end: bytes) -> None:
    """Whatever is in its cells and at its end: never a traceback, and all of its rows or none."""
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory) / "results.csv"
        with file.open("w", newline="", encoding="utf-8", errors="backslashreplace") as out:
            csv.writer(out).writerows([["f", "state_machine", "latency.median_ms"], *rows])
        file.write_bytes(file.read_bytes() + end)
        try:
            count = fpray.load(file).trials.num_rows
        except fpray.Refused as refused:
            text = str(refused)
            assert text.isprintable()
        else:
            assert count in (len(rows), len(rows) + 1)
