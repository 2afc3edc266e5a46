"""What `fpray plan` and `--dry-run` print: trials, processes, files, and how the layers of settings combine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.conftest import cli

STUDY = """
from fpray import Study
STUDY = Study(
    name="mine", protocol="unreplicated", base={"duration": "1s"},
    points=[{"num_clients_per_proc": 1}, {"num_clients_per_proc": 10, "jvm_heap_size": "200m"}],
)
"""


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


def test_a_monitored_plan_shows_the_metrics_ports() -> None:
    plans = json.loads(cli("plan", "multipaxos", "-m", "--json").stdout)
    server = plans[0]["processes"][0]
    assert server["argv"][server["argv"].index("--prometheus_port") + 1] == str(server["port"] + 1)
    assert plans[0]["processes"][-1]["label"] == "prometheus"


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
    assert "100 of 100 trials need more for their heaps, up to 584.0 GiB" in result.stdout


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
    assert "Python says: ValueError: no (line 2)" in broken.stderr


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
    assert "SSH key) has no effect" in result.stderr
    assert json.loads(result.stdout)[0]["params"]["server_log_level"] == "info"
    assert cli("plan", "unreplicated", "--suite_directory", str(tmp_path)).exit_code == 0
