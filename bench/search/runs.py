"""Runs of strategies on tasks: in parallel, and on disk, so that an interrupted bench continues."""

from __future__ import annotations

import ast
import hashlib
import json
import math
import os
import sys
import time
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import optuna

from bench.search.strategies import FEWER_SEEDS, STRATEGIES, is_over, suited
from bench.search.task import NEVER, Task
from bench.search.tasks import all_tasks

ROOT = Path(__file__).resolve().parents[2]
DIRECTORY = ROOT / ".build" / "bench-search"
_Unit = tuple[str, str, tuple[int, ...], int]  # strategy, task, seeds, trials


@dataclass(frozen=True)
class Run:
    """One strategy on one task with one seed: the regret of its recommendation after each trial (inf: not feasible)."""

    regrets: tuple[float, ...]

    def trials_to(self, share: float) -> float:
        """The first trial after which the recommendation is within a share of the best; inf if there is none."""
        return next((i + 1 for i, regret in enumerate(self.regrets) if regret <= share + 1e-9), NEVER)

    def solved_after(self, trials: int, share: float) -> bool:
        """Whether the recommendation after this number of trials is within a share of the best."""
        return self.regrets[min(trials, len(self.regrets)) - 1] <= share + 1e-9


def digest(strategy: str) -> str:
    """Identifies what a run of a strategy depends on besides task, seed and data; of ours, its code, not its docs."""
    if strategy != "ours":
        return f"{optuna.__version__}-1"
    own = [*sorted((ROOT / "fpray" / "peak_sampler").glob("*.py")), ROOT / "fpray" / "searching" / "recommendation.py"]
    return hashlib.sha256("".join(map(_code, own)).encode()).hexdigest()[:12]


def _code(path: Path) -> str:
    """A file without its comments, its docstrings and its layout."""
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node) is not None:
            node.body = node.body[1:]
    return ast.dump(tree)


def _run_unit(unit: _Unit) -> tuple[str, str, dict[int, list[float]], float]:
    strategy, name, seeds, trials = unit
    os.nice(max(0, 19 - os.nice(0)))
    warnings.simplefilter("ignore")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    began = time.process_time()
    regrets = {seed: STRATEGIES[strategy](all_tasks()[name], seed, trials) for seed in seeds}
    return strategy, name, regrets, time.process_time() - began


class RunStore:
    """The runs of one strategy, on disk, below its digest."""

    def __init__(self, strategy: str) -> None:
        self._path = DIRECTORY / f"{strategy}-{digest(strategy)}"

    def runs(self, task: Task, trials: int) -> dict[int, Run]:
        """Seed -> run, of the runs that have this number of trials, or needed fewer."""
        path = self._file(task)
        content = json.loads(path.read_text()) if path.exists() else {}
        by_seed = {int(seed): [NEVER if r is None else r for r in regrets] for seed, regrets in content.items()}
        return {s: Run(tuple(r[:trials])) for s, r in by_seed.items() if len(r) >= trials or is_over(task, r)}

    def add(self, task: Task, runs: Mapping[int, Sequence[float]]) -> None:
        """Write more runs of a task."""
        path = self._file(task)
        content = json.loads(path.read_text()) if path.exists() else {}
        content |= {str(s): [None if math.isinf(r) else round(r, 5) for r in regrets] for s, regrets in runs.items()}
        path.parent.mkdir(parents=True, exist_ok=True)
        path.with_suffix(".new").write_text(json.dumps(content))
        path.with_suffix(".new").rename(path)

    def _file(self, task: Task) -> Path:
        name = hashlib.sha256(f"{task.name} {task.bound} {task.best}".encode()).hexdigest()[:16]
        return self._path / f"{name}.json"


def run_all(
    strategies: Sequence[str], tasks: Sequence[Task], seeds: int, trials: Mapping[str, int], jobs: int
) -> float:
    """Make all runs that are not on disk.

    Returns the seconds of CPU that a trial of ours takes, proposal and recommendation; NaN if none was made.
    """
    units = [unit for strategy in strategies for unit in _missing(strategy, tasks, seeds, trials)]
    units.sort(key=lambda unit: unit[2][0])  # so that all tasks have the same seeds if the bench is interrupted
    if not units:
        return math.nan
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")  # matrices are small: threads of a BLAS would only compete for the cores
    cpu, trials_of_ours, began = 0.0, 0, time.monotonic()
    with get_context("spawn").Pool(jobs) as pool:
        for done, (strategy, name, regrets, seconds) in enumerate(pool.imap_unordered(_run_unit, units), start=1):
            RunStore(strategy).add(all_tasks()[name], regrets)
            if strategy == "ours":
                cpu, trials_of_ours = cpu + seconds, trials_of_ours + sum(map(len, regrets.values()))
            if sys.stderr.isatty() or done % 50 == 0:
                minutes = (time.monotonic() - began) / done * (len(units) - done) / 60
                print(
                    f"\r{done} of {len(units)} pieces, about {minutes:.0f} min left ",
                    end="",
                    file=sys.stderr,
                    flush=True,
                )
    print(file=sys.stderr)
    return cpu / trials_of_ours if trials_of_ours else math.nan


def _missing(strategy: str, tasks: Sequence[Task], seeds: int, trials: Mapping[str, int]) -> list[_Unit]:
    store, units = RunStore(strategy), list[_Unit]()
    chunk = 2 if strategy == "gp" else 10
    for task in suited(strategy, tasks):
        runs = store.runs(task, trials[task.kind])
        missing = [seed for seed in seeds_of(strategy, seeds) if seed not in runs]
        units += [
            (strategy, task.name, tuple(missing[i : i + chunk]), trials[task.kind])
            for i in range(0, len(missing), chunk)
        ]
    return units


def seeds_of(strategy: str, seeds: int) -> range:
    """The seeds of a strategy, at most `seeds` of them."""
    return range(min(seeds, FEWER_SEEDS.get(strategy, seeds)))
