"""The points that the sampler asks for, on small systems in closed form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import optuna
import pytest
from optuna.distributions import BaseDistribution, CategoricalDistribution, IntDistribution
from optuna.trial import TrialState

from fpray.peak_sampler.posterior import Trials
from fpray.peak_sampler.sampler import PeakSampler
from tests.peak_sampler.searches import (
    CLIENTS,
    LATENCY,
    THROUGHPUT,
    loops,
    noisy,
    queue,
    recommendation_of,
    searched,
    tell,
)


def test_load_alone_is_a_knee() -> None:
    rng = np.random.default_rng(3)
    study = searched({"clients": CLIENTS}, lambda p: noisy(queue(p["clients"]), rng), 9)
    best = recommendation_of(study).best
    assert best is not None
    # 2 ms x throughput = clients at the bound: clients = 2 x 50 - 25 = 75, throughput 37.5
    assert 0.95 * 37.5 <= queue(best.params["clients"])["throughput"] <= 37.5 * 1.02


@pytest.mark.parametrize("capacity", [6.0, 12.0, 15.0])  # the first trial's latency: 2.6 to 5.8, over a bound of 2
def test_a_configuration_that_breaks_the_bound_gets_less_load_before_another_is_tried(capacity: float) -> None:
    space = {"clients": CLIENTS, "leaders": IntDistribution(2, 20), "batch": CategoricalDistribution([1, 10, 100])}
    study = searched(space, lambda p: queue(p["clients"], capacity), 3)
    one, two, *_ = points = [trial.params for trial in study.get_trials()]
    assert len({(params["leaders"], params["batch"]) for params in points[:2]}) == 1, "the same under less load"
    assert one["clients"] / 30 < two["clients"] < one["clients"], "and not the lowest load there is"


def test_small_steps_up_that_keep_the_bound_are_followed_by_larger_ones() -> None:
    """A latency that hardly grows with load; what gains most for sure is the next small step, 13."""
    latencies = {8: 1.9, 10: 1.93, 11: 1.94, 12: 1.95}
    trials = Trials(
        [{"clients": clients} for clients in latencies],
        {"throughput": np.array([0.5 * c for c in latencies]), "latency": np.array(list(latencies.values()))},
        list(range(len(latencies))),
    )
    sampler = PeakSampler((THROUGHPUT,), (LATENCY,), loops=loops, seed=1)
    assert sampler.propose(trials, [], {"clients": CLIENTS}, 6)["clients"] == 15


@pytest.mark.heavy
def test_conditional_parameters() -> None:
    sampler = PeakSampler([THROUGHPUT], [LATENCY], loops=loops, seed=2)
    study = optuna.create_study(sampler=sampler, direction="maximize")

    def measure(params: Mapping[str, Any]) -> dict[str, float]:
        capacity = 50.0 if params["batched"] else 25.0
        return queue(params["clients"], capacity * params.get("batch_size", 1) ** 0.1)

    for _ in range(14):
        trial = study.ask()
        trial.suggest_int("clients", 1, 1000, log=True)
        if trial.suggest_categorical("batched", [False, True]):
            trial.suggest_int("batch_size", 1, 100, log=True)
        tell(study, trial, measure)
    best = recommendation_of(study).best
    assert best is not None
    assert best.params["batched"] is True
    assert {"batch_size"} & set().union(*(t.params for t in study.trials))


def test_trials_that_break_down_are_learnt_from_and_refused_ones_are_not() -> None:
    study = searched({"clients": CLIENTS}, lambda p: queue(p["clients"]) if p["clients"] < 300 else None, 12)
    best = recommendation_of(study).best
    assert best is not None
    assert best.params["clients"] == pytest.approx(75, rel=0.1)
    assert sum(t.state is TrialState.FAIL for t in study.trials) <= 4
    nothing = searched({"clients": CLIENTS}, lambda _: None, 6)
    assert recommendation_of(nothing).best is None
    assert len({t.params["clients"] for t in nothing.trials}) == 6


def test_a_space_in_which_everything_was_tried() -> None:
    space = {"clients": CategoricalDistribution([1, 10, 100])}
    study = searched(space, lambda p: queue(p["clients"]), 9)
    assert {t.params["clients"] for t in study.trials} == {1, 10, 100}
    best = recommendation_of(study).best
    assert best is not None
    assert best.params["clients"] == 10
    assert recommendation_of(study).likely_gain < 0.02


def test_several_trials_at_once_spread_out() -> None:
    study = searched({"clients": CLIENTS, "replicas": IntDistribution(2, 6)}, lambda p: queue(p["clients"]), 5)
    points = [study.ask({"clients": CLIENTS, "replicas": IntDistribution(2, 6)}).params for _ in range(4)]
    assert len({tuple(point.values()) for point in points}) >= 3


def test_it_keeps_nothing_but_the_study() -> None:
    space: dict[str, BaseDistribution] = {"clients": CLIENTS, "replicas": IntDistribution(2, 6)}
    study = searched(space, lambda p: queue(p["clients"], 10.0 * p["replicas"]), 6)
    other = optuna.create_study(sampler=PeakSampler([THROUGHPUT], [LATENCY], loops=loops, seed=1), direction="maximize")
    other.add_trials(study.get_trials())
    assert other.ask(space).params == study.ask(space).params


def test_what_is_not_allowed_is_not_asked() -> None:
    space = {"clients": CLIENTS, "replicas": IntDistribution(2, 6)}
    odd = searched(
        space, lambda p: queue(p["clients"]), 8, allowed=lambda p: p["replicas"] % 2 == 1 or p["clients"] == 31
    )
    assert all(t.params["replicas"] % 2 == 1 for t in odd.trials[1:])
