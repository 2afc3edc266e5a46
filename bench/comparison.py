"""How often `fpray compare` errs and what it finds: simulated suites, and real repeats of published tables.

`python -m bench.comparison` alone takes some minutes; `--runs N` changes the number of comparisons of each row, and
`--table CSV` (may be repeated) splits the repeats of published results.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from bench.common import BenchError, Row, Settings
from fpray_analysis.comparison.figures_compared import compared_columns, is_latency, shares_of_error
from fpray_analysis.comparison.intervals import RATE_OVERALL, Interval, Sides, interval_overall, intervals_of_pairs
from fpray_analysis.comparison.noise import Numbers
from fpray_analysis.loading import load

PAIRS: Final = 50
_RATE: Final = 0.05
Noise = Callable[[np.random.Generator, int], Numbers]


def _even(deviation: float) -> Noise:
    return lambda _, points: np.full(points, deviation)


def _log_uniform(rng: np.random.Generator, points: int) -> Numbers:
    return np.exp(rng.uniform(math.log(0.01), math.log(0.1), points))


def _uniform(rng: np.random.Generator, points: int) -> Numbers:
    return rng.uniform(0.01, 0.1, points)


def _a_few_noisy(rng: np.random.Generator, points: int) -> Numbers:
    """1 %, and 10 % at two points."""
    return np.where(rng.permutation(points) < 2, 0.1, 0.01)


@dataclass(frozen=True)
class Scene:
    """How simulated suites come about.

    Attributes:
        what: its name in the table.
        noise: the standard deviations of points, of logarithms.
        pairs: how many there are.
        repeats: of A and of B.
        outliers: the share of trials that are slower by 20 to 50 %.
        apart: whether the points of A and of B differ in noise, too.
        figures: how many figures there are, a throughput first; the others are latencies.
        differing, factor: the share of pairs that truly differ, by this factor.
        overall: a true factor of all pairs.
    """

    what: str
    noise: Noise
    pairs: int = PAIRS
    repeats: tuple[int, int] = (3, 3)
    outliers: float = 0.0
    apart: bool = False
    figures: int = 1
    differing: float = 0.0
    factor: float = 1.0
    overall: float = 1.0


EQUAL: Final = (
    Scene("noise 1 to 10 %, differing from point to point", _log_uniform),
    Scene("the same, evenly distributed", _uniform),
    Scene("the same, and 5 % of trials slower by 20 to 50 %", _log_uniform, outliers=0.05),
    Scene("noise 1 to 10 %, differing between A and B, too", _log_uniform, apart=True),
    Scene("noise 1 %, at two points 10 %", _a_few_noisy),
    Scene("noise 3 %", _even(0.03)),
    Scene("noise 3 %, and 5 % of trials slower by 20 to 50 %", _even(0.03), outliers=0.05),
    Scene("noise 1 to 10 %, one throughput and four latencies", _log_uniform, figures=5),
    Scene("noise 1 to 10 %, 2 repeats", _log_uniform, repeats=(2, 2)),
    Scene("noise 1 to 10 %, 5 repeats", _log_uniform, repeats=(5, 5)),
    Scene("noise 1 to 10 %, 3 repeats and 1", _log_uniform, repeats=(3, 1)),
    Scene("noise 1 to 10 %, 3 pairs", _log_uniform, pairs=3),
    Scene("noise 1 to 10 %, 1 pair", _log_uniform, pairs=1),
)
_TENTH: Final = {"differing": 0.2, "factor": 1.1}
MIXED: Final = (
    Scene("noise 3 %, one pair in five differs by 10 %", _even(0.03), **_TENTH),  # type: ignore[arg-type]
    Scene("the same, one throughput and four latencies", _even(0.03), figures=5, **_TENTH),  # type: ignore[arg-type]
    Scene("noise 1 to 10 %, one pair in five differs by 10 %", _log_uniform, **_TENTH),  # type: ignore[arg-type]
)
SHIFTED: Final = Scene("noise 3 %, all pairs differ by 2 %", _even(0.03), overall=1.02)


def measure(settings: Settings) -> list[Row]:
    """The rows of `make bench`."""
    return [*rows_of_simulations(settings.pick(1000, 50))]


def rows_of_simulations(runs: int, only: str = "") -> Iterator[Row]:
    """A row for each scene: how often something is called, how much of what is called is false, what is found."""
    for scene in (scene for scene in EQUAL if only in scene.what):
        calls = sum(_calls_any(*compared) for compared, _ in _simulated(scene, runs))
        yield _share(f"equal suites, {scene.what}: comparisons that call anything", calls, runs, most=_RATE)
    for scene in (scene for scene in MIXED if only in scene.what):
        yield from _rows_of_mixed(scene, runs)
    if only in SHIFTED.what:
        calls = sum(_excludes(overall[0]) for (_, overall), _ in _simulated(SHIFTED, runs))
        yield _share(f"{SHIFTED.what}: comparisons that find it over all", calls, runs, least=0.95)


def rows_of_table(file: Path, runs: int) -> Iterator[Row]:
    """The repeats of each point of published results, split at random: nothing differs, so nothing may be called."""
    results = load(file)
    rows = results.trials.to_pylist()
    points: dict[tuple[object, ...], list[dict[str, float]]] = {}
    for row in rows:
        points.setdefault(tuple(row[name] for name in results.inputs), []).append(row)
    repeats = [own for own in points.values() if len(own) > 1]
    rng, calls, throughputs = np.random.default_rng(1), 0, 0
    names = compared_columns(rows, rows, results.trials.column_names)
    names = [name for name in names if any(_halves(repeats, name, rng))]  # such as reads of trials that only write
    if not names:
        raise BenchError(f"{file.name} has no repeats")
    shares = shares_of_error(names)
    for _ in range(runs):
        figures = {name: [*_halves(repeats, name, rng)] for name in names}
        pairs, overall = _compared(figures, shares)
        calls += _calls_any(pairs, overall)
        throughputs += any(map(_excludes, (one for name in names if not is_latency(name) for one in pairs[name])))
    what = f"{file.name}: {len(repeats)} points, {len(names)} figures, repeats split at random"
    yield _share(f"{what}: comparisons that call anything", calls, runs, most=_RATE)
    yield _share(f"{what}: comparisons that call a throughput", throughputs, runs, most=_RATE)


def _halves(repeats: Sequence[Sequence[dict[str, float]]], name: str, rng: np.random.Generator) -> Iterator[Sides]:
    for own in repeats:
        values = [math.log(row[name]) for row in own if row[name] is not None and row[name] > 0]
        if len(values) > 1:
            rng.shuffle(values)
            cut = (len(values) + int(rng.integers(2))) // 2
            yield Sides(values[:cut], values[cut:])


def _rows_of_mixed(scene: Scene, runs: int) -> Iterator[Row]:
    false_shares, shares = [], []
    for (pairs, _), differs in _simulated(scene, runs):
        called = np.array([[_excludes(one) for one in own] for own in pairs.values()])
        false_shares.append(called[:, ~differs].sum() / max(1, called.sum()))
        shares.append(called[0, differs].mean())
    error = 1.96 * np.std(false_shares) / math.sqrt(runs)
    value = f"{np.mean(false_shares):.1%} ± {error:.1%}, n = {runs}"
    yield Row(
        f"{scene.what}: share of the called pairs that is false",
        value,
        f"<= {_RATE:.0%}",
        bool(np.mean(false_shares) <= _RATE),
    )
    error = 1.96 * np.std(shares) / math.sqrt(runs)
    value = f"{np.mean(shares):.1%} ± {error:.1%}, n = {runs}"
    is_claimed = scene.noise is not _log_uniform and scene.figures == 1
    bound, met = (">= 75%", bool(np.mean(shares) >= 0.75)) if is_claimed else ("", None)
    yield Row(f"{scene.what}: share of the differences of throughput that is found", value, bound, met)


Compared = tuple[dict[str, list[Interval]], list[Interval]]


def _simulated(scene: Scene, runs: int) -> Iterator[tuple[Compared, np.ndarray[tuple[int], np.dtype[np.bool_]]]]:
    """Comparisons of simulated suites, and which of their pairs truly differ."""
    rng = np.random.default_rng([1, scene.pairs, *scene.repeats, scene.figures])
    names = ["throughput", *(f"latency.p{50 + n}_ms" for n in range(scene.figures - 1))]
    for _ in range(runs):
        noise_a = scene.noise(rng, scene.pairs)
        noise_b = scene.noise(rng, scene.pairs) if scene.apart else noise_a
        differs = rng.permutation(scene.pairs) < round(scene.differing * scene.pairs)
        true = math.log(scene.overall) + differs * math.log(scene.factor) * rng.choice([-1, 1], scene.pairs)
        figures = {}
        for name in names:
            a = _trials(rng, noise_a, scene.repeats[0], scene.outliers)
            b = true[:, None] + _trials(rng, noise_b, scene.repeats[1], scene.outliers)
            figures[name] = [Sides(own, other) for own, other in zip(a.tolist(), b.tolist(), strict=True)]
        yield _compared(figures, shares_of_error(names)), differs


def _trials(rng: np.random.Generator, noise: Numbers, repeats: int, outliers: float) -> Numbers:
    """Logarithms of throughputs: points x repeats."""
    slower = np.log(1 - rng.uniform(0.2, 0.5, (len(noise), repeats)))
    is_slower = rng.random((len(noise), repeats)) < outliers
    return noise[:, None] * rng.normal(size=(len(noise), repeats)) + np.where(is_slower, slower, 0)


def _compared(figures: dict[str, list[Sides]], shares: dict[str, float]) -> Compared:
    overall = [interval_overall(pairs, RATE_OVERALL * shares[name]) for name, pairs in figures.items()]
    return intervals_of_pairs(figures, shares), overall


def _calls_any(pairs: dict[str, list[Interval]], overall: Iterable[Interval]) -> bool:
    return any(map(_excludes, overall)) or any(_excludes(one) for own in pairs.values() for one in own)


def _excludes(interval: Interval) -> bool:
    """Whether an interval says that something differs; one that is not there does not."""
    return interval.low > 0 or interval.high < 0


def _share(what: str, count: int, runs: int, *, most: float = math.inf, least: float = -math.inf) -> Row:
    share = count / runs
    error = 1.96 * math.sqrt(max(share, 1 / runs) * (1 - share) / runs)
    bound = f"<= {most:.0%}" if most < math.inf else f">= {least:.0%}"
    return Row(what, f"{share:.1%} ± {error:.1%}, n = {runs}", bound, least <= share <= most)


def main() -> int:
    """Print the rows; 1 if a bound is missed."""
    parser = argparse.ArgumentParser(prog="python -m bench.comparison", description=__doc__)
    parser.add_argument("--runs", type=int, default=1000, help="comparisons of each row")
    parser.add_argument("--only", default="", help="simulations with this text in their names")
    parser.add_argument("--table", type=Path, action="append", default=[], metavar="CSV", help="published results")
    args = parser.parse_args()
    rows = [rows_of_table(file, args.runs) for file in args.table] or [rows_of_simulations(args.runs, args.only)]
    missed = 0
    for row in (row for part in rows for row in part):
        verdict = {None: "", True: "  met", False: "  MISSED"}[row.met]
        print(f"{row.what}: {row.value}{f'  ({row.bound})' if row.bound else ''}{verdict}", flush=True)
        missed += row.met is False
    return int(missed > 0)


if __name__ == "__main__":
    sys.exit(main())
