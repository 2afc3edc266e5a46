"""Searches of small systems in closed form, by ask and tell."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import optuna
from optuna.distributions import BaseDistribution, IntDistribution
from optuna.trial import TrialState

from fpray.peak_sampler.goals import Bound, Goal
from fpray.peak_sampler.sampler import PeakSampler
from fpray.searching.recommend import recommend
from fpray.searching.recommendation import Recommendation

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


def recommendation_of(study: optuna.Study, goals: Any = (THROUGHPUT,), bounds: Any = (LATENCY,)) -> Recommendation:
    return recommend(study.get_trials(), goals, bounds, loops)


def noisy(metrics: dict[str, float], rng: np.random.Generator, share: float = 0.02) -> dict[str, float]:
    off = rng.normal(0, share)
    return {"throughput": metrics["throughput"] * math.exp(off), "latency": metrics["latency"] * math.exp(-off)}
