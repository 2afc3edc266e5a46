"""The trials and the recommendation of a search, from its suite's directory alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fpray.errors import Cause, refuse
from fpray.files import layout
from fpray.files.suite_file import Damaged
from fpray.peak_sampler.goals import Bound, Goal
from fpray.report.show import jar_of
from fpray.searching.goals import parse_bounds
from fpray.searching.points_file import RecordedPoint, read_points
from fpray.searching.recorded_recommendation import RecordedRecommendation, read_recommendation
from fpray.searching.suite_entries import SearchEntries
from fpray.store.outcome import Status
from fpray.store.suite import Suite


@dataclass(frozen=True)
class SearchedTrial:
    """A trial of a search that ended.

    Attributes:
        number: its number in the suite.
        point: parameter of the space -> value.
        distributions: parameter of the space -> Optuna's JSON of its distribution.
        values: result column -> number.
        measured: whether its values can be compared with those of others.
        feasible: whether it finished and kept all bounds.
    """

    number: int
    point: Mapping[str, Any]
    distributions: Mapping[str, str]
    values: Mapping[str, float]
    measured: bool
    feasible: bool


@dataclass(frozen=True)
class SearchHistory:
    """A search so far.

    Attributes:
        aim: the protocol, the goals and the bounds in words.
        jar: name, version and hash of the jar that its trials ran.
        recommendation: the content of `answer.json`.
    """

    aim: str
    jar: str
    goals: Sequence[Goal]
    bounds: Sequence[Bound]
    trials: Sequence[SearchedTrial]
    recommendation: RecordedRecommendation

    @property
    def title(self) -> str:
        """What was searched, and with which jar."""
        return f"{self.aim} · jar: {self.jar}"

    def values_of(self, column: str) -> list[tuple[SearchedTrial, float]]:
        """The measured trials that have a value in a column."""
        return [(trial, trial.values[column]) for trial in self.trials if trial.measured and column in trial.values]


def read_history(suite: Suite) -> SearchHistory:
    """The search of a suite.

    Raises:
        Refused: the suite is not one of a search, or no trial of it has ended.
    """
    entries = SearchEntries.of(suite)
    if entries is None:
        raise refuse(
            suite.path.name,
            "has the results of a sweep, and this figure is one of fpray search: to draw a sweep, use fpray plot",
            Cause.FIGURE,
        )
    record = entries.search
    goals = [Goal(text.partition(" ")[2], text.startswith("maximize")) for text in record["goals"]]
    bounds, _ = parse_bounds(record["bounds"])
    if not goals:
        raise Damaged(suite.path / layout.SUITE, "is damaged: the search has no goals")
    trials = _ended_trials(suite, bounds)
    if not trials:
        raise refuse(
            suite.path.name, "has no trial that has ended, so nothing can be drawn yet: try again later", Cause.FIGURE
        )
    subject = f", subject to {' and '.join(map(str, bounds))}" if bounds else ""
    aim = f"{suite.record.protocol}: {' and '.join(map(str, goals))}{subject}"
    return SearchHistory(aim, jar_of(suite), goals, bounds, trials, read_recommendation(suite.path))


def _ended_trials(suite: Suite, bounds: Sequence[Bound]) -> list[SearchedTrial]:
    points = read_points(suite.path)
    trials = []
    for directory, record, outcome in suite.outcomes():
        if outcome is None:
            continue
        point = points.get(record["id"]) or RecordedPoint({}, {})
        values = outcome.numbers
        is_comparable = outcome.status.comparable
        feasible = outcome.status is Status.FINISHED and all(bound.kept_by(values) for bound in bounds)
        number = int(directory.number)
        trials.append(SearchedTrial(number, point.params, point.distributions, values, is_comparable, feasible))
    return trials
