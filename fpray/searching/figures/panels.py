"""The panels about goals and bounds: the path of the search, what a bound costs, what a second goal costs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fpray.searching.figures.axes import BEST, FAILED, FEASIBLE, INFEASIBLE, dots, label_axes, legend, logarithmic
from fpray.searching.figures.history import SearchHistory

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDE = 20  # the highest value over the lowest, from which an axis is logarithmic


def draw_path(axes: Axes, history: SearchHistory) -> None:
    """The first goal of each trial, the best so far, and the interval of the recommendation."""
    from matplotlib.ticker import MaxNLocator

    goal = history.goals[0]
    values = history.values_of(goal.column)
    labels = ((True, FEASIBLE, "keeps the bounds"), (False, INFEASIBLE, "does not keep the bounds"))
    for feasible, color, label in labels:
        if points := [(trial.number, value) for trial, value in values if trial.feasible is feasible]:
            dots(axes, points, color, label if history.bounds else "trial")
    if failures := [trial.number for trial in history.trials if not trial.measured]:
        bottom = min((value for _, value in values), default=0.0)
        axes.scatter(
            failures, [bottom] * len(failures), color=FAILED, marker="x", s=28, label="did not finish", zorder=3
        )
    _draw_best_so_far(axes, history)
    best = history.recommendation.best.goals.get(goal.column) if history.recommendation.best else None
    if best and best.low is not None and best.high is not None and len(history.goals) == 1:
        axes.axhspan(best.low, best.high, color=BEST, alpha=0.12, label="95 % interval of the recommendation")
    label_axes(axes, "path of the search", "trial", goal.column)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    legend(axes)


def _draw_best_so_far(axes: Axes, history: SearchHistory) -> None:
    goal = history.goals[0]
    better, word = (max, "highest") if goal.maximize else (min, "lowest")
    steps: list[tuple[int, float]] = []
    for trial, value in history.values_of(goal.column):
        if trial.feasible:
            steps.append((trial.number, better(value, steps[-1][1]) if steps else value))
    if steps:
        steps.append((history.trials[-1].number, steps[-1][1]))
        axes.step(*zip(*steps, strict=True), where="post", color=BEST, linewidth=1.2, label=f"{word} so far")


def draw_cost(axes: Axes, history: SearchHistory) -> None:
    """The goal over the first bound's column, and the best at other limits of the bound."""
    goal, bound = history.goals[0], history.bounds[0]
    values = _draw_trials(axes, history, bound.column)
    axes.axvline(bound.limit, color="black", linewidth=1, linestyle="--", label=f"the bound, {bound.limit:g}")
    if edge := list(history.recommendation.edge(goal.column)):
        axes.step(
            *zip(*edge, strict=True), where="post" if bound.upper else "pre", color=BEST, linewidth=1.2,
            marker="o", markersize=4, label="the best at other bounds",
        )  # fmt: skip
    if values and min(values) > 0 and max(values) / min(values) > WIDE:
        logarithmic(axes, base=10)
    label_axes(axes, "what the bound costs", bound.column, goal.column)
    legend(axes)


def draw_front(axes: Axes, history: SearchHistory) -> None:
    """The first goal over the second, and the front."""
    first, second = history.goals[:2]
    _draw_trials(axes, history, second.column)
    pairs = [(choice.value(second.column), choice.value(first.column)) for choice in history.recommendation.front]
    if front := sorted((other, value) for other, value in pairs if other is not None and value is not None):
        axes.plot(*zip(*front, strict=True), color=BEST, linewidth=1.2, marker="o", markersize=4, label="the front")
        legend(axes)
    label_axes(axes, "what one goal costs the other", second.column, first.column)


def _draw_trials(axes: Axes, history: SearchHistory, column: str) -> list[float]:
    """The first goal of each trial over another column; returns the values of that column."""
    goals = history.values_of(history.goals[0].column)
    points = [(trial, value, trial.values[column]) for trial, value in goals if column in trial.values]
    for feasible, color in ((True, FEASIBLE), (False, INFEASIBLE)):
        if pairs := [(other, value) for trial, value, other in points if trial.feasible is feasible]:
            dots(axes, pairs, color)
    return [other for _, _, other in points]
