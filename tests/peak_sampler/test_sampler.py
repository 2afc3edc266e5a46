"""The sampler and its answers, on surrogates of published trials and on small made-up systems."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import optuna
import pytest
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import TrialState, create_trial

from bench.search.task import Task
from bench.search.tasks import tasks
from fpray.peak_sampler.goals import Bound, Goal
from fpray.peak_sampler.posterior import Trials
from fpray.peak_sampler.sampler import PeakSampler
from fpray.searching.recommendation import Answer, answer, recommend

THROUGHPUT, LATENCY = Goal("throughput"), Bound("latency", 2.0)
CLIENTS = IntDistribution(1, 1000, log=True)
Space = Mapping[str, BaseDistribution]
Measure = Callable[[Mapping[str, Any]], dict[str, float] | None]


def loops(point: Mapping[str, Any]) -> float:
    return float(point["clients"])


def queue(clients: float, capacity: float = 50.0, floor: float = 0.5) -> dict[str, float]:
    """Closed loops before one server: latency in ms, throughput per ms; Little's law holds."""
    rate = 1 / (floor / clients + 1 / capacity)
    return {"throughput": rate, "latency": clients / rate}


def searched(
    space: Space, measure: Measure, trials: int, *, goals: Any = (THROUGHPUT,), bounds: Any = (LATENCY,), **options: Any
) -> optuna.Study:
    """A search by ask and tell; `measure` gives None for a trial that broke down."""
    sampler = PeakSampler(goals, bounds, seed=options.pop("seed", 1), **{"loops": loops, **options})
    study = optuna.create_study(sampler=sampler, directions=[goal.direction for goal in goals])
    for _ in range(trials):
        tell(study, study.ask(dict(space)), measure, goals)
    return study


def tell(study: optuna.Study, trial: optuna.Trial, measure: Measure, goals: Any = (THROUGHPUT,)) -> None:
    metrics = measure(trial.params)
    trial.set_user_attr("status", "finished" if metrics else "crashed")
    trial.set_user_attr("metrics", metrics or {})
    if metrics is None:
        study.tell(trial, state=TrialState.FAIL)
    else:
        study.tell(trial, [metrics[goal.column] for goal in goals])


def found(study: optuna.Study, goals: Any = (THROUGHPUT,), bounds: Any = (LATENCY,)) -> Answer:
    return answer(study.get_trials(), goals, bounds, loops)


def regrets_of(task: Task, seed: int, trials: int, sampler: optuna.samplers.BaseSampler) -> list[float]:
    study, rng = optuna.create_study(direction="maximize", sampler=sampler), np.random.default_rng(seed)
    regrets: list[float] = []
    while len(regrets) < trials:
        trial = study.ask(task.space)
        if not task.allowed(trial.params):
            trial.set_user_attr("status", "refused")
            study.tell(trial, state=TrialState.FAIL)
            continue
        metrics = task.measure(trial.params, rng)
        trial.set_user_attr("metrics", metrics)
        study.tell(trial, metrics[task.goal.column])
        regrets.append(task.regret(recommend(study.get_trials(deepcopy=False), [task.goal], [task.bound], task.loops)))
    return regrets


def first(regrets: list[float], share: float) -> float:
    return next((i + 1 for i, regret in enumerate(regrets) if regret <= share), math.inf)


def test_it_needs_far_fewer_trials_than_random() -> None:
    task = tasks()["multipaxos_ablation/median@0.5"]
    ours, chance = [], []
    for seed in range(6):
        sampler = PeakSampler([task.goal], [task.bound], loops=task.loops, seed=seed, allowed=task.allowed)
        ours.append(first(regrets_of(task, seed, 15, sampler), 0.05))
        chance.append(first(regrets_of(task, seed, 30, optuna.samplers.RandomSampler(seed=seed)), 0.05))
    assert np.median(ours) <= 9
    assert np.mean(np.minimum(ours, 30)) < 0.7 * np.mean(np.minimum(chance, 30)), (ours, chance)


def test_load_alone_is_a_knee() -> None:
    rng = np.random.default_rng(3)
    study = searched({"clients": CLIENTS}, lambda p: noisy(queue(p["clients"]), rng), 9)
    best = found(study).best
    assert best is not None
    # 2 ms x throughput = clients at the bound: clients = 2 x 50 - 25 = 75, throughput 37.5
    assert 0.95 * 37.5 <= queue(best.params["clients"])["throughput"] <= 37.5 * 1.02


@pytest.mark.parametrize("capacity", [6.0, 12.0, 15.0])  # the first trial's latency: 2.6 to 5.8, over a bound of 2
def test_a_configuration_that_breaks_the_bound_gets_less_load_before_another_is_tried(capacity: float) -> None:
    space = {"clients": CLIENTS, "leaders": IntDistribution(2, 20), "batch": CategoricalDistribution([1, 10, 100])}
    study = searched(space, lambda p: queue(p["clients"], capacity), 3)
    one, two, *_ = asked = [trial.params for trial in study.get_trials()]
    assert len({(params["leaders"], params["batch"]) for params in asked[:2]}) == 1, "the same under less load"
    assert one["clients"] / 30 < two["clients"] < one["clients"], "and not the lowest load there is"


def test_small_steps_up_that_keep_the_bound_are_followed_by_larger_ones() -> None:
    """A latency that hardly grows with load; what gains most for sure is the next small step, 13."""
    measured = {8: 1.9, 10: 1.93, 11: 1.94, 12: 1.95}
    trials = Trials(
        [{"clients": clients} for clients in measured],
        {"throughput": np.array([0.5 * c for c in measured]), "latency": np.array(list(measured.values()))},
        list(range(len(measured))),
    )
    sampler = PeakSampler((THROUGHPUT,), (LATENCY,), loops=loops, seed=1)
    assert sampler.propose(trials, [], {"clients": CLIENTS}, 6)["clients"] == 15


def test_where_more_load_gains_nothing_the_lower_load_is_recommended() -> None:
    """A flat top: the highest load of it was measured 0.4 % higher, which is noise, and has four times the latency."""
    measured = {10: 20.0, 50: 45.0, 200: 50.0, 300: 49.9, 400: 50.1, 600: 49.9, 800: 50.2}
    trials = [
        create_trial(
            params={"clients": clients},
            distributions={"clients": CLIENTS},
            value=rate,
            user_attrs={"metrics": {"throughput": rate, "latency": clients / rate}, "status": "finished"},
        )
        for clients, rate in measured.items()
    ]
    assert recommend(trials, (THROUGHPUT,), (Bound("latency", 20.0),), loops) == {"clients": 200}


def noisy(metrics: dict[str, float], rng: np.random.Generator, share: float = 0.02) -> dict[str, float]:
    off = rng.normal(0, share)
    return {"throughput": metrics["throughput"] * math.exp(off), "latency": metrics["latency"] * math.exp(-off)}


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
    best = found(study).best
    assert best is not None
    assert best.params["batched"] is True
    assert {"batch_size"} & set().union(*(t.params for t in study.trials))


def test_trials_that_break_down_are_learnt_from_and_refused_ones_are_not() -> None:
    study = searched({"clients": CLIENTS}, lambda p: queue(p["clients"]) if p["clients"] < 300 else None, 12)
    best = found(study).best
    assert best is not None
    assert best.params["clients"] == pytest.approx(75, rel=0.1)
    assert sum(t.state is TrialState.FAIL for t in study.trials) <= 4
    nothing = searched({"clients": CLIENTS}, lambda _: None, 6)
    assert found(nothing).best is None
    assert len({t.params["clients"] for t in nothing.trials}) == 6


def test_no_configuration_meets_the_bound() -> None:
    impossible = Bound("latency", 0.1)
    space = {"clients": CLIENTS, "replicas": IntDistribution(2, 6)}
    study = searched(space, lambda p: queue(p["clients"], 10.0 * p["replicas"]), 10, bounds=[impossible])
    told = found(study, bounds=[impossible])
    assert told.best is None
    assert not told.feasible
    assert told.nearest is not None
    assert told.nearest.params["clients"] == 1
    early = study.get_trials()[:5]
    assert min(t.params["clients"] for t in early) == 1  # the lowest load is looked at early
    assert answer(early, [THROUGHPUT], [impossible], loops).likely_gain == 0  # and that ends it
    # What can still be met is not given up.
    hard = searched(space, lambda p: queue(p["clients"], 10.0 * p["replicas"]), 4, bounds=[Bound("latency", 0.56)])
    assert found(hard, bounds=[Bound("latency", 0.56)]).likely_gain > 0


def test_what_only_broke_down_is_never_the_nearest_nor_on_a_front() -> None:
    impossible = Bound("latency", 0.1)
    study = searched(
        {"clients": CLIENTS}, lambda p: queue(p["clients"]) if p["clients"] > 1 else None, 6, bounds=[impossible]
    )
    study.enqueue_trial({"clients": 1})
    tell(study, study.ask({"clients": CLIENTS}), lambda _: None)
    nearest = found(study, bounds=[impossible]).nearest
    assert nearest is not None
    assert nearest.params["clients"] > 1
    goals = (THROUGHPUT, Goal("latency", maximize=False))
    front = answer(study.get_trials(), goals, [], loops).front
    assert front
    assert all(choice.params["clients"] > 1 for choice in front)


def test_nothing_was_measured_yet() -> None:
    told = answer([], [THROUGHPUT], [LATENCY], loops)
    assert (told.best, told.nearest, told.trials) == (None, None, 0)


def test_several_goals_give_a_front() -> None:
    goals = [Goal("throughput"), Goal("latency", maximize=False)]
    study = searched({"clients": CLIENTS}, lambda p: queue(p["clients"]), 14, goals=goals, bounds=[])
    front = found(study, goals, []).front
    clients = sorted(choice.params["clients"] for choice in front)
    assert len(clients) >= 5
    assert clients[0] <= 10
    assert clients[-1] >= 200


def test_a_goal_that_is_minimized() -> None:
    goal, bound = Goal("latency", maximize=False), Bound("throughput", 30.0, upper=False)
    space = {"clients": CLIENTS}
    study = searched(space, lambda p: queue(p["clients"]), 12, goals=[goal], bounds=[bound])
    best = found(study, [goal], [bound]).best
    assert best is not None
    assert best.params["clients"] == pytest.approx(37.5, rel=0.12)  # 30 = 1 / (0.5 / N + 1 / 50)


def test_columns_that_are_below_zero_and_spaces_without_load() -> None:
    space = {"x": FloatDistribution(-1, 1), "kind": CategoricalDistribution(["a", "b"])}

    def measure(p: Mapping[str, Any]) -> dict[str, float]:
        return {"throughput": -((p["x"] - 0.3) ** 2) - (p["kind"] == "a"), "latency": p["x"]}

    bounds = [Bound("latency", 0.1)]
    study = searched(space, measure, 20, bounds=bounds, loops=None)
    best = answer(study.get_trials(), [THROUGHPUT], bounds, None).best
    assert best is not None
    assert best.params["kind"] == "b"
    assert best.params["x"] == pytest.approx(0.05, abs=0.1)


def test_a_space_in_which_everything_was_tried() -> None:
    space = {"clients": CategoricalDistribution([1, 10, 100])}
    study = searched(space, lambda p: queue(p["clients"]), 9)
    assert {t.params["clients"] for t in study.trials} == {1, 10, 100}
    best = found(study).best
    assert best is not None
    assert best.params["clients"] == 10
    assert found(study).likely_gain < 0.02


def test_several_trials_at_once_spread_out() -> None:
    study = searched({"clients": CLIENTS, "replicas": IntDistribution(2, 6)}, lambda p: queue(p["clients"]), 5)
    asked = [study.ask({"clients": CLIENTS, "replicas": IntDistribution(2, 6)}).params for _ in range(4)]
    assert len({tuple(point.values()) for point in asked}) >= 3


def test_it_keeps_nothing_but_the_study() -> None:
    space: dict[str, BaseDistribution] = {"clients": CLIENTS, "replicas": IntDistribution(2, 6)}
    study = searched(space, lambda p: queue(p["clients"], 10.0 * p["replicas"]), 6)
    again = optuna.create_study(sampler=PeakSampler([THROUGHPUT], [LATENCY], loops=loops, seed=1), direction="maximize")
    again.add_trials(study.get_trials())
    assert again.ask(space).params == study.ask(space).params


def test_what_is_not_allowed_is_not_asked() -> None:
    space = {"clients": CLIENTS, "replicas": IntDistribution(2, 6)}
    odd = searched(
        space, lambda p: queue(p["clients"]), 8, allowed=lambda p: p["replicas"] % 2 == 1 or p["clients"] == 31
    )
    assert all(t.params["replicas"] % 2 == 1 for t in odd.trials[1:])


def test_intervals_cover_the_truth() -> None:
    inside, total = 0, 0
    curves = ("eurosys_fig1_unbatched_multipaxos/median@0.75", "nsdi_fig1_lt_epaxos:1,0.02/median@0.75")
    for name in ("multipaxos_ablation/median@0.5", "unreplicated_lt:100/median@0.5", *curves):
        task = tasks()[name]
        for seed in range(4):
            sampler = PeakSampler([task.goal], [task.bound], loops=task.loops, seed=seed, allowed=task.allowed)
            study, rng = optuna.create_study(direction="maximize", sampler=sampler), np.random.default_rng(seed)
            for _ in range(12):
                trial = study.ask(task.space)
                point = task.nearest(trial.params)
                study.add_trial(told(task, point, rng))
                study.tell(trial, state=TrialState.FAIL)
            best = answer(study.get_trials(), [task.goal], [task.bound], task.loops).best
            assert best is not None
            interval = best.goals[task.goal.column]
            inside += interval.low <= task.expect(best.params)[task.goal.column] <= interval.high
            total += 1
    assert inside >= 0.85 * total


def told(task: Task, point: Mapping[str, Any], rng: np.random.Generator) -> optuna.trial.FrozenTrial:
    metrics = task.measure(point, rng)
    return optuna.trial.create_trial(
        params=dict(point), distributions=task.space, value=metrics[task.goal.column], user_attrs={"metrics": metrics}
    )


def test_the_frontier_rises_with_the_bound() -> None:
    told = found(searched({"clients": CLIENTS}, lambda p: queue(p["clients"]), 12))
    limits = [bound.limit for bound, _ in told.frontier]
    values = [choice.goals["throughput"].value for _, choice in told.frontier if choice is not None]
    assert limits == sorted(limits)
    assert values == sorted(values)
    assert len(values) >= 3
