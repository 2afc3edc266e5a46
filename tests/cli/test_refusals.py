"""What the command line refuses before anything starts: every problem at once, each in a sentence."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fpray.store.suite import Suite
from tests.conftest import cli
from tests.support.hosts import ROOT


def test_every_problem_is_in_one_message_with_the_nearest_name() -> None:
    result = cli("sweep", "multipaxos", "--set", "num_batcherz=2", "--set", "num_leaders=1", "-j", "missing.jar")
    assert result.exit_code == 2
    assert "nothing was started; 3 problems:" in result.stderr
    assert "num_batcherz" in result.stderr
    assert "did you mean num_batchers?" in result.stderr
    assert "must be at least f+1 = 2, to survive f=1 failures" in result.stderr
    assert "there is no such file" in result.stderr


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["sweep", "multipaxoz"], "did you mean multipaxos?"),
        (["sweep", "unreplicated", "--study", "smok"], "did you mean smoke?"),
        (["sweep", "unreplicated", "--study", "missing.py"], "this study file does not exist"),
        (["sweep", "unreplicated", "-j", "/dev/null"], "is not a file: name a jar"),
        (["sweep", "unreplicated", "-a", ""], "--address '' is empty: write the address"),
        (["sweep", "unreplicated", "--address", " "], "--address '' is empty: write the address"),
        (["sweep", "unreplicated", "--max-output", "\u0663m"], "is not a size"),
        (["sweep", "unreplicated", "--study", "a\nb.py"], "a\\nb.py: this study file does not exist"),
        (["sweep", "unreplicated", "--repeat", "99999999"], "--study and --repeat make 299,999,997 trials"),
        (["sweep", "unreplicated", "--set", "duration=2"], "write one such as 2s, 500ms or 1m"),
        (["sweep", "unreplicated", "--set", "duration"], "such as --set f=1"),
        (["sweep", "unreplicated", "--set", "state_machine=noop"], "did you mean Noop?"),
        (["sweep", "unreplicated", "--set", "num_client_procs=many"], "is not a whole number"),
        (["sweep", "unreplicated", "--set", "server_options.flush_every=1"], "did you mean flush_every_n?"),
        (["sweep", "unreplicated", "--set", "workload.name=Strings"], "the name of a workload must be one of"),
        (["sweep", "unreplicated", "--set", "timeout=1s"], "is shorter than duration"),
        (["sweep", "unreplicated", "--repeat", "0"], "must be at least 1"),
        (["sweep", "unreplicated", "-l", "inform"], "must be one of debug, info, warn, error, fatal"),
        (["sweep", "unreplicated", "--jvm-arg", "servr:-Xint"], "did you mean server?"),
        (["sweep", "unreplicated", "--jvm-arg", "-Xint"], "such as --jvm-arg leader:-XX:+UseParallelGC"),
        (["sweep", "unreplicated", "--cluster", "no.json"], "the cluster file cannot be read"),
        (["sweep", "multipaxos", "--set", "flexible=true", "--set", "num_acceptor_groups=1"], "at least f+1 = 2 rows"),
        (
            ["sweep", "multipaxos", "--set", "distribution_scheme=COLOCATED", "--set", "num_leaders=3"],
            "COLOCATED needs",
        ),
        (
            ["sweep", "unreplicated", "--set", "duration=99999999999999999h"],
            "is too long a duration: write at most 24h",
        ),
        (
            ["sweep", "unreplicated", "--set", "num_client_procs=99999999999999999999"],
            "write a number from -2147483648 to 2147483647",
        ),
        (["sweep", "unreplicated", "--set", "num_client_procs=1000000"], "at most 10000 are possible"),
        (["sweep", "unreplicated", "--vary", "duration=1s", "--vary", "duration=2s"], "is given twice"),
        (
            ["sweep", "unreplicated", "--vary", "duration=1s", "--set", "duration=2s"],
            "has values in --vary and in --set: remove it from one of the two",
        ),
        (
            ["sweep", "multipaxos", "--set", "leader_options=5"],
            "leader_options=5: this parameter is a group of fields (resend_phase1as_period, ",
        ),
        (
            ["sweep", "multipaxos", "--set", "leader_options=fast"],
            ": set one of the fields, such as leader_options.resend_phase1as_period=VALUE",
        ),
        (
            ["sweep", "multipaxos", "--set", "leader_options.election_options=5"],
            ": set one of the fields, such as leader_options.election_options.ping_period=VALUE",
        ),
        (
            ["sweep", "multipaxos", "--set", 'leader_options={"election_options":5}'],
            "a group of fields (ping_period, no_ping_timeout_min, no_ping_timeout_max): write a JSON object with",
        ),
        (["sweep", "multipaxos", "--set", 'leader_options={"x'], "is not a JSON object of the fields resend_phase1as"),
        (["sweep", "multipaxos", "--set", "workload=5"], 'write a JSON object, such as {"name": "'),
        (["sweep", "multipaxos", "--set", "workload.read_fraction=2"], "must be a number from 0 to 1, such as 0.5"),
        (["sweep", "multipaxos", "--set", "workload.read_fraction=nan"], "is not a finite number"),
        (["sweep", "unreplicated", "-s", "x" * 300], "has a file name of 300 bytes: write one of at most 255"),
        pytest.param(
            ["sweep", "unreplicated", "--address", "ray://x:1"],
            "is an address of Ray Client, which fpray does not use",
            marks=pytest.mark.jvm,
        ),
        (
            ["sweep", "unreplicated", "--address", "x:1", "--local"],
            "--local means this machine only, but --address x:1 names a cluster: remove one",
        ),
        (
            ["sweep", "multipaxos", "--cluster", str(ROOT / "cluster_configs" / "ec2.yaml"), "--dry-run"],
            "is required for a sweep on",
        ),
        (["show", "nothing"], "is not a suite"),
        (["protocols", "unreplicate"], "did you mean unreplicated?"),
    ],
)
def test_refused_in_a_sentence(words: list[str], sentence: str) -> None:
    result = cli(*words)
    assert result.exit_code == 2
    assert sentence in result.stderr
    assert result.stdout == ""


@pytest.mark.jvm
def test_a_suite_is_named_by_its_id_where_suites_go_without_a_name(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    suite = tmp_path / "far" / "2026-11-22_08-00-00_QKZJWPLEXA_unreplicated_smoke"
    suite.mkdir(parents=True)
    (suite / "suite.json").write_text(json.dumps({"protocol": "unreplicated", "points": [], "jar": {}}))
    monkeypatch.setenv("FPRAY_SUITE_DIRECTORY", str(suite.parent))
    monkeypatch.chdir(tmp_path)
    result = cli("sweep", "craq", "-s", "QKZJ", "--rerun", "001")
    assert f"{suite.name} has results of unreplicated, not of craq" in " ".join(result.stderr.split())
    assert not Path("QKZJ").exists()
    assert Suite(suite).short_name == "QKZJ"
    monkeypatch.delenv("FPRAY_SUITE_DIRECTORY")
    assert Suite(suite).short_name == f"far/{suite.name}", "fpray show would look for its id in ./suites"


@pytest.mark.jvm
@pytest.mark.parametrize("name", ["QKZX", "QKZJWPLEXB", "2026-11-22_08-00-00_QKZJ"])
def test_a_slip_in_a_suites_name_is_no_new_directory(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    result = cli("sweep", "craq", "-s", name)
    assert result.exit_code == 2
    assert f"To make a new directory of this name, write -s ./{name}" in " ".join(result.stderr.split())
    assert not list(tmp_path.iterdir())


def test_all_kinds_of_problems_are_in_one_message() -> None:
    words = ["--study", "smok", "--set", "num_batcherz=2", "--set", "foo", "--jvm-arg", "leadr:-X", "--jvm-arg", "bad"]
    result = cli("sweep", "multipaxos", *words, "-j", "nope.jar", "--repeat", "0", "--cluster", "no.json")
    assert result.exit_code == 2
    assert "8 problems:" in result.stderr, result.stderr


def test_trials_run_on_linux_only(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("platform.system", lambda: "Darwin")
    result = cli("sweep", "unreplicated", "-s", str(tmp_path))
    assert result.exit_code == 2
    assert "trials run on Linux only: run this command on a Linux machine" in result.stderr
    assert cli("plan", "unreplicated").exit_code == 0


def test_a_cluster_file_that_lacks_a_pool_is_refused(tmp_path: Path) -> None:
    cluster = tmp_path / "cluster.json"
    cluster.write_text(json.dumps({"1": {"client": ["localhost"]}}))
    result = cli("plan", "unreplicated", "--cluster", str(cluster))
    assert result.exit_code == 2
    assert 'has no machines for f=1 in the cluster file: add some there, such as "clients": [' in result.stderr
    hint = "client; if you wrote client for clients, rename client to clients there"
    assert f"The pools (the machines of a role) there are {hint}" in result.stderr
    cluster.write_text("[")
    assert "is not JSON" in cli("plan", "unreplicated", "--cluster", str(cluster)).stderr


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("unreplicated", "--set", "state_machine=KeyValueStore"), "workload.name=StringWorkload has no keys"),
        (("unreplicated", "--flag", "server:--port=7"), "--flag server:--port is a flag that fpray itself sets"),
        (("multipaxos", "--flag", "leader:--index=0"), "--flag leader:--index is a flag that fpray itself sets"),
        (
            ("multipaxos", "--vary", "read_batcher_options.read_batching_scheme=size,10,1s"),
            "read_batching_scheme=size must be size,N,DURATION or time,DURATION or adaptive",
        ),
        (
            ("multipaxos", "--set", "num_batchers=2", "--set", "batcher_options.batch_size=9"),
            "batcher_options.batch_size=9 is more than the 1",
        ),
    ],
)
def test_what_could_only_fail_is_refused(words: tuple[str, ...], sentence: str) -> None:
    done = cli("plan", *words)
    assert done.exit_code == 2
    assert sentence in " ".join(done.output.split())


def test_a_trial_that_was_copied_out_of_its_suite_is_refused_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "001").mkdir()
    (tmp_path / "001" / "trial.json").write_text("{}")
    done = cli("logs", str(tmp_path / "001"))
    assert (done.exit_code, "is the directory of one trial, but its suite" in done.stderr) == (2, True)
