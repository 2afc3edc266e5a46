"""What a history came to: its versions, how each figure went, and its changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from fpray_analysis.comparison.comparison import Verdict, plain

RATE: Final = 0.05  # of histories without a change, at most this share has any
METHOD: Final = (
    "mean over points of the logarithms; largest t over all places, its distribution simulated, and binary segmentation"
)


@dataclass(frozen=True)
class Version:
    """The suites of one version.

    Attributes:
        name: the names of its suites.
        commit: of the directory in which they were measured; empty where it is not known.
        jar: its name and the beginning of its hash; empty where it is not known.
        trials: the trials of which figures are compared.
    """

    name: str
    commit: str
    jar: str
    trials: Sequence[str]

    def to_json(self) -> dict[str, Any]:
        """As `--json` writes it."""
        return {"name": self.name, "commit": self.commit, "jar": self.jar, "trials": list(self.trials)}


@dataclass(frozen=True)
class Change:
    """A figure is at another level from some version on.

    Attributes:
        metric: the figure.
        point: the parameters at which it changed; None where it is the mean over all points.
        at: the number of the first version after it, from 0.
        first, last: the versions with which it may have come, with a confidence of 95 %.
        ratio, low, high: the level after it divided by that before, with a 95 % interval.
        verdict: `faster` or `slower`.
    """

    metric: str
    point: Mapping[str, Any] | None
    at: int
    first: int
    last: int
    ratio: float
    low: float
    high: float
    verdict: Verdict


@dataclass(frozen=True)
class History:
    """The figures of successive versions.

    Attributes:
        versions: in their order.
        points: how many points all versions have.
        varied: the parameters that tell points apart.
        ratios: figure -> its mean over the points at each version, divided by that of the first version.
        changes: over all points first, then those of single points.
        left_out: trials that are not compared, in sentences.
        notes: what else there is to say, in sentences.
    """

    versions: Sequence[Version]
    points: int
    varied: Sequence[str]
    ratios: Mapping[str, Sequence[float]]
    changes: Sequence[Change]
    left_out: Sequence[str]
    notes: Sequence[str]

    def to_json(self) -> dict[str, Any]:
        """As `--json` writes it."""
        return {
            "versions": [version.to_json() for version in self.versions],
            "ratios": {name: list(own) for name, own in self.ratios.items()},
            "changes": [self._change(change) for change in self.changes],
            "left_out": list(self.left_out),
            "method": {"name": METHOD, "rate": RATE},
            "notes": list(self.notes),
        }

    def _change(self, change: Change) -> dict[str, Any]:
        names = [version.name for version in self.versions]
        numbers = {"ratio": change.ratio, "low": change.low, "high": change.high, "verdict": change.verdict.value}
        return {
            "metric": change.metric,
            "point": None if change.point is None else plain(change.point),
            **numbers,
            "before": names[change.at - 1],
            "after": names[change.at],
            "suspects": names[change.first : change.last + 1],
        }
