"""The sampler and what is recommended, on published trials that are drawn again."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import optuna
import pytest
from optuna.trial import TrialState

from bench.search.recommended import recommended
from bench.search.task import Task
from bench.search.tasks import tasks
from fpray.peak_sampler.sampler import PeakSampler
from fpray.searching.recommend import recommend


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
        regrets.append(task.regret(recommended(study.get_trials(deepcopy=False), task)))
    return regrets


def first(regrets: list[float], share: float) -> float:
    return next((i + 1 for i, regret in enumerate(regrets) if regret <= share), math.inf)


@pytest.mark.slow
def test_it_needs_far_fewer_trials_than_random() -> None:
    task = tasks()["multipaxos_ablation/median@0.5"]
    ours, chance = [], []
    for seed in range(6):
        sampler = PeakSampler([task.goal], [task.bound], loops=task.loops, seed=seed, allowed=task.allowed)
        ours.append(first(regrets_of(task, seed, 15, sampler), 0.05))
        chance.append(first(regrets_of(task, seed, 30, optuna.samplers.RandomSampler(seed=seed)), 0.05))
    assert np.median(ours) <= 9
    assert np.mean(np.minimum(ours, 30)) < 0.7 * np.mean(np.minimum(chance, 30)), (ours, chance)


@pytest.mark.slow
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
                study.add_trial(finished_trial(task, point, rng))
                study.tell(trial, state=TrialState.FAIL)
            best = recommend(study.get_trials(), [task.goal], [task.bound], task.loops).best
            assert best is not None
            interval = best.goals[task.goal.column]
            inside += interval.low <= task.expect(best.params)[task.goal.column] <= interval.high
            total += 1
    assert inside >= 0.85 * total


def finished_trial(task: Task, point: Mapping[str, Any], rng: np.random.Generator) -> optuna.trial.FrozenTrial:
    metrics = task.measure(point, rng)
    return optuna.trial.create_trial(
        params=dict(point), distributions=task.space, value=metrics[task.goal.column], user_attrs={"metrics": metrics}
    )
