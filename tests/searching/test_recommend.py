"""What is recommended after a search, and where there is nothing to recommend."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import create_trial

from fpray.peak_sampler.goals import Bound, Goal
from fpray.searching.recommend import recommend
from tests.peak_sampler.searches import CLIENTS, LATENCY, THROUGHPUT, loops, queue, recommendation_of, searched, tell


def test_where_more_load_gains_nothing_the_lower_load_is_recommended() -> None:
    """A flat top: the highest load of it was measured 0.4 % higher, which is noise, and has four times the latency."""
    rates = {10: 20.0, 50: 45.0, 200: 50.0, 300: 49.9, 400: 50.1, 600: 49.9, 800: 50.2}
    trials = [
        create_trial(
            params={"clients": clients},
            distributions={"clients": CLIENTS},
            value=rate,
            user_attrs={"metrics": {"throughput": rate, "latency": clients / rate}, "status": "finished"},
        )
        for clients, rate in rates.items()
    ]
    best = recommend(trials, (THROUGHPUT,), (Bound("latency", 20.0),), loops).best
    assert best is not None
    assert best.params == {"clients": 200}


def test_no_configuration_keeps_the_bound() -> None:
    impossible = Bound("latency", 0.1)
    space = {"clients": CLIENTS, "replicas": IntDistribution(2, 6)}
    study = searched(space, lambda p: queue(p["clients"], 10.0 * p["replicas"]), 10, bounds=[impossible])
    result = recommendation_of(study, bounds=[impossible])
    assert result.best is None
    assert not result.feasible
    assert result.nearest is not None
    assert result.nearest.params["clients"] == 1
    early = study.get_trials()[:5]
    assert min(t.params["clients"] for t in early) == 1  # the lowest load is looked at early
    assert recommend(early, [THROUGHPUT], [impossible], loops).likely_gain == 0  # and that ends it
    # A bound that can still be kept is not given up.
    hard = searched(space, lambda p: queue(p["clients"], 10.0 * p["replicas"]), 4, bounds=[Bound("latency", 0.56)])
    assert recommendation_of(hard, bounds=[Bound("latency", 0.56)]).likely_gain > 0


def test_what_only_broke_down_is_never_the_nearest_nor_on_a_front() -> None:
    impossible = Bound("latency", 0.1)
    study = searched(
        {"clients": CLIENTS}, lambda p: queue(p["clients"]) if p["clients"] > 1 else None, 6, bounds=[impossible]
    )
    study.enqueue_trial({"clients": 1})
    tell(study, study.ask({"clients": CLIENTS}), lambda _: None)
    nearest = recommendation_of(study, bounds=[impossible]).nearest
    assert nearest is not None
    assert nearest.params["clients"] > 1
    goals = (THROUGHPUT, Goal("latency", maximize=False))
    front = recommend(study.get_trials(), goals, [], loops).front
    assert front
    assert all(choice.params["clients"] > 1 for choice in front)


def test_nothing_was_measured_yet() -> None:
    result = recommend([], [THROUGHPUT], [LATENCY], loops)
    assert (result.best, result.nearest, result.trials) == (None, None, 0)


def test_several_goals_give_a_front() -> None:
    goals = [Goal("throughput"), Goal("latency", maximize=False)]
    study = searched({"clients": CLIENTS}, lambda p: queue(p["clients"]), 14, goals=goals, bounds=[])
    front = recommendation_of(study, goals, []).front
    clients = sorted(choice.params["clients"] for choice in front)
    assert len(clients) >= 5
    assert clients[0] <= 10
    assert clients[-1] >= 200


def test_what_is_recommended_is_on_the_front_even_if_it_barely_keeps_the_bounds() -> None:
    """The better of two configurations has a latency at its bound, or a little above it."""
    goals = [THROUGHPUT, Goal("cost", maximize=False)]
    chances = []
    for latency in (2.0, 2.08, 2.1, 2.12, 2.14):
        trials = [
            create_trial(
                params={"x": x},
                distributions={"x": IntDistribution(1, 50)},
                values=[rate, cost],
                user_attrs={"metrics": {"throughput": rate, "cost": cost, "latency": ms}, "status": "finished"},
            )
            for x, rate, cost, ms in ((5, 10.0, 5.0, 1.0), (45, 20.0, 10.0, latency))
        ]
        result = recommend(trials, goals, [LATENCY], None)
        if result.best is not None and result.best.params == {"x": 45}:
            chances.append(result.best.chance)
            assert {"x": 45} in [choice.params for choice in result.front]
    assert min(chances) < 0.5


def test_a_goal_that_is_minimized() -> None:
    goal, bound = Goal("latency", maximize=False), Bound("throughput", 30.0, upper=False)
    space = {"clients": CLIENTS}
    study = searched(space, lambda p: queue(p["clients"]), 12, goals=[goal], bounds=[bound])
    best = recommendation_of(study, [goal], [bound]).best
    assert best is not None
    assert best.params["clients"] == pytest.approx(37.5, rel=0.12)  # 30 = 1 / (0.5 / N + 1 / 50)


def test_the_likely_gain_is_a_share_of_the_goal_in_either_direction() -> None:
    """Half of the latency is a gain of 50 %; the same change as a rate, twice as much, is a gain of 100 %."""
    trials = [
        create_trial(
            params={"x": x},
            distributions={"x": IntDistribution(1, 50)},
            value=rate,
            user_attrs={"metrics": {"rate": rate, "latency": 1 / rate}, "status": "finished"},
        )
        for x, rate in ((5, 10.0), (25, 20.0), (45, 14.0))
    ]
    up = recommend(trials, [Goal("rate")], [], None).likely_gain
    down = recommend(trials, [Goal("latency", maximize=False)], [], None).likely_gain
    assert up > 0.05
    assert (1 + up) * (1 - down) == pytest.approx(1)


@pytest.mark.heavy
def test_columns_that_are_below_zero_and_spaces_without_load() -> None:
    space = {"x": FloatDistribution(-1, 1), "kind": CategoricalDistribution(["a", "b"])}

    def measure(p: Mapping[str, Any]) -> dict[str, float]:
        return {"throughput": -((p["x"] - 0.3) ** 2) - (p["kind"] == "a"), "latency": p["x"]}

    bounds = [Bound("latency", 0.1)]
    study = searched(space, measure, 20, bounds=bounds, loops=None)
    best = recommend(study.get_trials(), [THROUGHPUT], bounds, None).best
    assert best is not None
    assert best.params["kind"] == "b"
    assert best.params["x"] == pytest.approx(0.05, abs=0.1)


def test_the_frontier_rises_with_the_bound() -> None:
    result = recommendation_of(searched({"clients": CLIENTS}, lambda p: queue(p["clients"]), 12))
    limits = [bound.limit for bound, _ in result.frontier]
    values = [choice.goals["throughput"].value for _, choice in result.frontier if choice is not None]
    assert limits == sorted(limits)
    assert values == sorted(values)
    assert len(values) >= 3
