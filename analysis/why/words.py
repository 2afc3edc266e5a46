"""The words for a step: what changed, what it did to the peak, where, and what limited it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

from fpray.plan.words import number_of
from fpray_analysis.comparison.comparison import Verdict
from fpray_analysis.table.digits import in_digits
from fpray_analysis.table.estimate import MEAN, Estimate
from fpray_analysis.why.configurations import comparable_peaks, order
from fpray_analysis.why.limits import Limit, place_of_addition
from fpray_analysis.why.run import Effect
from fpray_analysis.why.steps import Step

CALLS: Final = {
    Verdict.FASTER: "moved the peak up",
    Verdict.SLOWER: "moved the peak down",
    Verdict.SAME: "did not move the peak",
    Verdict.UNDECIDED: "cannot be told",
}
_LARGE: Final = 100  # an end of an interval beyond it says no more than that


def change(step: Step) -> str:
    """`num_acceptor_groups 1 -> 2 (acceptor: 3 -> 6)`; the roles only where they say more."""
    texts = [f"{name} {value_text(before)} -> {value_text(after)}" for name, (before, after) in step.changes.items()]
    values = [*step.changes.values()]
    roles = [f"{role}: {before} -> {after}" for role, (before, after) in step.roles.items()]
    says_more = roles and not (len(values) == 1 and [*step.roles.values()] == values)
    return ", ".join(texts) + (f" ({', '.join(roles)})" if says_more else "")


def sentence(effect: Effect) -> str:
    """`num_replicas 2 -> 3 moved the peak up`."""
    if effect.estimate.verdict is Verdict.UNDECIDED:
        return f"{change(effect.step)}: whether it moved the peak cannot be told"
    return f"{change(effect.step)} {CALLS[effect.estimate.verdict]}"


def place(step: Step) -> str:
    """The values of the other parameters that vary: `num_replicas=2, flexible=True`."""
    return ", ".join(f"{name}={value_text(value)}" for name, value in step.place.items())


def ratio(effect: Effect) -> str:
    """`1.43 [1.30, 1.57]`."""
    estimate = effect.estimate
    text = "-" if estimate.ratio is None else f"{estimate.ratio:.2f}"
    if estimate.low is None or estimate.high is None:
        return f"{text} (no interval)"
    high = f"{estimate.high:.2f}" if estimate.high < _LARGE else f"over {_LARGE}"
    return f"{text} [{estimate.low:.2f}, {high}]"


def peaks(effect: Effect) -> tuple[str, str]:
    """The mean throughputs before and after."""
    return throughput(effect.step.before.peak.xs), throughput(effect.step.after.peak.xs)


def throughput(values: Sequence[float]) -> str:
    """The mean of repeats in three digits: `64,600`."""
    return in_digits(Estimate(sum(values) / len(values), None, None, len(values)), MEAN)[0]


def repeats(effect: Effect) -> str:
    """`3 repeats`, or `3 and 2 repeats`."""
    first, last = len(effect.step.before.peak.xs), len(effect.step.after.peak.xs)
    return number_of(last, "repeat") if first == last else f"{first} and {number_of(last, 'repeat')}"


def limits(effect: Effect) -> tuple[str, str, str]:
    """What limited before, what after, and whether a role was added where it limited; empty where it is not known."""
    before, after = _words(effect.before), _words(effect.after)
    return before, after, place_of_addition(effect.before, effect.step.added)


def counts(effects: Sequence[Effect]) -> str:
    """`8 steps: 5 moved the peak up, 3 cannot be told; ratios 1.05 to 1.41`."""
    calls = Counter(effect.estimate.verdict for effect in effects)
    texts = [f"{calls[verdict]} {words}" for verdict, words in CALLS.items() if calls[verdict]]
    ratios = [effect.estimate.ratio for effect in effects if effect.estimate.ratio is not None]
    return f"{number_of(len(effects), 'step')}: {', '.join(texts)}; ratio{'s' * (len(ratios) > 1)} {_range(ratios)}"


def by_parameter(effects: Sequence[Effect]) -> Mapping[str, list[Effect]]:
    """The steps of each parameter, in the order of their largest effects."""
    groups: dict[str, list[Effect]] = {}
    for effect in effects:
        groups.setdefault(next(iter(effect.step.changes)), []).append(effect)
    return groups


def by_change(effects: Sequence[Effect]) -> Mapping[str, list[Effect]]:
    """The steps of each change, by the values before and after it."""
    groups: dict[str, list[Effect]] = {}
    for effect in sorted(effects, key=lambda one: [*map(order, *one.step.changes.values())]):
        groups.setdefault(change(effect.step), []).append(effect)
    return groups


def together(steps: Sequence[Step]) -> str:
    """Parameters that change together, with the range of the ratios; none of them is said to have done it."""
    ratios = []
    for step in steps:
        pair = comparable_peaks(step.before, step.after)
        if pair is not None and pair[0].peak.x > 0:
            ratios.append(pair[1].peak.x / pair[0].peak.x)
    places = f" at {len(steps)} places" if len(steps) > 1 else ""
    text = f"{change(steps[0])} change together{places}"
    if not ratios:
        return f"{text}, and no load is common to both sides"
    return f"{text}: the ratio of the peaks is {_range(ratios)}. Which of them did it cannot be told"


def value_text(value: Any) -> str:
    """A value of a parameter."""
    if value is None:
        return "none"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _range(ratios: Sequence[float]) -> str:
    return " to ".join(dict.fromkeys((f"{min(ratios):.2f}", f"{max(ratios):.2f}")))


def _words(limit: Limit | None) -> str:
    return "" if limit is None else limit.in_words()
