"""Which trials the words of a command select, and with which values."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from fpray.driver.means import check_sweep
from fpray.errors import Refused
from fpray.plan.capacity import heap_bytes
from fpray.study.registry import find_protocol, protocols
from fpray.testing.fake_machines import FakeMachines
from tests.conftest import cli
from tests.support.sweeps import finished, run_on

BERNOULLI = "workload.name=BernoulliSingleKeyWorkload"


def params_of(*words: str) -> list[dict[str, Any]]:
    """The parameters of each trial that a command plans."""
    done = cli("plan", *words, "--json")
    assert done.exit_code == 0, done.output
    return [plan["params"] for plan in json.loads(done.stdout)]


def dry_run(*words: str) -> str:
    done = cli("sweep", *words, "--dry-run")
    assert done.exit_code == 0, done.output
    return done.stdout


def refusal(*words: str) -> str:
    done = cli("sweep", *words, "--dry-run")
    assert done.exit_code == 2, done.output
    return done.stderr


def test_a_choice_that_is_set_comes_before_the_fields_that_depend_on_it() -> None:
    """B1: `--set` of a workload, `--vary` of its fields, and the other way round."""
    words = ("unreplicated", "--set", BERNOULLI, "--vary", "workload.conflict_rate=0,0.5,1")
    assert [params["workload"]["conflict_rate"] for params in params_of(*words)] == [0, 0.5, 1]
    whole = ("--set", 'workload={"name": "BernoulliSingleKeyWorkload", "size_mean": 9}')
    varied = params_of("unreplicated", *whole, "--vary", "workload.conflict_rate=0,1")
    assert [(p["workload"]["conflict_rate"], p["workload"]["size_mean"]) for p in varied] == [(0, 9), (1, 9)]
    names = ("--vary", "workload.name=UniformSingleKeyWorkload,BernoulliSingleKeyWorkload")
    assert len(params_of("unreplicated", *names, "--set", "workload.size_mean=3")) == 2


def test_a_field_that_the_chosen_workload_lacks_is_refused_with_its_name() -> None:
    """B1: the workload that is named is the chosen one."""
    sentence = refusal("unreplicated", "--set", BERNOULLI, "--vary", "workload.num_keys=1,2")
    assert "BernoulliSingleKeyWorkload has no field num_keys" in sentence
    assert "StringWorkload" not in sentence


@pytest.mark.parametrize("protocol", sorted(protocols()))
def test_choices_of_every_protocol_from_python(protocol: str) -> None:
    """B1: of every protocol with workloads, each kind with a field that others lack."""
    defaults = vars(find_protocol(protocol).params())
    choices = [name for name in defaults if "workload" in name and hasattr(defaults[name], "name")]
    for choice in choices:
        kind, field = "BernoulliSingleKeyWorkload", "conflict_rate"
        values: list[Any] = [0.25, 0.75]
        if hasattr(defaults[choice], "read_fraction"):
            kind, field = "PointSkewedReadWriteWorkload", "point_fraction"
        if choice == "driver_workload":
            kind, field, values = "RepeatedLeaderReconfiguration", "period_ms", [7, 8]
        words: Any = {"set": {f"{choice}.name": kind}, "vary": {f"{choice}.{field}": values}}
        experiment = check_sweep(protocol, {**words, "local": True})
        assert [getattr(getattr(trial.params, choice), field) for trial in experiment.trials] == values


@pytest.mark.parametrize("protocol", sorted(protocols()))
def test_a_timeout_that_is_not_set_follows_its_duration(protocol: str) -> None:
    """B4: in every protocol, of the measurement and of the warm-up; one that is set stays, and may be refused."""
    names = [name for name in vars(find_protocol(protocol).params()) if "duration" in name]
    unit = {name: "" if name.endswith("_seconds") else "s" for name in names}
    for name in names:
        (after,) = {str(p[name.replace("duration", "timeout")]) for p in _of(protocol, {name: f"50{unit[name]}"})}
        assert after in ("75s", "75.0")
        (before,) = {str(p[name.replace("duration", "timeout")]) for p in _of(protocol, {name: f"1{unit[name]}"})}
        assert before in ("3s", "3.0"), "a short trial has the timeout that it always had"
        values = {name: f"50{unit[name]}", name.replace("duration", "timeout"): f"51{unit[name]}"}
        (fixed,) = {str(p[name.replace("duration", "timeout")]) for p in _of(protocol, values)}
        assert fixed in ("51s", "51.0")
        too_short = ["--set", f"{name}=50{unit[name]}", "--set", f"{name.replace('duration', 'timeout')}=5{unit[name]}"]
        assert "is shorter than" in refusal(protocol, *too_short)


def _of(protocol: str, values: dict[str, str]) -> list[dict[str, Any]]:
    return params_of(protocol, *(word for name, value in values.items() for word in ("--set", f"{name}={value}")))


def test_a_timeout_follows_a_duration_that_is_varied_and_not_one_of_the_study(tmp_path: Path) -> None:
    """B4: a study's own timeout was set, in its file."""
    varied = params_of("unreplicated", "--vary", "duration=1s,4s,10s")
    assert [params["timeout"] for params in varied] == ["3s", "6s", "15s"]
    study = "import fpray\nSTUDY = fpray.Study('mine', 'unreplicated', base={'duration': '10s'}, points=[{}%s])\n"
    (tmp_path / "mine.py").write_text(study % "")
    assert params_of("unreplicated", "--study", str(tmp_path / "mine.py"))[0]["timeout"] == "15s"
    (tmp_path / "mine.py").write_text(study % ", {'timeout': '11s'}")
    assert params_of("unreplicated", "--study", str(tmp_path / "mine.py"))[1]["timeout"] == "11s"


def test_repeated_values_run_once_and_are_said() -> None:
    """B5: values that mean the same; the factors multiply to the total."""
    twice = ("--vary", "num_clients_per_proc=1,01,2", "--vary", "duration=1s,1000ms")
    lines = dry_run("unreplicated", *twice).splitlines()
    assert (
        "note: --vary num_clients_per_proc lists 3 values, some of them equal: each of the 2 different values runs once"
        in lines
    )
    assert "note: --vary duration lists 2 values, some of them equal: each of the 1 different values runs once" in lines
    assert lines[-1].startswith("2 trials (2 x 1) ")
    assert "3 trials (1 x 3 repeats)" in dry_run("unreplicated", "--vary", "duration=1s,1s", "--repeat", "3")


@pytest.mark.heavy
def test_a_large_grid_is_counted_and_an_absurd_one_is_refused_at_once() -> None:
    """B6: the time that it would take is said; what is listed is no more than what is asked for."""
    began = time.process_time()
    assert "3,000,000,000 trials, which take 95.1 years" in refusal("unreplicated", "--repeat", "1000000000")
    axis = ",".join(map(str, range(1000)))
    million = ("--vary", f"num_clients_per_proc={axis}", "--vary", f"num_warmup_clients_per_proc={axis}")
    assert "make 1,000,000 trials, which take 12 days at a second each" in refusal("unreplicated", *million)
    assert time.process_time() - began < 3
    began = time.process_time()
    grid = (
        "--vary",
        f"num_clients_per_proc={axis}",
        "--vary",
        "num_warmup_clients_per_proc=1,2,3,4,5",
        "--repeat",
        "20",
    )
    assert "100000 trials (1000 x 5 x 20 repeats)" in dry_run("unreplicated", *grid)
    assert time.process_time() - began < 10, "2 s on an idle machine"


def test_a_grid_in_place_of_the_points_of_a_study_is_said() -> None:
    """B7: before anything runs; `--cross` keeps them."""
    words = ("unreplicated", "--study", "eurosys_lt", "--vary", "jvm_heap_size=100m,200m")
    points = len(params_of("unreplicated", "--study", "eurosys_lt", "--repeat", "1"))
    how = "to run these values at each point of the study, add --cross"
    sentence = f"note: the values of --vary replace the study's {points} points ({how})"
    assert dry_run(*words).splitlines()[0] == sentence
    assert cli("plan", *words).stdout.splitlines()[0] == sentence
    crossed = dry_run(*words, "--cross", "--repeat", "1")
    assert f"{2 * points} trials ({points} points x 2)" in crossed
    assert "replace the study" not in crossed
    assert "add --vary" in refusal("unreplicated", "--cross")
    assert "replace the study" not in dry_run("unreplicated", "--study", "eurosys_lt")


def test_what_is_to_be_known_is_said_by_the_sweep(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """B7: in the first lines, from Python too, and the suite keeps the words."""
    result = run_on(FakeMachines(), finished, tmp_path, study="eurosys_lt", laptop=True, loops=2)
    lines = capsys.readouterr().err.splitlines()
    assert any("the values of --vary replace the study" in line for line in lines[:4])
    assert any(line.startswith("note: with --laptop, a trial measures for 2s at most") for line in lines[:4])
    (words,) = json.loads((result.suite / "suite.json").read_text())["points"]
    assert words["laptop"] is True
    assert "cross" not in words


def test_an_address_without_a_port() -> None:
    """B8: Ray's default port is meant, and said; only `-a` is FrankenPaxos's."""
    for host in ("10.0.0.5", "head.example.org"):
        line = dry_run("unreplicated", "--address", host).splitlines()[0]
        assert line.startswith(f"note: --address {host} has no port, so the sweep uses the Ray cluster at {host}:6379")
    assert "[::1]:6379" in dry_run("unreplicated", "--address", "::1")
    theirs = dry_run("unreplicated", "-a", "10.0.0.5").splitlines()[0]
    assert theirs.startswith("note: fpray ignores -a 10.0.0.5, as FrankenPaxos's scripts do")
    for words in (["-a", "10.0.0.5:7"], ["--address", "auto"], ["--address=10.0.0.5:7"], ["-a10.0.0.5:7"]):
        assert "no port" not in dry_run("unreplicated", *words)
    assert check_sweep("unreplicated", {"address": "10.0.0.5"}).where.address == "10.0.0.5:6379"
    assert "takes one address only" in refusal("unreplicated", "-a", "10.0.0.5", "--address", "x:1")


def test_points_by_number() -> None:
    """B9: of a study, or of a grid."""
    every = params_of("unreplicated", "--study", "eurosys_lt", "--repeat", "1")
    some = params_of("unreplicated", "--study", "eurosys_lt", "--repeat", "1", "--only", "3", "--only", "1-2")
    assert some == every[:3]
    grid = params_of("unreplicated", "--vary", "num_clients_per_proc=5,6,7", "--only", "2")
    assert [params["num_clients_per_proc"] for params in grid] == [6]
    for word in ("0", "4", "2-1", "x", ""):
        assert "there is no such point (combination of values). Write a number from 1 to 3" in refusal(
            "unreplicated", f"--only={word}"
        )


def test_points_by_value() -> None:
    """B9: values as a user types them; what no point has is refused with what they have."""
    words = ("multipaxos", "--study", "e1_lt_surprise")
    every = params_of(*words)
    value = every[0]["num_clients_per_proc"]
    some = params_of(*words, "--where", f"num_clients_per_proc={value}")
    assert some == [params for params in every if params["num_clients_per_proc"] == value]
    assert 0 < len(some) < len(every)
    assert "no trial of this command has this value: write one of" in refusal(
        *words, "--where", "num_clients_per_proc=12345"
    )
    assert "did you mean num_clients_per_proc" in refusal(*words, "--where", "num_client_per_proc=1")
    with pytest.raises(Refused, match="is not a whole number"):
        check_sweep("multipaxos", {"where": {"num_clients_per_proc": ["x"]}})


def test_patterns_in_set() -> None:
    """K4: one setting for all heaps; a plain name wins; one that matches nothing is refused."""
    for params in params_of("multipaxos", "--set", "*_jvm_heap_size=50m", "--set", "leader_jvm_heap_size=60m"):
        heaps = {name: value for name, value in params.items() if name.endswith("jvm_heap_size")}
        assert heaps.pop("leader_jvm_heap_size") == "60m"
        assert set(heaps.values()) == {"50m"}
    assert "no parameter has a name like this; did you mean f?" not in refusal("multipaxos", "--set", "*zzz=1")
    assert "no parameter has a name like this" in refusal("multipaxos", "--set", "*zzz=1")


@pytest.mark.parametrize(
    ("protocol", "study"),
    [("multipaxos", "e1_lt_surprise"), ("epaxos", "nsdi_fig1_lt"), ("horizontal", "vldb_leader_failure")],
)
def test_any_study_is_small_enough_for_a_laptop(protocol: str, study: str) -> None:
    """K4: heaps and durations; what the user sets stays."""
    for params in params_of(protocol, "--study", study, "--laptop", "--set", "warmup_sleep=3s"):
        heaps = {value for name, value in params.items() if name.endswith("jvm_heap_size")}
        assert all(heap_bytes(heap) <= heap_bytes("100m") for heap in heaps)
        assert params["num_client_procs"] <= 2
        assert params["warmup_sleep"] == "3s"
    assert dry_run(protocol, "--study", study, "--laptop").startswith(
        "note: with --laptop, a trial measures for 2s at most"
    )
