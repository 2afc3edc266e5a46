"""`fpray.load`: a suite, several suites, a suite directory of FrankenPaxos, and its files of results alone."""

from __future__ import annotations

import csv
import gc
import gzip
import json
import re
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import fpray
from fpray.plan.plan import Trial
from fpray.store.outcome import Outcome
from fpray.testing.fake_machines import FakeMachines
from tests.data.published import HEADERS
from tests.support.sweeps import Play, crashed, finished, run_on

pytestmark = pytest.mark.heavy

RECORDED = Path(__file__).parents[1] / "recorded" / "suites"
PUBLISHED = json.loads(HEADERS.read_text())
FILES = {name: PUBLISHED["columns"][n] for name, n in PUBLISHED["files"].items() if isinstance(n, int)}
LINKS = {name: target for name, target in PUBLISHED["files"].items() if isinstance(target, str)}
# Values as FrankenPaxos writes them, by what the name of a column ends with.
CELLS = (
    (r"^(client_lag|.*duration|.*timeout|.*_sleep|.*period|.*period_m\w\w|prometheus_scrape_interval)$", "0:00:10"),
    (r"(profiled|monitored|flexible|thrifty|.*unsafe.*|.*use_f1_optimization|.*\.batch_flush)$", "False"),
    (r"(heap_size)$", "12g"),
    (r"(log_level|\.name|state_machine|_scheme|_consistency|label|_system|_type)$", "text"),
    (r"(_ms|throughput_\ds\.\w+|fraction|_rate)$", "0.5"),
    (r"", "3"),
)


def _cell(name: str) -> str:
    return next(text for pattern, text in CELLS if re.search(pattern, name))


def _write(file: Path, names: Sequence[str], rows: int = 2) -> Path:
    with file.open("w", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(names)
        writer.writerows([[_cell(name) for name in names]] * rows)
    return file


def _play(trial: Trial[Any], hosts: Sequence[str]) -> Outcome:
    """A trial with figures, of which one was not measured."""
    loops = trial.params.num_clients_per_proc
    figures = {"latency.median_ms": 0.5, "latency.p99_ms": -1.0, "measured.throughput": 100.0 + loops}
    return replace(finished(trial, hosts), results=figures)


def _suite(directory: Path, play: Play = _play, **options: Any) -> Path:
    directory.mkdir(exist_ok=True)
    return run_on(FakeMachines(), play, directory, **options).suite


@pytest.mark.parametrize("name", FILES)
def test_each_published_file_is_loaded(name: str, tmp_path: Path) -> None:
    """The columns of all 65 files that FrankenPaxos's authors published, with values as it writes them."""
    names = FILES[name]
    results = fpray.load(_write(tmp_path / name, names))
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
    with pytest.raises(fpray.Refused, match=r"holds only the name of another file, .*\.csv, which is not there"):
        fpray.load(file)
    origin = file.parent / target
    origin.parent.mkdir(exist_ok=True)
    _write(origin, FILES["vldb21_compartmentalized_unreplicated_lt_results.csv"])
    results = fpray.load(file)
    assert results.trials.num_rows == 2
    assert any(target in remark for remark in results.remarks)


def test_types_are_those_of_a_suite(tmp_path: Path) -> None:
    """Durations, enumerations, booleans and numbers of a results.csv have the types of the suite that it is from."""
    suite = _suite(tmp_path, loops=3)
    of_suite, of_file = fpray.load(suite).trials, fpray.load(suite / "results.csv").trials
    shared = [name for name in of_file.column_names if name not in ("id", "protocol", "loops")]
    assert {name: of_suite.schema.field(name).type for name in shared if name in of_suite.column_names} == {
        name: of_file.schema.field(name).type for name in shared if name in of_suite.column_names
    }
    inputs = fpray.load(suite).inputs
    assert of_suite.select(inputs).to_pylist() == of_file.select(inputs).to_pylist()


def test_a_suite_is_loaded_from_its_outcomes(tmp_path: Path) -> None:
    """Also where its tables were never written, since its driver was killed or is at work."""
    suite = _suite(tmp_path, loops=3)
    whole = fpray.load(suite).trials
    table = pq.read_table(suite / "results.parquet")
    for name in table.column_names:
        assert whole[name].to_pylist() == [None if value == -1.0 else value for value in table[name].to_pylist()], name
    assert whole["loops"].null_count == 0
    assert set(whole["protocol"].to_pylist()) == {"unreplicated"}
    (suite / "results.parquet").unlink()
    (suite / "results.csv").unlink()
    assert fpray.load(suite).trials.equals(whole)
    (suite / "002" / "outcome.json").unlink()
    assert fpray.load(suite).trials.num_rows == 2


def test_a_table_that_was_handed_on_without_its_trials_is_loaded(tmp_path: Path) -> None:
    suite = _suite(tmp_path, loops=2)
    inputs = fpray.load(suite).inputs
    for trial in ("001", "002"):
        shutil.rmtree(suite / trial)
    results = fpray.load(suite)
    assert results.trials.num_rows == 2
    assert set(inputs) <= set(results.inputs)
    assert results.varied == ["num_clients_per_proc"]


def test_a_failed_trial_has_no_figures(tmp_path: Path) -> None:
    def second_crashes(trial: Trial[Any], hosts: Sequence[str]) -> Outcome:
        return (crashed if trial.params.num_clients_per_proc == 1 else _play)(trial, hosts)

    results = fpray.load(_suite(tmp_path, loops=2, play=second_crashes))
    assert sorted(results.trials["status"].to_pylist()) == ["crashed", "finished"]
    assert repr(results).startswith("<Results: 1 of 2 trials finished · num_clients_per_proc · ")
    figures = results.trials.select(["latency.median_ms", "latency.p99_ms", "measured.throughput"]).to_pylist()
    assert [list(row.values()) for row in figures] == [[0.5, None, 100.0], [None, None, None]]


def test_several_suites_are_stacked(tmp_path: Path) -> None:
    """With the suite as a column: also a suite and a published file, which has other columns."""
    first, second = _suite(tmp_path / "a", loops=2), _suite(tmp_path / "b", loops=1)
    file = _write(tmp_path / "results.csv", FILES["fasterpaxos_lt_results.csv"], rows=3)
    trials = fpray.load([first, second, file]).trials
    assert trials["suite"].to_pylist() == [first.name] * 2 + [second.name] + ["results.csv"] * 3
    assert trials["num_servers"].to_pylist() == [None, None, None, 3, 3, 3]
    (tmp_path / "c").mkdir()
    other = _write(tmp_path / "c" / "results.csv", FILES["fasterpaxos_lt_results.csv"], rows=1)
    names = fpray.load([file, other]).trials["suite"].to_pylist()
    assert names == [f"{tmp_path.name}/results.csv"] * 3 + ["c/results.csv"]


def test_a_suite_directory_of_frankenpaxos_is_loaded(tmp_path: Path) -> None:
    """Its rows are in the order of its trials, so each has a directory."""
    directory = tmp_path / "2020-01-01_00:00:00.000000_ABCDEFGHIJ_lt"
    directory.mkdir()
    _write(directory / "results.csv", FILES["vldb21_compartmentalized_unreplicated_lt_results.csv"])
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
    _write(directory / "results.csv", FILES["nsdi_fig1_lt_epaxos_results.csv"])
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


def test_rows_of_all_trials_are_one_dataset() -> None:
    """With the trial and what is varied as columns; a filter on them reads no other file."""
    (path,) = (RECORDED / "pilot_and_rerun").iterdir()
    results = fpray.load(path)
    dataset = results.recorder()
    files = {trial: pq.read_table(path / trial / "recorder.parquet").num_rows for trial in ("001", "002")}
    assert dataset.count_rows() == sum(files.values())
    for trial, rows in files.items():
        expression = pa.dataset.field("trial") == trial
        assert dataset.to_table(["trial"], filter=expression).num_rows == rows
        assert len(list(dataset.get_fragments(filter=expression))) == 1
    rows = dataset.to_table(["trial", "num_clients_per_proc"]).to_pylist()
    assert {tuple(row.values()) for row in rows} == {("001", 1), ("002", 2)}
    (path_of_none,) = (RECORDED / "search").iterdir()
    with pytest.raises(FileNotFoundError, match="no trial has kept its rows"):
        fpray.load(path_of_none).recorder()


def test_damaged_rows_are_named(tmp_path: Path) -> None:
    (original,) = (RECORDED / "pilot_and_rerun").iterdir()
    suite = tmp_path / "suite"
    shutil.copytree(original, suite)
    (suite / "002" / "recorder.parquet").write_bytes(b"PAR1")
    with pytest.raises(fpray.Refused, match=r"002/recorder.parquet is damaged"):
        fpray.load(suite).recorder()


def test_events_of_all_trials_are_a_table() -> None:
    (path,) = (RECORDED / "sweep_with_a_crash").iterdir()
    events = fpray.load(path).events
    assert events.schema.names == ["trial", "t", "kind", "role", "label", "detail"]
    assert events.schema.field("t").type == pa.timestamp("ns", "UTC")
    content = json.loads((path / "001" / "events.json").read_text())
    of_first = [row for row in events.to_pylist() if row["trial"] == "001"]
    assert [row["detail"] for row in of_first] == [event["detail"] for event in content]
    assert events["t"].cast(pa.int64()).to_pylist()[: len(content)] == [event["t"] for event in content]


def test_a_notebook_shows_text_from_outside_as_text(tmp_path: Path) -> None:
    names = FILES["vldb21_compartmentalized_unreplicated_lt_results.csv"]
    file = _write(tmp_path / "<b>results.csv", names, rows=25)
    text = file.read_text().replace("12g", "<script>alert(1)</script>\x1b[31m", 1)
    file.write_text(text)
    page = fpray.load(file)._repr_html_()
    assert "<script>" not in page
    assert "<b>" not in page
    assert "\x1b" not in page
    assert "&lt;script&gt;" in page
    assert "and 5 more" in page


def test_all_that_is_wrong_is_refused_at_once(tmp_path: Path) -> None:
    names = FILES["fasterpaxos_lt_results.csv"]
    suite = _suite(tmp_path, loops=1)
    other = tmp_path / "other.csv"
    other.write_text("a,b\n1,2\n")
    twice = _write(tmp_path / "twice.csv", [*names, "f"])
    ragged = _write(tmp_path / "ragged.csv", names)
    ragged.write_text(ragged.read_text() + "1,2\r\n" + "1,2\r\n")
    (tmp_path / "empty.csv").write_text("")
    (tmp_path / "binary.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(fpray.Refused) as refused:
        fpray.load(["nothing", suite, suite, other, twice, ragged, tmp_path / "empty.csv", tmp_path / "binary.csv"])
    text = str(refused.value)
    assert "nothing was started" not in text
    for sentence in (
        "nothing is not a suite", "is named twice", "no column such as latency.median_ms", "has the column f twice",
        "2 lines with another number of fields than its header, which has 53: row 4, 5", "empty.csv is no results.csv",
        "must be UTF-8 text",
    ):  # fmt: skip
        assert sentence in text
    with pytest.raises(fpray.Refused, match="names no suite"):
        fpray.load([])


def test_a_file_that_is_being_written_has_its_whole_lines(tmp_path: Path) -> None:
    file = _write(tmp_path / "results.csv", FILES["fasterpaxos_lt_results.csv"], rows=2)
    file.write_text(file.read_text() + "1,2,3")
    results = fpray.load(file)
    assert results.trials.num_rows == 2
    assert any("ends within a line" in remark for remark in results.remarks)


def test_what_was_not_measured_is_null(tmp_path: Path) -> None:
    """FrankenPaxos writes -1.0 for an output without rows, and pandas `nan` for a figure of too few."""
    names = FILES["vldb21_compartmentalized_unreplicated_lt_results.csv"]
    file = _write(tmp_path / "results.csv", names, rows=1)
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
