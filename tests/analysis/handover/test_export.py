"""`fpray export`: what is written is what the suite holds, in FrankenPaxos's columns and in others."""

from __future__ import annotations

import csv
import gzip
import json
import resource
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import fpray
from fpray.plan.plan import Trial
from fpray.recorder.csv_reader import ClientFile
from fpray.recorder.schema import nanoseconds
from fpray.store.outcome import Outcome
from fpray.store.suite import Suite
from fpray.testing.fake_machines import FakeMachines
from fpray_analysis.handover import rows_in_order
from tests.conftest import cli
from tests.data.published_files import FILES, write_results
from tests.support.recorder_file import write_recorder
from tests.support.sweeps import crashed, finished, run_on

pytestmark = pytest.mark.heavy

RECORDED = Path(__file__).parents[2] / "recorded" / "suites"
SUITES = [path for kind in sorted(RECORDED.iterdir()) if kind.is_dir() for path in kind.iterdir() if path.is_dir()]


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    (original,) = (RECORDED / "pilot_and_rerun").iterdir()
    return Path(shutil.copytree(original, tmp_path / "suite"))


def _export(suite: Path, output: Path, *words: str) -> None:
    done = cli("export", str(suite), "-o", str(output), *words)
    assert done.exit_code == 0, done.stderr


@pytest.mark.parametrize("suite", SUITES, ids=lambda path: path.parent.name)
def test_csv_is_the_results_csv_of_the_suite(suite: Path, tmp_path: Path) -> None:
    """Rows are in the order in which trials ended: by times of files, which a checkout does not keep."""
    _export(suite, tmp_path / "t.csv")
    assert _lines(tmp_path / "t.csv") == _lines(suite / "results.csv")


def test_csv_is_the_same_file(tmp_path: Path) -> None:
    suite = run_on(FakeMachines(), finished, tmp_path, loops=4, repeat=2).suite
    _export(suite, tmp_path / "t.csv")
    assert (tmp_path / "t.csv").read_bytes() == (suite / "results.csv").read_bytes()


def _lines(file: Path) -> list[bytes]:
    header, *lines = file.read_bytes().split(b"\r\n")
    return [header, *sorted(lines)]


def test_csv_is_made_from_the_trials(suite: Path, tmp_path: Path) -> None:
    """Also where `results.csv` is damaged, or not there yet."""
    whole = (suite / "results.csv").read_bytes()
    (suite / "results.csv").write_bytes(b"\0" + whole[:100])
    (suite / "results.parquet").unlink()
    _export(suite, tmp_path / "t.csv")
    (suite / "results.csv").write_bytes(whole)
    assert _lines(tmp_path / "t.csv") == _lines(suite / "results.csv")


def test_what_was_exported_is_loaded_again(suite: Path, tmp_path: Path) -> None:
    _export(suite, tmp_path / "t.csv")
    original, copy = fpray.load(suite).trials, fpray.load(tmp_path / "t.csv").trials
    header = next(csv.reader((tmp_path / "t.csv").open(newline="")))
    assert copy.select(header).to_pylist() == original.select(header).to_pylist()


def test_trials_that_did_not_finish_are_in_no_csv_and_in_the_others(tmp_path: Path) -> None:
    def play(trial: Trial[Any], hosts: Sequence[str]) -> Outcome:
        loops = trial.params.num_clients_per_proc
        done = crashed(trial, hosts) if loops == 1 else finished(trial, hosts)
        return replace(done, results={"latency.median_ms": None if loops else 0.5})

    suite = run_on(FakeMachines(), play, tmp_path, loops=3).suite
    for name in ("t.csv", "t.json", "t.parquet"):
        _export(suite, tmp_path / name)
    assert len((tmp_path / "t.csv").read_text().splitlines()) == 3
    rows = json.loads((tmp_path / "t.json").read_text(), parse_constant=pytest.fail)
    assert sorted(row["status"] for row in rows) == ["crashed", "finished", "finished"]
    assert [row["latency.median_ms"] for row in rows].count(None) == 2
    assert pq.read_table(tmp_path / "t.parquet").equals(fpray.load(suite).trials)


def test_nothing_that_has_finished_is_a_sentence(tmp_path: Path) -> None:
    suite = run_on(FakeMachines(), crashed, tmp_path, loops=1).suite
    done = cli("export", str(suite), "-o", str(tmp_path / "t.csv"))
    assert done.exit_code == 2
    assert "has nothing to export: no trial of it has finished" in done.stderr
    done = cli("export", str(suite), "--recorder", "-o", str(tmp_path / "rows"))
    assert "has no rows to export: no trial has kept its rows" in done.stderr
    assert done.exit_code == 2


def test_a_suite_that_runs_is_exported_as_it_is_now(suite: Path, tmp_path: Path) -> None:
    with Suite(suite).held():
        done = cli("export", str(suite), "-o", str(tmp_path / "t.csv"))
    assert done.exit_code == 0
    assert "what has ended by now was exported" in done.stderr


@pytest.mark.parametrize("name", ["nsdi_fig1_lt_epaxos_results.csv", "fasterpaxos_lt_results.csv"])
def test_published_results_are_exported(name: str, tmp_path: Path) -> None:
    file = write_results(tmp_path / name, FILES[name])
    _export(file, tmp_path / "t.csv")
    assert next(csv.reader((tmp_path / "t.csv").open())) == next(csv.reader(file.open()))
    assert fpray.load(tmp_path / "t.csv").trials.equals(fpray.load(file).trials)
    _export(file, tmp_path / "t.parquet")
    assert pq.read_table(tmp_path / "t.parquet").num_rows == 2


def test_the_ending_says_the_format(suite: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert "./suite.csv has 2 trials" in cli("export", "suite").stdout
    assert "./suite.json has 2 trials" in cli("export", "suite", "--format", "json").stdout
    done = cli("export", "suite", "-o", "t.xlsx")
    assert done.exit_code == 2
    assert "must end in one of .csv, .parquet, .json, .jsonl, or choose the format with --format" in done.stderr
    assert cli("export", "suite", "-o", "t.xlsx", "--format", "csv").exit_code == 0


def test_nothing_is_written_into_what_is_read(suite: Path, tmp_path: Path) -> None:
    before = sorted(suite.rglob("*"))
    for output in (suite / "t.csv", suite / "001" / "x" / ".." / "t.csv", suite):
        done = cli("export", str(suite), "-o", str(output), "--format", "csv")
        assert done.exit_code == 2, output
        assert "is a part of what is read" in done.stderr
    done = cli("export", str(suite), "--recorder", "-o", str(suite))
    assert "is a part of what is read" in done.stderr
    file = write_results(tmp_path / "r.csv", FILES["fasterpaxos_lt_results.csv"])
    assert "is a part of what is read" in cli("export", str(file), "-o", str(file)).stderr
    assert sorted(suite.rglob("*")) == before


def test_a_file_that_cannot_be_written_is_a_sentence(suite: Path, tmp_path: Path) -> None:
    done = cli("export", str(suite), "-o", str(tmp_path / "none" / "t.csv"))
    assert done.exit_code == 2
    assert "cannot be written: No such file or directory. Make the directory" in done.stderr
    assert "is no file: name another one" in cli("export", str(suite), "-o", "/dev/full", "--format", "csv").stderr


def test_a_full_disk_is_a_sentence_and_leaves_no_file(suite: Path, tmp_path: Path) -> None:
    output = tmp_path / "t.jsonl"
    words = ["export", str(suite), "--recorder", "-o", str(output)]
    code = f"from fpray.cli.main import main; main({words!r})"
    limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))  # noqa: E731
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, preexec_fn=limit)
    assert done.returncode == 2
    assert f"fpray: -o {output} cannot be written: File too large. Check that disk" in done.stderr
    assert done.stderr.count("\n") == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["suite"]


def test_data_csv_has_the_rows_of_the_recorder_to_the_nanosecond(suite: Path, tmp_path: Path) -> None:
    """As pandas writes them, by start; so FrankenPaxos's scripts read them."""
    _export(suite, tmp_path / "rows", "--recorder")
    results = fpray.load(suite)
    for trial in results.trials.select(["trial"]).to_pylist():
        dataset = results.rows_of(trial)
        assert dataset is not None
        frame = dataset.to_table().to_pandas().sort_values("start", kind="stable").set_index("start")
        frame = frame[["stop", "count", "latency_nanos", "label"]]
        file = tmp_path / "rows" / trial["trial"] / "data.csv"
        second = pd.read_csv(file, parse_dates=["start", "stop"]).set_index("start")
        assert (pd.DatetimeIndex(second.index).as_unit("ns").asi8 == pd.DatetimeIndex(frame.index).asi8).all()
        assert (second["stop"].dt.as_unit("ns").astype("int64") == frame["stop"].astype("int64")).all()
        for name in ("count", "latency_nanos", "label"):
            assert second[name].tolist() == frame[name].tolist()
        assert file.read_text() == frame.to_csv()


def test_rows_in_one_file_say_of_which_trial_they_are(suite: Path, tmp_path: Path) -> None:
    expected = fpray.load(suite).recorder().to_table()
    for name in ("rows.parquet", "rows.jsonl"):
        _export(suite, tmp_path / name, "--recorder")
    table = pq.read_table(tmp_path / "rows.parquet")
    assert table.column_names == expected.column_names
    assert "trial" in table.column_names
    for name in ("start", "latency_nanos", "client", "trial"):
        assert table[name].to_pylist() == expected[name].to_pylist()
    rows = [json.loads(line) for line in (tmp_path / "rows.jsonl").read_text().splitlines()]
    assert [row["trial"] for row in rows] == expected["trial"].to_pylist()
    starts = pa.array([row["start"].removesuffix("Z") for row in rows]).cast(pa.timestamp("ns"))
    assert (nanoseconds(starts) == nanoseconds(expected["start"])).all()
    assert rows[0].keys() == set(expected.column_names)


def test_rows_of_frankenpaxos_are_exported(tmp_path: Path) -> None:
    """The other set of columns, from the file that its own harness has kept."""
    directory = tmp_path / "theirs"
    (directory / "001").mkdir(parents=True)
    lines = "start,stop,latency_nanos,host,port\n" + "".join(
        f"2020-07-02 18:50:4{n}.476000001+00:00,2020-07-02 18:50:43.478123456+00:00,17486{n},172.31.0.102,10000\n"
        for n in range(5)
    )
    with gzip.open(directory / "001" / "data.csv.gz", "wt") as file:
        file.write(lines)
    write_results(directory / "results.csv", FILES["nsdi_fig1_lt_epaxos_results.csv"], rows=1)
    _export(directory, tmp_path / "rows", "--recorder")
    assert (tmp_path / "rows" / "001" / "data.csv").read_text() == lines


def test_rows_are_put_in_order_slice_by_slice(suite: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Clients that overlap, starts that are equal, and labels that need quotes; slices far shorter than the file."""
    monkeypatch.setattr(rows_in_order, "_SLICE_ROWS", 100)
    monkeypatch.setattr(rows_in_order, "_SAMPLE", 10)
    random, clients = np.random.default_rng(1), []
    for client in range(3):
        at = np.sort(random.integers(0, 400, 1000))
        file = tmp_path / f"client_{client}_data.csv"
        times = [f"2026-11-22T04:23:17.{moment:09d}Z" for moment in np.where(random.random(1000) < 0.3, 200, at)]
        rows = [f'{time},{time},1,{n},"a,b"\n' for n, time in enumerate(times)]
        file.write_text("start,stop,count,latency_nanos,label\n" + "".join(rows))
        clients.append(ClientFile(file, f"client_{client}"))
    write_recorder(clients, suite / "001" / "recorder.parquet")
    _export(suite, tmp_path / "rows", "--recorder")
    lines = list(csv.reader((tmp_path / "rows" / "001" / "data.csv").open(newline="")))[1:]
    assert len(lines) == 3000
    assert [line[0] for line in lines] == sorted(line[0] for line in lines)
    assert {line[4] for line in lines} == {"a,b"}
    assert sorted(int(line[3]) for line in lines) == sorted([*range(1000)] * 3)


def test_damaged_rows_are_named(suite: Path, tmp_path: Path) -> None:
    file = suite / "001" / "recorder.parquet"
    file.write_bytes(file.read_bytes()[:500])
    done = cli("export", str(suite), "--recorder", "-o", str(tmp_path / "rows.parquet"))
    assert done.exit_code == 2
    assert "001/recorder.parquet is damaged" in done.stderr
    assert not (tmp_path / "rows.parquet").exists()
