"""What a user asks for with `fpray search`, and what it comes to when all that can be known beforehand is right."""

from __future__ import annotations

import dataclasses
import functools
import itertools
import math
import random
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import optuna

from fpray.driver.request import Request
from fpray.errors import Problem, Refused, nearest, refuse, refuse_if_any
from fpray.peak_sampler.goals import Bound, Goal
from fpray.plan.plan import Trial, parameter_problems
from fpray.protocol import params as param_values
from fpray.protocol.protocol import Protocol
from fpray.recorder.columns import MEASURED_STATISTICS, START_THROUGHPUT, measured_latency, without_output
from fpray.searching.goals import parse_bounds, parse_goals
from fpray.searching.sampler_factory import OURS, sampler_problems
from fpray.searching.space import Space, ends, in_words, read_space, suggest
from fpray.searching.storage import JOURNAL, storage_problems
from fpray.store.columns import measured_columns, output_columns
from fpray.study.registry import find_protocol
from fpray.study.study import Point, Search, Study
from fpray.trial.early_stop import LatencyBound

_QUANTILE = re.compile(r"latency\.(median|p90|p95|p99|max|min)_ms$")
_MOST_CORNERS, _SUGGESTED = 64, 20
_SEEDS = 2**32  # what Optuna's samplers take
Suggest = Callable[[optuna.Trial], Point]


@dataclass(frozen=True)
class Limits:
    """When a search ends.

    Attributes:
        trials: at most so many, confirmations among them.
        minutes: of trials, at most.
        dollars: at most; needs the price.
        price_per_machine_hour: in dollars.
        stop_at: when no gain above this share is likely any more.
        confirm: how often the best configuration is to have run at the end.
    """

    trials: int = 50
    minutes: float | None = None
    dollars: float | None = None
    price_per_machine_hour: float | None = None
    stop_at: float = 0.02
    confirm: int = 3

    def problems(self) -> Iterator[Problem]:
        """What is wrong with them."""
        if self.trials < 1:
            yield Problem(f"--budget-trials {self.trials}", "must be at least 1")
        for name in ("minutes", "dollars", "price_per_machine_hour"):
            value = getattr(self, name)
            if value is not None and not (value > 0 and math.isfinite(value)):
                option = f"--{'budget-' if name in ('minutes', 'dollars') else ''}{name.replace('_', '-')}"
                yield Problem(f"{option} {value:g}", "must be above 0")
        if self.dollars is not None and self.price_per_machine_hour is None:
            said = "needs --price-per-machine-hour: fpray does not know what your machines cost"
            yield Problem(f"--budget-dollars {self.dollars:g}", said)
        elif self.price_per_machine_hour is not None and self.dollars is None:
            said = "counts for nothing without --budget-dollars"
            yield Problem(f"--price-per-machine-hour {self.price_per_machine_hour:g}", said)
        if self.confirm > max(self.trials, Limits.confirm):
            yield Problem(f"--confirm {self.confirm}", f"is more than the whole budget, --budget-trials {self.trials}")
        if not 0 <= self.stop_at < 1:
            yield Problem(f"--stop-at {self.stop_at:g}", "is a share of the best: write 2% or 0.02 (0% never stops)")
        if self.confirm < 1:
            yield Problem(
                f"--confirm {self.confirm}", "counts the runs of the best, the first one among them: at least 1"
            )


@dataclass(frozen=True)
class SearchProblem:
    """A search that can be started: what is looked for, where, and how a point of it becomes a trial.

    Attributes:
        start: the parameters that every point changes.
        fixed: what `--set` says; it wins over every point.
        space: parameter -> distribution; None where `suggest` says what to try.
    """

    protocol: Protocol[Any]
    study: Search
    start: Any
    fixed: Point
    goals: Sequence[Goal]
    bounds: Sequence[Bound]
    space: Space | None
    suggest: Suggest
    limits: Limits
    _seen: dict[Any, tuple[float, bool]] = field(default_factory=dict)
    _fields: dict[Any, Any] = field(default_factory=dict)

    @property
    def columns(self) -> list[str]:
        """The columns that a trial must have to count."""
        return list(dict.fromkeys([*(g.column for g in self.goals), *(b.column for b in self.bounds)]))

    def params(self, point: Point) -> tuple[Any, list[Problem]]:
        """The parameters of a point, and why the jar would refuse them."""
        params, wrong = param_values.set_values(self.start, point, protocol=self.protocol.name)
        params, wrong_too = param_values.set_values(params, self.fixed, protocol=self.protocol.name)
        return params, [*wrong, *wrong_too, *parameter_problems(self.protocol, params)]

    def loops(self, point: Point) -> float:
        """Closed loops of all clients at a point of the space."""
        return self._look(point)[0]

    def allows(self, point: Point) -> bool:
        """Whether the protocol takes a point of the space."""
        return self._look(point)[1]

    @functools.cached_property
    def picky(self) -> bool:
        """Whether there are points of the space that the protocol does not take, as far as its ends show."""
        return self.space is not None and any(self.params(point)[1] for point in self.corners())

    def _look(self, point: Point) -> tuple[float, bool]:
        """Both, remembered: a sampler asks of thousands of points."""
        key = tuple(point.items())
        if key not in self._seen:
            by_field: dict[str, list[tuple[str, Any]]] = {}
            for name, value in (*key, *self.fixed.items()):
                if (head := name.partition(".")[0]) in param_values.field_types(type(self.start)):
                    by_field.setdefault(head, []).append((name, value))
            changed = {name: self._field(name, tuple(said)) for name, said in by_field.items()}
            params = dataclasses.replace(self.start, **changed)
            allowed = not parameter_problems(self.protocol, params)
            self._seen[key] = float(self.protocol.loops(params) * params.num_client_procs), allowed
        return self._seen[key]

    def _field(self, name: str, said: tuple[tuple[str, Any], ...]) -> Any:
        """The value of a field that parts of a point make."""
        if said not in self._fields:
            params, _ = param_values.set_values(self.start, dict(said), protocol=self.protocol.name)
            self._fields[said] = getattr(params, name)
        return self._fields[said]

    def corners(self) -> Iterator[Point]:
        """Points at the ends of the space: all of them, or many; some suggestions where there is no space."""
        chance = random.Random(0)  # the same points every time
        if self.space is None:
            optuna.logging.set_verbosity(optuna.logging.WARNING)
            trials = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
            for _ in range(_SUGGESTED):
                yield self.suggest(trials.ask())
            return
        sides = {key: list(ends(distribution)) for key, distribution in self.space.items()}
        if math.prod(map(len, sides.values())) <= _MOST_CORNERS:
            yield from (dict(zip(sides, chosen, strict=True)) for chosen in itertools.product(*sides.values()))
            return
        for key, side in sides.items():  # every end at least once
            yield from ({**{k: chance.choice(v) for k, v in sides.items()}, key: end} for end in side)
        for _ in range(_MOST_CORNERS):
            yield {key: chance.choice(side) for key, side in sides.items()}


@dataclass(frozen=True)
class SearchRequest(Request):
    """Everything that a user can say of a search; what is not said is the study's."""

    maximize: Sequence[str] = ()
    minimize: Sequence[str] = ()
    subject_to: Sequence[str] = ()
    space: Mapping[str, Any] = field(default_factory=dict)
    sampler: str = OURS
    storage: str | None = None
    seed: int | None = None
    stop_at: float | None = None
    confirm: int | None = None
    budget_trials: int | None = None
    budget_minutes: float | None = None
    budget_dollars: float | None = None
    price_per_machine_hour: float | None = None

    @property
    def kind(self) -> str:
        """The command that it is of."""
        return "search"

    def caps(self, protocol: Protocol[Any]) -> Sequence[LatencyBound]:
        """Its upper bounds on measured latencies; not of grouped rows, whose quantiles are refused."""
        found = []
        latencies = {measured_latency(statistic): statistic for statistic in MEASURED_STATISTICS}
        for bound in self.quest().bounds:
            for label, prefix in protocol.outputs.items():
                if bound.upper and (statistic := latencies.get(bound.column.removeprefix(prefix))):
                    found.append(LatencyBound(label, statistic, bound.limit))
        return found

    def identity(self) -> Any:
        """What is looked for and where; not for how long."""
        space = {key: each if isinstance(each, str) else repr(each) for key, each in self.space.items()}
        words = [list(self.maximize), list(self.minimize), list(self.subject_to), space, self.sampler, self.seed]
        return [self.points.to_json(), words]

    def keeps(self) -> dict[str, Any]:
        """What a new suite's `suite.json` keeps of it; the seed for good, so that resuming goes on with it."""
        quest = self.quest()
        seed = random.SystemRandom().randrange(2**31) if self.seed is None else self.seed
        kept = {
            "goals": [str(goal) for goal in quest.goals],
            "bounds": [str(bound) for bound in quest.bounds],
            "space": {key: in_words(each) for key, each in quest.space.items()} if quest.space else {},
            "start": param_values.to_json(quest.start),
            "sampler": self.sampler,
            "seed": seed,
            "storage": self.storage or JOURNAL,
        }
        return {**super().keeps(), "search": kept, "ended": ""}

    def resolve(self) -> tuple[Protocol[Any], Study, list[Trial[Any]]]:
        """The protocol, the search as a study, and trials at the ends of its space."""
        quest = self.quest()
        try:
            found = [(point, *quest.params(point)) for point in quest.corners()]
        except Exception as error:  # a user's own code
            said = f"suggest(trial) raises {type(error).__name__}: {error}"
            raise refuse(f"--study {quest.study.name}", f"{said}; it is to return parameter -> value") from None
        allowed = [Trial(quest.protocol, params) for _, params, problems in found if not problems]
        refuse_if_any([*_problems_of_ends(quest, found), *_problems_of_groups(quest, allowed)])
        summary = quest.study.summary or tuple(dict.fromkeys(key for point, _, _ in found for key in point))
        return quest.protocol, replace(quest.study, summary=summary), allowed

    def quest(self) -> SearchProblem:
        """The search that is asked for.

        Raises:
            Refused: with every problem.
        """
        protocol = find_protocol(self.points.protocol)
        start, found, problems = protocol.params(), Study(self.points.study, protocol.name), list[Problem]()
        try:
            _, found, trials = self.points.resolve()
            start = trials[0].params
        except Refused as refused:  # go on with the defaults: the words of the search may be wrong as well
            problems += refused.problems
        study = self._with_words(_as_search(found))
        goals, wrong = parse_goals(study.maximize, study.minimize)
        problems += wrong
        bounds, wrong = parse_bounds(study.subject_to)
        problems += wrong
        if not goals:
            said = "a search needs a goal, such as --maximize " + next(iter(measured_columns(protocol)))
            problems.append(Problem("--maximize", said))
        problems += _column_problems(protocol, goals, bounds)
        fixed = self.points.set
        both = [key for key in self.space if key in fixed]
        problems += [Problem(key, "is in --space and in --set: which is meant?") for key in both]
        where = {key: each for key, each in study.space.items() if key not in fixed}
        space: Space | None = None
        if study.suggest is None:
            space, wrong = read_space(where, start, protocol.name)
            problems += wrong
            if not where and not both:
                said = "a search needs parameters to vary, such as --space num_clients_per_proc=1..1024:log"
                problems.append(Problem("--space", said))
        elif where:
            problems.append(Problem("--space", f"study {study.name} suggests its points itself: leave it out"))
        problems += [*sampler_problems(self.sampler, space, goals), *storage_problems(self.storage or JOURNAL)]
        if self.seed is not None and not 0 <= self.seed < _SEEDS:
            problems.append(Problem(f"--seed {self.seed}", f"must be between 0 and {_SEEDS - 1}"))
        limits = self._limits(study)
        problems += limits.problems()
        refuse_if_any(problems)
        ask = study.suggest or (lambda trial: suggest(trial, space or {}))
        return SearchProblem(protocol, study, start, fixed, goals, bounds, space, ask, limits)

    def _with_words(self, study: Search) -> Search:
        said: dict[str, Any] = {}
        if self.maximize or self.minimize:
            said |= {"maximize": self.maximize, "minimize": self.minimize}
        if self.subject_to:
            said["subject_to"] = self.subject_to
        if self.space:
            said["space"] = {**study.space, **self.space}
        return replace(study, **said)

    def _limits(self, study: Search) -> Limits:
        return Limits(
            study.budget_trials if self.budget_trials is None else self.budget_trials,
            self.budget_minutes,
            self.budget_dollars,
            self.price_per_machine_hour,
            study.stop_at if self.stop_at is None else self.stop_at,
            study.confirm if self.confirm is None else self.confirm,
        )


def _as_search(study: Study) -> Search:
    """A plain study as a search that starts from its first point: goals and space come from the words."""
    if isinstance(study, Search):
        return study
    first = study.points[0] if study.points else {}
    name = f"search_from_{study.name}"
    return Search(name, study.protocol, {**study.base, **first}, about=study.about, regions=study.regions)


def _column_problems(protocol: Protocol[Any], goals: Sequence[Goal], bounds: Sequence[Bound]) -> Iterator[Problem]:
    known = [*measured_columns(protocol), *output_columns(protocol)]
    for about, column in [*((f"--{g}", g.column) for g in goals), *((f"--subject-to {b}", b.column) for b in bounds)]:
        if column not in known:
            tail = without_output(column)
            near = nearest(column, known) or nearest(tail, known)
            said = f"{protocol.name} measures no such column{near} (docs/measuring.md says what there is)"
            yield Problem(about, said)


def _problems_of_ends(quest: SearchProblem, found: Sequence[tuple[Point, Any, Sequence[Problem]]]) -> list[Problem]:
    """What is wrong at an end of the space whatever the other parameters are; what is wrong at some is passed over."""
    if found and all(problems for _, _, problems in found):
        return _fewest([problems for _, _, problems in found])
    wrong: list[Problem] = []
    for key, distribution in (quest.space or {}).items():
        for end in ends(distribution):
            here = [problems for point, _, problems in found if point[key] == end]
            if here and all(here):
                wrong += _fewest(here)
    return wrong


def _fewest(groups: Sequence[Sequence[Problem]]) -> list[Problem]:
    fewest = min(map(len, groups))
    return next(list(problems) for problems in groups if len(problems) == fewest)


def _problems_of_groups(quest: SearchProblem, trials: Sequence[Trial[Any]]) -> Iterator[Problem]:
    """Quantiles of grouped measurements are those of means: nothing can be claimed by them."""
    sizes = [getattr(trial.params, "measurement_group_size", 1) for trial in trials]
    largest = max(sizes, default=1)
    for column in quest.columns:
        if largest > 1 and _QUANTILE.search(column):
            yield Problem(
                f"measurement_group_size={largest}",
                f"leaves means of {largest} requests, and so no {column}: set it to 1, or bound the mean",
            )
    for trial in trials:
        for column in quest.columns:
            if START_THROUGHPUT in column and trial.params.duration.total_seconds() <= 1:
                yield Problem(
                    f"duration={param_values.show_duration(trial.params.duration)}", f"is too short for {column}"
                )
