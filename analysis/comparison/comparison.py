"""What a comparison came to: ratios with intervals and verdicts, by pair and over all, and what was not compared."""

from __future__ import annotations

import enum
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

METHOD: Final = (
    "ratios of geometric means; noise of each point from its repeats and those of all points (empirical Bayes);"
    " intervals for all pairs and figures at once (Benjamini and Yekutieli)"
)
RATE: Final = 0.05  # of equal suites, this share of comparisons calls anything; of called pairs, this share is false


class Verdict(enum.Enum):
    """What an interval says."""

    SAME = "same"
    FASTER = "faster"
    SLOWER = "slower"
    UNDECIDED = "undecided"


@dataclass(frozen=True)
class Estimate:
    """A figure of B divided by that of A.

    Attributes:
        ratio: of the geometric means of the repeats; over all, the geometric mean of the ratios. None: there is none.
        low, high: the ends of the simultaneous interval; None where there is none.
        verdict: `faster` and `slower` are about B.
        reason: why there is no interval; empty where there is one.
    """

    ratio: float | None
    low: float | None
    high: float | None
    verdict: Verdict
    reason: str = ""

    @property
    def is_called(self) -> bool:
        """Whether B is faster or slower."""
        return self.verdict in (Verdict.FASTER, Verdict.SLOWER)

    def to_json(self) -> dict[str, Any]:
        """As `--json` writes it."""
        numbers = {"ratio": self.ratio, "low": self.low, "high": self.high, "verdict": self.verdict.value}
        return {**numbers, "reason": self.reason} if self.reason else numbers


@dataclass(frozen=True)
class Pair:
    """A point that both sides have.

    Attributes:
        point: the parameters that both sides have, with their values.
        a, b: the trials that are compared; of several suites with the suite before them.
        metrics: figure -> its estimate.
    """

    point: Mapping[str, Any]
    a: Sequence[str]
    b: Sequence[str]
    metrics: Mapping[str, Estimate]

    def to_json(self) -> dict[str, Any]:
        """As `--json` writes it."""
        metrics = {name: estimate.to_json() for name, estimate in self.metrics.items()}
        return {"point": plain(self.point), "a": list(self.a), "b": list(self.b), "metrics": metrics}


@dataclass(frozen=True)
class Unpaired:
    """Trials of one side that are not compared, and why."""

    point: Mapping[str, Any]
    trials: Sequence[str]
    reason: str

    def to_json(self) -> dict[str, Any]:
        """As `--json` writes it."""
        return {"point": plain(self.point), "trials": list(self.trials), "reason": self.reason}


@dataclass(frozen=True)
class Comparison:
    """A comparison of two sides, A and B.

    Attributes:
        pairs: in the order of A's trials.
        overall: figure -> its mean over the pairs that have it.
        unpaired: `a` and `b` -> what is not compared.
        provenance: what differs in where the numbers come from: subject -> its values in A and in B.
        varied: the parameters of points that tell pairs apart.
        margin: differences below it are none.
        notes: what else there is to say, in sentences.
        sources: what A and B are: suites, how many trials, jar.
    """

    pairs: Sequence[Pair]
    overall: Mapping[str, Estimate]
    unpaired: Mapping[str, Sequence[Unpaired]]
    provenance: Mapping[str, tuple[str, str]]
    varied: Sequence[str]
    margin: float
    notes: Sequence[str]
    sources: Sequence[str] = ()

    def to_json(self) -> dict[str, Any]:
        """As `--json` writes it."""
        return {
            "pairs": [pair.to_json() for pair in self.pairs],
            "overall": {name: estimate.to_json() for name, estimate in self.overall.items()},
            "unpaired": {side: [one.to_json() for one in own] for side, own in self.unpaired.items()},
            "provenance": {subject: {"a": a, "b": b} for subject, (a, b) in self.provenance.items()},
            "margin": self.margin,
            "method": {"name": METHOD, "rate": RATE},
            "notes": list(self.notes),
        }


def plain(point: Mapping[str, Any]) -> dict[str, Any]:
    """A point with values that JSON has."""
    return {
        name: value if isinstance(value, str | int | None) or math.isfinite(value) else str(value)
        for name, value in point.items()
    }
