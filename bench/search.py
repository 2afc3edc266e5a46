"""`make bench-search`: how many trials our sampler and general ones need to find the best of every search task.

Trials to x %: the first after which what a strategy would recommend truly keeps its bound and is within x % of the
best that does. Ours recommends what `fpray.searching.recommendation` says; a general sampler, the configuration with
the best mean of its trials among those whose mean keeps the bound. All of them run as Optuna samplers by ask and tell.

    python -m bench.search [--seeds 100] [--trials 40] [--only NAME] [--strategy ours] [--table FILE.csv]

A run of one strategy, task and seed is kept in .build/bench-search/, under the digest of what it depends on, so that
an interrupted run goes on, and only what changed runs again. Optuna's GP needs torch and scipy, which fpray does not:
its figures, with those of the other general samplers, are kept in tests/data/search/general.json and computed anew
with `--again`, by a Python that has them.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import os
import sys
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from importlib.util import find_spec
from itertools import product
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, IntDistribution
from optuna.samplers import BaseSampler
from optuna.trial import FrozenTrial, TrialState, create_trial

from bench.common import Row
from bench.surrogates import CURVE_SHARE, DATA, Params, Task, curve_tasks, curves_of_table, table_tasks, tasks

ROOT = Path(__file__).resolve().parent.parent
KEPT, RESULTS, GENERAL = ROOT / ".build" / "bench-search", ROOT / ".build" / "bench-search.json", DATA / "general.json"
NEVER = math.inf
NEAR, CLOSE = 0.05, 0.02  # of the best: what a task is solved to
LOAD_ONLY = ("curve", "line")
POINTS = (4, 6, 8, 12)  # of a curve, after which it is asked whether it is solved
DOCUMENT, BEGIN, END = (
    ROOT / "docs" / "performance.md",
    "<!-- searches: by bench.search -->",
    "<!-- end of searches -->",
)


@dataclass(frozen=True)
class Run:
    """One strategy on one task with one seed: the regret of what it recommends after each trial (inf: not feasible)."""

    regrets: tuple[float, ...]

    def trials_to(self, share: float) -> float:
        """The first trial after which the recommendation is within a share of the best."""
        return next((i + 1 for i, regret in enumerate(self.regrets) if regret <= share + 1e-9), NEVER)

    def solved_after(self, trials: int, share: float) -> bool:
        """Whether what is recommended after so many trials is within a share of the best."""
        return self.regrets[min(trials, len(self.regrets)) - 1] <= share + 1e-9


# ---- strategies: (task, seed, trials) -> regrets --------------------------------------------------------------------


def ours(task: Task, seed: int, trials: int) -> list[float]:
    """Our sampler, and our answer."""
    from fpray.peak_sampler.sampler import PeakSampler
    from fpray.searching.recommendation import recommend

    goals, bounds = [task.goal], [task.bound]
    allowed = task.allowed if task.finite else None
    study = optuna.create_study(
        sampler=PeakSampler(goals, bounds, loops=task.loops, seed=seed, allowed=allowed), direction="maximize"
    )
    rng, regrets = np.random.default_rng([seed, 1]), []
    for _ in range(trials):
        trial = study.ask(task.space)
        point = task.nearest(trial.params)
        if point != trial.params:  # only the first: no sampler knows the space yet
            trial.set_user_attr("status", "refused")
            study.tell(trial, state=TrialState.FAIL)
            study.add_trial(told(task, point, task.measure(point, rng)))
        else:
            metrics = task.measure(point, rng)
            trial.set_user_attr("metrics", metrics)
            trial.set_user_attr("status", "finished")
            study.tell(trial, metrics[task.goal.column])
        regrets.append(task.regret(recommend(study.get_trials(deepcopy=False), goals, bounds, task.loops)))
        if _is_over(task, regrets):
            break
    return regrets


def _is_over(task: Task, regrets: Sequence[float]) -> bool:
    """Whether a run has shown all that is asked of it; of a curve, what is recommended later is asked as well."""
    return task.kind not in LOAD_ONLY and bool(regrets) and regrets[-1] <= CLOSE + 1e-9


def told(task: Task, point: Params, metrics: Mapping[str, float]) -> FrozenTrial:
    """A finished trial of a point."""
    return create_trial(
        params=dict(point),
        distributions=task.space,
        value=metrics[task.goal.column],
        user_attrs={"metrics": dict(metrics), "status": "finished"},
    )


def general(
    make: Callable[[int], BaseSampler], *, penalty: bool = False, log: bool = False
) -> Callable[[Task, int, int], list[float]]:
    """A general sampler: ordered values as ranks, which suits it best; what is no row of a table goes to the nearest.

    Args:
        make: the sampler of a seed.
        penalty: the bound as a penalty on the objective (of as many nepers as it is exceeded by), not as a constraint.
        log: the objective's logarithm.
    """

    def run(task: Task, seed: int, trials: int) -> list[float]:
        study = optuna.create_study(sampler=make(seed), direction="maximize")
        ranked = {name: _ranked(distribution) for name, distribution in task.space.items()}
        rng, regrets, seen = np.random.default_rng([seed, 1]), [], _Means(task)
        for _ in range(trials):
            asked = study.ask(ranked)
            point = task.nearest({n: _value(d, asked.params[n]) for n, d in task.space.items()})
            metrics = task.measure(point, rng)
            own = {name: _rank(task.space[name], point[name]) for name in task.space}
            value = math.log(metrics[task.goal.column]) if log or penalty else metrics[task.goal.column]
            excess = math.log(metrics[task.bound.column] / task.bound.limit)
            if penalty:
                value -= max(0.0, excess)
            if own == asked.params:
                if not penalty:
                    asked.set_constraint("bound", excess)
                study.tell(asked, value)
            else:
                study.tell(asked, state=TrialState.FAIL)
                constraints = None if penalty else {"bound": excess}
                study.add_trial(create_trial(params=own, distributions=ranked, value=value, constraints=constraints))
            regrets.append(task.regret(seen.with_(point, metrics)))
        return regrets

    return run


def _ranked(distribution: BaseDistribution) -> BaseDistribution:
    if isinstance(distribution, CategoricalDistribution) and all(
        isinstance(choice, int | float) and not isinstance(choice, bool) for choice in distribution.choices
    ):
        return IntDistribution(0, len(distribution.choices) - 1)
    return distribution


def _value(distribution: BaseDistribution, asked: Any) -> Any:
    return asked if _ranked(distribution) is distribution else distribution.choices[asked]  # type: ignore[attr-defined]


def _rank(distribution: BaseDistribution, value: Any) -> Any:
    return value if _ranked(distribution) is distribution else distribution.choices.index(value)  # type: ignore[attr-defined]


class _Means:
    """The best mean of those whose mean keeps the bound."""

    def __init__(self, task: Task) -> None:
        self._task, self._seen = task, dict[tuple[Any, ...], tuple[Params, list[float], list[float]]]()

    def with_(self, point: Params, metrics: Mapping[str, float]) -> Params | None:
        goal, bound = self._task.goal.column, self._task.bound
        _, goals, values = self._seen.setdefault(tuple(point.values()), (dict(point), [], []))
        goals.append(metrics[goal])
        values.append(metrics[bound.column])
        kept = [(np.mean(g), p) for p, g, v in self._seen.values() if bound.excess(float(np.mean(v))) <= 0]
        return max(kept, key=lambda pair: pair[0])[1] if kept else None


def grid(task: Task, seed: int, trials: int) -> list[float]:
    """What a person would run: all combinations in order (of a load, geometric); the seed decides the noise only."""
    rng, regrets, seen = np.random.default_rng([seed, 1]), [], _Means(task)
    points: Sequence[Params] = task.points
    if not task.finite:
        steps = 12 if len(task.space) == 1 else 4
        names = list(task.space)
        axes = [_spaced(distribution, steps) for distribution in task.space.values()]
        points = [dict(zip(names, values, strict=True)) for values in product(*axes)]
    for i in range(trials):
        point = points[i % len(points)]
        regrets.append(task.regret(seen.with_(point, task.measure(point, rng))))
    return regrets


def bisection(task: Task, seed: int, trials: int) -> list[float]:
    """What a person would do by hand, of a load alone: by fours until the bound lies between, then by halves."""
    ((name, distribution),) = task.space.items()
    assert isinstance(distribution, IntDistribution)
    low, high = distribution.low, distribution.high
    rng, regrets, seen = np.random.default_rng([seed, 1]), [], _Means(task)
    load, kept, broken = math.sqrt(low * high), math.nan, math.nan
    for _ in range(trials):
        point = {name: min(max(round(load), low), high)}
        metrics = task.measure(point, rng)
        regrets.append(task.regret(seen.with_(point, metrics)))
        if task.bound.excess(metrics[task.bound.column]) <= 0:
            kept = float(np.fmax(kept, point[name]))
        else:
            broken = float(np.fmin(broken, point[name]))
        load = math.sqrt(kept * broken) if kept > 0 and broken > 0 else kept * 4 if kept > 0 else broken / 4
    return regrets


def _spaced(distribution: BaseDistribution, steps: int) -> list[Any]:
    if isinstance(distribution, CategoricalDistribution):
        return list(distribution.choices)
    assert isinstance(distribution, IntDistribution)
    between = np.geomspace if distribution.log else np.linspace
    return sorted({round(value) for value in between(distribution.low, distribution.high, steps)})


def _gp(seed: int) -> BaseSampler:
    return optuna.samplers.GPSampler(seed=seed, deterministic_objective=False)


def _tpe(seed: int) -> BaseSampler:
    return optuna.samplers.TPESampler(seed=seed, multivariate=True)


STRATEGIES: dict[str, Callable[[Task, int, int], list[float]]] = {
    "ours": ours,
    "grid": grid,
    "bisection": bisection,
    "random": general(lambda seed: optuna.samplers.RandomSampler(seed=seed)),
    "tpe": general(_tpe),
    "tpe-penalty": general(_tpe, penalty=True),
    "gp": general(_gp, log=True),
}
LOADS_ONLY = {"bisection"}  # strategies that know nothing else
OWN = ("ours", "bisection")  # what needs nothing but fpray
FEWER_SEEDS = {"gp": 8}  # of a hundred: it takes a hundred times as long


# ---- running them ----------------------------------------------------------------------------------------------------


def _suited(strategy: str, chosen: Iterable[Task]) -> list[Task]:
    return [task for task in chosen if strategy not in LOADS_ONLY or len(task.space) == 1]


@lru_cache(maxsize=1)
def _all_tasks() -> dict[str, Task]:
    found = dict(tasks())
    for path in os.environ.get("FPRAY_BENCH_TABLES", "").split(os.pathsep):
        if path:
            more = [*table_tasks(Path(path), Path(path).stem), *curves_of_table(Path(path), Path(path).stem)]
            more = more or [*curve_tasks(Path(path), Path(path).stem)]
            found |= {task.name: task for task in more}
    return found


def digest(strategy: str) -> str:
    """What a run of a strategy depends on, beside task, seed and data."""
    if strategy != "ours":
        return f"{optuna.__version__}-1"
    own = [
        ROOT / "fpray" / "searching" / f"{name}.py"
        for name in ("goals", "surface", "belief", "candidates", "sampler", "answer")
    ]
    return hashlib.sha256(b"".join(path.read_bytes() for path in own)).hexdigest()[:12]


def _unit(unit: tuple[str, str, tuple[int, ...], int]) -> tuple[str, str, dict[int, list[float]], float]:
    strategy, name, seeds, trials = unit
    os.nice(max(0, 19 - os.nice(0)))
    warnings.simplefilter("ignore")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    began = time.process_time()
    found = {seed: STRATEGIES[strategy](_all_tasks()[name], seed, trials) for seed in seeds}
    return strategy, name, found, time.process_time() - began


class Kept:
    """Runs that were made, on disk."""

    def __init__(self, strategy: str) -> None:
        self._path = KEPT / f"{strategy}-{digest(strategy)}"

    def runs(self, task: Task, trials: int) -> dict[int, Run]:
        """Seed -> run, of those that are at least this long, or that were over before."""
        path = self._file(task)
        found = json.loads(path.read_text()) if path.exists() else {}
        known = {int(seed): [NEVER if r is None else r for r in regrets] for seed, regrets in found.items()}
        return {s: Run(tuple(r[:trials])) for s, r in known.items() if len(r) >= trials or _is_over(task, r)}

    def add(self, task: Task, runs: Mapping[int, Sequence[float]]) -> None:
        """Write more of them."""
        path = self._file(task)
        found = json.loads(path.read_text()) if path.exists() else {}
        found |= {str(s): [None if math.isinf(r) else round(r, 5) for r in regrets] for s, regrets in runs.items()}
        path.parent.mkdir(parents=True, exist_ok=True)
        path.with_suffix(".new").write_text(json.dumps(found))
        path.with_suffix(".new").rename(path)

    def _file(self, task: Task) -> Path:
        name = hashlib.sha256(f"{task.name} {task.bound} {task.best}".encode()).hexdigest()[:16]
        return self._path / f"{name}.json"


def run_all(
    strategies: Sequence[str], chosen: Sequence[Task], seeds: int, trials: Mapping[str, int], jobs: int
) -> float:
    """Make every run that is not kept; seconds of CPU of a trial of ours, asked and answered (NaN: all were kept)."""
    units = []
    for strategy in strategies:
        kept = Kept(strategy)
        for task in _suited(strategy, chosen):
            length = trials[task.kind]
            wanted = range(min(seeds, FEWER_SEEDS.get(strategy, seeds)))
            missing = [seed for seed in wanted if seed not in kept.runs(task, length)]
            chunk = 2 if strategy == "gp" else 10
            units += [
                (strategy, task.name, tuple(missing[i : i + chunk]), length) for i in range(0, len(missing), chunk)
            ]
    units.sort(key=lambda unit: unit[2][0])  # stopped half way, all tasks have as many seeds
    cpu, asked, done, began = 0.0, 0, 0, time.monotonic()
    if not units:
        return math.nan
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")  # small matrices: threads of a BLAS would only fight over the cores
    with get_context("spawn").Pool(jobs) as pool:
        for strategy, name, found, seconds in pool.imap_unordered(_unit, units):
            Kept(strategy).add(_all_tasks()[name], found)
            if strategy == "ours":
                cpu, asked = cpu + seconds, asked + sum(map(len, found.values()))
            done += 1
            if sys.stderr.isatty() or done % 50 == 0:
                left = (time.monotonic() - began) / done * (len(units) - done)
                print(
                    f"\r{done} of {len(units)} pieces, about {left / 60:.0f} min left ",
                    end="",
                    file=sys.stderr,
                    flush=True,
                )
    print(file=sys.stderr)
    return cpu / asked if asked else math.nan


# ---- what they came to -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Figures:
    """A strategy on a task: trials to 5 % and 2 % of each seed, and the share of seeds that solved it after some."""

    to_5: tuple[float, ...]
    to_2: tuple[float, ...]
    solved: dict[str, float]  # "<trials>@<share>" -> share of seeds

    @classmethod
    def of(cls, runs: Mapping[int, Run]) -> Figures:
        """Of all seeds."""
        ordered = [runs[seed] for seed in sorted(runs)]
        solved = {
            f"{n}@{share}": sum(run.solved_after(n, share) for run in ordered) / len(ordered)
            for n, share in ((n, CURVE_SHARE) for n in POINTS)
        }
        return cls(tuple(r.trials_to(NEAR) for r in ordered), tuple(r.trials_to(CLOSE) for r in ordered), solved)

    def to_json(self) -> dict[str, Any]:
        """Never is null."""
        lists = {name: [None if math.isinf(n) else int(n) for n in getattr(self, name)] for name in ("to_5", "to_2")}
        return {**lists, "solved": self.solved}

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Figures:
        """What `to_json` wrote."""
        to_5, to_2 = (tuple(NEVER if n is None else float(n) for n in content[name]) for name in ("to_5", "to_2"))
        return cls(to_5, to_2, content["solved"])


def quantile(values: Sequence[float], share: float) -> float:
    """The value that so many seeds do not exceed; infinite where too few got there."""
    return sorted(values)[min(len(values) - 1, math.ceil(share * len(values)) - 1)]


def worse(ours_: Figures, other: Figures, limit: int) -> float:
    """By how many trials to 5 % ours is surely worse: the lower end of the 95 % interval of the difference of means.

    Runs that never get there count as `limit`; at most 0: not worse by more than the seeds' noise.
    """
    mine, its = (np.minimum(np.array(figures.to_5), limit) for figures in (ours_, other))
    rng = np.random.default_rng(0)
    means = [rng.choice(each, (4000, len(each))).mean(axis=1) for each in (mine, its)]
    return float(np.quantile(means[0] - means[1], 0.025))


def rows_of_tables(found: Mapping[str, Mapping[str, Figures]], limit: int) -> list[Row]:
    """The bounds on tables and models, from strategy -> task -> figures."""
    mine = found["ours"]
    names = [
        name
        for name, task in _all_tasks().items()
        if task.kind not in LOAD_ONLY and len(task.space) > 1 and name in mine
    ]
    if not names:
        return []

    def of(strategy: str, field: str, share: float) -> float:
        return float(np.median([quantile(getattr(found[strategy][name], field), share) for name in names]))

    median, tail = of("ours", "to_5", 0.5), of("ours", "to_5", 0.9)
    rows = [
        Row(f"trials to 5 %, median over {len(names)} tasks", f"{median:g}", "<= 9 (reach for 8)", median <= 9),
        Row(
            "trials to 5 %, 90th percentile of seeds, median over tasks",
            f"{tail:g}",
            "<= 18 (reach for 16)",
            tail <= 18,
        ),
        Row(
            "trials to 2 %, median and 90th percentile", f"{of('ours', 'to_2', 0.5):g} and {of('ours', 'to_2', 0.9):g}"
        ),
    ]
    rivals = [s for s in ("tpe", "tpe-penalty") if all(name in found.get(s, {}) for name in names)]
    for rival in rivals:
        its = of(rival, "to_5", 0.5)
        rows.append(Row(f"of {rival}'s median", f"{median / its:.2f} (of {its:g})", "< 0.5", median < its / 2))
    rivals = [s for s in ("tpe", "tpe-penalty", "gp") if s in found]
    lost = {
        name: max((worse(mine[name], found[s][name], limit), s) for s in rivals if name in found[s])
        for name in names
        if any(name in found[s] for s in rivals)
    }
    behind = [f"{name} ({s}, by {by:.1f})" for name, (by, s) in lost.items() if by > 0]
    text = "none" if not behind else "; ".join(behind)
    rows.append(Row(f"tasks on which {', '.join(rivals)} is better by more than noise", text, "none", not behind))
    return rows


def rows_of_curves(found: Mapping[str, Mapping[str, Figures]]) -> list[Row]:
    """The bounds on load alone, of all curves; beside them those that were published as such, the noisier ones.

    Of these, who knows the curve solves hardly more than the bound (`ceiling`): they have none of their own.
    """
    rows = []
    every = _loads(found["ours"])
    published = [name for name in every if _all_tasks()[name].kind != "line"]
    sets = {f"{len(every)} curves": every, f"the {len(published)} of them that are no lines of a table": published}
    for n, (which, names) in product(POINTS, sets.items() if every else ()):
        solved = [found["ours"][name].solved[f"{n}@{CURVE_SHARE}"] for name in names]
        share, half = float(np.mean(solved)), float(np.mean([each >= 0.5 for each in solved]))
        bound = {6: 0.6, 12: 0.85}.get(n) if names is every else None
        what = f"load only, {n} points: share solved to 3 % of {which} (in brackets: by half of the seeds)"
        value = f"{share:.3f} ({half:.2f})"
        rows.append(Row(what, value, f">= {bound}" if bound else "", share >= bound if bound else None))
    return rows


def _loads(names: Iterable[str]) -> list[str]:
    return [name for name, task in _all_tasks().items() if len(task.space) == 1 and name in names]


def ceiling(task: Task, points: int, draws: int = 60) -> float:
    """How often one solves a curve who knows it but for a factor on its latency, and spends every point at its bound.

    What a search can hardly beat: the factor is the median of what was measured, and half a percent below the bound
    was the best margin of those tried, over all curves.
    """
    loads = np.array([point["clients"] for point in task.points])
    expected = [task.expect(point) for point in task.points]
    latency, goal = (np.array([each[column] for each in expected]) for column in (task.bound.column, task.goal.column))
    solves = np.array([task.regret(point) <= CURVE_SHARE for point in task.points])
    best = loads[int(np.argmax(np.where(latency <= task.bound.limit, goal, 0.0)))]
    rng, solved = np.random.default_rng(0), 0
    for _ in range(draws):
        around = [{"clients": max(1, round(float(best) * share))} for share in rng.uniform(0.98, 1.02, points)]
        off = [task.measure(p, rng)[task.bound.column] / task.expect(p)[task.bound.column] for p in around]
        kept = latency * float(np.median(off)) <= task.bound.limit * 0.995
        solved += bool(solves[int(np.argmax(np.where(kept, goal, 0.0)))])
    return solved / draws


def table_of(found: Mapping[str, Mapping[str, Figures]]) -> Iterator[str]:
    """Markdown: every task, and what each strategy needed: median / 90th percentile to 5 %."""
    strategies = [s for s in STRATEGIES if found.get(s) and s not in LOADS_ONLY]
    yield f"| task | {' | '.join(strategies)} |"
    yield f"|---|{'---|' * len(strategies)}"
    for name, task in _all_tasks().items():
        if len(task.space) > 1 and name in found["ours"]:
            cells = [_cell(found[s][name].to_5) if name in found[s] else "" for s in strategies]
            yield f"| {name.replace('|', ' ')} | {' | '.join(cells)} |"


def table_of_curves(found: Mapping[str, Mapping[str, Figures]], *, lines: bool) -> Iterator[str]:
    """Markdown: load only, the share of curves solved to 3 %, by each strategy that was tried on all of them."""
    yield f"| | {' | '.join(f'{n} points' for n in POINTS)} |"
    yield f"|---|{'---|' * len(POINTS)}"
    names = [name for name in _loads(found["ours"]) if lines or _all_tasks()[name].kind != "line"]
    for strategy in [s for s in STRATEGIES if found.get(s)]:
        if all(name in found[strategy] for name in names):
            shares = [np.mean([found[strategy][name].solved[f"{n}@{CURVE_SHARE}"] for name in names]) for n in POINTS]
            yield f"| {strategy} | {' | '.join(f'{share:.2f}' for share in shares)} |"
    if names:
        shares = [np.mean([ceiling(_all_tasks()[name], n) for name in names]) for n in POINTS]
        yield f"| knowing the curve | {' | '.join(f'{share:.2f}' for share in shares)} |"


def _cell(trials: Sequence[float]) -> str:
    ends = (quantile(trials, 0.5), quantile(trials, 0.9))
    return " / ".join("never" if math.isinf(n) else f"{n:g}" for n in ends)


def write_section(text: str) -> None:
    """Put the figures into docs/performance.md, between its markers."""
    document = DOCUMENT.read_text()
    head, _, rest = document.partition(BEGIN)
    tail = rest.partition(END)[2]
    DOCUMENT.write_text(f"{head.rstrip()}\n\n{BEGIN}\n{text}\n{END}\n{tail.lstrip()}")


def section(report: Mapping[str, Any], found: Mapping[str, Mapping[str, Figures]]) -> str:
    """The section of docs/performance.md."""
    rows = [f"| {r['what']} | {r['value']} | {r['bound']} | {_verdict(r['met'])} |" for r in report["rows"]]
    head = (
        f"`make bench-search`: {report['seeds']} seeds ({FEWER_SEEDS['gp']} for gp, which takes a hundred times as"
        f" long), up to {report['trials']['table']} trials, on published trials, drawn again, and on queueing models"
        " (`bench/surrogates.py`). A task is solved to x % when what is recommended truly keeps the bound and is within"
        f" x % of the best that does. Ours takes {1000 * report['seconds_per_trial']:.0f} ms of CPU for a trial, asked"
        " and answered. GP and TPE get ordered values as ranks, and the nearest configuration where a table has none."
    )
    lines = [f"## Searches ({report['began']})", head, "", "| | figure | bound | |", "|---|---|---|---|", *rows, ""]
    lines += ["Trials to 5 % of the best, median / 90th percentile of the seeds:", "", *table_of(found), ""]
    knowing = (
        "Load only, share solved to 3 % over seeds and curves. *Bisection*: what a person would do by hand, by fours"
        " from the middle until the bound lies between, then halves. *Knowing the curve*: all but a factor on its"
        " latency, with every point spent at its bound; what the noise of the published repeats leaves to be had."
    )
    lines += [knowing, "", "All curves, those among them that are lines of tables:", ""]
    lines += [*table_of_curves(found, lines=True), "", "Only those that were published as curves:", ""]
    return "\n".join([*lines, *table_of_curves(found, lines=False)])


def _verdict(met: bool | None) -> str:
    return "" if met is None else "met" if met else "**missed**"


def main() -> int:
    """See the module's docstring; 1 if a bound is missed."""
    parser = argparse.ArgumentParser(prog="python -m bench.search", description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--seeds", type=int, default=100)
    parser.add_argument("--trials", type=int, default=40, help="at most so many trials of a table's task")
    parser.add_argument("--only", default="", help="tasks whose names contain this")
    parser.add_argument("--strategy", action="append", choices=STRATEGIES, help="(may be repeated)")
    parser.add_argument("--again", action="store_true", help="run the general samplers anew as well")
    parser.add_argument("--table", action="append", default=[], metavar="CSV", help="tasks of these results instead")
    parser.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--write", action="store_true", help="put the figures into docs/performance.md")
    args = parser.parse_args()
    began = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
    os.environ["FPRAY_BENCH_TABLES"] = os.pathsep.join(str(Path(path).resolve()) for path in args.table)
    chosen = [task for name, task in _all_tasks().items() if args.only in name]
    if args.table:
        published = set(tasks())
        chosen = [task for task in chosen if task.name not in published]
    chosen = [task for task in chosen if math.isfinite(task.best)]
    trials = {"table": args.trials, "model": args.trials, **dict.fromkeys(LOAD_ONLY, max(POINTS))}
    strategies = args.strategy or (list(STRATEGIES) if args.again else list(OWN))
    if "gp" in strategies and not _has_gp():
        strategies.remove("gp")
        print("gp is left out: it needs torch and scipy", file=sys.stderr)
    per_trial = run_all(strategies, chosen, args.seeds, trials, args.jobs)
    found = {} if args.table else {s: dict(each) for s, each in _general().items()}
    for strategy in strategies:
        found[strategy] = {**found.get(strategy, {}), **_figures(strategy, chosen, args.seeds, trials)}
    if args.again and not args.table:
        kept = {s: {name: f.to_json() for name, f in each.items()} for s, each in found.items() if s not in OWN}
        GENERAL.write_text(json.dumps(kept, separators=(",", ":")).replace('},"', '},\n"') + "\n")
    if "ours" not in found:
        return 0
    rows = [*rows_of_tables(found, args.trials), *rows_of_curves(found)]
    print("\n".join([*table_of(found), "", *table_of_curves(found, lines=True), ""]))
    width = max(len(row.what) for row in rows)
    for row in rows:
        verdict = "" if row.met is None else "  met" if row.met else "  MISSED"
        print(f"{row.what:{width}}  {row.value}  {row.bound and f'({row.bound})'}{verdict}")
    report = {
        "began": began, "command": sys.argv[1:], "seeds": args.seeds, "trials": trials,
        "seconds_per_trial": _seconds_per_trial(per_trial),
        "rows": [vars(row) for row in rows],
        "tasks": {s: {n: f.to_json() for n, f in each.items()} for s, each in found.items()},
    }  # fmt: skip
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(report, indent=1) + "\n")
    if args.write:
        write_section(section(report, found))
    return int(any(row.met is False for row in rows))


def _figures(strategy: str, chosen: Sequence[Task], seeds: int, trials: Mapping[str, int]) -> dict[str, Figures]:
    kept, wanted = Kept(strategy), range(min(seeds, FEWER_SEEDS.get(strategy, seeds)))
    runs = {task.name: kept.runs(task, trials[task.kind]) for task in _suited(strategy, chosen)}
    return {name: Figures.of({s: each[s] for s in wanted if s in each}) for name, each in runs.items() if each}


def _general() -> dict[str, dict[str, Figures]]:
    content = json.loads(GENERAL.read_text()) if GENERAL.exists() else {}
    return {s: {name: Figures.from_json(f) for name, f in each.items()} for s, each in content.items()}


def _seconds_per_trial(now: float) -> float:
    """Of this run, or of the last one where nothing had to be run."""
    if math.isnan(now) and RESULTS.exists():
        return float(json.loads(RESULTS.read_text())["seconds_per_trial"])
    return 0.0 if math.isnan(now) else now


def _has_gp() -> bool:
    return all(find_spec(package) is not None for package in ("torch", "scipy"))


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
