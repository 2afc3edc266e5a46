"""What a search tells its user: a line while it runs, and the recommendation in sentences."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence

from optuna.distributions import CategoricalDistribution

from fpray.peak_sampler.distributions import ends
from fpray.peak_sampler.goals import Bound
from fpray.plan.words import AGAIN, number_of
from fpray.searching.number_words import interval, number, point, short
from fpray.searching.problem import SearchProblem
from fpray.searching.recommendation import Choice, Recommendation

_MAX_LISTED = 5
_WIDER = "try a weaker bound (--subject-to), or other values (--space)"


def progress_line(problem: SearchProblem, recommendation: Recommendation, remaining: int) -> str:
    """The best so far with its interval, its bounds, the gain that is still likely, and how many trials are left."""
    rest = f"{_at_most(remaining)} left"
    if recommendation.best is None:
        limits = " and ".join(map(str, problem.bounds))
        sentence = f"no configuration that was tried keeps your bounds ({limits}) yet"
        state = "no trial has a value for every goal yet" if recommendation.nearest is None else sentence
        return f"{state} · {rest}"
    if len(problem.goals) > 1:
        count = number_of(len(recommendation.front), "configuration")
        return f"best trade-offs so far (Pareto front): {count} · {rest}"
    column, estimate = next(iter(recommendation.best.goals.items()))
    parts = [
        f"best so far {short(column)} {interval(estimate)}",
        point(recommendation.best.params),
        *_bounds(problem, recommendation.best),
        _gain(problem, recommendation),
        rest,
    ]
    return " · ".join(parts)


def sentences(problem: SearchProblem, recommendation: Recommendation, why_ended: str, remaining: int) -> Iterator[str]:
    """The recommendation, and how certain it is; why_ended: "" while trials are `remaining`."""
    trials = number_of(recommendation.trials, "trial")
    if recommendation.best is None:
        yield from _without_best(problem, recommendation, trials, "" if why_ended else " yet")
    elif len(problem.goals) > 1:
        yield from _of_pareto_front(problem, recommendation, trials)
    else:
        yield from _of_best(problem, recommendation, recommendation.best, trials)
        runs = len(recommendation.best.values(problem.goals[0].column))
        if why_ended and runs < problem.study.confirm:
            times = number_of(runs, "time")
            few = f"the best configuration ran only {times}, but --confirm asks for {problem.study.confirm} runs"
            more = "add -s SUITE (the directory of these results) and a larger budget to the same fpray command"
            budgets = "--budget-trials, --budget-minutes or --budget-dollars; the trials that already ran count"
            yield f"{few}: to run it again, {more} ({budgets})"
    yield f"ended: {why_ended}" if why_ended else _not_ended(remaining)


def _not_ended(remaining: int) -> str:
    """The same words for a search that runs and for one that stopped: a driver that is killed writes no others."""
    return f"not ended: {_at_most(remaining)} left (if the search does not run now: {AGAIN})"


def _without_best(problem: SearchProblem, recommendation: Recommendation, trials: str, yet: str) -> Iterator[str]:
    nearest = recommendation.nearest
    if nearest is None:
        which = f"none of {trials}" if recommendation.trials else "no trial"
        yield f"no recommendation{yet}: {which} has a value for every goal (fpray show lists why trials failed)"
        return
    bounds = " and ".join(map(str, problem.bounds))
    plural = "s" if len(problem.bounds) > 1 else ""
    yield f"no configuration that was tried in {trials} keeps your bound{plural} {bounds}: {_WIDER}"
    means = "; ".join(f"{short(bound.column)} {_mean(nearest, bound)}" for bound in problem.bounds)
    chance = f"the chance that it keeps your bound{plural} is too low: {100 * nearest.chance:.0f} %"
    which = f"the configuration that comes nearest to keeping your bound{plural}"
    yield f"{which} is {point(nearest.params)}: {means} ({chance})"


def _of_pareto_front(problem: SearchProblem, recommendation: Recommendation, trials: str) -> Iterator[str]:
    yield f"the best trade-offs among {trials} (Pareto front: no other configuration is better in all goals):"
    for choice in sorted(recommendation.front, key=lambda choice: -_first_goal(choice)):
        goals = [f"{short(column)} {interval(estimate)}" for column, estimate in choice.goals.items()]
        yield f"  {point(choice.params)}: {', '.join([*goals, *_bounds(problem, choice)])}"


def _of_best(problem: SearchProblem, recommendation: Recommendation, best: Choice, trials: str) -> Iterator[str]:
    column, estimate = next(iter(best.goals.items()))
    yield f"best: {column} {interval(estimate)} at {point(best.params)}"
    for bound in problem.bounds:
        yield f"  {bound.column} {_mean(best, bound)}{_spread(best, bound)}; your bound: {_limit(bound)}"
    runs = f"{best.repeats} of them" if best.repeats > 1 else "one of them"
    chance = f", which keeps your bounds with a chance of {100 * best.chance:.0f} %" if problem.bounds else ""
    yield f"  from {trials}, {runs} of this configuration{chance}; {_gain(problem, recommendation)}"
    yield from _at_the_end_of_the_space(problem, best)
    if others := recommendation.within_noise:
        differences = [f"{_difference(other, best)} ({number(_first_goal(other))})" for other in others[:_MAX_LISTED]]
        more = f", and {len(others) - _MAX_LISTED} more" if len(others) > _MAX_LISTED else ""
        what = f"parameters that differ from the best, and {short(column)}"
        yield f"as good as the best, within the noise ({what}): {'; '.join(differences)}{more}"
    if problem.bounds and recommendation.frontier:
        yield f"what the bound costs ({problem.bounds[0].column}):"
        yield from _frontier(recommendation)


def _frontier(recommendation: Recommendation) -> Iterator[str]:
    """The best at each limit of the first bound; limits with the same recommendation share a line."""
    for _, group in itertools.groupby(recommendation.frontier, key=lambda entry: entry[1] and entry[1].params):
        entries = list(group)
        choice = entries[0][1]
        limits = " to ".join(dict.fromkeys((_limit(entries[0][0]), _limit(entries[-1][0]))))
        if choice is None:
            which = "a bound in this range" if len(entries) > 1 else "this bound"
            yield f"  {limits}: no configuration that was tried keeps {which}"
        else:
            yield f"  {limits}: {number(_first_goal(choice))} at {point(choice.params)}"


def _at_the_end_of_the_space(problem: SearchProblem, best: Choice) -> Iterator[str]:
    """Parameters of the best at an end of their range: a better value may lie beyond."""
    for key, distribution in (problem.space or {}).items():
        if not isinstance(distribution, CategoricalDistribution) and best.params.get(key) in ends(distribution):
            end = "lowest" if best.params[key] == ends(distribution)[0] else "highest"
            yield (
                f"{key}={best.params[key]} is the {end} value of its range: values beyond it were not tried (to"
                " try them, write a wider --space)"
            )


def _difference(choice: Choice, best: Choice) -> str:
    """The parameters in which a configuration differs from the best."""
    return point({key: value for key, value in choice.params.items() if best.params.get(key) != value})


def _first_goal(choice: Choice) -> float:
    return next(iter(choice.goals.values())).value


def _bounds(problem: SearchProblem, choice: Choice) -> Sequence[str]:
    return [f"{short(bound.column)} {_mean(choice, bound)} ({_limit(bound)})" for bound in problem.bounds]


def _mean(choice: Choice, bound: Bound) -> str:
    mean = choice.mean(bound.column)
    return "not measured" if mean is None else number(mean)


def _spread(choice: Choice, bound: Bound) -> str:
    values = choice.values(bound.column)
    if len(values) < 2:
        return ""
    return f" on average ({number(min(values))} to {number(max(values))} in single trials)"


def _limit(bound: Bound) -> str:
    return f"{'<=' if bound.upper else '>='} {bound.limit:g}"


def _gain(problem: SearchProblem, recommendation: Recommendation) -> str:
    if not math.isfinite(recommendation.likely_gain):
        return "the gain that more trials may still bring cannot be given in %, because the best value is 0"
    if recommendation.likely_gain < problem.study.stop_at:
        return f"no gain above {100 * problem.study.stop_at:g} % is likely"
    return f"more trials may still bring a gain of up to {100 * recommendation.likely_gain:.0f} % over the best"


def _at_most(count: int) -> str:
    return f"at most {number_of(max(0, count), 'trial')}"
