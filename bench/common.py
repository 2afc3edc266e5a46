"""What all measurements share: settings, rows with a verdict, and medians with an interval."""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

_RESAMPLES = 10_000


class BenchError(Exception):
    """A measurement failed. A bound that is missed is not an error."""


@dataclass(frozen=True)
class Settings:
    """The options of the bench.

    Attributes:
        scratch: an empty directory for everything that runs write.
        jar: the reference jar, the same file for the whole bench.
        other: another jar to run beside it.
        quick: shorter runs and fewer pairs; for trying the bench out, not for figures.
    """

    scratch: Path
    jar: Path
    other: Path | None = None
    quick: bool = False
    java: str = "java"

    def pick(self, full: int, quick: int) -> int:
        """A number of runs or seconds."""
        return quick if self.quick else full


@dataclass(frozen=True)
class Row:
    """One line of the table; `met` is None where there is no bound."""

    what: str
    value: str
    bound: str = ""
    met: bool | None = None
    figures: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Estimate:
    """The median of some values and its 95 % interval (bootstrap)."""

    median: float
    low: float
    high: float
    n: int

    def text(self, pattern: str, unit: str = "") -> str:
        """`0.12 s [0.10, 0.15], n = 7`, each by a format such as `.2f`."""
        return f"{self.median:{pattern}}{unit} [{self.low:{pattern}}, {self.high:{pattern}}], n = {self.n}"


def estimate(values: Sequence[float]) -> Estimate:
    """The median and its interval."""
    data = np.asarray(values, float)
    draws = np.random.default_rng(1).choice(data, (_RESAMPLES, len(data)))
    low, high = np.percentile(np.median(draws, axis=1), [2.5, 97.5])
    return Estimate(float(np.median(data)), float(low), float(high), len(data))


def ratio(over: Sequence[float], under: Sequence[float]) -> Estimate:
    """The median ratio of pairs and its interval."""
    logs = estimate([math.log(a / b) for a, b in zip(over, under, strict=True)])
    return Estimate(math.exp(logs.median), math.exp(logs.low), math.exp(logs.high), logs.n)


def median(values: Sequence[float]) -> float:
    """The median."""
    return float(np.median(np.asarray(values, float)))


def orders(pairs: int, seed: int = 1) -> list[bool]:
    """Whether the first way goes first, for each pair: in half of the pairs, in random order."""
    first = np.arange(pairs) % 2 == 0
    return [bool(b) for b in np.random.default_rng(seed).permutation(first)]


def safely(part: Callable[[], list[Row]], what: str) -> list[Row]:
    """The rows of a part; if it cannot be measured, one row that says so and counts as missed."""
    try:
        return part()
    except BenchError as error:
        return [Row(what, f"could not be measured: {error}", "", False)]


def say(text: str) -> None:
    """Print progress on standard error."""
    print(f"  {text} (load {os.getloadavg()[0]:.1f})", file=sys.stderr, flush=True)
