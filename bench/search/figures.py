"""What the runs of strategies come to: trials that were needed, and shares of tasks that were solved."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from bench.search.runs import Run, RunStore, seeds_of
from bench.search.strategies import OWN, suited
from bench.search.task import CLOSE, CURVE_SHARE, NEAR, NEVER, Task
from bench.search.tasks import DATA, all_tasks

GENERAL = DATA / "general.json"
POINTS = (4, 6, 8, 12)  # trials of a curve, after which a run counts as solved or not


@dataclass(frozen=True)
class Figures:
    """A strategy on a task: the trials of each seed to 5 % and to 2 %, and the share of seeds that solved it."""

    to_5: tuple[float, ...]
    to_2: tuple[float, ...]
    solved: dict[str, float]  # "<trials>@<share>" -> share of seeds

    @classmethod
    def of(cls, runs: Mapping[int, Run]) -> Figures:
        """The figures of all seeds."""
        ordered = [runs[seed] for seed in sorted(runs)]
        solved = {
            f"{n}@{share}": sum(run.solved_after(n, share) for run in ordered) / len(ordered)
            for n, share in ((n, CURVE_SHARE) for n in POINTS)
        }
        return cls(tuple(r.trials_to(NEAR) for r in ordered), tuple(r.trials_to(CLOSE) for r in ordered), solved)

    def to_json(self) -> dict[str, Any]:
        """The figures as JSON; null: it never got there."""
        lists = {name: [None if math.isinf(n) else int(n) for n in getattr(self, name)] for name in ("to_5", "to_2")}
        return {**lists, "solved": self.solved}

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Figures:
        """The inverse of `to_json`."""
        to_5, to_2 = (tuple(NEVER if n is None else float(n) for n in content[name]) for name in ("to_5", "to_2"))
        return cls(to_5, to_2, content["solved"])


def quantile(values: Sequence[float], share: float) -> float:
    """The value that this share of the seeds does not exceed; infinite if too few have a value."""
    return sorted(values)[min(len(values) - 1, math.ceil(share * len(values)) - 1)]


def worse(ours_: Figures, other: Figures, limit: int) -> float:
    """The trials to 5 % by which ours is surely worse: the lower end of the 95 % interval of the difference of means.

    Runs that never get there count as `limit`. At most 0: ours is not worse by more than the noise of the seeds.
    """
    mine, its = (np.minimum(np.array(figures.to_5), limit) for figures in (ours_, other))
    rng = np.random.default_rng(0)
    means = [rng.choice(trials, (4000, len(trials))).mean(axis=1) for trials in (mine, its)]
    return float(np.quantile(means[0] - means[1], 0.025))


def load_tasks(names: Iterable[str]) -> list[str]:
    """The tasks of these names in which the load is the only parameter."""
    return [name for name, task in all_tasks().items() if task.load_only and name in names]


def ceiling(task: Task, points: int, draws: int = 60) -> float:
    """How often a curve is solved with full knowledge of it, but for a factor on its latency.

    A search can hardly do better. All points are spent at the bound, the factor is the median of what they measure,
    and the margin to the bound is half a percent, the best of those tried over all curves.
    """
    loads = np.array([point["clients"] for point in task.points])
    means = [task.expect(point) for point in task.points]
    latency, goal = (np.array([metrics[c] for metrics in means]) for c in (task.bound.column, task.goal.column))
    solves = np.array([task.regret(point) <= CURVE_SHARE for point in task.points])
    best = loads[int(np.argmax(np.where(latency <= task.bound.limit, goal, 0.0)))]
    rng, solved = np.random.default_rng(0), 0
    for _ in range(draws):
        around = [{"clients": max(1, round(float(best) * share))} for share in rng.uniform(0.98, 1.02, points)]
        off = [task.measure(p, rng)[task.bound.column] / task.expect(p)[task.bound.column] for p in around]
        feasible = latency * float(np.median(off)) <= task.bound.limit * 0.995
        solved += bool(solves[int(np.argmax(np.where(feasible, goal, 0.0)))])
    return solved / draws


def figures_of(strategy: str, tasks: Sequence[Task], seeds: int, trials: Mapping[str, int]) -> dict[str, Figures]:
    """The figures of a strategy by task, from the runs on disk."""
    store, all_seeds = RunStore(strategy), seeds_of(strategy, seeds)
    runs = {task.name: store.runs(task, trials[task.kind]) for task in suited(strategy, tasks)}
    return {
        name: Figures.of({s: by_seed[s] for s in all_seeds if s in by_seed})
        for name, by_seed in runs.items()
        if by_seed
    }


def read_general() -> dict[str, dict[str, Figures]]:
    """The recorded figures of the general samplers: strategy -> task -> figures."""
    content = json.loads(GENERAL.read_text()) if GENERAL.exists() else {}
    return {s: {name: Figures.from_json(f) for name, f in by_task.items()} for s, by_task in content.items()}


def write_general(figures: Mapping[str, Mapping[str, Figures]]) -> None:
    """Record the figures of the general samplers."""
    content = {s: {n: f.to_json() for n, f in by_task.items()} for s, by_task in figures.items() if s not in OWN}
    GENERAL.write_text(json.dumps(content, separators=(",", ":")).replace('},"', '},\n"') + "\n")
