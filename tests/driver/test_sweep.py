"""Sweeps for real: a real Ray, real JVMs, real TCP; what is kept, shown, continued and refused of a suite."""

from __future__ import annotations

import csv
import json
import re
import shutil
import zipfile
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.conftest import QUICK, CommandResult, run
from tests.support.suites import at_once, only_suite, outcome

UNREPLICATED_COLUMNS = 21 + 14  # parameters (three are the workload's), outputs


@pytest.fixture(scope="module")
def unreplicated(ray_address: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, CommandResult]:
    """One finished sweep that several tests look at."""
    directory = tmp_path_factory.mktemp("unreplicated")
    words = ["sweep", "unreplicated", *QUICK, "--vary", "num_clients_per_proc=0,3", "--address", ray_address, "--json"]
    return directory, run(*words, cwd=directory)


def test_a_sweep_says_where_it_runs_and_which_jar(unreplicated: tuple[Path, CommandResult], ray_address: str) -> None:
    _, done = unreplicated
    assert done.code == 0, done.err
    first, second, *lines = done.err.splitlines()
    assert first.startswith(
        f"unreplicated on the Ray cluster at {ray_address} (1 machine, Ray 2.60.0) · jar: reference "
    )
    assert second.startswith("study smoke · 2 trials · about ")
    (line,) = [line for line in lines if line.startswith("[001/002")]
    assert re.match(r"\[001/002; 50\.0%\] 0:0\d:\d\d / ", line), line
    assert re.search(r"'measured\.latency\.median_ms': '\d+(\.\d+)?'", line), line
    assert lines[-1].startswith("2 finished · results: fpray show ")


def test_json_is_one_object_for_each_trial(unreplicated: tuple[Path, CommandResult]) -> None:
    trials = [json.loads(line) for line in unreplicated[1].out.splitlines()]
    assert [trial["trial"] for trial in trials] == ["001", "002"]
    for trial, loops in zip(trials, (1, 4), strict=True):
        assert trial["status"] == "finished"
        assert trial["results"]["measured.throughput"] > 0
        assert trial["results"]["measured.littles_law"] > 0
        assert trial["params"]["num_clients_per_proc"] == loops - 1
        rows = pq.read_table(only_suite(unreplicated[0]) / trial["trial"] / "recorder.parquet")
        assert at_once(rows) == loops, "the client runs num_clients_per_proc + 1 loops"


def test_the_suite_directory_is_frankenpaxos_and_more(unreplicated: tuple[Path, CommandResult]) -> None:
    suite = only_suite(unreplicated[0])
    for name in ("args.json", "inputs.txt", "results.csv", "start_time.txt", "stop_time.txt", "results.parquet"):
        assert (suite / name).stat().st_size > 0, name
    trial = suite / "001"
    for name in ("input.json", "input.txt", "log.txt", "workload.pbtxt", "pids.json", "trial.json", "plan.json"):
        assert (trial / name).stat().st_size > 0, name
    for label in ("server", "client_0"):
        for kind in ("cmd", "out", "err", "returncode"):
            assert (trial / f"{label}_{kind}.txt").exists()
    assert (trial / "server_returncode.txt").read_text() in ("143\n", "137\n"), "TERM, or KILL after it"
    assert not (trial / "attempts").exists()
    kinds = {event["kind"] for event in json.loads((trial / "events.json").read_text())}
    assert kinds >= {"phase", "exit"}


def test_results_have_frankenpaxos_columns_and_fpray_ones(unreplicated: tuple[Path, CommandResult]) -> None:
    suite = only_suite(unreplicated[0])
    with (suite / "results.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 2
    assert len(rows[0]) == UNREPLICATED_COLUMNS
    assert float(rows[1]["latency.median_ms"]) > 0
    table = pq.read_table(suite / "results.parquet")
    assert set(table.column_names) >= {"status", "reason", "jar", "hosts", "wall_s", "measured.throughput"}
    assert table["jar"][0].as_py().startswith("reference ")


def test_recorder_rows_are_kept_as_parquet(unreplicated: tuple[Path, CommandResult]) -> None:
    suite = only_suite(unreplicated[0])
    table = pq.read_table(suite / "002" / "recorder.parquet")
    assert table.num_rows > 4, "more rows than loops"
    assert str(table.schema.field("start").type) == "timestamp[ns, tz=UTC]"
    assert not list(suite.glob("*/*_data.csv"))


def test_provenance_says_what_ran_where(unreplicated: tuple[Path, CommandResult]) -> None:
    content = json.loads((only_suite(unreplicated[0]) / "suite.json").read_text())
    provenance = content["provenance"]
    assert len(provenance["jar"]["sha256"]) == 64
    assert provenance["packages"]["ray"] == "2.60.0"
    assert provenance["command"].startswith("fpray sweep unreplicated")
    (machine,) = content["runs"][0]["machines"].values()
    assert set(machine) >= {"kernel", "cpu", "cores", "memory_bytes", "jvm"}
    assert {p["nice"] for p in outcome(only_suite(unreplicated[0]))["processes"]} == {0}


def test_show_tells_from_disk(unreplicated: tuple[Path, CommandResult]) -> None:
    directory, _ = unreplicated
    suite_id = only_suite(directory).name.split("_")[2]
    for what in (suite_id, suite_id[:4].lower(), str(only_suite(directory)), only_suite(directory).name[:19]):
        page = run("show", what, cwd=directory)
        assert page.code == 0, page.err
        assert "jar: reference" in page.out
        assert "num_clients_per_proc" in page.out
        assert page.out.rstrip().endswith("2 finished")
    trial = run("show", f"{suite_id}/2", cwd=directory)
    assert "client_0" in trial.out
    assert "measured.throughput" in trial.out


def test_a_named_suite_grows(unreplicated: tuple[Path, CommandResult], ray_address: str) -> None:
    directory, _ = unreplicated
    suite = only_suite(directory)
    before = outcome(suite)
    words = ["sweep", "unreplicated", *QUICK, "--vary", "num_clients_per_proc=0,3,5", "--address", ray_address]
    done = run(*words, "-s", str(suite), cwd=directory)
    assert done.code == 0, done.err
    assert f"continuing {suite.relative_to(directory)} (2 of 3 finished; 1 to go" in done.err
    assert outcome(suite) == before
    assert outcome(suite, "003")["status"] == "finished"
    with (suite / "results.csv").open() as file:
        assert len(list(csv.DictReader(file))) == 3


def test_another_jar_is_refused_unless_accepted(
    unreplicated: tuple[Path, CommandResult], reference_jar: Path, ray_address: str, tmp_path: Path
) -> None:
    suite = tmp_path / only_suite(unreplicated[0]).name
    shutil.copytree(only_suite(unreplicated[0]), suite)
    other = tmp_path / "mine.jar"
    other.write_bytes(reference_jar.read_bytes())
    with zipfile.ZipFile(other, "a") as archive:
        archive.writestr("more.txt", "x")
    words = ["sweep", "unreplicated", *QUICK, "-j", str(other), "-s", str(suite), "--address", ray_address]
    done = run(*words, cwd=tmp_path)
    assert done.code == 2
    assert "is not the jar of the earlier results" in done.err
    accepted = run(*words, "--vary", "num_clients_per_proc=7", "--accept-change", cwd=tmp_path)
    assert accepted.code == 0, accepted.err
    jars = pq.read_table(suite / "results.parquet")["jar"].to_pylist()
    assert jars[-1].startswith("mine.jar")
    assert jars[0].startswith("reference")


def test_a_finished_suite_is_carried_on_without_ray(unreplicated: tuple[Path, CommandResult]) -> None:
    directory, _ = unreplicated
    done = run("sweep", "unreplicated", "-s", str(only_suite(directory)), cwd=directory)
    assert done.code == 0, done.err
    assert "no trial is left to run" in done.err
    assert "Ray" not in done.err
