"""The figure of a study: what is drawn of its suites where the user chooses neither a kind nor columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from fpray.store import columns
from fpray.store.outcome import Status
from fpray_analysis.choice import chosen_trials
from fpray_analysis.figures.kinds import KINDS
from fpray_analysis.figures.options import FigureOptions
from fpray_analysis.loaded import SUITE
from fpray_analysis.result_set import Results


def with_study_figure(results: Results, options: FigureOptions) -> tuple[FigureOptions, list[str]]:
    """The options with those of the study's figure, where all suites bring one of a kind; and what to say of it."""
    if options.kind or options.x or options.y or options.by is not None or options.baseline:
        return options, []
    figures = [provenance.get("figure") or {} for provenance in results.provenance.values()]
    kinds = {_text(figure, "kind") for figure in figures}
    if len(kinds) != 1 or not kinds <= KINDS.keys():
        return options, []
    axes = {axis: [*dict.fromkeys(_text(figure, axis) for figure in figures)] for axis in ("x", "y")}
    by = [*dict.fromkeys(name for figure in figures for name in _texts(figure, "by"))]
    names = [name for name in (*axes["x"], *axes["y"], *by) if name]
    if lacking := [name for name in names if name not in results.trials.column_names]:
        return options, [f"the study's figure has {lacking[0]}, which no trial has: what varies is drawn instead"]
    if KINDS[(kind := kinds.pop())].is_of_one_trial:
        return _of_one_trial(results, replace(options, kind=kind))
    if any(len(values) > 1 for values in axes.values()):
        return options, []
    suite = [SUITE] if SUITE in results.trials.column_names else []
    has_series = all("by" in figure for figure in figures)
    return replace(
        options, kind=kind, x=axes["x"][0], y=axes["y"][0], by=[*suite, *by] if has_series else None
    ), []  # fmt: skip


def _of_one_trial(results: Results, options: FigureOptions) -> tuple[FigureOptions, list[str]]:
    """The first trial that finished, where several are chosen; the others are a word away."""
    rows = chosen_trials(results, options.where, unfinished=True)
    if len(rows) == 1:
        return options, []
    row = next((row for row in rows if row[columns.STATUS] == Status.FINISHED.value), rows[0])
    number = str(row[columns.TRIAL])
    where: dict[str, Sequence[str]] = {**options.where, columns.TRIAL: [number]}
    if SUITE in row:
        where[SUITE] = [str(row[SUITE])]
    note = f"trial {number} is drawn, one of {len(rows)}: --where {columns.TRIAL}=NNN draws another"
    return replace(options, where=where), [note]


def _text(figure: Mapping[str, str | list[str]], entry: str) -> str:
    """A text of a figure, which comes from outside; empty if it is none."""
    value = figure.get(entry, "")
    return value if isinstance(value, str) else ""


def _texts(figure: Mapping[str, str | list[str]], entry: str) -> Sequence[str]:
    value = figure.get(entry, [])
    return value if isinstance(value, list) else [value]
