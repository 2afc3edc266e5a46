"""A search as one HTML file that needs no other: the recommendation, the figure, and a table of all trials."""

from __future__ import annotations

import html
import io
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from fpray.peak_sampler.goals import columns_of
from fpray.searching.figures.history import SearchedTrial, SearchHistory
from fpray.searching.number_words import number
from fpray.store.columns import TRIAL

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 80rem; padding: 0 1rem; color: #222 }}
svg {{ width: 100%; height: auto }}
table {{ border-collapse: collapse; font-size: 14px }}
td, th {{ padding: 0.2rem 0.8rem; text-align: right; border-bottom: 1px solid #e5e8eb }}
pre {{ white-space: pre-wrap; font: inherit }}
.no {{ color: #777 }}
</style></head><body><h1>{title}</h1><pre>{recommendation}</pre>{svg}
<table><tr>{heads}</tr>{rows}</table></body></html>
"""


def page(history: SearchHistory, figure: Figure) -> str:
    """The text of the file."""
    drawing = io.StringIO()
    figure.savefig(drawing, format="svg")
    svg = drawing.getvalue()
    names = list(dict.fromkeys(name for trial in history.trials for name in trial.point))
    columns = columns_of(history.goals, history.bounds)
    heads = "".join(f"<th>{html.escape(head)}</th>" for head in [TRIAL, *names, *columns, "keeps the bounds"])
    rows = "".join(_row(trial, names, columns) for trial in history.trials)
    recommendation = html.escape("\n".join(history.recommendation.sentences))
    title = html.escape(history.title)
    return _PAGE.format(
        title=title, recommendation=recommendation, svg=svg[svg.index("<svg") :], heads=heads, rows=rows
    )


def _row(trial: SearchedTrial, names: Sequence[str], columns: Sequence[str]) -> str:
    cells = [f"{trial.number:03}", *(str(trial.point.get(name, "")) for name in names)]
    cells += [number(trial.values.get(column, math.nan)) if column in trial.values else "-" for column in columns]
    cells.append(("yes" if trial.feasible else "no") if trial.measured else "did not finish")
    inner = "".join(f"<td>{html.escape(cell)}</td>" for cell in cells)
    return f"<tr{'' if trial.feasible else ' class=no'}>{inner}</tr>"
