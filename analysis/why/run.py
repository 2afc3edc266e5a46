"""Says which steps moved the peak of the throughput, which did not, and of which it cannot be told."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from fpray.errors import Cause, Problem, nearest, only_reading, refuse_if_any
from fpray.peak_sampler.goals import Bound
from fpray.searching.goals import parse_bounds
from fpray.store import columns
from fpray_analysis.choice import Row, chosen_trials, no_numbers, only_output, throughput_column
from fpray_analysis.comparison.comparison import Estimate, Verdict
from fpray_analysis.comparison.intervals import Sides, intervals_of_pairs
from fpray_analysis.comparison.pairing import trial_name
from fpray_analysis.comparison.run import estimate_of
from fpray_analysis.comparison.sides import problems_of_margin
from fpray_analysis.loaded import SUITE
from fpray_analysis.profiled import unprofiled
from fpray_analysis.result_set import Results
from fpray_analysis.table.peaks import that_keep
from fpray_analysis.why.advice import advice
from fpray_analysis.why.configurations import comparable_peaks, configurations_of, parameters_of
from fpray_analysis.why.limits import Limit, limit_of
from fpray_analysis.why.notes import of_other_throughputs, of_others, of_peaks
from fpray_analysis.why.steps import Step, find_steps

MARGIN: Final = 0.05
_ORDER: Final = {Verdict.FASTER: 0, Verdict.SLOWER: 0, Verdict.SAME: 1, Verdict.UNDECIDED: 2}


@dataclass(frozen=True)
class WhyOptions:
    """What a user chooses; an empty value stands for the usual one.

    Attributes:
        x: the throughput of which peaks are taken.
        where: column -> values that trials must have, as texts.
        bounds: only loads that keep them may be peaks, such as `measured.latency.p99_ms<=5`.
        profiled: whether trials that were profiled are taken, too.
        margin: a peak has not moved if the interval of the ratio lies within 1 - margin and 1 + margin.
    """

    x: str = ""
    where: Mapping[str, Sequence[str]] = field(default_factory=dict)
    bounds: Sequence[str] = ()
    margin: float = MARGIN
    profiled: bool = False


@dataclass(frozen=True)
class Effect:
    """What a step did.

    Attributes:
        step: with the loads at which its peaks are compared.
        estimate: the ratio of the peaks, after to before, with its interval and what is said of it.
        before, after: what limited the two peaks; None where the trials do not say it.
    """

    step: Step
    estimate: Estimate
    before: Limit | None
    after: Limit | None


@dataclass(frozen=True)
class Why:
    """The answer.

    Attributes:
        x: the throughput; bounds: those that all peaks keep; margin: as in the options.
        trials, configurations: how many there are.
        roles: the effects of steps that change the number of processes of a role, the largest first.
        others: those of steps of other parameters.
        joint: parameters that change together, which is attributed to none of them.
        notes: what there is to say of all of it, in sentences.
    """

    x: str
    bounds: Sequence[Bound]
    margin: float
    trials: int
    configurations: int
    roles: Sequence[Effect]
    others: Sequence[Effect]
    joint: Sequence[Sequence[Step]]
    notes: Sequence[str]


def why(results: Results, options: WhyOptions) -> Why:
    """Which steps between the configurations of suites moved the peak.

    Raises:
        fpray.Refused: there is one configuration only, with the sweep that would answer; or an option is wrong.
    """
    with only_reading():
        bounds, problems = parse_bounds(options.bounds, "--bound")
        _check(results, options, bounds, problems)
        results, without = unprofiled(results, profiled=options.profiled, where=options.where)
        rows = [*map(_without_suite, chosen_trials(results, options.where))]
        refuse_if_any([problem for bound in bounds for problem in no_numbers(rows, bound.column, "--bound")])
        x = options.x or throughput_column(rows, only_output(rows))
        parameters = parameters_of(rows, results.inputs)
        inside = that_keep(rows, results.inputs, bounds) if bounds else rows
        if not inside:
            sentence = "is kept by no configuration: choose a larger bound"
            refuse_if_any([Problem(f"--bound '{', '.join(map(str, bounds))}'", sentence, Cause.GOAL)])
        configurations = configurations_of(inside, parameters, results.inputs, x)
        steps = find_steps(parameters, configurations, results.inputs)
        effects = _effects(steps.single, x, options.margin)
        roles = [effect for effect in effects if effect.step.roles]
        others = [effect for effect in effects if not effect.step.roles]
        hints = [] if roles else [advice(configurations, results.inputs, x)]
        refuse_if_any(
            [Problem(", ".join(results.paths), hints[0], Cause.SUITE)] if not (effects or steps.joint) else []
        )
    notes = [
        *results.remarks,
        *without,
        *of_other_throughputs(results, rows, x),
        *of_others(rows, parameters, configurations, bounds),
    ]
    notes += [*of_peaks(configurations, options.margin), *_of_steps(results, steps.single, effects), *hints]
    return Why(
        x, bounds, options.margin, sum(len(point.trials) for one in configurations for point in one.series.points),
        len(configurations), roles, others, steps.joint, notes,
    )  # fmt: skip


def _check(results: Results, options: WhyOptions, bounds: Sequence[Bound], problems: Sequence[Problem]) -> None:
    names = results.trials.column_names
    by_option = [("--x", options.x)] * bool(options.x) + [("--bound", bound.column) for bound in bounds]
    absent = [
        Problem(f"{option} {name}", f"there is no such column{nearest(name, names)}", Cause.FIGURE)
        for option, name in by_option
        if name not in names
    ]
    refuse_if_any([*problems, *problems_of_margin(options.margin), *absent])


def _without_suite(row: Row) -> Row:
    """A trial with its suite in its name, and not as a column: configurations may have trials of several suites."""
    if SUITE not in row:
        return row
    others = {name: value for name, value in row.items() if name != SUITE}
    return {**others, columns.TRIAL: trial_name(row)}


def _effects(steps: Sequence[Step], x: str, margin: float) -> list[Effect]:
    """The effects of those steps of which the peaks may be compared, the largest first."""
    pairs = [(step, comparable_peaks(step.before, step.after)) for step in steps]
    own = [replace(step, before=pair[0], after=pair[1]) for step, pair in pairs if pair is not None]
    own = [step for step in own if min(*step.before.peak.xs, *step.after.peak.xs) > 0]
    sides = [Sides([*map(math.log, step.before.peak.xs)], [*map(math.log, step.after.peak.xs)]) for step in own]
    intervals = intervals_of_pairs({x: sides}, {x: 1.0})[x]
    effects = []
    for step, interval in zip(own, intervals, strict=True):
        before, after = limit_of(step.before.peak), limit_of(step.after.peak)
        estimate = estimate_of(interval, x, margin)
        if estimate.verdict is Verdict.SAME and (doubt := _not_reached(step, [before, after], margin)):
            estimate = replace(estimate, verdict=Verdict.UNDECIDED, reason=doubt)
        effects.append(Effect(step, estimate, before, after))
    return sorted(effects, key=_largest_first)


def _largest_first(effect: Effect) -> tuple[int, float]:
    ratio = effect.estimate.ratio
    return _ORDER[effect.estimate.verdict], -abs(math.log(ratio)) if ratio else 0.0


def _not_reached(step: Step, limits: Sequence[Limit | None], margin: float) -> str:
    """Why equal peaks may be no peaks yet; empty if they are."""
    for when, one, limit in zip(("before", "after"), (step.before, step.after), limits, strict=True):
        if limit is not None and limit.is_load:
            return f"{when} it, the load was too small: more load may give more"
        if one.rise > margin:
            return f"{when} it, the throughput still rose by {one.rise:.0%} at the highest load"
    return ""


def _of_steps(results: Results, steps: Sequence[Step], effects: Sequence[Effect]) -> Iterator[str]:
    if others := len(steps) - len(effects):
        yield (
            f"{others} more steps are left out: no load is common to both sides (so the load differs, too), or a"
            " throughput is 0"
        )
    reasons = Counter(effect.estimate.reason for effect in effects if effect.estimate.reason)
    yield from (f"cannot be told: {reason} ({count} of {len(effects)} steps)" for reason, count in reasons.items())
    if len(results.paths) > 1:
        yield "trials of several suites are compared: what differs between their times and machines is in the ratios"
