"""How often `fpray compare --history` errs, and what it finds: simulated versions of a system.

`python -m bench.histories` alone takes some minutes; `--runs N` changes the number of histories of each row.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from bench.common import Row, Settings
from fpray_analysis.histories.changes import Change
from fpray_analysis.histories.locations import location, noise_of
from fpray_analysis.histories.run import changes_of

_FIGURES: Final = {"measured.throughput": 1.0, "measured.latency.median_ms": 1.0, "measured.latency.p99_ms": 3.0}
_VERSIONS: Final = 20
_REPEATS: Final = 3


@dataclass(frozen=True)
class Scene:
    """How simulated versions come about.

    Attributes:
        what: its name in the table.
        points: how many there are.
        versions: how many there are.
        noise: the standard deviation of a repeat, of logarithms; that of p99 is three times as large.
        nights: the standard deviation of what all trials of a version have in common.
        outliers: the share of trials that are slower by 20 to 50 %.
        size: what a change makes of the figures; None: nothing changes.
        edge: the fewest versions before and after a change.
    """

    what: str
    points: int = 4
    versions: int = _VERSIONS
    noise: float = 0.03
    nights: float = 0.0
    outliers: float = 0.0
    size: float | None = None
    edge: int = 1


EQUAL: Final = (
    Scene("1 point", points=1),
    Scene("4 points"),
    Scene("20 points", points=20),
    Scene("4 points, nights that differ by 3 %", nights=0.03),
    Scene("4 points, 5 % of trials slower by 20 to 50 %", outliers=0.05),
    Scene("4 points, 8 versions", versions=8),
    Scene("4 points, 60 versions", versions=60),
)
CHANGED: Final = (
    Scene("4 points", size=0.95),
    Scene("20 points", points=20, size=0.95),
    Scene("1 point, 7 versions before and after at least", points=1, edge=7, size=0.95),
    Scene("4 points, 10 versions", versions=10, size=0.95),
    Scene("1 point", points=1, size=0.95),
    Scene("4 points, nights that differ by 3 %", nights=0.03, size=0.95),
)
_PROMISED: Final = 3  # of CHANGED; the others are harder: few versions, or one value that could be a bad trial


def measure(settings: Settings) -> list[Row]:
    """The rows of `make bench`."""
    return [*rows_of_simulations(settings.pick(1000, 30))]


def rows_of_simulations(runs: int) -> Iterator[Row]:
    """A row for each scene: how often anything is found where nothing changed, and how often a change is found."""
    for scene in EQUAL:
        count = sum(bool(changes) for _, changes in _simulated(scene, runs))
        yield _share(f"no change, {scene.what}: histories in which one is found", count, runs, most=0.05)
    for number, scene in enumerate(CHANGED):
        count = sum(_is_found(at, changes) for at, changes in _simulated(scene, runs))
        least = 0.9 if number < _PROMISED else -math.inf
        yield _share(f"a change of 5 %, {scene.what}: found within one version", count, runs, least=least)


def _is_found(at: int, changes: list[Change]) -> bool:
    """Whether a change of the mean throughput is at most one version from the true place."""
    overall = [change for change in changes if change.metric == "measured.throughput" and change.point is None]
    return any(abs(change.at - at) <= 1 for change in overall)


def _simulated(scene: Scene, runs: int) -> Iterator[tuple[int, list[Change]]]:
    """Where each history changed, and the changes that are found."""
    rng = np.random.default_rng([14, scene.points, scene.versions, scene.edge])
    for _ in range(runs):
        at = int(rng.integers(scene.edge, scene.versions - scene.edge + 1))
        rows = {}
        for name, more in _FIGURES.items():
            shape = (scene.points, scene.versions, _REPEATS)
            values = rng.normal(0, scene.noise * more, shape) + rng.normal(0, scene.nights, (scene.versions, 1))
            is_slow = rng.random(shape) < scene.outliers
            values += np.where(is_slow, np.log(1 - rng.uniform(0.2, 0.5, shape)), 0)
            if scene.size is not None:
                values[:, at:] += math.log(scene.size)
            rows[name] = {(point,): _locations(cells) for point, cells in enumerate(values.tolist())}
        yield at, [*changes_of(rows, {key: {} for key in rows["measured.throughput"]}, [])]


def _locations(cells: list[list[float]]) -> list[float]:
    noise = noise_of(cells)
    return [location(cell, noise) for cell in cells]


def _share(what: str, count: int, runs: int, *, most: float = math.inf, least: float = -math.inf) -> Row:
    share = count / runs
    error = 1.96 * math.sqrt(max(share, 1 / runs) * (1 - share) / runs)
    bound = f"<= {most:.0%}" if most < math.inf else f">= {least:.0%}" if least > -math.inf else ""
    return Row(what, f"{share:.1%} ± {error:.1%}, n = {runs}", bound, least <= share <= most if bound else None)


def main() -> int:
    """Print the rows; 1 if a bound is missed."""
    parser = argparse.ArgumentParser(prog="python -m bench.histories", description=__doc__)
    parser.add_argument("--runs", type=int, default=1000, help="histories of each row")
    missed = 0
    for row in rows_of_simulations(parser.parse_args().runs):
        verdict = {None: "", True: "  met", False: "  MISSED"}[row.met]
        print(f"{row.what}: {row.value}{f'  ({row.bound})' if row.bound else ''}{verdict}", flush=True)
        missed += row.met is False
    return int(missed > 0)


if __name__ == "__main__":
    sys.exit(main())
