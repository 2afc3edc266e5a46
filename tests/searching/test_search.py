"""Kinds of searches, end to end: a user's own study, nothing feasible, early stops, the terminal, MultiPaxos."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import pty
import re
import struct
import subprocess
import termios
from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna.trial import FrozenTrial

import fpray
from tests.conftest import FPRAY, OVERLAPPING, QUICK, run
from tests.searching.front_door import LOAD, SPACE, study_trials
from tests.support.patience import LONG
from tests.support.suites import only_suite

STUDY = """
import fpray

def suggest(trial):
    clients = trial.suggest_int("clients", 1, 8, log=True)
    heap = trial.suggest_categorical("heap", ["64m", "128m"])
    point = {"num_clients_per_proc": clients, "jvm_heap_size": heap}
    if heap == "128m":
        point["num_client_procs"] = trial.suggest_int("procs", 1, 2)
    return point

STUDY = fpray.Search(
    "mine", "unreplicated", maximize=["measured.throughput"], minimize=["measured.latency.mean_ms"], suggest=suggest,
    base={"warmup_duration": "100ms", "warmup_timeout": "60s", "duration": "2s", "timeout": "60s"}, budget_trials=5,
)
"""


@pytest.mark.slow
def test_a_users_own_study_suggests_conditionally_and_several_goals_make_a_front(
    ray_address: str, tmp_path: Path
) -> None:
    (tmp_path / "mine.py").write_text(STUDY)
    words = ["search", "unreplicated", "--study", "mine.py", "--address", ray_address, "--storage", "sqlite"]
    done = run(*words, "--sampler", "tpe", "--seed", "3", cwd=tmp_path)
    assert done.code == 0, done.err
    assert (
        "the best trade-offs among 5 trials (Pareto front: no other configuration is better in all goals)" in done.err
    )
    assert re.search(r"\{'num_clients_per_proc': '\d', 'jvm_heap_size': '\d+m', 'num_client_procs': '\d'", done.err)
    assert "[I " not in done.err, "Optuna's remarks"
    suite = only_suite(tmp_path)
    study = optuna.load_study(study_name=suite.name, storage=f"sqlite:///{suite / 'optuna.db'}")
    assert len(study.directions) == 2
    assert len({frozenset(t.params) for t in study.trials}) == 2, "both kinds of points were suggested"
    assert json.loads((suite / "answer.json").read_text())["front"]
    svg = tmp_path / "front.svg"
    assert run("show", suite.name, "--figure", str(svg), cwd=tmp_path).code == 0


def test_failed_trials_and_a_bound_that_nothing_keeps(ray_address: str, tmp_path: Path) -> None:
    result = fpray.search(
        "unreplicated",
        maximize="measured.throughput",
        subject_to="measured.latency.p99_ms<=0.000001",
        space={"jvm_heap_size": ["100m", "2m"]},
        set={"warmup_duration": "100ms", "warmup_timeout": "60s", "duration": "2s", "timeout": "60s"},
        jvm_arg="server:-XX:+UseG1GC",  # needs more than java takes as a heap
        sampler="grid",
        storage="memory",
        suite_directory=str(tmp_path / "suites"),
        address=ray_address,
    )
    assert result.exit_code == 1
    assert result.ended == "every combination of values was tried"
    assert result.answer is not None
    assert result.answer.best is None
    assert result.study is not None
    by_heap: dict[Any, FrozenTrial] = {t.params["jvm_heap_size"]: t for t in result.study.trials}
    assert by_heap["2m"].user_attrs["status"] == "crashed"
    assert by_heap["2m"].values == [float("-inf")]
    assert by_heap["2m"].constraints["measured.latency.p99_ms <= 1e-06"] == 10
    assert by_heap["100m"].values[0] > 0
    sentences = json.loads((result.suite / "answer.json").read_text())["sentences"]
    assert "keeps your bound measured.latency.p99_ms <= 1e-06" in sentences[0]


def test_a_trial_that_cannot_meet_the_bound_ends_early_and_its_figures_count(ray_address: str, tmp_path: Path) -> None:
    words = ["search", "unreplicated", "--maximize", "measured.throughput", "--address", ray_address]
    words += ["--subject-to", "measured.latency.p99_ms<=0.0001", "--space", "num_clients_per_proc=4..9"]
    words += ["--set", "duration=20s", "--set", "timeout=120s", "--set", "warmup_duration=100ms"]
    words += ["--budget-trials", "1"]
    done = run(*words, cwd=tmp_path)
    assert done.code == 1, done.err
    assert "stopped-early: after half of the duration the p99 of write requests is " in done.err
    (trial,) = study_trials(only_suite(tmp_path))
    outcome = json.loads((only_suite(tmp_path) / "001" / "outcome.json").read_text())
    measuring = outcome["phases"]["measuring"]
    assert measuring > 7, "at half of the duration"
    assert trial.user_attrs["status"] == outcome["status"] == "stopped-early"
    assert trial.values == [outcome["results"]["measured.throughput"]]
    window = outcome["results"]["measured.window_s"]
    assert 0 < window < 20, "the rate is that of the time it ran"
    assert outcome["results"]["measured.throughput"] == pytest.approx(
        outcome["results"]["measured.requests"] / window, rel=0.01
    )
    assert all(excess > 0 for excess in trial.constraints.values())


def test_the_terminal_shows_the_best_and_what_is_left_while_a_trial_runs(ray_address: str, tmp_path: Path) -> None:
    words = [FPRAY, "search", "unreplicated", *QUICK, *LOAD, *SPACE, "--budget-trials", "2", "--confirm", "1"]
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 80, 0, 0))
    process = subprocess.Popen(
        [*words, "--address", ray_address],
        cwd=tmp_path,
        stdout=slave,
        stderr=slave,
        env={**os.environ, "TERM": "xterm"},
    )
    os.close(slave)
    output = b""
    with contextlib.suppress(OSError):  # the terminal is closed when its last process ends
        while chunk := os.read(master, 65536):
            output += chunk
    assert process.wait(timeout=LONG) == 0
    os.close(master)
    screen = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", output.decode())
    then = r"(?: · |\r?\n +)"  # lines break where they are full
    pictures = re.findall(
        rf"best so far throughput [\d,]+ \(95 %: [\d,]+ to [\d,]+\){then}num_clients_per_proc=\d+{then}"
        rf"p99_ms [\d.]+ \(<= 1000\){then}more trials may still bring a gain of up to \d+ % over the best"
        rf"{then}at most 1 trial left"
        r"\r?\n +trial 002 · 1 of 2 done · ",
        screen,
    )
    assert pictures, screen
    assert "…" not in screen, "nothing is cut off"


@pytest.mark.ray
@pytest.mark.jvm
@pytest.mark.slow
def test_multipaxos_end_to_end(tmp_path: Path) -> None:
    words = ["search", "multipaxos", *OVERLAPPING]
    words += ["--study", "peak", "--budget-trials", "3", "--confirm", "1"]
    words += ["--space", "num_clients_per_proc=1..16:log", "--space", "num_proxy_leaders=2..3"]
    words += ["--space", "leader_options.flush_phase2as_every_n=1,2"]
    words += ["--subject-to", "write_output.measured.latency.p99_ms<=60000", "--local", "--seed", "2"]
    # In parallel they need so many role actors that Ray warns about it.
    done = run(*words, "--parallel", "3", "--share-machines", "--json", cwd=tmp_path)
    assert done.code == 0, done.err
    assert len([json.loads(line) for line in done.out.splitlines()]) == 3
    trials = study_trials(only_suite(tmp_path))
    assert len(trials) == 3
    assert set(trials[0].params) == {
        "num_clients_per_proc",
        "num_proxy_leaders",
        "leader_options.flush_phase2as_every_n",
    }
    assert "what the bound costs (write_output.measured.latency.p99_ms):" in done.err
