"""`points.json` in the suite: each trial's point as Optuna knows it, from which a lost study is made again."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import optuna
from optuna.distributions import distribution_to_json, json_to_distribution
from optuna.trial import FrozenTrial, TrialState, create_trial

from fpray.files import layout
from fpray.files.atomic import read_json, write_json


class PointsFile:
    """fpray trial id -> parameters of the point and their distributions."""

    def __init__(self, suite: Path) -> None:
        self._path = suite / layout.POINTS
        self._points: dict[str, Any] = read_json(self._path) or {}

    def add(self, trial_id: str, asked: optuna.Trial) -> None:
        """Record the point of a trial."""
        if trial_id not in self._points:
            distributions = {name: distribution_to_json(d) for name, d in asked.distributions.items()}
            self._points[trial_id] = {"params": asked.params, "distributions": distributions}
            write_json(self._path, self._points)

    def restored(self, trial_id: str, attributes: Mapping[str, Any]) -> FrozenTrial | None:
        """The Optuna trial of a recorded point; None if the point is not recorded (a trial of another search)."""
        if (point := self._points.get(trial_id)) is None:
            return None
        return create_trial(
            state=TrialState.RUNNING,
            params=point["params"],
            distributions={name: json_to_distribution(text) for name, text in point["distributions"].items()},
            user_attrs=dict(attributes),
        )
