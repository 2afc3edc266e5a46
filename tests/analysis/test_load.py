"""`fpray.load` of suites: also while they run, of several at once, and with published files."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import fpray
from fpray.plan.plan import Trial
from fpray.store.outcome import Outcome
from fpray.testing.fake_machines import FakeMachines
from tests.data.published_files import FILES, write_results
from tests.support.sweeps import Play, crashed, finished, run_on

pytestmark = pytest.mark.heavy

RECORDED = Path(__file__).parents[1] / "recorded" / "suites"


def _play(trial: Trial[Any], hosts: Sequence[str]) -> Outcome:
    """A trial with figures, of which one was not measured."""
    loops = trial.params.num_clients_per_proc
    figures = {"latency.median_ms": 0.5, "latency.p99_ms": -1.0, "measured.throughput": 100.0 + loops}
    return replace(finished(trial, hosts), results=figures)


def _suite(directory: Path, play: Play = _play, **options: Any) -> Path:
    directory.mkdir(exist_ok=True)
    return run_on(FakeMachines(), play, directory, **options).suite


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
    file = write_results(tmp_path / "results.csv", FILES["fasterpaxos_lt_results.csv"], rows=3)
    trials = fpray.load([first, second, file]).trials
    assert trials["suite"].to_pylist() == [first.name] * 2 + [second.name] + ["results.csv"] * 3
    assert trials["num_servers"].to_pylist() == [None, None, None, 3, 3, 3]
    (tmp_path / "c").mkdir()
    other = write_results(tmp_path / "c" / "results.csv", FILES["fasterpaxos_lt_results.csv"], rows=1)
    names = fpray.load([file, other]).trials["suite"].to_pylist()
    assert names == [f"{tmp_path.name}/results.csv"] * 3 + ["c/results.csv"]


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
    file = write_results(tmp_path / "<b>results.csv", names, rows=25)
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
    twice = write_results(tmp_path / "twice.csv", [*names, "f"])
    ragged = write_results(tmp_path / "ragged.csv", names)
    ragged.write_text(ragged.read_text() + "1,2\r\n" + "1,2\r\n")
    (tmp_path / "empty.csv").write_text("")
    (tmp_path / "binary.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(fpray.Refused) as refused:
        fpray.load(["nothing", suite, suite, other, twice, ragged, tmp_path / "empty.csv", tmp_path / "binary.csv"])
    text = str(refused.value)
    assert "nothing was started" not in text
    for sentence in (
        "nothing is not a suite", "is read twice", "no column such as latency.median_ms", "has the column f twice",
        "2 lines with another number of fields than its header, which has 53: row 4, 5", "empty.csv is no results.csv",
        "must be UTF-8 text",
    ):  # fmt: skip
        assert sentence in text
    with pytest.raises(fpray.Refused, match="names no suite"):
        fpray.load([])
