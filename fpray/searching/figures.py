"""A search as a figure (PNG, SVG, HTML): the path it took, what the bound costs, and which parameters matter."""

from __future__ import annotations

import html
import io
import math
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fpray.errors import refuse
from fpray.files import layout
from fpray.files.atomic import read_json
from fpray.peak_sampler.goals import Bound, Goal
from fpray.report.show import jar_of
from fpray.searching.goals import parse_bounds
from fpray.searching.messages import number, short
from fpray.store.outcome import Status
from fpray.store.suite import Suite

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

KINDS = (".png", ".svg", ".html")
_BEST, _MET, _NOT_MET, _FAILED = "#c0392b", "#1f6fb2", "#9aa5b1", "#555555"
_LABEL = 26  # characters of a parameter's name in a line
_FEWEST = 6  # finished trials that say something of which parameters matter


@dataclass(frozen=True)
class Run:
    """A trial of the search: its number, its point, what it measured, and whether it kept the bounds."""

    number: int
    point: Mapping[str, Any]
    distributions: Mapping[str, str]
    values: Mapping[str, float]
    finished: bool
    kept: bool


@dataclass(frozen=True)
class Found:
    """What a suite's directory says of its search."""

    title: str
    goals: Sequence[Goal]
    bounds: Sequence[Bound]
    runs: Sequence[Run]
    answer: Mapping[str, Any]

    def of(self, column: str) -> list[tuple[Run, float]]:
        """The finished trials that have a value of a column."""
        return [(run, run.values[column]) for run in self.runs if run.finished and column in run.values]


def draw(suite: Suite, file: Path) -> None:
    """Write the figure of a search.

    Raises:
        Refused: the suite is no search's, no trial of it has ended, or the file cannot be written.
    """
    if file.suffix not in KINDS:
        raise refuse(f"--figure {file}", f"ends in none of {', '.join(KINDS)}")
    found = read(suite)
    figure = _figure(found)
    try:
        if file.suffix == ".html":
            file.write_text(_page(found, figure))
        else:
            figure.savefig(file, dpi=150)
    except OSError as error:
        raise refuse(f"--figure {file}", f"cannot be written: {error.strerror}") from None


def read(suite: Suite) -> Found:
    """The search of a suite, from its directory alone.

    Raises:
        Refused: the suite is no search's, or no trial of it has ended.
    """
    kept = suite.record.search
    if kept is None:
        raise refuse(suite.path.name, "is the suite of a sweep: --figure draws searches")
    goals = [Goal(text.partition(" ")[2], text.startswith("maximize")) for text in kept["goals"]]
    bounds, _ = parse_bounds(kept["bounds"])
    points = read_json(suite.path / layout.POINTS) or {}
    runs = []
    for directory, trial, outcome in suite.outcomes():
        if outcome is None:
            continue
        numbers = outcome.numbers
        finished = outcome.status in (Status.FINISHED, Status.STOPPED_EARLY)  # both have figures
        known = points.get(trial["id"], {"params": {}, "distributions": {}})
        met = outcome.status is Status.FINISHED and all(bound.met(numbers) for bound in bounds)
        runs.append(Run(int(directory.number), known["params"], known["distributions"], numbers, finished, met))
    if not runs:
        raise refuse(suite.path.name, "has no trial that ended: there is nothing to draw yet")
    subject = f", subject to {' and '.join(map(str, bounds))}" if bounds else ""
    title = f"{suite.record.protocol}: {' and '.join(map(str, goals))}{subject} · jar: {jar_of(suite)}"
    return Found(title, goals, bounds, runs, read_json(suite.path / layout.RECOMMENDATION) or {})


def _figure(found: Found) -> Figure:
    from matplotlib.figure import Figure

    cost = [_draw_front] if len(found.goals) > 1 else [_draw_cost] if found.bounds else []
    panels = [_draw_path, *cost, _draw_what_matters]
    figure = Figure(figsize=(4.4 * len(panels), 5.2), layout="constrained")
    aim, jar = found.title.split(" · ")
    lines = textwrap.wrap(aim, 42 * len(panels), break_long_words=False, break_on_hyphens=False)
    figure.suptitle("\n".join([*lines, jar]), fontsize=11)
    for draw_panel, axes in zip(panels, figure.subplots(1, len(panels)), strict=True):
        draw_panel(axes, found)
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(color="#e5e8eb", linewidth=0.7)
        axes.set_axisbelow(True)
    return figure


def _draw_path(axes: Axes, found: Found) -> None:
    from matplotlib.ticker import MaxNLocator

    goal = found.goals[0]
    known = found.of(goal.column)
    better, goal_word = (max, "highest") if goal.maximize else (min, "lowest")
    for kept, color, label in ((True, _MET, "keeps the bounds"), (False, _NOT_MET, "does not keep the bounds")):
        shown = [(run.number, value) for run, value in known if run.kept is kept]
        if shown:
            only = "trial" if not found.bounds else label
            _dots(axes, shown, color, only)
    if failed := [run.number for run in found.runs if not run.finished]:
        bottom = min((value for _, value in known), default=0.0)
        axes.scatter(failed, [bottom] * len(failed), color=_FAILED, marker="x", s=28, label="did not finish", zorder=3)
    steps: list[tuple[int, float]] = []
    for run, value in known:
        if run.kept:
            steps.append((run.number, better(value, steps[-1][1]) if steps else value))
    if steps:
        steps.append((found.runs[-1].number, steps[-1][1]))
        axes.step(*zip(*steps, strict=True), where="post", color=_BEST, linewidth=1.2, label=f"{goal_word} so far")
    best = (found.answer.get("best") or {}).get("goals", {}).get(goal.column)
    if best and len(found.goals) == 1:
        axes.axhspan(best["low"], best["high"], color=_BEST, alpha=0.12, label="95 % interval of the answer")
    _name(axes, "path of the search", "trial", goal.column)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    _legend(axes)


def _draw_cost(axes: Axes, found: Found) -> None:
    goal, bound = found.goals[0], found.bounds[0]
    measured = _draw_runs(axes, found, bound.column)
    axes.axvline(bound.limit, color="black", linewidth=1, linestyle="--", label=f"the bound, {bound.limit:g}")
    edge = [
        (each["limit"], choice["goals"][goal.column]["value"])
        for each, choice in found.answer.get("frontier", [])
        if choice is not None
    ]
    if edge:
        axes.step(
            *zip(*edge, strict=True), where="post" if bound.upper else "pre", color=_BEST, linewidth=1.2,
            marker="o", markersize=4, label="the best at other bounds",
        )  # fmt: skip
    if measured and min(measured) > 0 and max(measured) / min(measured) > 20:
        _logarithmic(axes, base=10)
    _name(axes, "what the bound costs", bound.column, goal.column)
    _legend(axes)


def _draw_runs(axes: Axes, found: Found, column: str) -> list[float]:
    """The first goal of every trial over another column of it; the values of that column."""
    both = [(run, value, run.values[column]) for run, value in found.of(found.goals[0].column) if column in run.values]
    for kept, color in ((True, _MET), (False, _NOT_MET)):
        if shown := [(other, value) for run, value, other in both if run.kept is kept]:
            _dots(axes, shown, color)
    return [other for _, _, other in both]


def _draw_front(axes: Axes, found: Found) -> None:
    first, second = found.goals[:2]
    _draw_runs(axes, found, second.column)
    front = sorted(
        (each["goals"][second.column]["value"], each["goals"][first.column]["value"])
        for each in found.answer.get("front", [])
    )
    if front:
        axes.plot(*zip(*front, strict=True), color=_BEST, linewidth=1.2, marker="o", markersize=4, label="the front")
        _legend(axes)
    _name(axes, "what one goal costs the other", second.column, first.column)


def _draw_what_matters(axes: Axes, found: Found) -> None:
    goal = found.goals[0]
    known = [(run, value) for run, value in found.of(goal.column) if run.point]
    names = list(dict.fromkeys(name for run, _ in known for name in run.point))
    if len(names) == 1:
        _draw_along(axes, found, names[0], known)
        return
    weights = importances(found) if len(known) >= _FEWEST else {}
    if not weights:
        _nothing(axes, "too few trials to say which parameters matter")
        return
    order = sorted(weights, key=weights.__getitem__)
    bars = axes.barh([_broken(name) for name in order], [weights[name] for name in order], color=_MET, height=0.6)
    axes.bar_label(bars, [f" {weights[name]:.0%}" for name in order])
    axes.set_xlim(0, 1.15 * max(weights.values()))
    axes.set_title("which parameters matter", fontsize=11)
    axes.set_xlabel(f"share in {short(goal.column)} (PED-ANOVA)")
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:.0%}")


def _draw_along(axes: Axes, found: Found, name: str, known: Sequence[tuple[Run, float]]) -> None:
    """With one parameter: the goal along it."""
    for kept, color in ((True, _MET), (False, _NOT_MET)):
        shown = [(run.point[name], value) for run, value in known if run.kept is kept]
        if shown:
            _dots(axes, shown, color)
    if any('"log": true' in run.distributions.get(name, "") for run, _ in known):
        _logarithmic(axes, base=2)
    best = (found.answer.get("best") or {}).get("params", {})
    if name in best:  # the answer has the parameters that all trials had, with the same range
        axes.axvline(best[name], color=_BEST, linewidth=1.2, label=f"the answer, {best[name]}")
        _legend(axes)
    _name(axes, f"along {name}", name, found.goals[0].column)


def importances(found: Found) -> dict[str, float]:
    """Parameter -> its share in the differences of the first goal, by Optuna; empty where that does not work."""
    import optuna
    from optuna.distributions import json_to_distribution
    from optuna.importance import PedAnovaImportanceEvaluator, get_param_importances

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    goal = found.goals[0]
    study = optuna.create_study(direction=goal.direction)
    for run, value in found.of(goal.column):
        distributions = {name: json_to_distribution(text) for name, text in run.distributions.items()}
        study.add_trial(optuna.create_trial(params=dict(run.point), distributions=distributions, value=value))
    try:
        return get_param_importances(study, evaluator=PedAnovaImportanceEvaluator())
    except (ValueError, RuntimeError):  # parameters that not all trials have, or too few trials
        return {}


def _dots(axes: Axes, places: Sequence[tuple[float, float]], color: str, label: str | None = None) -> None:
    xs, ys = zip(*places, strict=True)
    axes.scatter(xs, ys, color=color, s=28, label=label, zorder=3)


def _name(axes: Axes, title: str, x: str, y: str) -> None:
    axes.set_title(title, fontsize=11)
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    if y.endswith(("throughput", "requests")):
        axes.yaxis.set_major_formatter(lambda value, _: number(value) if value else "0")


def _logarithmic(axes: Axes, base: int) -> None:
    """A logarithmic axis with plain numbers: powers of its base, of ten also 2 and 5 where there is room for them."""
    from matplotlib.ticker import LogLocator, NullFormatter

    axes.set_xscale("log", base=base)
    low, high = axes.get_xlim()
    few = base == 10 and high < 100 * low
    axes.xaxis.set_major_locator(LogLocator(base, subs=(1, 2, 5) if few else (1,)))
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axes.xaxis.set_minor_formatter(NullFormatter())


def _broken(name: str) -> str:
    """A name in lines that leave room for what they name; it is broken where its words end."""
    words = name.replace(".", ". ").replace("_", "_ ").split()
    lines = [words[0]]
    for word in words[1:]:
        if lines[-1].endswith(".") or len(lines[-1]) + len(word) > _LABEL:
            lines.append(word)
        else:
            lines[-1] += word
    return "\n".join(lines)


def _nothing(axes: Axes, said: str) -> None:
    axes.text(0.5, 0.5, said, ha="center", va="center", color=_FAILED, wrap=True, transform=axes.transAxes)
    axes.set_xticks([])
    axes.set_yticks([])


def _legend(axes: Axes) -> None:
    """Below the picture: there it hides nothing."""
    if not axes.get_legend_handles_labels()[0]:
        return  # Matplotlib would warn
    axes.legend(fontsize=8, frameon=False, ncols=2, loc="upper center", bbox_to_anchor=(0.5, -0.13))


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
</style></head><body><h1>{title}</h1><pre>{answer}</pre>{svg}
<table><tr>{heads}</tr>{rows}</table></body></html>
"""


def _page(found: Found, figure: Figure) -> str:
    """One file that needs nothing else: the answer, the figure, and every trial."""
    drawing = io.StringIO()
    figure.savefig(drawing, format="svg")
    svg = drawing.getvalue()
    names = list(dict.fromkeys(name for run in found.runs for name in run.point))
    columns = [*(goal.column for goal in found.goals), *(bound.column for bound in found.bounds)]
    heads = "".join(f"<th>{html.escape(each)}</th>" for each in ["trial", *names, *columns, "keeps the bounds"])
    rows = "".join(_row(run, names, columns) for run in found.runs)
    answer = html.escape("\n".join(found.answer.get("sentences", [])))
    title = html.escape(found.title)
    return _PAGE.format(title=title, answer=answer, svg=svg[svg.index("<svg") :], heads=heads, rows=rows)


def _row(run: Run, names: Sequence[str], columns: Sequence[str]) -> str:
    cells = [f"{run.number:03}", *(str(run.point.get(name, "")) for name in names)]
    cells += [number(run.values.get(column, math.nan)) if column in run.values else "-" for column in columns]
    cells.append(("yes" if run.kept else "no") if run.finished else "did not finish")
    inner = "".join(f"<td>{html.escape(cell)}</td>" for cell in cells)
    return f"<tr{'' if run.kept else ' class=no'}>{inner}</tr>"
