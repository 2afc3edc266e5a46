"""Tables in Markdown, and the section of docs/performance.md that is written from them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from bench.report import paragraph, verdict
from bench.search.figures import POINTS, Figures, ceiling, load_tasks, quantile
from bench.search.strategies import FEWER_SEEDS, LOAD_ONLY, STRATEGIES
from bench.search.task import CURVE_SHARE
from bench.search.tasks import all_tasks

END = "<!-- end of searches -->"


def table_of(figures: Mapping[str, Mapping[str, Figures]]) -> Iterator[str]:
    """Markdown: for each task, the trials that each strategy needed to 5 %: median / 90th percentile."""
    strategies = [s for s in STRATEGIES if figures.get(s) and s not in LOAD_ONLY]
    yield f"| task | {' | '.join(strategies)} |"
    yield f"|---|{'---|' * len(strategies)}"
    for name, task in all_tasks().items():
        if not task.load_only and name in figures["ours"]:
            cells = [_cell(figures[s][name].to_5) if name in figures[s] else "" for s in strategies]
            yield f"| {name.replace('|', ' ')} | {' | '.join(cells)} |"


def table_of_curves(figures: Mapping[str, Mapping[str, Figures]], *, lines: bool) -> Iterator[str]:
    """Markdown: the share of curves that a strategy solves to 3 %, for each one that was tried on all of them."""
    yield f"| | {' | '.join(f'{n} points' for n in POINTS)} |"
    yield f"|---|{'---|' * len(POINTS)}"
    names = [name for name in load_tasks(figures["ours"]) if lines or all_tasks()[name].kind != "line"]
    for strategy in [s for s in STRATEGIES if figures.get(s)]:
        if all(name in figures[strategy] for name in names):
            shares = [np.mean([figures[strategy][name].solved[f"{n}@{CURVE_SHARE}"] for name in names]) for n in POINTS]
            yield f"| {strategy} | {' | '.join(f'{share:.2f}' for share in shares)} |"
    if names:
        shares = [np.mean([ceiling(all_tasks()[name], n) for name in names]) for n in POINTS]
        yield f"| knowing the curve | {' | '.join(f'{share:.2f}' for share in shares)} |"


def _cell(trials: Sequence[float]) -> str:
    ends = (quantile(trials, 0.5), quantile(trials, 0.9))
    return " / ".join("never" if math.isinf(n) else f"{n:g}" for n in ends)


def section(report: Mapping[str, Any], figures: Mapping[str, Mapping[str, Figures]]) -> str:
    """The section of docs/performance.md."""
    rows = [f"| {r['what']} | {r['value']} | {r['bound']} | {verdict(r['met'])} |" for r in report["rows"]]
    head = (
        f"`make bench-search`: {report['seeds']} seeds ({FEWER_SEEDS['gp']} for gp, which takes a hundred times as"
        f" long), up to {report['trials']['table']} trials, on published trials, drawn again, and on queueing models"
        " (`bench/search/`). A task is solved to x % when the recommendation truly keeps the bound and is within"
        f" x % of the best point that keeps it. Ours takes {1000 * report['seconds_per_trial']:.0f} ms of CPU for a"
        " trial, proposal and recommendation. GP and TPE get ordered values as ranks, and the nearest configuration"
        " where a table has none."
    )
    lines = [
        f"## Searches ({report['began']})",
        *paragraph(head),
        "",
        "| | figure | bound | |",
        "|---|---|---|---|",
        *rows,
        "",
    ]
    lines += ["Trials to 5 % of the best, median / 90th percentile of the seeds:", "", *table_of(figures), ""]
    knowing = (
        "Load only: the share that is solved to 3 %, over seeds and curves. *Bisection* is what a person does by hand:"
        " factors of four from the middle until the bound lies between two loads, then halves. *Knowing the curve*: the"
        " strategy knows the whole curve but for one factor on its latency, and puts every point at the bound. The"
        " noise of the published repeats allows no more."
    )
    lines += [*paragraph(knowing), "", "All curves: published ones, lines of tables, and the model `knee`:", ""]
    lines += [*table_of_curves(figures, lines=True), "", "Only published curves and the model `knee`:", ""]
    return "\n".join([*lines, *table_of_curves(figures, lines=False)])
