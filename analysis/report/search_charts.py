"""The figure of a search as plain values for the page: the panels of `fpray show --figure`, with hover values."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from fpray.errors import Refused
from fpray.files.printable import printable
from fpray.searching.figures.axes import BEST, FAILED, FEASIBLE, INFEASIBLE
from fpray.searching.figures.history import SearchedTrial, SearchHistory, read_history
from fpray.searching.figures.panels import WIDE
from fpray.searching.figures.parameter_panel import ENOUGH_TRIALS, importances
from fpray.searching.number_words import number
from fpray.store.find import is_suite
from fpray.store.suite import Suite
from fpray_analysis.figures.quantities import quantity
from fpray_analysis.loaded import Store
from fpray_analysis.report.charts import Chart, value_text
from fpray_analysis.report.details import text_of
from fpray_analysis.report.trials import TrialKey

XValue = Callable[[SearchedTrial], float | None]


def search_charts(store: Store, places: Mapping[TrialKey, int]) -> list[Chart]:
    """The charts of a search, as `charts.results_chart` gives one; none for what is no search, or has not begun.

    Beside what is there, a chart may have `bands` (an interval of y with a name), `marks` (an x with a name), `log`
    (whether x is logarithmic); a series may be a `step` line without markers.
    """
    if not is_suite(store.path):
        return []
    try:
        history = read_history(Suite(store.path))
    except Refused:  # a sweep, or nothing has ended
        return []
    by_number = {int(number): place for (name, number), place in places.items() if name == store.name}
    panels = _Panels(history, by_number)
    return [panels.path(), *panels.cost(), *panels.parameters()]


class _Panels:
    """Makes the charts of one search."""

    def __init__(self, history: SearchHistory, places: Mapping[int, int]) -> None:
        self._history, self._places = history, places
        self._goal = history.goals[0]

    def path(self) -> Chart:
        """The goal of each trial, and the best so far."""
        series = self._dots(lambda trial: trial.number, "trial")
        failures = [trial for trial in self._history.trials if not trial.measured]
        bottom = min((value for _, value in self._history.values_of(self._goal.column)), default=0.0)
        if failures:
            points = [self._point(trial, trial.number, bottom, ["did not finish"]) for trial in failures]
            series.append(_dots("did not finish", FAILED, "x", points))
        better = max if self._goal.maximize else min
        steps: list[tuple[float, float]] = []
        for trial, value in self._history.values_of(self._goal.column):
            if trial.feasible:
                steps.append((trial.number, better(value, steps[-1][1]) if steps else value))
        if steps:
            steps.append((self._history.trials[-1].number, steps[-1][1]))
            series.append(_line(f"{'highest' if self._goal.maximize else 'lowest'} so far", steps, "hv"))
        best = self._history.recommendation.best
        interval = best.goals.get(self._goal.column) if best else None
        bands: list[list[Any]] = []
        if interval and interval.low is not None and interval.high is not None and len(self._history.goals) == 1:
            bands = [[interval.low, interval.high, "95 % interval of the recommendation"]]
        return self._chart("Path of the search", "Trial", series, bands=bands)

    def cost(self) -> Iterator[Chart]:
        """What a bound costs, or what a second goal does."""
        history = self._history
        if len(history.goals) > 1:
            column = history.goals[1].column
            pairs = [(choice.value(column), choice.value(self._goal.column)) for choice in history.recommendation.front]
            front = sorted((x, y) for x, y in pairs if x is not None and y is not None)
            series = self._dots(lambda trial: trial.values.get(column), column)
            series += [_line("the front", front, "linear")] if front else []
            yield self._chart("What one goal costs the other", quantity(column).label, series)
        elif history.bounds:
            bound = history.bounds[0]
            series = self._dots(lambda trial: trial.values.get(bound.column), bound.column)
            edge = list(history.recommendation.edge(self._goal.column))
            series += [_line("the best at other bounds", edge, "hv" if bound.upper else "vh")] if edge else []
            marks = [[bound.limit, f"the bound, {bound.limit:g}"]]
            xs = [point["x"] for one in series for point in one["points"] if not one["step"]]
            is_log = bool(xs) and min(xs) > 0 and max(xs) > WIDE * min(xs) and bound.limit > 0
            yield self._chart("What the bound costs", quantity(bound.column).label, series, marks=marks, log=is_log)

    def parameters(self) -> Iterator[Chart]:
        """The goal along the only parameter, or the share of each one."""
        values = [(trial, value) for trial, value in self._history.values_of(self._goal.column) if trial.point]
        names = list(dict.fromkeys(name for trial, _ in values for name in trial.point))
        if len(names) == 1:
            (name,) = names
            best = self._history.recommendation.best
            marks = [[best.params[name], "the recommendation"]] if best and name in best.params else []
            is_log = any('"log": true' in trial.distributions.get(name, "") for trial, _ in values)
            series = self._dots(lambda trial: trial.point.get(name), name)
            yield self._chart(f"Along {text_of(name)}", quantity(name).label, series, marks=marks, log=is_log)
        elif len(values) >= ENOUGH_TRIALS and (shares := importances(self._history)):
            order = sorted(shares, key=shares.__getitem__, reverse=True)
            series = [
                _dots(
                    text_of(name), FEASIBLE, "circle",
                    [_plain_point(shares[name], shares[name], [text_of(name), f"{shares[name]:.0%}"])],
                )
                for name in order
            ]  # fmt: skip
            label = f"Share in {quantity(self._goal.column).words} (PED-ANOVA)"
            yield self._chart("Which parameters matter", label, series, bars=True)

    def _dots(self, x_of: XValue, x_name: str) -> list[dict[str, Any]]:
        """The trials by whether they keep the bounds, with the goal at y."""
        labels = ((True, FEASIBLE, "circle", "keeps the bounds"), (False, INFEASIBLE, "square", "does not keep them"))
        series = []
        for is_feasible, colour, symbol, label in labels:
            points = []
            for trial, value in self._history.values_of(self._goal.column):
                x = x_of(trial)
                if trial.feasible is is_feasible and isinstance(x, int | float):
                    words = [f"{quantity(self._goal.column).label}: {value_text(self._goal.column, value)}"]
                    words += [f"{quantity(x_name).label}: {value_text(x_name, x)}"] if x_name != "trial" else []
                    words += [text_of(f"{name} = {setting}") for name, setting in trial.point.items()]
                    points.append(self._point(trial, x, value, [*words, label]))
            if points:
                series.append(_dots(label if self._history.bounds else "trial", colour, symbol, points))
        return series

    def _point(self, trial: SearchedTrial, x: float, y: float, words: Sequence[str]) -> dict[str, Any]:
        place = self._places.get(trial.number)
        lines = [f"trial {trial.number:03}", *words]
        return _plain_point(x, y, lines) | {"trials": [place] if place is not None else []}

    def _chart(self, title: str, x: str, series: Sequence[Mapping[str, Any]], **more: Any) -> Chart:
        y = "" if more.get("bars") else quantity(self._goal.column).label
        caption = printable(f"{self._history.title} · {number(len(self._history.trials))} trials", most=400)
        chart: Chart = {"title": title, "x": x, "y": y, "legend": "", "bars": False, "series": series}
        return chart | {"caption": caption, "notes": []} | more


def _plain_point(x: float, y: float, words: Sequence[str]) -> dict[str, Any]:
    return {"x": x, "y": y, "xs": [x, x], "ys": [y, y], "repeats": [], "doubts": 0, "words": list(words), "trials": []}


def _dots(name: str, colour: str, symbol: str, points: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    look = {"colour": colour, "symbol": symbol, "dash": "solid"}
    return {"name": name, **look, "step": "", "line": False, "points": points}


def _line(name: str, pairs: Sequence[tuple[float, float]], shape: str) -> dict[str, Any]:
    """A line without markers; shape: how Plotly.js joins its points."""
    points = [_plain_point(x, y, [name, f"{y:,.6g}"]) for x, y in pairs]
    look = {"colour": BEST, "symbol": "circle", "dash": "solid"}
    return {"name": name, **look, "step": shape, "line": True, "points": points}
