"""Searches that are refused before anything starts."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest

from fpray.driver.option import fields
from fpray.searching.experiment import check_search
from fpray.searching.options import LIMITS, SearchOptions, limit_problems
from fpray.searching.search_study import Search
from tests.conftest import cli
from tests.searching.front_door import LOAD, SPACE, refusal


def test_all_problems_are_in_one_message_with_the_nearest_names() -> None:
    message = refusal(
        "multipaxos", "--maximize", "write_output.measured.troughput", "--subject-to", "write_output.latency.p99<=5",
        "--subject-to", "a=5", "--space", "num_clients_per_proc=0..8:log", "--space", "num_proxi_leaders=2..10",
        "--sampler", "tpee", "--storage", "jornal", "--stop-at", "2", "--budget-dollars", "5", "--set", "num_batcher=1",
        "--space", "num_leaders=3..2", "--confirm", "0", "--seed", "-1",
    )  # fmt: skip
    for sentence in (
        "13 problems",
        "did you mean write_output.measured.throughput?",
        "did you mean write_output.latency.p99_ms?",
        "write a column, <= or >=, and a number",
        "a logarithmic range must start above 0",
        "did you mean num_proxy_leaders?",
        "did you mean tpe?",
        "must be journal, memory, sqlite or a database URL",
        "did you mean journal?",
        "write --stop-at 2% or --stop-at 0.02",
        "add --price-per-machine-hour",
        "did you mean num_batchers?",
        "3 is above 2",
        "--confirm 0 must be at least 1",
        "--seed -1 must be between 0 and 4294967295",
    ):
        assert sentence in message


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ((), "a search needs a goal, such as --maximize measured.throughput"),
        ((), "a search needs parameters to vary"),
        (
            (*LOAD, *SPACE, "--set", "measurement_group_size=10"),
            "records only means of 10 requests, so measured.latency",
        ),
        (
            (*LOAD, *SPACE, "--set", "num_clients_per_proc=3"),
            "has values in --space and in --set: remove it from one of the two",
        ),
        ((*LOAD, "--space", "num_clients_per_proc=-5..-1"), "num_clients_per_proc"),
        ((*LOAD, "--space", "num_client_procs=2"), "has only one value: use --set num_client_procs=2"),
        (
            (*LOAD, "--space", "duration=1s..3s"),
            "write its values with commas between them, such as --space duration=1s,2s",
        ),
        ((*LOAD, "--space", "server_log_level=warn,eror"), "did you mean error?"),
        ((*LOAD, "--space", "jvm_heap_size=1..5"), "cannot be a range, because the type of this parameter is text"),
        ((*LOAD, "--space", "num_client_procs=1..5:step=0"), "above 0: write --space num_client_procs=1..5:step=2"),
        (
            (*LOAD, "--space", "server_options=1..5"),
            "write one --space for each field to search, such as --space server_options.",
        ),
        (
            (*LOAD, "--space", "server_options=1,5"),
            "write one --space for each field to search, such as --space server_options.",
        ),
        ((*LOAD, *SPACE, *SPACE), "Several values are written --space num_clients_per_proc=1,2"),
        (
            (*LOAD, *SPACE, "--confirm", "9", "--budget-trials", "8"),
            "more than all trials of the search (--budget",
        ),
        ((*LOAD, *SPACE, "--price-per-machine-hour", "1"), "has no effect without --budget-dollars"),
        ((*LOAD, *SPACE, "--sampler", "cma-es"), "needs cmaes, which fpray does not install: run pip install cmaes"),
        ((*LOAD, *SPACE, "--sampler", "cma-es"), "needs at least 2 parameters with a range"),
        (
            ("--maximize", "start_throughput_1s.p90", *SPACE, "--set", "duration=1s"),
            "is too short for start_throughput",
        ),
        (
            (*LOAD, *SPACE, "--storage", "mysql+pymysql://u@host/db"),
            "needs pymysql, which fpray does not install: run pip install pymysql",
        ),
        (
            (*LOAD, *SPACE, "--storage", "postgres://u@host/db"),
            "database postgres: correct what is before :// in the URL; did you mean postgresql?",
        ),
        (
            (*LOAD, *SPACE, "--storage", "sqlite+pysqlite://u:secret@host/db"),
            "--storage sqlite+pysqlite://u:***@host/db holds a password, which the command ps and the files",
        ),
    ],
)
def test_refused(words: tuple[str, ...], sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert sentence in refusal("unreplicated", *words)
    assert not (tmp_path / "suites").exists() or not list((tmp_path / "suites").iterdir())


@pytest.mark.parametrize(
    ("limits", "sentence"),
    [
        ({"budget_trials": 0}, "--budget-trials 0 must be at least 1"),
        ({"stop_at": 1.5}, "--stop-at 1.5 must be a share of the best result"),
        ({"confirm": 0}, "--confirm 0 must be at least 1: it counts all runs"),
        ({"confirm": 9, "budget_trials": 8}, "--confirm 9 is more than all trials of the search (--budget-trials 8)"),
    ],
)
def test_the_limits_of_a_study_are_checked_as_options_are(limits: dict[str, float], sentence: str) -> None:
    study: Any = {"name": "s", "protocol": "unreplicated", **limits}
    (problem,) = limit_problems(Search(**study))
    assert f"{problem.about} {problem.sentence}".startswith(sentence)
    assert limit_problems(Search("s", "unreplicated")) == []


def test_an_option_that_a_study_states_too_has_the_same_type_and_default() -> None:
    hints = get_type_hints(Search)
    shared = [item for item in fields(SearchOptions) if item.name in hints and item.name != "study"]
    assert {item.name for item in shared} >= {"maximize", "minimize", "subject_to", "space", *LIMITS}
    for item in shared:
        assert set(get_args(hints[item.name]) or (hints[item.name],)) == set(item.kinds), item.name
        default = getattr(Search("s", "unreplicated"), item.name)
        assert item.option.default == (None if item.name in LIMITS else default), item.name


def test_a_limit_is_refused_once_and_beside_all_else() -> None:
    message = refusal("unreplicated", *LOAD, *SPACE, "--confirm", "9", "--budget-trials", "8", "--stop-at", "-1%")
    assert "2 problems" in message
    assert message.count("--confirm 9") == message.count("--stop-at -0.01") == 1


def test_a_parameter_that_is_set_too_is_one_problem() -> None:
    message = refusal("unreplicated", *LOAD, *SPACE, "--set", "num_clients_per_proc=3")
    assert "a search needs parameters" not in message
    assert message.count("in --space and in --set") == 1
    assert refusal("unreplicated", *LOAD, *SPACE, "--set", "num_clients_per*=3").count("in --space and in --set") == 1


def test_an_end_of_the_space_that_the_protocol_never_takes_is_refused() -> None:
    message = refusal(
        "multipaxos", "--maximize", "write_output.measured.throughput", "--space", "num_proxy_leaders=0..4",
        "--space", "num_clients_per_proc=1..4",
    )  # fmt: skip
    assert "num_proxy_leaders=0 must be at least f+1 = 2" in message
    assert "num_proxy_leaders=1" not in message


def test_a_search_is_no_sweep_and_says_so() -> None:
    done = cli("sweep", "multipaxos", "--study", "peak")
    assert done.exit_code == 2
    assert "is a search: run fpray search multipaxos --study peak" in done.output
    assert re.search(r"multipaxos +peak +<= 50 ", cli("studies", "multipaxos").output)


def test_patterns_and_a_laptop_in_a_search() -> None:
    """K4: a pattern of `--set` holds at every point; `--laptop` makes the point small that the search starts from."""
    words: dict[str, Any] = {"space": {"num_clients_per_proc": "1..8"}}
    words |= {"set": {"*_jvm_heap_size": "50m"}, "laptop": True, "maximize": "write_output.measured.throughput"}
    experiment = check_search("multipaxos", words)
    for trial in experiment.trials:
        assert {getattr(trial.params, name) for name in vars(trial.params) if name.endswith("heap_size")} == {"50m"}
    done = cli(
        "search", "unreplicated", *LOAD, *SPACE, "--laptop", "--dry-run", "--set", "workload.name=StringWorkload"
    )
    assert done.stdout.startswith("note: with --laptop, a trial measures for 2s at most"), done.output


def test_a_choice_that_is_set_with_its_field_in_the_space() -> None:
    """B1: the chosen workload's field is searched."""
    words = ("--set", "workload.name=BernoulliSingleKeyWorkload", "--space", "workload.conflict_rate=0.0..1.0")
    assert cli("search", "unreplicated", *LOAD, *words, "--dry-run").exit_code == 0
