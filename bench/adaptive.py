"""How often the intervals of `--repeat until:SHARE` hold the truth, although one looks after each repeat.

`python -m bench.adaptive` alone takes a minute; `--runs N` changes the number of points of each row.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Callable, Iterator
from typing import Final

import numpy as np

from bench.common import Row, Settings
from fpray.driver.option_texts import FEWEST, MOST_REPEATS
from fpray.evidence.enough_repeats import half_width

_TARGET: Final = 0.02
_NOISES: Final = (0.005, 0.01, 0.015, 0.02, 0.03, 0.05)
_LEAST: Final = 0.93
Repeats = Callable[[np.random.Generator, float], list[float]]


def _normal(rng: np.random.Generator, noise: float) -> list[float]:
    return list(map(float, rng.normal(1, noise, MOST_REPEATS)))


def _lognormal(rng: np.random.Generator, noise: float) -> list[float]:
    return list(map(float, np.exp(rng.normal(-(noise**2) / 2, noise, MOST_REPEATS))))


def measure(settings: Settings) -> list[Row]:
    """The rows of `make bench`."""
    return [*rows_of_simulations(settings.pick(4000, 200))]


def rows_of_simulations(runs: int) -> Iterator[Row]:
    """A row for each noise: how often the interval at which the repeats end holds the true mean."""
    for name, repeats in (("normal", _normal), ("lognormal", _lognormal)):
        for noise in _NOISES:
            rng = np.random.default_rng([14, round(noise * 1e4)])
            ends = [_end(repeats(rng, noise)) for _ in range(runs)]
            share = sum(is_right for is_right, _ in ends) / runs
            count = sum(number for _, number in ends) / runs
            error = 1.96 * math.sqrt(max(share * (1 - share), 1 / runs) / runs)
            value = f"{share:.1%} ± {error:.1%}, {count:.1f} repeats, n = {runs}"
            what = f"{name} noise of {noise:.1%}: intervals that hold the true mean"
            yield Row(what, value, f">= {_LEAST:.0%}", share >= _LEAST)


def _end(values: list[float]) -> tuple[bool, int]:
    """Whether the last interval holds the true mean, which is 1, and after how many repeats it was the last."""
    for count in range(FEWEST, len(values) + 1):
        width = half_width(values[:count])
        if width <= _TARGET:
            break
    mean = sum(values[:count]) / count
    return abs(mean - 1) <= width * mean, count


def main() -> int:
    """Print the rows; 1 if a bound is missed."""
    parser = argparse.ArgumentParser(prog="python -m bench.adaptive", description=__doc__)
    parser.add_argument("--runs", type=int, default=4000, help="points of each row")
    missed = 0
    for row in rows_of_simulations(parser.parse_args().runs):
        print(f"{row.what}: {row.value}  ({row.bound})  {'met' if row.met else 'MISSED'}", flush=True)
        missed += not row.met
    return int(missed > 0)


if __name__ == "__main__":
    sys.exit(main())
