"""`make bench-search`: how many trials our sampler and general ones need to find the best of every search task.

Trials to x %: the first trial after which the recommendation truly keeps its bound and is within x % of the best point
that keeps it. Ours recommends what `fpray.searching.recommendation` says. A general sampler recommends the
configuration with the best mean of its trials, of those that keep the bound by their mean. All of them run as Optuna
samplers by ask and tell.

    python -m bench.search [--seeds 100] [--trials 40] [--only NAME] [--strategy ours] [--table FILE.csv]

A run of one strategy, task and seed is stored in .build/bench-search/, below a digest of what it depends on: an
interrupted bench continues, and only what changed runs again. Optuna's GP needs torch and scipy, which fpray does not
need. Its figures, with those of the other general samplers, are recorded in tests/data/search/general.json, and
computed anew with `--again`, by a Python that has these packages.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path

from bench.common import Row
from bench.report import SEARCHES, write_section
from bench.search.bounds import rows_of_curves, rows_of_tables
from bench.search.document import END, section, table_of, table_of_curves
from bench.search.figures import POINTS, Figures, figures_of, read_general, write_general
from bench.search.runs import ROOT, run_all
from bench.search.strategies import OWN, STRATEGIES
from bench.search.task import CURVES, Task
from bench.search.tasks import TABLES, all_tasks, tasks

RESULTS = ROOT / ".build" / "bench-search.json"


def main() -> int:
    """See the module's docstring; 1 if a bound is missed."""
    args = _parser().parse_args()
    began = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
    tasks = _chosen(args.only, args.table)
    trials = {"table": args.trials, "model": args.trials, **dict.fromkeys(CURVES, max(POINTS))}
    strategies = _strategies(args)
    per_trial = run_all(strategies, tasks, args.seeds, trials, args.jobs)
    figures = {} if args.table else read_general()
    for strategy in strategies:
        figures[strategy] = {**figures.get(strategy, {}), **figures_of(strategy, tasks, args.seeds, trials)}
    if args.again and not args.table:
        write_general(figures)
    if "ours" not in figures:
        return 0
    rows = [*rows_of_tables(figures, args.trials), *rows_of_curves(figures)]
    _print(rows, figures)
    report = {
        "began": began, "command": sys.argv[1:], "seeds": args.seeds, "trials": trials,
        "seconds_per_trial": _seconds_per_trial(per_trial),
        "rows": [vars(row) for row in rows],
        "tasks": {s: {n: f.to_json() for n, f in by_task.items()} for s, by_task in figures.items()},
    }  # fmt: skip
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(report, indent=1) + "\n")
    if args.write:
        write_section(SEARCHES, section(report, figures), END)
    return int(any(row.met is False for row in rows))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bench.search", description=(__doc__ or "").split("\n", maxsplit=1)[0]
    )
    parser.add_argument("--seeds", type=int, default=100)
    parser.add_argument("--trials", type=int, default=40, help="trials of a run on a table or a model")
    parser.add_argument("--only", default="", help="tasks with this text in their names")
    parser.add_argument("--strategy", action="append", choices=STRATEGIES, help="(may be repeated)")
    parser.add_argument("--again", action="store_true", help="run the general samplers as well")
    parser.add_argument("--table", action="append", default=[], metavar="CSV", help="tasks of these results instead")
    parser.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--write", action="store_true", help="write the figures into docs/performance.md")
    return parser


def _chosen(only: str, tables: Sequence[str]) -> list[Task]:
    """The tasks that have a best point: those of `tables`, or else those of the bench."""
    os.environ[TABLES] = os.pathsep.join(str(Path(path).resolve()) for path in tables)
    published = set(tasks()) if tables else set()
    matches = [task for name, task in all_tasks().items() if only in name and name not in published]
    return [task for task in matches if math.isfinite(task.best)]


def _strategies(args: argparse.Namespace) -> list[str]:
    strategies = args.strategy or (list(STRATEGIES) if args.again else list(OWN))
    if "gp" in strategies and not all(find_spec(package) is not None for package in ("torch", "scipy")):
        print("gp is left out: it needs torch and scipy", file=sys.stderr)
        return [strategy for strategy in strategies if strategy != "gp"]
    return strategies


def _print(rows: Sequence[Row], figures: Mapping[str, Mapping[str, Figures]]) -> None:
    print("\n".join([*table_of(figures), "", *table_of_curves(figures, lines=True), ""]))
    width = max((len(row.what) for row in rows), default=0)
    for row in rows:
        verdict = "" if row.met is None else "  met" if row.met else "  MISSED"
        print(f"{row.what:{width}}  {row.value}  {row.bound and f'({row.bound})'}{verdict}")


def _seconds_per_trial(now: float) -> float:
    """The seconds per trial of this run, or of the last one if nothing had to run."""
    if math.isnan(now) and RESULTS.exists():
        return float(json.loads(RESULTS.read_text())["seconds_per_trial"])
    return 0.0 if math.isnan(now) else now


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
