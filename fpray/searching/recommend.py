"""What the trials of a search say: the recommendation so far, computed from an Optuna study."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from optuna.trial import FrozenTrial

from fpray.peak_sampler.candidates import Allowed, Candidates
from fpray.peak_sampler.distributions import shared_space
from fpray.peak_sampler.encoding import Encoding, Loops
from fpray.peak_sampler.goals import Bound, Goal, columns_of
from fpray.peak_sampler.posterior import Posterior, usable_trials
from fpray.searching.likely_gain import likely_gain
from fpray.searching.recommendation import NO_RECOMMENDATION, Choice, Recommendation
from fpray.searching.tried_configurations import TriedConfigurations

NEIGHBOURS = (0.5, 0.7, 0.85, 1.0, 1.2, 1.5, 2.0)  # the limits of the frontier, as shares of the bound's limit


def recommend(
    trials: Sequence[FrozenTrial],
    goals: Sequence[Goal],
    bounds: Sequence[Bound],
    loops: Loops | None,
    allowed: Allowed | None = None,
) -> Recommendation:
    """What trials say.

    Args:
        trials: of an Optuna study, with `metrics` (column -> number or null) and `status` as user attributes.
        goals: one, or several for a front.
        bounds: what a recommended point must keep.
        loops: closed loops of a point, if they are known.
        allowed: whether a point can run at all; only for the likely gain.
    """
    space = shared_space(trials)
    evidence = usable_trials(trials, space, columns_of(goals, bounds))
    if not all(np.isfinite(evidence.values[goal.column]).any() for goal in goals):
        return replace(NO_RECOMMENDATION, trials=len(evidence.points))
    encoding = Encoding(space, loops)
    posteriors = [Posterior(encoding, goal, bounds, evidence) for goal in goals]
    configurations = TriedConfigurations(posteriors)
    gain = max(likely_gain(posterior, Candidates(space, allowed)) for posterior in posteriors)
    best = posteriors[0].recommended
    if best is None:
        # If no configuration can keep the bounds, all are equally probable: the nearest misses them by the least.
        nearest = min(configurations.most_feasible(), key=lambda choice: _missed_by(choice, bounds))
        return replace(NO_RECOMMENDATION, nearest=nearest, likely_gain=gain, trials=len(evidence.points))
    index = configurations.index(best)
    return Recommendation(
        best=configurations.choice(index),
        nearest=None,
        within_noise=tuple(configurations.within_noise(index)),
        frontier=tuple(_frontier(posteriors[0], configurations)),
        likely_gain=gain,
        front=tuple(configurations.front()) if len(goals) > 1 else (configurations.choice(index),),
        trials=len(evidence.points),
    )


def _missed_by(choice: Choice, bounds: Sequence[Bound]) -> float:
    """By how much a configuration exceeded its bounds, in shares of the limits; infinite if a value is missing."""
    return sum(max(0.0, bound.excess(choice.mean(bound.column))) for bound in bounds)


def _frontier(posterior: Posterior, configurations: TriedConfigurations) -> list[tuple[Bound, Choice | None]]:
    """The first bound at other limits, and what would be recommended there."""
    if not posterior.bounds:
        return []
    first, *others = posterior.bounds
    frontier: list[tuple[Bound, Choice | None]] = []
    for share in NEIGHBOURS:
        bound = replace(first, limit=first.limit * share)
        point = posterior.under([bound, *others])
        frontier.append((bound, None if point is None else configurations.of_point(point)))
    return frontier
