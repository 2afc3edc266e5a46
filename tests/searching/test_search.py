"""Searches through the front door: what is refused, what is asked and told, what survives a kill, what is answered."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import pty
import random
import re
import signal
import struct
import subprocess
import termios
import time
from pathlib import Path
from typing import Any

import optuna
import pyarrow.parquet as pq
import pytest
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import FrozenTrial, TrialState

import fpray
from fpray.searching.goals import parse_bounds
from tests.conftest import FPRAY, QUICK, Run, cli, run, start

SEED = int(os.environ.get("FPRAY_TEST_SEED", "20261122"))
LOAD = ("--maximize", "measured.throughput", "--subject-to", "measured.latency.p99_ms<=1000")
SPACE = ("--space", "num_clients_per_proc=1..256:log")


def _suite(directory: Path) -> Path:
    (suite,) = (directory / "suites").iterdir()
    return suite


def _trials(suite: Path) -> list[FrozenTrial]:
    """As somebody reads them who has Optuna and no fpray."""
    storage = JournalStorage(JournalFileBackend(str(suite / "optuna.journal")))
    return optuna.load_study(study_name=None, storage=storage).trials


def _refused(*words: str) -> str:
    done = cli("search", *words)
    assert done.exit_code == 2, done.output
    return re.sub(r"\s+", " ", done.output)


# -- before anything starts


def test_everything_that_is_wrong_is_said_at_once_with_the_nearest_names() -> None:
    said = _refused(
        "multipaxos", "--maximize", "write_output.measured.troughput", "--subject-to", "write_output.latency.p99<=5",
        "--subject-to", "a=5", "--space", "num_clients_per_proc=0..8:log", "--space", "num_proxi_leaders=2..10",
        "--sampler", "tpee", "--storage", "jornal", "--stop-at", "2", "--budget-dollars", "5", "--set", "num_batcher=1",
        "--space", "num_leaders=3..2", "--confirm", "0", "--seed", "-1",
    )  # fmt: skip
    for sentence in (
        "13 problems",
        "did you mean write_output.measured.throughput?",
        "did you mean write_output.latency.p99_ms?",
        "write COLUMN<=NUMBER or COLUMN>=NUMBER",
        "a logarithmic range starts above 0",
        "did you mean num_proxy_leaders?",
        "did you mean tpe?",
        "is none of journal, memory, sqlite",
        "did you mean journal?",
        "write 2% or 0.02",
        "needs --price-per-machine-hour",
        "did you mean num_batchers?",
        "3 is above 2",
        "--confirm 0 counts the runs of the best",
        "--seed -1 must be between 0 and 4294967295",
    ):
        assert sentence in said


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ((), "a search needs a goal, such as --maximize measured.throughput"),
        ((), "a search needs parameters to vary"),
        (
            (*LOAD, *SPACE, "--set", "measurement_group_size=10"),
            "leaves means of 10 requests, and so no measured.latency",
        ),
        ((*LOAD, *SPACE, "--set", "num_clients_per_proc=3"), "is in --space and in --set: which one do you mean?"),
        ((*LOAD, "--space", "num_clients_per_proc=-5..-1"), "num_clients_per_proc"),
        ((*LOAD, "--space", "num_client_procs=2"), "has only one value: use --set num_client_procs=2"),
        ((*LOAD, "--space", "duration=1s..3s"), "is duration and has no range: list its values"),
        ((*LOAD, "--space", "server_log_level=warn,eror"), "did you mean error?"),
        ((*LOAD, "--space", "jvm_heap_size=1..5"), "is text and has no range"),
        ((*LOAD, *SPACE, "--confirm", "9", "--budget-trials", "8"), "is more than the whole budget, --budget-trials 8"),
        ((*LOAD, *SPACE, "--price-per-machine-hour", "1"), "has no effect without --budget-dollars"),
        ((*LOAD, *SPACE, "--sampler", "cma-es"), "needs cmaes, which fpray does not install: pip install cmaes"),
        ((*LOAD, *SPACE, "--sampler", "cma-es"), "needs at least 2 parameters with a range"),
        (
            ("--maximize", "start_throughput_1s.p90", *SPACE, "--set", "duration=1s"),
            "is too short for start_throughput",
        ),
        (
            (*LOAD, *SPACE, "--storage", "mysql+pymysql://u@host/db"),
            "needs pymysql, which fpray does not install: pip install pymysql",
        ),
        ((*LOAD, *SPACE, "--storage", "postgres://u@host/db"), "knows no postgres; did you mean postgresql?"),
        (
            (*LOAD, *SPACE, "--storage", "sqlite+pysqlite://u:secret@host/db"),
            "--storage sqlite+pysqlite://u:***@host/db holds a password, which ps and the suite's files would show",
        ),
    ],
)
def test_refused(words: tuple[str, ...], sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert sentence in _refused("unreplicated", *words)
    assert not (tmp_path / "suites").exists() or not list((tmp_path / "suites").iterdir())


def test_a_bound_is_kept_as_it_was_said() -> None:
    for text in ("t >= 1234567", "t <= 0.1234567", "t <= 5"):
        (bound,), problems = parse_bounds([text])
        assert (str(bound), problems) == (text, [])


def test_a_parameter_that_is_set_too_is_one_problem() -> None:
    assert "a search needs parameters" not in _refused("unreplicated", *LOAD, *SPACE, "--set", "num_clients_per_proc=3")


def test_a_study_may_say_one_goal_without_a_list() -> None:
    study = fpray.Search("s", "unreplicated", maximize="measured.throughput", subject_to="measured.latency.p99_ms<=1")
    assert (study.maximize, study.subject_to) == (("measured.throughput",), ("measured.latency.p99_ms<=1",))


def test_an_end_of_the_space_that_the_protocol_never_takes_is_refused() -> None:
    said = _refused(
        "multipaxos", "--maximize", "write_output.measured.throughput", "--space", "num_proxy_leaders=0..4",
        "--space", "num_clients_per_proc=1..4",
    )  # fmt: skip
    assert "num_proxy_leaders=0 f=1 needs at least f+1 = 2 proxy_leaders" in said
    assert "num_proxy_leaders=1" not in said


def test_a_dry_run_says_where_and_how_much() -> None:
    done = cli("search", "multipaxos", "--study", "peak", "--dry-run", "--budget-trials", "30")
    aim = "maximize write_output.measured.throughput, subject to write_output.measured.latency.p99_ms <= 5 · "
    assert done.output.startswith(aim)
    assert "num_clients_per_proc=1..1024:log num_proxy_leaders=2..10" in done.output
    assert "(27,648 points) · at most 30 trials · 15 to 23 processes each" in done.output


@pytest.mark.parametrize(
    ("space", "shown"),
    [
        ("num_clients_per_proc=1..1024:log", "num_clients_per_proc=1..1024:log (1,024 points)"),
        ("num_clients_per_proc=2..10:step=4", "num_clients_per_proc=2..10:step=4 (3 points)"),
        ("num_clients_per_proc=2..10:step=3", "num_clients_per_proc=2..8:step=3 (3 points)"),
        ("num_clients_per_proc=50,1,10,50", "num_clients_per_proc=50,1,10 (3 points)"),
        ("workload.conflict_rate=0..1", "workload.conflict_rate=0.0..1.0"),
        ("workload.conflict_rate=0.1..0.5:step=0.2", "workload.conflict_rate=0.1..0.5:step=0.2 (3 points)"),
        ("duration=1s,500ms,1000ms", "duration=1s,500ms (2 points)"),
        ("state_machine=KeyValueStore,Noop", "state_machine=KeyValueStore,Noop (2 points)"),
        ("profiled=true,false", None),
    ],
)
def test_spaces_are_read_by_the_types_of_their_parameters(
    space: str, shown: str | None, recwarn: pytest.WarningsRecorder
) -> None:
    words = ["--maximize", "measured.throughput", "--set", "workload=BernoulliSingleKeyWorkload", "--space", space]
    done = cli("search", "unreplicated", *words, "--dry-run")
    assert (f" · {shown} · " in done.output) if shown else "comes in a later version" in done.output, done.output
    assert not recwarn.list


def test_a_search_is_no_sweep_and_says_so() -> None:
    done = cli("sweep", "multipaxos", "--study", "peak")
    assert done.exit_code == 2
    assert "is a search: fpray search multipaxos --study peak" in done.output
    assert re.search(r"multipaxos +peak +<= 50 ", cli("studies", "multipaxos").output)


# -- for real


@pytest.fixture(scope="module")
def load_only(ray_address: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Run]:
    """One finished search over load that several tests look at."""
    directory = tmp_path_factory.mktemp("load")
    words = ["search", "unreplicated", *QUICK, *LOAD, *SPACE, "--budget-trials", "7", "--seed", "1", "--stop-at", "0%"]
    return directory, run(*words, "--address", ray_address, "--json", cwd=directory)


def test_a_search_is_an_ordinary_suite(load_only: tuple[Path, Run]) -> None:
    directory, done = load_only
    assert done.code == 0, done.err
    suite = _suite(directory)
    table = pq.read_table(suite / "results.parquet")
    assert table.num_rows == 7
    assert set(table["status"].to_pylist()) == {"finished"}
    assert [json.loads(line)["trial"] for line in done.out.splitlines()] == [f"{n:03}" for n in range(1, 8)]
    assert len((suite / "results.csv").read_text().splitlines()) == 8
    assert not list(suite.glob("*/attempts"))


def test_the_study_is_read_without_fpray(load_only: tuple[Path, Run]) -> None:
    suite = _suite(load_only[0])
    trials = _trials(suite)
    assert [t.state for t in trials] == [TrialState.COMPLETE] * 7
    for trial in trials:
        outcome = json.loads((suite / trial.user_attrs["number"] / "outcome.json").read_text())
        assert trial.values == [outcome["results"]["measured.throughput"]]
        p99 = outcome["results"]["measured.latency.p99_ms"]
        assert trial.constraints == {"measured.latency.p99_ms <= 1000": pytest.approx(p99 / 1000 - 1)}
        assert trial.user_attrs["metrics"]["measured.latency.p99_ms"] == p99
        assert trial.user_attrs["status"] == "finished"
        assert trial.user_attrs["closed_loops"] == trial.params["num_clients_per_proc"] + 1
        identity = json.loads((suite / trial.user_attrs["number"] / "trial.json").read_text())
        assert (identity["id"], identity["repeat"]) == (trial.user_attrs["fpray_trial"], trial.user_attrs["repeat"])


def test_the_best_is_confirmed_by_repeats_and_the_answer_is_kept(load_only: tuple[Path, Run]) -> None:
    directory, done = load_only
    suite = _suite(directory)
    answer = json.loads((suite / "answer.json").read_text())
    best = answer["best"]
    assert len(best["trials"]) >= 3
    runs = [t for t in _trials(suite) if t.params == best["params"]]
    assert sorted(t.user_attrs["repeat"] for t in runs) == list(range(len(runs)))
    assert len({t.user_attrs["configuration"] for t in runs}) == 1
    low, high = (best["goals"]["measured.throughput"][end] for end in ("low", "high"))
    values = [t.values[0] for t in runs]
    assert min(values) / 1.5 < low < high < max(values) * 1.5
    said = done.err.splitlines()
    (first,) = [line for line in said if line.startswith("best: measured.throughput ")]
    assert f"num_clients_per_proc={best['params']['num_clients_per_proc']}" in first
    assert "ended: the budget of 7 trials is spent" in said
    assert any("best so far throughput" in line and "at most 3 trials left" in line for line in said)
    shown = run("show", suite.name, cwd=directory)
    assert first in shown.out
    assert "repeat" in shown.out


@pytest.mark.parametrize("kind", ["png", "svg", "html"])
def test_a_search_is_drawn(load_only: tuple[Path, Run], kind: str, tmp_path: Path) -> None:
    directory, _ = load_only
    file = tmp_path / f"search.{kind}"
    done = run("show", str(_suite(directory)), "--figure", str(file), cwd=directory)
    assert done.code == 0, done.err
    content = file.read_bytes()
    if kind == "png":
        assert content.startswith(b"\x89PNG")
    else:
        assert b"<svg" in content
        assert (b"best: measured.throughput" in content) is (kind == "html")


def test_a_named_suite_goes_on_with_a_larger_budget(
    load_only: tuple[Path, Run], ray_address: str, tmp_path: Path
) -> None:
    directory, _ = load_only
    suite = _suite(directory)
    before = {path: path.stat().st_mtime_ns for path in suite.glob("*/outcome.json")}
    words = ["search", "unreplicated", *QUICK, *LOAD, *SPACE, "--seed", "1", "--stop-at", "0%", "-s", str(suite)]
    done = run(*words, "--budget-trials", "8", "--address", ray_address, cwd=directory)
    assert done.code == 0, done.err
    assert f"carrying on {suite} (7 of at most 8 finished; at most 1 to go" in done.err
    assert "ended: the budget of 8 trials is spent" in cli("show", str(suite)).output
    assert len(_trials(suite)) == 8
    assert all(path.stat().st_mtime_ns == then for path, then in before.items())
    other = run(*words, "--subject-to", "measured.latency.mean_ms<=3", cwd=directory)
    assert other.code == 2
    assert "this suite's search has" in other.err
    twice = run(*words, "--set", "num_client_procs=2", cwd=directory)
    assert twice.code == 2, "its trials would be told as repeats of others"
    assert "num_client_procs=2 was 1 in this suite's trials: --new starts another" in re.sub(r" +", " ", twice.err)
    sweep = run("sweep", "unreplicated", "-s", str(suite), cwd=directory)
    assert "is the suite of a search: fpray search carries it on" in sweep.err


def test_a_driver_that_is_killed_with_several_under_way_asks_nothing_twice_and_loses_nothing(
    ray_address: str, tmp_path: Path
) -> None:
    """Killed at random moments, the search runs the trials that it would have run, each once to its end."""
    moments = random.Random(SEED)
    tiny = ["warmup_duration=100ms", "duration=200ms", "warmup_timeout=5s", "timeout=5s"]
    words = ["search", "unreplicated", *(w for each in tiny for w in ("--set", each)), *LOAD, "--parallel", "3"]
    words += ["--share-machines", "--space", "num_clients_per_proc=1..30", "--sampler", "random", "--seed", "5"]
    words += ["--stop-at", "0%", "--confirm", "1", "--budget-trials", "12", "--address", ray_address]
    outcomes: dict[str, int] = {}
    kills = 0
    while kills < 6:
        process = start(*words, cwd=tmp_path)
        begun = time.monotonic()
        wait = 1.5 + moments.random() * 4
        while process.poll() is None and time.monotonic() - begun < wait:
            time.sleep(0.01)
        ended = process.poll() is not None
        if not ended:
            os.killpg(process.pid, signal.SIGKILL)
            kills += 1
        process.communicate()
        for path in (tmp_path / "suites").glob("*/*/outcome.json"):
            assert outcomes.setdefault(str(path), path.stat().st_mtime_ns) == path.stat().st_mtime_ns, f"seed {SEED}"
        if ended or len(outcomes) == 12:  # the same command again would begin another search
            words += ["-s", str(_suite(tmp_path))]
            break
        if len(outcomes) > 1:  # the last of them may not have been told
            shown = cli("show", str(_suite(tmp_path))).output
            known = re.search(r"\n  from (\d+) trials?, ", shown)
            assert known, shown
            assert int(known[1]) >= len(outcomes) - 1, shown
            assert "\nnot ended: at most " in shown
            assert ", and not ended (the same command carries on)" in shown
    done = run(*words, cwd=tmp_path)
    assert done.code == 0, done.err
    suite = _suite(tmp_path)
    trials = _trials(suite)
    asked = [optuna.samplers.RandomSampler(seed=5 + n) for n in range(12)]
    drawn = []
    for sampler in asked:
        drawn.append(optuna.create_study(sampler=sampler).ask().suggest_int("num_clients_per_proc", 1, 30))
    assert [t.params["num_clients_per_proc"] for t in trials] == drawn, f"seed {SEED}, {kills} kills"
    assert [t.state for t in trials] == [TrialState.COMPLETE] * 12
    assert [t.user_attrs["number"] for t in trials] == [f"{n:03}" for n in range(1, 13)]
    assert len({t.user_attrs["fpray_trial"] for t in trials}) == 12
    assert all(Path(path).stat().st_mtime_ns == then for path, then in outcomes.items()), "a finished trial ran again"
    assert pq.read_table(suite / "results.parquet").num_rows == 12
    assert "\nended: the budget of 12 trials is spent" in cli("show", str(suite)).output


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
    base={"warmup_duration": "100ms", "warmup_timeout": "5s", "duration": "200ms", "timeout": "5s"}, budget_trials=5,
)
"""


def test_a_users_own_study_suggests_conditionally_and_several_goals_make_a_front(
    ray_address: str, tmp_path: Path
) -> None:
    (tmp_path / "mine.py").write_text(STUDY)
    words = ["search", "unreplicated", "--study", "mine.py", "--address", ray_address, "--storage", "sqlite"]
    done = run(*words, "--sampler", "tpe", "--seed", "3", cwd=tmp_path)
    assert done.code == 0, done.err
    assert "the front of 5 trials: no other configuration is better in all goals" in done.err
    assert re.search(r"\{'num_clients_per_proc': '\d', 'jvm_heap_size': '\d+m', 'num_client_procs': '\d'", done.err)
    assert "[I " not in done.err, "Optuna's remarks"
    suite = _suite(tmp_path)
    study = optuna.load_study(study_name=suite.name, storage=f"sqlite:///{suite / 'optuna.db'}")
    assert len(study.directions) == 2
    assert len({frozenset(t.params) for t in study.trials}) == 2, "both kinds of points were suggested"
    assert json.loads((suite / "answer.json").read_text())["front"]
    svg = tmp_path / "front.svg"
    assert run("show", suite.name, "--figure", str(svg), cwd=tmp_path).code == 0


def test_failed_trials_and_a_bound_that_nothing_meets(ray_address: str, tmp_path: Path) -> None:
    result = fpray.search(
        "unreplicated",
        maximize="measured.throughput",
        subject_to="measured.latency.p99_ms<=0.000001",
        space={"jvm_heap_size": ["100m", "100f"]},
        set={"warmup_duration": "100ms", "warmup_timeout": "5s", "duration": "200ms", "timeout": "5s"},
        sampler="grid",
        storage="memory",
        suite_directory=str(tmp_path / "suites"),
        address=ray_address,
    )
    assert result.exit_code == 1
    assert result.ended == "every point was tried"
    assert result.answer is not None
    assert result.answer.best is None
    assert result.study is not None
    by_heap: dict[Any, FrozenTrial] = {t.params["jvm_heap_size"]: t for t in result.study.trials}
    assert by_heap["100f"].user_attrs["status"] == "crashed"
    assert by_heap["100f"].values == [float("-inf")]
    assert by_heap["100f"].constraints["measured.latency.p99_ms <= 1e-06"] == 10
    assert by_heap["100m"].values[0] > 100
    sentences = json.loads((result.suite / "answer.json").read_text())["sentences"]
    assert sentences[0].startswith("no configuration meets the bound measured.latency.p99_ms <= 1e-06")


def test_a_trial_that_cannot_meet_the_bound_ends_early_and_its_figures_count(ray_address: str, tmp_path: Path) -> None:
    words = ["search", "unreplicated", "--maximize", "measured.throughput", "--address", ray_address]
    words += ["--subject-to", "measured.latency.p99_ms<=0.0001", "--space", "num_clients_per_proc=4..9"]
    words += ["--set", "duration=4s", "--set", "timeout=9s", "--set", "warmup_duration=100ms", "--budget-trials", "1"]
    done = run(*words, cwd=tmp_path)
    assert done.code == 1, done.err
    assert "stopped-early: after half of the duration the p99 of write requests is " in done.err
    (trial,) = _trials(_suite(tmp_path))
    outcome = json.loads((_suite(tmp_path) / "001" / "outcome.json").read_text())
    assert 1 < outcome["phases"]["measuring"] < 3.5
    assert trial.user_attrs["status"] == outcome["status"] == "stopped-early"
    assert trial.values == [outcome["results"]["measured.throughput"]]
    assert outcome["results"]["measured.littles_law"] == pytest.approx(1, abs=0.2), (
        "the rate is that of the time it ran"
    )
    assert all(each > 0 for each in trial.constraints.values())


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
    said = b""
    with contextlib.suppress(OSError):  # the terminal is closed when its last process ends
        while chunk := os.read(master, 65536):
            said += chunk
    assert process.wait(timeout=60) == 0
    os.close(master)
    screen = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", said.decode())
    then = r"(?: · |\r?\n +)"  # lines break where they are full
    pictures = re.findall(
        rf"best so far throughput [\d,]+ \([\d,]+ to [\d,]+\){then}num_clients_per_proc=\d+{then}"
        rf"p99_ms [\d.]+ \(<= 1000\){then}a gain of \d+ % is still likely{then}at most 1 trial left"
        r"\r?\n +trial 002 · 1 of 2 done · ",
        screen,
    )
    assert pictures, screen
    assert "…" not in screen, "nothing is cut off"


def test_multipaxos_end_to_end(tmp_path: Path) -> None:
    words = ["search", "multipaxos", *QUICK, "--study", "peak", "--budget-trials", "3", "--confirm", "1"]
    words += ["--space", "num_clients_per_proc=1..16:log", "--space", "num_proxy_leaders=2..3"]
    words += ["--space", "leader_options.flush_phase2as_every_n=1,2"]
    words += ["--subject-to", "write_output.measured.latency.p99_ms<=500", "--local", "--seed", "2"]
    # Side by side there are so many role actors that Ray has something to say about it.
    done = run(*words, "--parallel", "3", "--share-machines", "--json", cwd=tmp_path, timeout=200)
    assert done.code == 0, done.err
    assert len([json.loads(line) for line in done.out.splitlines()]) == 3
    trials = _trials(_suite(tmp_path))
    assert len(trials) == 3
    assert set(trials[0].params) == {
        "num_clients_per_proc",
        "num_proxy_leaders",
        "leader_options.flush_phase2as_every_n",
    }
    assert "what the bound costs (write_output.measured.latency.p99_ms):" in done.err
