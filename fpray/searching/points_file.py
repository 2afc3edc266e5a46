"""`points.json` in the suite: each trial's point as Optuna knows it, from which a lost study is made again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import optuna
from optuna.distributions import distribution_to_json, json_to_distribution
from optuna.trial import FrozenTrial, TrialState, create_trial

from fpray.files.atomic import write_json
from fpray.files.rules import Cell, Rule
from fpray.files.shown import shown
from fpray.files.suite_file import Damaged, read_suite_file
from fpray.searching.file_names import POINTS


def _distribution(text: str) -> str | None:
    """A distribution is Optuna's own JSON."""
    try:
        json_to_distribution(text)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        what = "Optuna's description (JSON) of the range of a parameter, as fpray wrote it"
        return f"must be {what}, not {shown(text)}"
    return None


@dataclass(frozen=True)
class RecordedPoint:
    """A point: parameter -> value, and parameter -> Optuna's JSON of its distribution."""

    params: Mapping[str, Cell]
    distributions: Mapping[str, Annotated[str, Rule(_distribution)]]


def read_points(suite: Path) -> dict[str, RecordedPoint]:
    """fpray trial id -> point, of a suite; none if it is not the suite of a search.

    Raises:
        Damaged: its `points.json` is.
    """
    return read_suite_file(suite / POINTS, dict[str, RecordedPoint]) or {}


class PointsFile:
    """fpray trial id -> parameters of the point and their distributions."""

    def __init__(self, suite: Path) -> None:
        self._path = suite / POINTS
        self._points = read_points(suite)

    def add(self, trial_id: str, suggestion: optuna.Trial) -> None:
        """Record the point of a trial."""
        if trial_id not in self._points:
            distributions = {name: distribution_to_json(d) for name, d in suggestion.distributions.items()}
            self._points[trial_id] = RecordedPoint(suggestion.params, distributions)
            write_json(self._path, {key: vars(point) for key, point in self._points.items()})

    def restored(self, trial_id: str, attributes: Mapping[str, Any]) -> FrozenTrial | None:
        """The Optuna trial of a recorded point; None if the point is not recorded (a trial of another search)."""
        if (point := self._points.get(trial_id)) is None:
            return None
        distributions = {name: json_to_distribution(text) for name, text in point.distributions.items()}
        try:
            return create_trial(
                state=TrialState.RUNNING,
                params=dict(point.params),
                distributions=distributions,
                user_attrs=dict(attributes),
            )
        except (ValueError, KeyError, TypeError) as error:
            which = f"for trial {trial_id}, the values (params) do not fit the ranges (distributions) in this file"
            raise Damaged(self._path, f"is damaged: {which} ({error})") from None
