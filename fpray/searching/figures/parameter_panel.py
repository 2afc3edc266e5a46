"""The panel about parameters: the goal along the only one, or the share of each one in the goal's differences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from fpray.searching.figures.axes import BEST, FEASIBLE, INFEASIBLE, dots, label_axes, legend, logarithmic, message
from fpray.searching.figures.history import SearchedTrial, SearchHistory
from fpray.searching.number_words import short

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_LABEL_CHARACTERS = 26  # of a parameter's name in a line
ENOUGH_TRIALS = 6  # measured trials from which shares are computed


def draw_parameters(axes: Axes, history: SearchHistory) -> None:
    """How the parameters of the space change the first goal."""
    goal = history.goals[0]
    values = [(trial, value) for trial, value in history.values_of(goal.column) if trial.point]
    names = list(dict.fromkeys(name for trial, _ in values for name in trial.point))
    if len(names) == 1:
        _draw_along(axes, history, names[0], values)
        return
    shares = importances(history) if len(values) >= ENOUGH_TRIALS else {}
    if not shares:
        message(axes, "too few trials to say which parameters matter")
        return
    order = sorted(shares, key=shares.__getitem__)
    bars = axes.barh([_in_lines(name) for name in order], [shares[name] for name in order], color=FEASIBLE, height=0.6)
    axes.bar_label(bars, [f" {shares[name]:.0%}" for name in order])
    axes.set_xlim(0, 1.15 * max(shares.values()))
    axes.set_title("which parameters matter", fontsize=11)
    axes.set_xlabel(f"share in {short(goal.column)} (PED-ANOVA)")
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:.0%}")


def _draw_along(axes: Axes, history: SearchHistory, name: str, values: Sequence[tuple[SearchedTrial, float]]) -> None:
    for feasible, color in ((True, FEASIBLE), (False, INFEASIBLE)):
        if points := [(trial.point[name], value) for trial, value in values if trial.feasible is feasible]:
            dots(axes, points, color)
    if any('"log": true' in trial.distributions.get(name, "") for trial, _ in values):
        logarithmic(axes, base=2)
    best = history.recommendation.best.params if history.recommendation.best else {}
    if name in best:  # the recommendation has the parameters that all trials had, with the same range
        axes.axvline(best[name], color=BEST, linewidth=1.2, label=f"the recommendation, {best[name]}")
        legend(axes)
    label_axes(axes, f"along {name}", name, history.goals[0].column)


def importances(history: SearchHistory) -> dict[str, float]:
    """Parameter -> its share in the differences of the first goal, by Optuna; empty if it cannot say."""
    import optuna
    from optuna.distributions import json_to_distribution
    from optuna.importance import PedAnovaImportanceEvaluator, get_param_importances

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    goal = history.goals[0]
    study = optuna.create_study(direction=goal.direction)
    for trial, value in history.values_of(goal.column):
        distributions = {name: json_to_distribution(text) for name, text in trial.distributions.items()}
        study.add_trial(optuna.create_trial(params=dict(trial.point), distributions=distributions, value=value))
    try:
        return get_param_importances(study, evaluator=PedAnovaImportanceEvaluator())
    except (ValueError, RuntimeError):  # parameters that not all trials have, or too few trials
        return {}


def _in_lines(name: str) -> str:
    """A name in short lines, which leave room for the bars; it is broken at the ends of its words."""
    words = name.replace(".", ". ").replace("_", "_ ").split()
    lines = [words[0]]
    for word in words[1:]:
        if lines[-1].endswith(".") or len(lines[-1]) + len(word) > _LABEL_CHARACTERS:
            lines.append(word)
        else:
            lines[-1] += word
    return "\n".join(lines)
