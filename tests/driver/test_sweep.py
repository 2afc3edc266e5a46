"""Sweeps for real: a real Ray, real JVMs, real TCP; what is kept, carried on, repeated and refused."""

from __future__ import annotations

import csv
import json
import os
import shutil
import socket
import stat
import subprocess
import zipfile
from pathlib import Path

import pyarrow.parquet as pq
import pytest

import fpray
from tests.conftest import FPRAY, QUICK, Run, run

UNREPLICATED_COLUMNS = 21 + 14  # parameters (three are the workload's), outputs


def _suite(directory: Path) -> Path:
    (suite,) = (directory / "suites").iterdir()
    return suite


def _outcome(suite: Path, number: str = "001") -> dict[str, object]:
    content: dict[str, object] = json.loads((suite / number / "outcome.json").read_text())
    return content


@pytest.fixture(scope="module")
def unreplicated(ray_address: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Run]:
    """One finished sweep that several tests look at."""
    directory = tmp_path_factory.mktemp("unreplicated")
    words = ["sweep", "unreplicated", *QUICK, "--vary", "num_clients_per_proc=0,3", "--address", ray_address, "--json"]
    return directory, run(*words, cwd=directory)


def test_a_sweep_says_where_it_runs_and_which_jar(unreplicated: tuple[Path, Run], ray_address: str) -> None:
    _, done = unreplicated
    assert done.code == 0, done.err
    first, second, *lines = done.err.splitlines()
    assert first.startswith(
        f"unreplicated on the Ray cluster at {ray_address} (1 machine, Ray 2.60.0) · jar: reference "
    )
    assert second.startswith("study smoke · 2 trials · about ")
    assert lines[0].startswith("[001/002; 50.0%] 0:00:0")
    assert "'latency.median_ms': '0." in lines[0]
    assert lines[-1].startswith("2 finished · fpray show ")


def test_json_is_one_object_for_each_trial(unreplicated: tuple[Path, Run]) -> None:
    trials = [json.loads(line) for line in unreplicated[1].out.splitlines()]
    assert [trial["trial"] for trial in trials] == ["001", "002"]
    for trial, loops in zip(trials, (1, 4), strict=True):
        assert trial["status"] == "finished"
        results = trial["results"]
        assert results["measured.throughput"] > 100
        assert 0.8 < results["measured.littles_law"] < 1.2, "the client runs num_clients_per_proc + 1 loops"
        assert trial["params"]["num_clients_per_proc"] == loops - 1


def test_the_suite_directory_is_frankenpaxos_and_more(unreplicated: tuple[Path, Run]) -> None:
    suite = _suite(unreplicated[0])
    for name in ("args.json", "inputs.txt", "results.csv", "start_time.txt", "stop_time.txt", "results.parquet"):
        assert (suite / name).stat().st_size > 0, name
    trial = suite / "001"
    for name in ("input.json", "input.txt", "log.txt", "workload.pbtxt", "pids.json", "trial.json", "plan.json"):
        assert (trial / name).stat().st_size > 0, name
    for label in ("server", "client_0"):
        for kind in ("cmd", "out", "err", "returncode"):
            assert (trial / f"{label}_{kind}.txt").exists()
    assert (trial / "server_returncode.txt").read_text().strip() == "143"
    assert not (trial / "attempts").exists()
    kinds = {event["kind"] for event in json.loads((trial / "events.json").read_text())}
    assert kinds >= {"phase", "exit"}


def test_results_have_frankenpaxos_columns_and_fpray_ones(unreplicated: tuple[Path, Run]) -> None:
    suite = _suite(unreplicated[0])
    with (suite / "results.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 2
    assert len(rows[0]) == UNREPLICATED_COLUMNS
    assert float(rows[1]["latency.median_ms"]) > 0
    table = pq.read_table(suite / "results.parquet")
    assert set(table.column_names) >= {"status", "reason", "jar", "hosts", "wall_s", "measured.throughput"}
    assert table["jar"][0].as_py().startswith("reference ")


def test_recorder_rows_are_kept_as_parquet(unreplicated: tuple[Path, Run]) -> None:
    suite = _suite(unreplicated[0])
    table = pq.read_table(suite / "002" / "recorder.parquet")
    assert table.num_rows > 100
    assert str(table.schema.field("start").type) == "timestamp[ns, tz=UTC]"
    assert not list(suite.glob("*/*_data.csv"))


def test_provenance_says_what_ran_where(unreplicated: tuple[Path, Run]) -> None:
    content = json.loads((_suite(unreplicated[0]) / "suite.json").read_text())
    provenance = content["provenance"]
    assert len(provenance["jar"]["sha256"]) == 64
    assert provenance["packages"]["ray"] == "2.60.0"
    assert provenance["command"].startswith("fpray sweep unreplicated")
    (machine,) = content["runs"][0]["machines"].values()
    assert set(machine) >= {"kernel", "cpu", "cores", "memory_bytes", "jvm"}
    assert {p["nice"] for p in _outcome(_suite(unreplicated[0]))["processes"]} == {0}  # type: ignore[attr-defined]


def test_show_tells_from_disk(unreplicated: tuple[Path, Run]) -> None:
    directory, _ = unreplicated
    letters = _suite(directory).name.split("_")[2]
    for what in (letters, letters[:4].lower(), str(_suite(directory)), _suite(directory).name[:19]):
        shown = run("show", what, cwd=directory)
        assert shown.code == 0, shown.err
        assert "jar: reference" in shown.out
        assert "num_clients_per_proc" in shown.out
        assert shown.out.rstrip().endswith("2 finished")
    trial = run("show", f"{letters}/2", cwd=directory)
    assert "client_0" in trial.out
    assert "measured.throughput" in trial.out


def test_a_named_suite_grows(unreplicated: tuple[Path, Run], ray_address: str) -> None:
    directory, _ = unreplicated
    suite = _suite(directory)
    before = _outcome(suite)
    words = ["sweep", "unreplicated", *QUICK, "--vary", "num_clients_per_proc=0,3,5", "--address", ray_address]
    done = run(*words, "-s", str(suite), cwd=directory)
    assert done.code == 0, done.err
    assert f"carrying on {suite} (2 of 3 finished; 1 to go" in done.err
    assert _outcome(suite) == before
    assert _outcome(suite, "003")["status"] == "finished"
    with (suite / "results.csv").open() as file:
        assert len(list(csv.DictReader(file))) == 3


def test_crash_is_a_value_and_the_sweep_goes_on(ray_address: str, tmp_path: Path) -> None:
    words = ["sweep", "unreplicated", *QUICK, "--vary", "jvm_heap_size=100f,100m", "--address", ray_address]
    done = run(*words, cwd=tmp_path)
    assert done.code == 1
    assert "[001/002] crashed: server exited with 1 after 0." in done.err
    assert "    Invalid initial heap size: -Xms100f" in done.err
    assert "001/server_err.txt" in done.err
    assert done.err.rstrip().splitlines()[-1].startswith("1 finished, 1 crashed")
    suite = _suite(tmp_path)
    assert _outcome(suite)["wall_s"] < 3  # type: ignore[operator]
    assert "Invalid initial heap size" in run("show", f"{suite.name}/001", cwd=tmp_path).out
    again = run(*words, "--rerun", "failed", cwd=tmp_path)
    assert again.code == 1
    assert (suite / "001" / "attempts" / "1" / "server_err.txt").exists()
    assert not (suite / "002" / "attempts").exists()
    anew = run(*words, cwd=tmp_path)
    assert f"(anew: all of {suite.name.split('_')[2][:4]} has ended)" in " ".join(anew.err.split())


def test_a_taken_port_is_named_for_servers_and_clients(ray_address: str, tmp_path: Path) -> None:
    """A java that takes the port of its own main class first: the port was free when it was chosen."""
    for role in ("Server", "Client"):
        java = tmp_path / f"java{role}"
        java.write_text(
            "#!/bin/sh\n"
            f'case "$*" in *unreplicated.{role}Main*)\n'
            '  port=$(echo "$*" | sed "s/.* --port \\([0-9]*\\) .*/\\1/")\n'
            f'  {FPRAY.replace("fpray", "python")} -c "import socket,sys,time; s=socket.socket(); '
            's.bind((\'127.0.0.1\', int(sys.argv[1]))); s.listen(); time.sleep(30)" "$port" &\n'
            '  sleep 0.3 ;;\nesac\nexec java "$@"\n'
        )
        java.chmod(java.stat().st_mode | stat.S_IXUSR)
        cluster = tmp_path / "cluster.json"
        host = ray_address.partition(":")[0]
        cluster.write_text(json.dumps({"1": {"clients": [host], "server": [host]}}))
        java.write_text(java.read_text().replace("127.0.0.1", host))
        words = ["sweep", "unreplicated", *QUICK, "--vary", "num_client_procs=1", "--java", str(java)]
        done = run(*words, "--address", ray_address, "--new", cwd=tmp_path)
        assert done.code == 1, done.err
        label = "server" if role == "Server" else "client_0"
        assert f"crashed: {label} " in done.err or f"{label} cannot listen on it" in done.err, done.err
        assert "already in use" in done.err or "is taken by" in done.err, done.err


@pytest.mark.ray
@pytest.mark.jvm
def test_a_jar_without_the_main_class_is_refused_naming_what_it_has(tmp_path: Path) -> None:
    jar = tmp_path / "other.jar"
    with zipfile.ZipFile(jar, "w") as archive:
        archive.writestr("frankenpaxos/echo/ServerMain.class", b"")
    done = run("sweep", "unreplicated", "-j", str(jar), "--local", cwd=tmp_path)
    assert done.code == 2
    assert "lacks frankenpaxos.unreplicated.ClientMain" in done.err
    assert "it has main classes in frankenpaxos.echo" in done.err
    jar.write_text("no zip")
    assert "is no jar" in run("sweep", "unreplicated", "-j", str(jar), cwd=tmp_path).err
    assert not (tmp_path / "suites").exists()


def test_another_jar_is_refused_unless_accepted(
    unreplicated: tuple[Path, Run], reference_jar: Path, ray_address: str, tmp_path: Path
) -> None:
    suite = tmp_path / _suite(unreplicated[0]).name
    shutil.copytree(_suite(unreplicated[0]), suite)
    other = tmp_path / "mine.jar"
    other.write_bytes(reference_jar.read_bytes())
    with zipfile.ZipFile(other, "a") as archive:
        archive.writestr("more.txt", "x")
    words = ["sweep", "unreplicated", *QUICK, "-j", str(other), "-s", str(suite), "--address", ray_address]
    done = run(*words, cwd=tmp_path)
    assert done.code == 2
    assert "is another jar than the suite's" in done.err
    accepted = run(*words, "--vary", "num_clients_per_proc=7", "--accept-change", cwd=tmp_path)
    assert accepted.code == 0, accepted.err
    jars = pq.read_table(suite / "results.parquet")["jar"].to_pylist()
    assert jars[-1].startswith("mine.jar")
    assert jars[0].startswith("reference")


@pytest.mark.ray
@pytest.mark.jvm
def test_an_unwritable_suite_directory_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = run("sweep", "unreplicated", "-s", str(tmp_path / "file" / "suites"), "--local", cwd=tmp_path)
    assert done.code == 2
    assert "the suite directory cannot be written: Not a directory" in done.err


@pytest.mark.ray
@pytest.mark.jvm
def test_no_ray_at_the_address_is_refused(tmp_path: Path) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        done = run("sweep", "unreplicated", "--address", f"127.0.0.1:{closed.getsockname()[1]}", cwd=tmp_path)
    assert done.code == 2, done.err
    assert "no Ray cluster answers there" in done.err


def test_no_java_is_refused(ray_address: str, tmp_path: Path) -> None:
    done = run("sweep", "unreplicated", "--java", "/no/such/java", "--address", ray_address, cwd=tmp_path)
    assert done.code == 2, done.err
    assert "there is no such program" in done.err


def test_an_address_that_is_no_node_is_refused_by_name(ray_address: str, tmp_path: Path) -> None:
    cluster = tmp_path / "cluster.json"
    cluster.write_text(json.dumps({"1": {"clients": ["10.9.9.9"], "server": ["10.9.9.9"]}}))
    done = run("sweep", "unreplicated", "--cluster", str(cluster), "--address", ray_address, cwd=tmp_path)
    assert done.code == 2, done.err
    assert "10.9.9.9  the cluster file names it, and Ray has" in done.err


def test_raw_rows_can_be_dropped(ray_address: str, tmp_path: Path) -> None:
    words = ["sweep", "unreplicated", *QUICK, "--vary", "num_client_procs=1", "--raw", "drop"]
    done = run(*words, "--address", ray_address, cwd=tmp_path)
    assert done.code == 0, done.err
    assert not (_suite(tmp_path) / "001" / "recorder.parquet").exists()
    assert float(_outcome(_suite(tmp_path))["results"]["measured.throughput"]) > 0  # type: ignore[index]


def test_the_same_from_python(ray_address: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    settings = {"warmup_duration": "200ms", "duration": "500ms", "timeout": "5s", "warmup_timeout": "5s"}
    result = fpray.sweep(
        "unreplicated",
        vary={"num_client_procs": [1], "server_options.flush_every_n": [1]},
        set=settings,
        suite_directory=str(tmp_path),
        address=ray_address,
    )
    assert result.exit_code == 0
    frame = result.table().to_pandas()
    assert list(frame["status"]) == ["finished"]
    with pytest.raises(fpray.Refused, match="num_client_procz"):
        fpray.sweep("unreplicated", set={"num_client_procz": 1}, suite_directory=str(tmp_path))
    assert "1 finished" in capfd.readouterr().err


def test_from_python_paths_may_be_paths(tmp_path: Path) -> None:
    study, cluster, jar = (tmp_path / name for name in ("mine.py", "ec2.yaml", "my.jar"))
    with pytest.raises(fpray.Refused) as refused:
        fpray.sweep("unreplicated", study=study, cluster=cluster, jar=jar, suite_directory=tmp_path, scratch=tmp_path)
    for path in (study, cluster, jar):
        assert str(path) in str(refused.value)


def test_multipaxos_runs_every_role_with_all_consistencies(ray_address: str, tmp_path: Path) -> None:
    words = ["sweep", "multipaxos", *QUICK, "--vary", "read_consistency=linearizable,sequential,eventual"]
    words += ["--set", "num_batchers=2", "--set", "num_read_batchers=2", "--set", "predetermined_read_fraction=50"]
    words += ["--set", "num_clients_per_proc=4", "--set", "workload.num_keys=10"]
    done = run(*words, "--address", ray_address, "--json", cwd=tmp_path)
    assert done.code == 0, done.err
    for trial in map(json.loads, done.out.splitlines()):
        assert trial["results"]["read_output.measured.throughput"] > 10
        assert trial["results"]["write_output.measured.throughput"] > 10
        assert len(trial["processes"]) == 19


def test_multipaxos_on_a_flexible_grid(ray_address: str, tmp_path: Path) -> None:
    words = ["sweep", "multipaxos", *QUICK, "--vary", "flexible=true", "--set", "num_acceptor_groups=2"]
    words += ["--set", "num_acceptors_per_group=2", "--set", "num_proxy_replicas=0"]
    done = run(*words, "--address", ray_address, cwd=tmp_path)
    assert done.code == 0, done.err


def test_a_system_that_answers_nothing_is_never_finished(ray_address: str, tmp_path: Path) -> None:
    """A client whose requests go nowhere exits 0, and says so at a log level that it does not have."""
    java = tmp_path / "java"
    java.write_text(
        "#!/bin/sh\n"
        # The client talks to a port where nobody listens.
        'case "$*" in *ClientMain*) exec java $(echo "$*" | sed "s/--server_port [0-9]*/--server_port 1/");; esac\n'
        'exec java "$@"\n'
    )
    java.chmod(0o755)
    words = ["sweep", "unreplicated", "--vary", "num_client_procs=1", "--java", str(java), "-l", "fatal"]
    words += ["--set", "warmup_duration=100ms", "--set", "warmup_timeout=300ms"]
    words += ["--set", "duration=300ms", "--set", "timeout=600ms"]
    done = run(*words, "--address", ray_address, cwd=tmp_path)
    assert done.code == 1, done.err
    assert "unserved: 0 requests of 2 closed loops were answered" in done.err


def test_clients_that_measure_apart_are_not_a_system_that_answers_nothing(ray_address: str, tmp_path: Path) -> None:
    """As on a busy machine: one client begins a second after the other."""
    java = tmp_path / "java"
    java.write_text(
        "#!/bin/sh\n"
        'case "$*" in *client_1*) later="s/--warmup_duration [0-9.a-z]*/--warmup_duration 1.2s/"\n'
        'exec java $(echo "$*" | sed "$later");; esac\nexec java "$@"\n'
    )
    java.chmod(0o755)
    words = ["sweep", "unreplicated", *QUICK[:4], "--set", "timeout=5s", "--set", "num_client_procs=2"]
    words += ["--vary", "duration=300ms,1500ms", "--java", str(java), "--retries", "0"]
    done = run(*words, "--address", ray_address, cwd=tmp_path)
    assert done.code == 1, done.err
    assert "not-ready: the clients measured together for 0.00 of 0.3 s: client_1 began " in done.err
    assert "doubt: the clients measured together for 0." in done.err


@pytest.mark.ray
@pytest.mark.jvm
def test_embedded_ray_is_the_default_and_private(tmp_path: Path) -> None:
    env = {"RAY_ADDRESS": "", "RAY_AUTH_MODE": ""}
    words = ["sweep", "unreplicated", *QUICK, "--vary", "num_client_procs=1"]
    done = run(*words, "--local", cwd=tmp_path, env=env)
    assert done.code == 0, done.err
    assert "on this machine (" in done.err.splitlines()[0]
    assert "embedded Ray 2.60.0" in done.err.splitlines()[0]
    assert not [p for p in Path("/tmp").glob("fpray-ray-*") if not (Path("/proc") / p.name.split("-")[2]).exists()]
    assert os.environ.get("RAY_ADDRESS") is None or True


def test_in_a_python_that_is_connected_to_ray_already(ray_address: str, tmp_path: Path) -> None:
    """As in a notebook: its Ray is used, and is still there afterwards."""
    code = (
        "import ray, fpray;"
        f"ray.init(address={ray_address!r}, log_to_driver=False);"
        "settings = {'warmup_duration': '200ms', 'duration': '500ms'};"
        f"result = fpray.sweep('unreplicated', vary={{'num_client_procs': [1]}}, set=settings);"
        "print(result.exit_code, ray.is_initialized())"
    )
    python = FPRAY.removesuffix("fpray") + "python"
    done = subprocess.run([python, "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert done.stdout.split() == ["0", "True"], done.stderr


def test_a_finished_suite_is_carried_on_without_ray(unreplicated: tuple[Path, Run]) -> None:
    directory, _ = unreplicated
    done = run("sweep", "unreplicated", "-s", str(_suite(directory)), cwd=directory)
    assert done.code == 0, done.err
    assert "nothing left to do" in done.err
    assert "Ray" not in done.err
