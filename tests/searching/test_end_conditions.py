"""When a search ends: the best is confirmed, no gain is likely, no point keeps the bounds, a column is missing."""

from __future__ import annotations

from pathlib import Path

from tests.searching.simulation import (
    P99,
    run_trials,
    search_request,
    search_suite,
    source_of,
)


def test_the_best_has_run_often_enough_when_the_budget_is_spent(tmp_path: Path) -> None:
    request = search_request(budget_trials=8, confirm=3)
    suite = search_suite(tmp_path, request)
    source = source_of(suite, request)
    ran = list(run_trials(source, suite))
    assert len(ran) == 8
    assert source.ended.startswith("the budget of 8 trials is spent")
    best = source.recommendation().best
    assert best is not None
    runs = [t for t in ran if t.params.num_clients_per_proc == best.params["num_clients_per_proc"]]
    assert [t.repeat for t in runs] == list(range(len(runs)))
    assert len(runs) >= 3


def test_the_answer_says_so_if_the_best_ran_fewer_times_than_was_asked_for(tmp_path: Path) -> None:
    request = search_request(budget_trials=2, confirm=3)
    suite = search_suite(tmp_path, request)
    source = source_of(suite, request)
    sentence = "the best configuration ran only {}, but --confirm asks for 3 runs"
    list(run_trials(source, suite, most=1))
    assert not [line for line in source.keep_recommendation() if "--confirm" in line], "it has not ended"
    list(run_trials(source, suite))
    assert any(line.startswith(sentence.format("2 times")) for line in source.close())
    larger = search_request(budget_trials=3, confirm=3)
    source = source_of(suite, larger)
    list(run_trials(source, suite))
    assert not [line for line in source.close() if "--confirm" in line]


def test_the_answer_names_an_end_of_the_space_at_which_the_best_is(tmp_path: Path) -> None:
    request = search_request(space={"num_clients_per_proc": "1..4"}, budget_trials=8)
    suite = search_suite(tmp_path, request)
    source = source_of(suite, request)
    list(run_trials(source, suite))
    (sentence,) = (line for line in source.close() if "of its range" in line)
    assert sentence.startswith(
        "num_clients_per_proc=4 is the highest value of its range: values beyond it were not tried"
    )


def test_no_likely_gain_ends_it_before_the_budget(tmp_path: Path) -> None:
    request = search_request(budget_trials=50, stop_at=0.1)
    suite = search_suite(tmp_path, request)
    source = source_of(suite, request)
    ran = list(run_trials(source, suite))
    assert len(ran) < 25
    assert source.ended == "no gain above 10 % is likely any more"
    assert "likely" in source.summary_line()


def test_a_bound_that_nothing_can_keep_ends_it_soon(tmp_path: Path) -> None:
    request = search_request(subject_to=(f"{P99}<=0.2",), budget_trials=50, stop_at=0.02)  # an idle server takes 0.6 ms
    suite = search_suite(tmp_path, request)
    source = source_of(suite, request)
    ran = list(run_trials(source, suite))
    assert len(ran) <= 6
    assert min(t.params.num_clients_per_proc for t in ran) == 1
    assert source.ended.startswith("no combination of values is likely to keep your bounds, so the search stopped")
    assert source.recommendation().best is None


def test_a_column_that_no_trial_has_ends_the_search_in_a_sentence(tmp_path: Path) -> None:
    request = search_request(maximize=("start_throughput_1s.p90",))
    suite = search_suite(tmp_path, request)
    source = source_of(suite, request)
    assert len(list(run_trials(source, suite))) == 3
    assert source.ended.startswith("start_throughput_1s.p90 has no value in any of 3 finished trials")
