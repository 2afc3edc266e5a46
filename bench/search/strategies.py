"""Search strategies: (task, seed, number of trials) -> the regret of the recommendation after each trial."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, IntDistribution
from optuna.samplers import BaseSampler
from optuna.trial import FrozenTrial, TrialState, create_trial

from bench.search.baselines import Means, bisection, grid
from bench.search.recommended import recommended
from bench.search.task import CLOSE, CURVES, Params, Task


def ours(task: Task, seed: int, trials: int) -> list[float]:
    """Our sampler and our recommendation."""
    from fpray.peak_sampler.sampler import PeakSampler

    goals, bounds = [task.goal], [task.bound]
    allowed = task.allowed if task.finite else None
    study = optuna.create_study(
        sampler=PeakSampler(goals, bounds, loops=task.loops, seed=seed, allowed=allowed), direction="maximize"
    )
    rng, regrets = np.random.default_rng([seed, 1]), []
    for _ in range(trials):
        trial = study.ask(task.space)
        point = task.nearest(trial.params)
        if point != trial.params:  # only the first trial: the sampler does not know the space yet
            trial.set_user_attr("status", "refused")
            study.tell(trial, state=TrialState.FAIL)
            study.add_trial(finished_trial(task, point, task.measure(point, rng)))
        else:
            metrics = task.measure(point, rng)
            trial.set_user_attr("metrics", metrics)
            trial.set_user_attr("status", "finished")
            study.tell(trial, metrics[task.goal.column])
        regrets.append(task.regret(recommended(study.get_trials(deepcopy=False), task)))
        if is_over(task, regrets):
            break
    return regrets


def is_over(task: Task, regrets: Sequence[float]) -> bool:
    """Whether a run needs no more trials. A run of a curve always needs all, because later recommendations count."""
    return task.kind not in CURVES and bool(regrets) and regrets[-1] <= CLOSE + 1e-9


def finished_trial(task: Task, point: Params, metrics: Mapping[str, float]) -> FrozenTrial:
    """A finished trial of a point."""
    return create_trial(
        params=dict(point),
        distributions=task.space,
        value=metrics[task.goal.column],
        user_attrs={"metrics": dict(metrics), "status": "finished"},
    )


def general(
    make: Callable[[int], BaseSampler], *, penalty: bool = False, log: bool = False
) -> Callable[[Task, int, int], list[float]]:
    """A general sampler with ordered values as ranks, which suits it best. Of tables, it gets the nearest point.

    Args:
        make: seed -> sampler.
        penalty: the bound is a penalty on the objective (the log units of excess), not a constraint.
        log: the objective is the goal's logarithm.
    """

    def run(task: Task, seed: int, trials: int) -> list[float]:
        study = optuna.create_study(sampler=make(seed), direction="maximize")
        ranked = {name: _ranked(distribution) for name, distribution in task.space.items()}
        rng, regrets, means = np.random.default_rng([seed, 1]), [], Means(task)
        for _ in range(trials):
            suggestion = study.ask(ranked)
            point = task.nearest({n: _value(d, suggestion.params[n]) for n, d in task.space.items()})
            metrics = task.measure(point, rng)
            own = {name: _rank(task.space[name], point[name]) for name in task.space}
            value = math.log(metrics[task.goal.column]) if log or penalty else metrics[task.goal.column]
            excess = math.log(metrics[task.bound.column] / task.bound.limit)
            if penalty:
                value -= max(0.0, excess)
            if own == suggestion.params:
                if not penalty:
                    suggestion.set_constraint("bound", excess)
                study.tell(suggestion, value)
            else:
                study.tell(suggestion, state=TrialState.FAIL)
                constraints = None if penalty else {"bound": excess}
                study.add_trial(create_trial(params=own, distributions=ranked, value=value, constraints=constraints))
            regrets.append(task.regret(means.add(point, metrics)))
        return regrets

    return run


def _ranked(distribution: BaseDistribution) -> BaseDistribution:
    if isinstance(distribution, CategoricalDistribution) and all(
        isinstance(choice, int | float) and not isinstance(choice, bool) for choice in distribution.choices
    ):
        return IntDistribution(0, len(distribution.choices) - 1)
    return distribution


def _value(distribution: BaseDistribution, choice: Any) -> Any:
    return choice if _ranked(distribution) is distribution else distribution.choices[choice]  # type: ignore[attr-defined]


def _rank(distribution: BaseDistribution, value: Any) -> Any:
    return value if _ranked(distribution) is distribution else distribution.choices.index(value)  # type: ignore[attr-defined]


def _gp(seed: int) -> BaseSampler:
    return optuna.samplers.GPSampler(seed=seed, deterministic_objective=False)


def _tpe(seed: int) -> BaseSampler:
    return optuna.samplers.TPESampler(seed=seed, multivariate=True)


STRATEGIES: dict[str, Callable[[Task, int, int], list[float]]] = {
    "ours": ours,
    "grid": grid,
    "bisection": bisection,
    "random": general(lambda seed: optuna.samplers.RandomSampler(seed=seed)),
    "tpe": general(_tpe),
    "tpe-penalty": general(_tpe, penalty=True),
    "gp": general(_gp, log=True),
}
LOAD_ONLY = {"bisection"}  # strategies for tasks of the load alone
OWN = ("ours", "bisection")  # strategies that need no other package
FEWER_SEEDS = {"gp": 8}  # instead of a hundred: it takes a hundred times as long


def suited(strategy: str, tasks: Iterable[Task]) -> list[Task]:
    """The tasks that a strategy can search."""
    return [task for task in tasks if strategy not in LOAD_ONLY or task.load_only]
