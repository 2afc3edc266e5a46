"""The bounds that ours must keep, as rows: of tables and models, and of the load alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product

import numpy as np

from bench.common import Row
from bench.search.figures import POINTS, Figures, load_tasks, quantile, worse
from bench.search.task import CURVE_SHARE
from bench.search.tasks import all_tasks


def rows_of_tables(figures: Mapping[str, Mapping[str, Figures]], limit: int) -> list[Row]:
    """The bounds on tables and models. `figures`: strategy -> task -> its figures; `limit`: the trials of a run."""
    mine = figures["ours"]
    names = [name for name, task in all_tasks().items() if not task.load_only and name in mine]
    if not names:
        return []

    def of(strategy: str, field: str, share: float) -> float:
        return float(np.median([quantile(getattr(figures[strategy][name], field), share) for name in names]))

    median, tail = of("ours", "to_5", 0.5), of("ours", "to_5", 0.9)
    rows = [
        Row(f"trials to 5 %, median over {len(names)} tasks", f"{median:g}", "<= 9 (aim: 8)", median <= 9),
        Row(
            "trials to 5 %, 90th percentile of seeds, median over tasks",
            f"{tail:g}",
            "<= 18 (aim: 16)",
            tail <= 18,
        ),
        Row(
            "trials to 2 %, median and 90th percentile", f"{of('ours', 'to_2', 0.5):g} and {of('ours', 'to_2', 0.9):g}"
        ),
    ]
    rivals = [s for s in ("tpe", "tpe-penalty") if all(name in figures.get(s, {}) for name in names)]
    for rival in rivals:
        its = of(rival, "to_5", 0.5)
        rows.append(Row(f"of {rival}'s median", f"{median / its:.2f} (of {its:g})", "< 0.5", median < its / 2))
    return [*rows, _row_of_losses(figures, names, limit)]


def _row_of_losses(figures: Mapping[str, Mapping[str, Figures]], names: Sequence[str], limit: int) -> Row:
    """The tasks on which a general sampler is better than ours."""
    mine = figures["ours"]
    rivals = [s for s in ("tpe", "tpe-penalty", "gp") if s in figures]
    losses = {
        name: max((worse(mine[name], figures[s][name], limit), s) for s in rivals if name in figures[s])
        for name in names
        if any(name in figures[s] for s in rivals)
    }
    behind = [f"{name} ({s}, by {by:.1f})" for name, (by, s) in losses.items() if by > 0]
    text = "none" if not behind else "; ".join(behind)
    return Row(f"tasks on which {', '.join(rivals)} is better by more than noise", text, "none", not behind)


def rows_of_curves(figures: Mapping[str, Mapping[str, Figures]]) -> list[Row]:
    """The bounds on tasks of the load alone: all of them, and those that are no lines of a table, which are noisier.

    The latter have no bound of their own, because full knowledge of a curve solves hardly more (`ceiling`).
    """
    rows = []
    curves = load_tasks(figures["ours"])
    published = [name for name in curves if all_tasks()[name].kind != "line"]
    sets = {f"{len(curves)} curves": curves, f"the {len(published)} of them that are no lines of a table": published}
    for n, (which, names) in product(POINTS, sets.items() if curves else ()):
        solved = [figures["ours"][name].solved[f"{n}@{CURVE_SHARE}"] for name in names]
        share, half = float(np.mean(solved)), float(np.mean([seeds >= 0.5 for seeds in solved]))
        bound = {6: 0.6, 12: 0.85}.get(n) if names is curves else None
        what = f"load only, {n} points: share solved to 3 % of {which} (in brackets: by half of the seeds)"
        value = f"{share:.3f} ({half:.2f})"
        rows.append(Row(what, value, f">= {bound}" if bound else "", share >= bound if bound else None))
    return rows
