"""Do intervals hold the truth? Searches of published trials, to their answers: `python -m bench.intervals [--seeds 8]`.

Each searches one task of `bench/surrogates.py` for 14 trials (a load alone: 10) and runs the best until it has run
three times. The 95 % interval of its goal should hold the truth in 95 % of them, and the chance that is told be the
share that keeps the bound.
"""

from __future__ import annotations

import argparse
import math
import os
from multiprocessing import get_context

import numpy as np
import optuna
from optuna.trial import TrialState

from bench.search import told
from bench.surrogates import tasks
from fpray.peak_sampler.sampler import PeakSampler
from fpray.searching.recommendation import answer

TRIALS = {"table": 14, "line": 10, "curve": 10}
CONFIRMED, MOST_CONFIRMATIONS = 3, 5


def searched(unit: tuple[str, int]) -> tuple[str, bool, float, bool] | None:
    """Of a task and a seed: its kind, whether the interval holds the truth, the chance told, whether it is kept."""
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
            best = answer(study.get_trials(deepcopy=False), [task.goal], [task.bound], task.loops, allowed).best
            if best is None or best.repeats >= CONFIRMED:
                break
            point = {name: best.params[name] for name in task.space}
        study.add_trial(told(task, point, task.measure(point, rng)))
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
        found = [each for each in pool.imap_unordered(searched, units) if each is not None]
    for kind in TRIALS:
        held, chance, kept = np.mean([each[1:] for each in found if each[0] == kind], axis=0)
        print(f"{kind}: intervals hold the truth {held:.3f}, chance told {chance:.3f}, bound kept {kept:.3f}")


if __name__ == "__main__":
    main()
