"""Checks that intervals contain the true value, by searches of published trials: `python -m bench.intervals`.

Each search has 14 trials of one task of `bench/search` (10 if it has the load alone), and confirms the best point
until it has three trials. The 95 % interval of its goal should contain the true value in 95 % of the searches, and the
stated chance to keep the bound should be the share of the answers that keep it.
"""

from __future__ import annotations

import argparse
import math
import os
from multiprocessing import get_context

import numpy as np
import optuna
from optuna.trial import TrialState

from bench.search.strategies import finished_trial
from bench.search.tasks import tasks
from fpray.peak_sampler.sampler import PeakSampler
from fpray.searching.recommend import recommend

TRIALS = {"table": 14, "line": 10, "curve": 10}
CONFIRMED, MOST_CONFIRMATIONS = 3, 5


def search(unit: tuple[str, int]) -> tuple[str, bool, float, bool] | None:
    """Search a task with a seed: its kind, whether the interval is right, the stated chance, whether the bound is kept.

    None if no point was recommended.
    """
    task = tasks()[unit[0]]
    allowed = task.allowed if task.finite else None
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    sampler = PeakSampler([task.goal], [task.bound], loops=task.loops, seed=unit[1], allowed=allowed)
    study, rng = optuna.create_study(sampler=sampler, direction="maximize"), np.random.default_rng([unit[1], 1])
    best = None
    for number in range(TRIALS[task.kind] + MOST_CONFIRMATIONS):
        if number < TRIALS[task.kind]:
            trial = study.ask(task.space)
            point = task.nearest(trial.params)
            study.tell(trial, state=TrialState.FAIL)
        else:
            best = recommend(study.get_trials(deepcopy=False), [task.goal], [task.bound], task.loops, allowed).best
            if best is None or best.repeats >= CONFIRMED:
                break
            point = {name: best.params[name] for name in task.space}
        study.add_trial(finished_trial(task, point, task.measure(point, rng)))
    if best is None:
        return None
    interval, truth = best.goals[task.goal.column], task.expect(best.params)[task.goal.column]
    return task.kind, interval.low <= truth <= interval.high, best.chance, task.feasible(best.params)


def main() -> None:
    """See the module's docstring."""
    parser = argparse.ArgumentParser(prog="python -m bench.intervals", description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--seeds", type=int, default=8)
    parser.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)))
    args = parser.parse_args()
    names = [name for name, task in tasks().items() if task.kind in TRIALS and math.isfinite(task.best)]
    units = [(name, seed) for seed in range(args.seeds) for name in names]
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    with get_context("spawn").Pool(args.jobs) as pool:
        answers = [result for result in pool.imap_unordered(search, units) if result is not None]
    for kind in TRIALS:
        right, chance, feasible = np.mean([result[1:] for result in answers if result[0] == kind], axis=0)
        print(f"{kind}: interval right {right:.3f}, stated chance {chance:.3f}, bound kept {feasible:.3f}")


if __name__ == "__main__":
    main()
