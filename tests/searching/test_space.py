"""Spaces, goals and bounds as they are written."""

from __future__ import annotations

import pytest

import fpray
from fpray.searching.goals import parse_bounds
from tests.conftest import cli


@pytest.mark.parametrize(
    ("space", "in_words"),
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
    space: str, in_words: str | None, recwarn: pytest.WarningsRecorder
) -> None:
    words = ["--maximize", "measured.throughput", "--set", "workload=BernoulliSingleKeyWorkload", "--space", space]
    done = cli("search", "unreplicated", *words, "--dry-run")
    expected = f" · {in_words} · " if in_words else "profiling changes the figures"
    assert expected in done.output, done.output
    assert not recwarn.list


def test_a_bound_is_shown_as_it_was_written() -> None:
    for text in ("t >= 1234567", "t <= 0.1234567", "t <= 5"):
        (bound,), problems = parse_bounds([text])
        assert (str(bound), problems) == (text, [])


def test_a_bound_has_plain_digits() -> None:
    """I8: `1_0` is not read as 10."""
    for text in ("t >= 1_0", "t >= \u0663", "t <= nan"):
        assert parse_bounds([text])[1], text


def test_a_study_may_have_one_goal_without_a_list() -> None:
    study = fpray.Search("s", "unreplicated", maximize="measured.throughput", subject_to="measured.latency.p99_ms<=1")
    assert (study.maximize, study.subject_to) == (("measured.throughput",), ("measured.latency.p99_ms<=1",))


def test_a_dry_run_shows_the_space_and_the_budget() -> None:
    done = cli("search", "multipaxos", "--study", "peak", "--dry-run", "--budget-trials", "30")
    aim = "maximize write_output.measured.throughput, subject to write_output.measured.latency.p99_ms <= 5 · "
    assert done.output.startswith(aim)
    assert "num_clients_per_proc=1..1024:log num_proxy_leaders=2..10" in done.output
    assert "(27,648 points) · at most 30 trials · 15 to 23 processes each" in done.output
