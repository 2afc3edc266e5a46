"""What a search has found out: the best configuration, how sure that is, what else it may be, what the bound costs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from optuna.distributions import BaseDistribution
from optuna.trial import FrozenTrial

from fpray.peak_sampler.candidates import Allowed, Candidates
from fpray.peak_sampler.goals import Bound, Goal
from fpray.peak_sampler.posterior import FEWEST, Belief, Outlook, Point, cdf, gather
from fpray.peak_sampler.prior import Array, Encoding, Loops

NEIGHBOURING = (0.5, 0.7, 0.85, 1.0, 1.2, 1.5, 2.0)  # limits at which the frontier is told, as shares of the bound's
STILL_LIKELY = 0.1  # a gain with at least this probability is one that is still likely
HOPELESS = 0.02  # where no point keeps the bounds with this probability, none does
WITHIN_NOISE = 0.1  # a configuration is within noise of the best if it is the better of the two with this probability
# Standard deviations of the belief on either side: so many hold the truth in 95 % of the searches of published trials
# (1.96 do in 90 %: the best of many is chosen partly for its luck, and real noise is no single distribution).
_HALF_WIDTH = 2.55


@dataclass(frozen=True)
class Interval:
    """A number and its 95 % interval, in the unit of its column."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Choice:
    """A configuration that was tried, and what is believed of it.

    Attributes:
        params: the parameters of the space.
        goals: column -> estimate of the truth (what many repeats would settle on), not of the next trial.
        chance: probability that it keeps all bounds.
        trials: Optuna's numbers of the trials of exactly this point.
        measured: column of a goal or bound -> what each of these trials gave (NaN: nothing).
    """

    params: Point
    goals: dict[str, Interval]
    chance: float
    trials: tuple[int, ...]
    measured: dict[str, tuple[float, ...]]

    @property
    def repeats(self) -> int:
        """How many trials of it there are."""
        return len(self.trials)


@dataclass(frozen=True)
class Answer:
    """What is known at the end of a search, or in the middle of one.

    Attributes:
        best: what is recommended; None before anything was measured, or where nothing keeps the bounds.
        feasible: whether `best` is more likely to keep the bounds than not.
        nearest: without a best: what is most likely to keep the bounds.
        within_noise: others that may be as good, best first.
        frontier: the first bound at other limits, and what would be recommended there (None: nothing keeps it).
        likely_gain: by which share the goal may still be raised: no point, tried or not, has a chance of one in ten
            to gain more. While nothing keeps the bounds it is infinite, and nil once nothing can be hoped to.
        front: of several goals, what no other beats in all of them; of one, the best.
        trials: how many there were that say something.
    """

    best: Choice | None
    feasible: bool
    nearest: Choice | None
    within_noise: tuple[Choice, ...]
    frontier: tuple[tuple[Bound, Choice | None], ...]
    likely_gain: float
    front: tuple[Choice, ...]
    trials: int


NOTHING = Answer(None, False, None, (), (), math.inf, (), 0)


def answer(
    trials: Sequence[FrozenTrial],
    goals: Sequence[Goal],
    bounds: Sequence[Bound],
    loops: Loops | None,
    allowed: Allowed | None = None,
) -> Answer:
    """What trials say.

    Args:
        trials: of an Optuna study, each with its `metrics` (column -> number or null) and `status` as user attributes.
        goals: one, or several for a front.
        bounds: that a recommended point must keep.
        loops: closed loops of a point, if they are known.
        allowed: whether a point can be run at all; only for what may still be gained.
    """
    space = shared_space(trials)
    columns = list(dict.fromkeys([*(goal.column for goal in goals), *(bound.column for bound in bounds)]))
    known = gather(trials, space, columns)
    if not all(np.isfinite(known.values[goal.column]).any() for goal in goals):
        return replace(NOTHING, trials=len(known.points))
    encoding = Encoding(space, loops)
    beliefs = [Belief(encoding, goal, bounds, known) for goal in goals]
    told = _Told(beliefs)
    belief = beliefs[0]
    best = belief.recommended
    if best is None:
        chances = np.where(told.known, np.round(told.outlook.feasible(), 6), -1.0)
        choices = [told.choice(i) for i in np.flatnonzero(chances == chances.max()).tolist()]
        nearest = min(
            choices, key=lambda choice: _missed_by(choice, bounds)
        )  # where all chances are nil, who is closest
        gain = max(likely_gain(each, Candidates(space, allowed)) for each in beliefs)
        return replace(NOTHING, nearest=nearest, likely_gain=gain, trials=len(known.points))
    chosen = belief.tried.index(best)
    front = told.front() if len(goals) > 1 else [chosen]
    return Answer(
        best=told.choice(chosen),
        feasible=True,
        nearest=None,
        within_noise=tuple(told.choice(i) for i in told.within_noise(chosen)),
        frontier=tuple(_frontier(belief, told)),
        likely_gain=max(likely_gain(each, Candidates(space, allowed)) for each in beliefs),
        front=tuple(told.choice(i) for i in front),
        trials=len(known.points),
    )


def _missed_by(choice: Choice, bounds: Sequence[Bound]) -> float:
    """How far over its bounds a point was measured, as shares of the limits."""
    over = 0.0
    for bound in bounds:
        if not (values := [value for value in choice.measured[bound.column] if math.isfinite(value)]):
            return math.inf
        excess = (sum(values) / len(values) - bound.limit) * (1 if bound.upper else -1)
        over += max(0.0, excess) / (abs(bound.limit) or 1.0)
    return over


def recommend(
    trials: Sequence[FrozenTrial], goals: Sequence[Goal], bounds: Sequence[Bound], loops: Loops | None
) -> Point | None:
    """The point that `answer` recommends, and nothing else: it takes a fraction of the time."""
    space = shared_space(trials)
    columns = list(dict.fromkeys([goals[0].column, *(bound.column for bound in bounds)]))
    known = gather(trials, space, columns)
    if not np.isfinite(known.values[goals[0].column]).any():
        return None
    return Belief(Encoding(space, loops), goals[0], bounds, known).recommended


def shared_space(trials: Sequence[FrozenTrial]) -> dict[str, BaseDistribution]:
    """The parameters that all ended trials have, with the same distribution."""
    ended = [t.distributions for t in trials if t.state.is_finished() and t.distributions]
    common = dict(ended[0]) if ended else {}
    for other in ended[1:]:
        common = {name: d for name, d in common.items() if other.get(name) == d}
    return {name: d for name, d in sorted(common.items()) if not d.single()}


def likely_gain(belief: Belief, candidates: Candidates) -> float:
    """The largest gain over the recommended point that some point has with probability `STILL_LIKELY`, as a share."""
    best = belief.recommended
    rng = np.random.default_rng(0)
    points = candidates.scattered(rng)
    around = belief.tried if best is None else [best]
    points = [*points, *candidates.around(around, belief.encoding.load, rng), *belief.tried]
    if best is None:
        hopeless = len(belief.trials.points) >= FEWEST and belief.at(points).feasible().max() < HOPELESS
        return 0.0 if hopeless else math.inf
    outlook, base = belief.at(points), float(belief.at([best]).mean[0])
    low, high = 0.0, 3.0
    for _ in range(20):
        gain = (low + high) / 2
        low, high = (gain, high) if _beyond(outlook, base + gain).max() >= STILL_LIKELY else (low, gain)
    if belief.scale.logs:
        return math.expm1(low)
    return low / abs(base) if base else math.inf


def _beyond(outlook: Outlook, level: float) -> Array:
    """Probability that a point keeps the bounds and its goal is above a level."""
    low = np.maximum(outlook.low, level)
    inside = cdf((outlook.high - outlook.mean) / outlook.spread) - cdf((low - outlook.mean) / outlook.spread)
    return np.asarray(np.maximum(inside, 0).mean(axis=0) * outlook.others)


class _Told:
    """The points that were tried, as choices."""

    def __init__(self, beliefs: Sequence[Belief]) -> None:
        self._beliefs = beliefs
        self._points = beliefs[0].tried
        self._outlooks = [belief.at(self._points) for belief in beliefs]
        self.outlook = self._outlooks[0]
        self._chances = self.outlook.feasible()
        trials = beliefs[0].trials
        measured = np.all([np.isfinite(trials.values[belief.goal.column]) for belief in beliefs], axis=0)
        some = [point for point, is_known in zip(trials.points, measured, strict=True) if is_known]
        self.known = np.array([point in some for point in self._points])  # what only broke down has no number

    def choice(self, index: int) -> Choice:
        point, trials = self._points[index], self._beliefs[0].trials
        own = [i for i, other in enumerate(trials.points) if other == point]
        goals = {}
        for belief, outlook in zip(self._beliefs, self._outlooks, strict=True):
            middle, half = float(outlook.mean[index]), _HALF_WIDTH * float(outlook.spread[index])
            ends = [float(belief.scale.back(belief.up * (middle + side * half))) for side in (0, -1, 1)]
            goals[belief.goal.column] = Interval(ends[0], min(ends[1:]), max(ends[1:]))
        measured = {column: tuple(float(values[i]) for i in own) for column, values in trials.values.items()}
        return Choice(point, goals, float(self._chances[index]), tuple(trials.numbers[i] for i in own), measured)

    def within_noise(self, chosen: int) -> list[int]:
        """Others that keep the bounds and are better with a probability that is not small."""
        difference = self.outlook.mean - self.outlook.mean[chosen]
        spread = np.sqrt(self.outlook.spread**2 + self.outlook.spread[chosen] ** 2)
        chance = cdf(difference / spread) * self._chances
        order = np.argsort(-chance)
        return [int(i) for i in order if i != chosen and chance[i] >= WITHIN_NOISE]

    def front(self) -> list[int]:
        """What keeps the bounds and is beaten by no other in all goals."""
        means = np.array([outlook.mean for outlook in self._outlooks]).T
        kept = [i for i in range(len(means)) if self._chances[i] >= 0.5 and self.known[i]]
        return [
            i
            for i in kept
            if not any((means[j] >= means[i]).all() and (means[j] > means[i]).any() for j in kept if j != i)
        ]


def _frontier(belief: Belief, told: _Told) -> list[tuple[Bound, Choice | None]]:
    if not belief.bounds:
        return []
    first, *others = belief.bounds
    found: list[tuple[Bound, Choice | None]] = []
    for share in NEIGHBOURING:
        bound = replace(first, limit=first.limit * share)
        point = belief.under([bound, *others])
        found.append((bound, None if point is None else told.choice(belief.tried.index(point))))
    return found
