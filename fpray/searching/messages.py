"""What a search has to say: before it starts, while it runs, and its answer, in sentences and as JSON."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping
from typing import Any

from optuna.distributions import CategoricalDistribution

from fpray.peak_sampler.distributions import size
from fpray.peak_sampler.goals import Bound
from fpray.plan.estimate import planned_seconds, process_count
from fpray.plan.words import duration_in_words, number_of
from fpray.searching.experiment import SearchExperiment
from fpray.searching.problem import SearchProblem
from fpray.searching.recommendation import Answer, Choice, Interval
from fpray.searching.space import ends, in_words

_MOST_LISTED = 5


def preview_line(experiment: SearchExperiment) -> str:
    """What a search would do: goal, bounds, space, and at most how much."""
    problem = experiment.problem
    seconds = [planned_seconds(trial) for trial in experiment.trials]
    counts = sorted({process_count(trial) for trial in experiment.trials})
    each = " to ".join(str(n) for n in dict.fromkeys((counts[0], counts[-1])))
    machines = len(experiment.where.inventory.promised().addresses())
    subject = f", subject to {' and '.join(map(str, problem.bounds))}" if problem.bounds else ""
    aim = " and ".join(map(str, problem.goals)) + subject
    words = [
        aim,
        _space_words(problem),
        f"at most {problem.study.budget_trials} trials",
        f"{each} processes each",
        number_of(machines, "machine"),
        f"at most {duration_in_words(problem.study.budget_trials * sum(seconds) / len(seconds))}",
    ]
    return " · ".join(words)


def _space_words(problem: SearchProblem) -> str:
    if problem.space is None:
        return f"points that study {problem.study.name} suggests"
    points = math.prod(size(distribution) for distribution in problem.space.values())
    many = f" ({points:,.0f} points)" if math.isfinite(points) else ""
    return " ".join(f"{key}={in_words(distribution)}" for key, distribution in problem.space.items()) + many


def standing_line(problem: SearchProblem, found: Answer, left: int) -> str:
    """The best so far with its interval, the bounds, what may still be gained, and what is left to try."""
    rest = f"{_at_most(left)} left"
    if found.best is None:
        none = "nothing was measured yet" if found.nearest is None else "nothing keeps the bounds yet"
        return f"{none} · {rest}"
    if len(problem.goals) > 1:
        return f"{len(found.front)} configurations on the front · {rest}"
    goals = [f"{short(column)} {interval(each)}" for column, each in found.best.goals.items()]
    kept = [f"{short(bound.column)} {_mean(found.best, bound)} ({_limit(bound)})" for bound in problem.bounds]
    return " · ".join(["best so far " + goals[0], point(found.best.params), *kept, _gain(found, problem), rest])


def sentences(problem: SearchProblem, found: Answer, ended: str, left: int) -> Iterator[str]:
    """The honest answer; `ended` says why the search is over, "" where it is not, with so many trials `left`."""
    runs = number_of(found.trials, "trial")
    if found.best is None:
        yield from _without_best(problem, found, runs, "" if ended else " yet")
    elif len(problem.goals) > 1:
        yield f"the front of {runs}, what no other configuration beats in all goals:"
        for choice in sorted(found.front, key=lambda each: -next(iter(each.goals.values())).value):
            goals = ", ".join(f"{short(column)} {interval(each)}" for column, each in choice.goals.items())
            yield f"  {point(choice.params)}: {goals}{_kept(problem, choice)}"
    else:
        yield from _of_best(problem, found, found.best, runs)
    yield f"ended: {ended}" if ended else f"not ended: {_at_most(left)} left"


def _without_best(problem: SearchProblem, found: Answer, runs: str, yet: str) -> Iterator[str]:
    if found.nearest is None:
        none = f"no trial of {found.trials} has a value of every goal" if found.trials else "nothing was measured"
        yield f"no answer{yet}: {none}"
        return
    bounds = " and ".join(map(str, problem.bounds))
    yield f"no configuration meets the bound{'s' if len(problem.bounds) > 1 else ''} {bounds}, of those tried in {runs}"
    near = "; ".join(f"{short(b.column)} {_mean(found.nearest, b)}" for b in problem.bounds)
    chance = f"meets it with a chance of {100 * found.nearest.chance:.0f} %"
    yield f"the nearest is {point(found.nearest.params)}: {near} ({chance})"


def _of_best(problem: SearchProblem, found: Answer, best: Choice, runs: str) -> Iterator[str]:
    column, estimate = next(iter(best.goals.items()))
    yield f"best: {column} {interval(estimate)} at {point(best.params)}"
    for bound in problem.bounds:
        measured = [value for value in best.measured.get(bound.column, ()) if not math.isnan(value)]
        spread = f" ({number(min(measured))} to {number(max(measured))})" if len(measured) > 1 else ""
        mean = number(sum(measured) / len(measured)) if measured else "not measured"
        yield f"  {bound.column} {mean}{spread}, and the bound is {_limit(bound)}"
    again = f"{best.repeats} of them of this configuration" if best.repeats > 1 else "one of them of this configuration"
    sure = f", which keeps the bounds with a chance of {100 * best.chance:.0f} %" if problem.bounds else ""
    yield f"  from {runs}, {again}{sure}; {_gain(found, problem)}"
    yield from _at_the_end(problem, best)
    if found.within_noise:
        listed = [f"{_other(each, best)} ({_value(each)})" for each in found.within_noise[:_MOST_LISTED]]
        more = f", and {len(found.within_noise) - _MOST_LISTED} more" if len(found.within_noise) > _MOST_LISTED else ""
        yield f"within noise of it: {'; '.join(listed)}{more}"
    if problem.bounds and found.frontier:
        yield f"what the bound costs ({problem.bounds[0].column}):"
        yield from _frontier(found)


def _frontier(found: Answer) -> Iterator[str]:
    """The best at each limit; limits with the same answer in one line."""
    for _, group in itertools.groupby(found.frontier, key=lambda each: each[1] and each[1].params):
        same = list(group)
        choice = same[0][1]
        limits = " to ".join(dict.fromkeys((_limit(same[0][0]), _limit(same[-1][0]))))
        there = "nothing that was tried" if choice is None else f"{_value(choice)} at {point(choice.params)}"
        yield f"  {limits}: {there}"


def _at_the_end(problem: SearchProblem, best: Choice) -> Iterator[str]:
    """Parameters of the best that could go no further: what lies beyond was not looked at."""
    for key, distribution in (problem.space or {}).items():
        if not isinstance(distribution, CategoricalDistribution) and best.params.get(key) in ends(distribution):
            which = "lowest" if best.params[key] == next(ends(distribution)) else "highest"
            yield f"{key}={best.params[key]} is the {which} of its range: what lies beyond was not tried"


def point(params: Mapping[str, Any]) -> str:
    """`num_clients_per_proc=33 num_proxy_leaders=7`."""
    return " ".join(f"{key}={f'{each:.4g}' if isinstance(each, float) else each}" for key, each in params.items())


def interval(estimate: Interval) -> str:
    """A number and its 95 % interval."""
    return f"{number(estimate.value)} ({number(estimate.low)} to {number(estimate.high)})"


def number(value: float) -> str:
    """Four digits that mean something: `12,340`, `4.213`."""
    if not math.isfinite(value) or value == 0:
        return str(value)
    rounded = round(value, 3 - math.floor(math.log10(abs(value))))
    return f"{rounded:,.0f}" if abs(rounded) >= 1000 else f"{rounded:.4g}"


def short(column: str) -> str:
    """The part of a column's name that tells: `throughput`, `p99_ms`; with its output where there are several."""
    output = column.partition("_output.")[0] if "_output." in column else ""
    return f"{output} {column.rpartition('.')[2]}".strip()


def _other(choice: Choice, best: Choice) -> str:
    """A point by what it has otherwise than the best."""
    return point({key: each for key, each in choice.params.items() if best.params.get(key) != each})


def _value(choice: Choice) -> str:
    return number(next(iter(choice.goals.values())).value)


def _mean(choice: Choice, bound: Bound) -> str:
    measured = [value for value in choice.measured.get(bound.column, ()) if not math.isnan(value)]
    return number(sum(measured) / len(measured)) if measured else "not measured"


def _kept(problem: SearchProblem, choice: Choice) -> str:
    return "".join(f", {short(bound.column)} {_mean(choice, bound)} ({_limit(bound)})" for bound in problem.bounds)


def _limit(bound: Bound) -> str:
    return f"{'<=' if bound.upper else '>='} {bound.limit:g}"


def _gain(found: Answer, problem: SearchProblem) -> str:
    if not math.isfinite(found.likely_gain):
        return "what may still be gained is unknown"
    if found.likely_gain < problem.study.stop_at:
        return f"no gain above {100 * problem.study.stop_at:g} % is likely"
    return f"a gain of {100 * found.likely_gain:.0f} % may still be there"


def _at_most(left: int) -> str:
    left = max(0, left)
    return f"at most {number_of(left, 'trial')}"
