"""The command line without Ray: what is planned, described and refused, all problems at once."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from fpray.store.suite import Suite
from tests.conftest import cli
from tests.support.hosts import ROOT

STUDY = """
from fpray import Study
STUDY = Study(
    name="mine", protocol="unreplicated", base={"duration": "1s"},
    points=[{"num_clients_per_proc": 1}, {"num_clients_per_proc": 10, "jvm_heap_size": "200m"}],
)
"""


def test_every_problem_is_in_one_message_with_the_nearest_name() -> None:
    result = cli("sweep", "multipaxos", "--set", "num_batcherz=2", "--set", "num_leaders=1", "-j", "missing.jar")
    assert result.exit_code == 2
    assert "nothing was started; 3 problems:" in result.stderr
    assert "num_batcherz" in result.stderr
    assert "did you mean num_batchers?" in result.stderr
    assert "f=1 needs at least f+1 = 2 leaders" in result.stderr
    assert "there is no such file" in result.stderr


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["sweep", "multipaxoz"], "did you mean multipaxos?"),
        (["sweep", "unreplicated", "--study", "smok"], "did you mean smoke?"),
        (["sweep", "unreplicated", "--study", "missing.py"], "there is no such study file"),
        (["sweep", "unreplicated", "--set", "duration=2"], "write 2s, 500ms or 1m"),
        (["sweep", "unreplicated", "--set", "duration"], "write KEY=VALUE"),
        (["sweep", "unreplicated", "--set", "state_machine=noop"], "did you mean Noop?"),
        (["sweep", "unreplicated", "--set", "num_client_procs=many"], "is no integer"),
        (["sweep", "unreplicated", "--set", "server_options.flush_every=1"], "did you mean flush_every_n?"),
        (["sweep", "unreplicated", "--set", "workload.name=Strings"], "a workload's name is one of"),
        (["sweep", "unreplicated", "--set", "timeout=1s"], "is shorter than duration"),
        (["sweep", "unreplicated", "--repeat", "0"], "must be at least 1"),
        (["sweep", "unreplicated", "-l", "inform"], "is none of debug, info, warn, error, fatal"),
        (["sweep", "unreplicated", "--jvm-arg", "servr:-Xint"], "did you mean server?"),
        (["sweep", "unreplicated", "--jvm-arg", "-Xint"], "write ROLE:ARG"),
        (["sweep", "unreplicated", "--cluster", "no.json"], "the cluster file cannot be read"),
        (["sweep", "multipaxos", "--set", "flexible=true", "--set", "num_acceptor_groups=1"], "at least f+1 = 2 rows"),
        (
            ["sweep", "multipaxos", "--set", "distribution_scheme=COLOCATED", "--set", "num_leaders=3"],
            "COLOCATED needs",
        ),
        (["sweep", "unreplicated", "--set", "duration=99999999999999999h"], "is longer than any experiment"),
        (["sweep", "unreplicated", "--set", "num_client_procs=99999999999999999999"], "32-bit integers"),
        (["sweep", "unreplicated", "--set", "num_client_procs=1000000"], "fpray starts up to 10000"),
        (["sweep", "unreplicated", "--vary", "duration=1s", "--vary", "duration=2s"], "is given twice"),
        (["sweep", "unreplicated", "--vary", "duration=1s", "--set", "duration=2s"], "which is meant?"),
        (["sweep", "multipaxos", "--set", "workload.read_fraction=2"], "is a fraction, 0 to 1"),
        (["sweep", "multipaxos", "--set", "workload.read_fraction=nan"], "is no number"),
        (["sweep", "unreplicated", "-s", "x" * 300], "cannot be a suite directory: File name too long"),
        (["sweep", "unreplicated", "--address", "ray://x:1"], "is Ray Client, which fpray does not use"),
        (["sweep", "unreplicated", "--address", "x:1", "--local"], "--address x:1 means a cluster: which of them"),
        (
            ["sweep", "multipaxos", "--cluster", str(ROOT / "cluster_configs" / "ec2.yaml"), "--dry-run"],
            "is required on",
        ),
        (["show", "nothing"], "is no suite"),
        (["protocols", "unreplicate"], "did you mean unreplicated?"),
    ],
)
def test_refused_in_a_sentence(words: list[str], sentence: str) -> None:
    result = cli(*words)
    assert result.exit_code == 2
    assert sentence in result.stderr
    assert result.stdout == ""


def test_a_suite_is_named_by_letters_where_suites_go_without_a_name(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    suite = tmp_path / "far" / "2026-11-22_08-00-00_QKZJWPLEXA_unreplicated_smoke"
    suite.mkdir(parents=True)
    (suite / "suite.json").write_text(json.dumps({"protocol": "unreplicated", "points": [], "jar": {}}))
    monkeypatch.setenv("FPRAY_SUITE_DIRECTORY", str(suite.parent))
    monkeypatch.chdir(tmp_path)
    result = cli("sweep", "craq", "-s", "QKZJ", "--rerun", "001")
    assert f"{suite.name} is a suite of unreplicated, not of craq" in " ".join(result.stderr.split())
    assert not Path("QKZJ").exists()
    assert Suite(suite).short == "QKZJ"
    monkeypatch.delenv("FPRAY_SUITE_DIRECTORY")
    assert Suite(suite).short == str(suite), "fpray show would look for letters in ./suites"


@pytest.mark.parametrize("name", ["QKZX", "QKZJWPLEXB", "2026-11-22_08-00-00_QKZJ"])
def test_a_slip_in_a_suites_name_is_no_new_directory(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    result = cli("sweep", "craq", "-s", name)
    assert result.exit_code == 2
    assert f"a directory for new suites: -s ./{name}" in " ".join(result.stderr.split())
    assert not list(tmp_path.iterdir())


def test_who_said_nohup_means_it() -> None:
    code = """if True:
        import os, signal
        from fpray.cli.interrupt import interruptible
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        interruptible()
        os.kill(os.getpid(), signal.SIGHUP)
        print("goes on")"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout == "goes on\n", done.stderr


def test_layers_of_settings_win_in_order() -> None:
    """The study's base, then -l, then a point, then --set; a whole record given later beats a field given earlier."""

    def params(*words: str) -> list[dict[str, Any]]:
        done = cli("plan", *words, "--json")
        assert done.exit_code == 0, done.stderr
        return [plan["params"] for plan in json.loads(done.stdout)]

    (only, _) = params("multipaxos", "--set", 'leader_options={"resend_phase1as_period": "5s"}')
    assert only["leader_options"]["resend_phase1as_period"] == "5s"
    levels = params("unreplicated", "-l", "warn", "--vary", "server_log_level=debug,fatal")
    assert [p["server_log_level"] for p in levels] == ["debug", "fatal"]
    assert {p["client_log_level"] for p in levels} == {"warn"}
    kinds = ["--vary", "workload.name=UniformSingleKeyWorkload,BernoulliSingleKeyWorkload"]
    sizes = params("unreplicated", *kinds, "--set", "workload.size_mean=3")
    assert [p["workload"]["size_mean"] for p in sizes] == [3, 3]
    schemes = params("multipaxos", "--vary", 'read_batcher_options.read_batching_scheme=["size,10,1s","adaptive"]')
    assert [p["read_batcher_options"]["read_batching_scheme"] for p in schemes] == ["size,10,1s", "adaptive"]
    (one,) = params("multipaxos", "--vary", "f=1", "--set", 'workload_label="a,b"')
    assert one["workload_label"] == "a,b"
    assert len(params("unreplicated", "--vary", "num_client_procs=1,1")) == 1


def test_all_kinds_of_problems_are_in_one_message() -> None:
    words = ["--study", "smok", "--set", "num_batcherz=2", "--set", "foo", "--jvm-arg", "leadr:-X", "--jvm-arg", "bad"]
    result = cli("sweep", "multipaxos", *words, "-m", "-j", "nope.jar", "--repeat", "0", "--cluster", "no.json")
    assert result.exit_code == 2
    assert "9 problems:" in result.stderr, result.stderr


def test_what_comes_later_is_refused_clearly(tmp_path: Path) -> None:
    for option in ("-m", "-p"):
        result = cli("sweep", "unreplicated", option, "-s", str(tmp_path))
        assert result.exit_code == 2
        assert "comes in a later version of fpray: leave it out" in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_trials_run_on_linux_only(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("platform.system", lambda: "Darwin")
    result = cli("sweep", "unreplicated", "-s", str(tmp_path))
    assert result.exit_code == 2
    assert "trials run on Linux only" in result.stderr
    assert cli("plan", "unreplicated").exit_code == 0


def test_a_monitored_plan_shows_the_metrics_ports() -> None:
    plans = json.loads(cli("plan", "multipaxos", "-m", "--json").stdout)
    server = plans[0]["processes"][0]
    assert server["argv"][server["argv"].index("--prometheus_port") + 1] == str(server["port"] + 1)
    assert "-Xlog:gc*" in server["argv"]


def test_plan_prints_what_would_run() -> None:
    result = cli("plan", "unreplicated", "--json", "-j", "/x/my.jar", "--jvm-arg", "server:-XX:+UseSerialGC")
    first, second, third = json.loads(result.stdout)
    assert set(first) >= {"trial", "params", "files", "processes"}
    server = first["processes"][0]
    assert set(server) == {
        "label", "role", "index", "kind", "stage", "pool", "host", "port", "endpoints", "directory", "argv", "env",
        "expected_exits",
    }  # fmt: skip
    assert server["argv"][:6] == ["java", "-Xms100m", "-Xmx100m", "-XX:+UseSerialGC", "-cp", "/x/my.jar"]
    assert first["processes"][1]["argv"][-1] == "/suite/001/client_0"
    assert [len(p["processes"]) for p in (first, second, third)] == [2, 3, 4]
    assert first["files"] == {"workload.pbtxt": "string_workload: {\n  size_mean: 1\n  size_std: 0\n}\n"}


def test_plan_text_shows_every_command() -> None:
    result = cli("plan", "multipaxos")
    assert result.exit_code == 0
    assert result.stdout.count("frankenpaxos.multipaxos.AcceptorMain") == 12
    assert "leader_1 at 127.0.0.1:" in result.stdout
    assert "2 trials · 15 to 19 processes each" in result.stdout


def test_dry_run_says_how_much_there_is_to_do() -> None:
    words = ["--vary", "num_proxy_leaders=2,3,4", "--vary", "num_clients_per_proc=1,10,100", "--repeat", "3"]
    result = cli("sweep", "multipaxos", *words, "--dry-run")
    assert result.exit_code == 0
    assert result.stdout.startswith("27 trials (3 x 3 x 3 repeats) · 15 to 17 processes each · 1 machine · about ")


def test_dry_run_says_what_this_machine_is_too_small_for() -> None:
    result = cli("sweep", "multipaxos", "--study", "read_scale", "--dry-run")
    assert "this machine has " in result.stdout
    assert "100 of 100 trials want more for heaps, up to 584.0 GiB" in result.stdout


def test_repeats_are_interleaved() -> None:
    result = cli("plan", "unreplicated", "--vary", "num_clients_per_proc=1,2", "--repeat", "2", "--json")
    plans = json.loads(result.stdout)
    assert [(p["params"]["num_clients_per_proc"], p["repeat"]) for p in plans] == [(1, 0), (2, 0), (1, 1), (2, 1)]
    assert len({p["trial"] for p in plans}) == 4


def test_nested_values_json_values_and_workloads() -> None:
    words = [
        "--vary", "leader_options.flush_phase2as_every_n=1,10",
        "--vary", 'read_batcher_options.read_batching_scheme="size,10,1s","adaptive"',
        "--set", 'workload={"name": "PointSkewedReadWriteWorkload", "num_keys": 5, "point_fraction": 0.9}',
        "--set", "read_workload.name=UniformMultiKeyReadWriteWorkload", "--set", "read_workload.num_operations=3",
        "--set", "client_options.resend_client_request_period=1m", "-l", "warn", "--set", "leader_log_level=fatal",
        "--set", "num_read_batchers=2",
    ]  # fmt: skip
    plans = json.loads(cli("plan", "multipaxos", *words, "--json").stdout)
    assert len(plans) == 4
    schemes = [p["params"]["read_batcher_options"]["read_batching_scheme"] for p in plans]
    assert schemes == ["size,10,1s", "adaptive"] * 2
    params = plans[0]["params"]
    assert params["workload"]["num_keys"] == 5
    assert params["read_workload"]["num_operations"] == 3
    assert params["client_options"]["resend_client_request_period"] == "60s"
    assert (params["leader_log_level"], params["acceptor_log_level"]) == ("fatal", "warn")
    assert "point_skewed_read_write_workload: {" in plans[0]["files"]["workload.pbtxt"]


def test_a_study_file_gives_any_list_of_points(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(STUDY)
    plans = json.loads(cli("plan", "unreplicated", "--study", str(tmp_path / "mine.py"), "--json").stdout)
    assert [p["params"]["num_clients_per_proc"] for p in plans] == [1, 10]
    assert [p["params"]["duration"] for p in plans] == ["1s", "1s"]
    wrong = cli("plan", "multipaxos", "--study", str(tmp_path / "mine.py"))
    assert "is a study of unreplicated, not of multipaxos" in wrong.stderr
    (tmp_path / "broken.py").write_text("x = 1\nraise ValueError('no')\n")
    broken = cli("plan", "unreplicated", "--study", str(tmp_path / "broken.py"))
    assert "raises ValueError: no (line 2)" in broken.stderr


def test_protocols_describes_roles_parameters_and_constraints() -> None:
    assert "multipaxos" in cli("protocols").stdout
    text = cli("protocols", "multipaxos").stdout
    for piece in (
        "frankenpaxos.multipaxos.ProxyReplicaMain",
        "leader_options.election_options.ping_period",
        "at least f+1",
        '"leaders": [',
        "PointSkewedReadWriteWorkload",
    ):
        assert piece in text


def test_command_lines_of_frankenpaxos_work_or_are_answered(tmp_path: Path) -> None:
    cluster = tmp_path / "cluster.json"
    cluster.write_text(json.dumps({"1": {"clients": ["localhost"], "server": ["localhost"]}}))
    words = [
        "-s",
        str(tmp_path),
        "--log_level",
        "info",
        "-i",
        "~/.ssh/key",
        "-a",
        "10.0.0.1",
        "--cluster",
        str(cluster),
    ]
    result = cli("plan", "unreplicated", *words, "--json")
    assert result.exit_code == 0
    assert "SSH key: not needed" in result.stderr
    assert json.loads(result.stdout)[0]["params"]["server_log_level"] == "info"
    assert cli("plan", "unreplicated", "--suite_directory", str(tmp_path)).exit_code == 0


def test_a_cluster_file_that_lacks_a_pool_is_refused(tmp_path: Path) -> None:
    cluster = tmp_path / "cluster.json"
    cluster.write_text(json.dumps({"1": {"client": ["localhost"]}}))
    result = cli("plan", "unreplicated", "--cluster", str(cluster))
    assert result.exit_code == 2
    assert "no machine serves it under f=1 (the cluster file: client); did you mean client?" in result.stderr
    cluster.write_text("[")
    assert "is no JSON" in cli("plan", "unreplicated", "--cluster", str(cluster)).stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("unreplicated", "--set", "state_machine=KeyValueStore"), "workload.name=StringWorkload has no keys"),
        (("unreplicated", "--flag", "server:--port=7"), "--flag server:--port is fpray's to give"),
        (("multipaxos", "--flag", "leader:--index=0"), "--flag leader:--index is fpray's to give"),
        (
            ("multipaxos", "--vary", "read_batcher_options.read_batching_scheme=size,10,1s"),
            "read_batching_scheme=size is neither size,N,DURATION nor time,DURATION nor adaptive",
        ),
        (
            ("multipaxos", "--set", "num_batchers=2", "--set", "batcher_options.batch_size=9"),
            "batcher_options.batch_size=9 is more than the 1 closed loops",
        ),
    ],
)
def test_what_could_only_fail_is_refused(words: tuple[str, ...], said: str) -> None:
    done = cli("plan", *words)
    assert done.exit_code == 2
    assert said in " ".join(done.output.split())


def test_a_trial_that_was_copied_out_of_its_suite_is_refused_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "001").mkdir()
    (tmp_path / "001" / "trial.json").write_text("{}")
    done = cli("logs", str(tmp_path / "001"))
    assert (done.exit_code, "is the directory of a trial, and in no suite" in done.stderr) == (2, True)
