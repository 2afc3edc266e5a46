"""Makes the page of a report: one text, with its own scripts alone, and a policy by which no other can run."""

from __future__ import annotations

import base64
import gzip
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from markupsafe import Markup, escape

import fpray
from fpray.report.own_page import all_printable, json_text, page_from, policy
from fpray_analysis.loaded import Store
from fpray_analysis.report import libraries
from fpray_analysis.report.charts import Chart, results_chart
from fpray_analysis.report.details import trial_blocks
from fpray_analysis.report.last_lines import OF_FAILURE, OF_OTHERS, LastLines
from fpray_analysis.report.overview import MACHINE, MOST_LISTED, doubts, failures, overview
from fpray_analysis.report.search_charts import search_charts
from fpray_analysis.report.table import places, trial_table
from fpray_analysis.report.trials import ReportedTrial, reported_trials
from fpray_analysis.result_set import Results

GENERATOR: Final = "fpray report"  # by which a file is known as a report
_TEMPLATES: Final = Path(__file__).parent / "templates"
_TEMPLATE, _STYLE = "report.html", "report.css"
_SCRIPTS: Final = ("text.js", "details.js", "trials.js", "figures.js", "start.js")
_CHUNK: Final = 25  # trials, of which the details are unpacked together


@dataclass(frozen=True)
class Page:
    """A report.

    Attributes:
        html: all of it.
        trials: how many it has.
        notes: what there is to say beside it.
    """

    html: str
    trials: int
    notes: Sequence[str]


def make_page(stores: Sequence[Store]) -> Page:
    """The report of stores, at least one.

    Raises:
        Refused: a file of a suite is damaged.
    """
    results = Results(stores)
    trials = reported_trials(results, stores)
    inputs = list(dict.fromkeys([*results.inputs, *(name for trial in trials for name in trial.inputs)]))
    last_lines = LastLines()
    details = [trial_blocks(trial, inputs, last_lines) for trial in trials]
    figures = _figures(results, stores, trials)
    overviews = [overview(store, trials) for store in stores]
    context = {
        "title": ", ".join(one.name for one in overviews[:3]) + (", ..." if len(overviews) > 3 else ""),
        "overviews": overviews,
        "machine_headings": MACHINE,
        "failures": failures(trials),
        "doubts": doubts(trials),
        "most_listed": MOST_LISTED,
        "figures": figures,
        "table": trial_table(trials, inputs),
        "statuses": list(dict.fromkeys(trial.status for trial in trials)),
        "trial_count": len(trials),
        "doubted_count": sum(bool(trial.doubts) for trial in trials),
        "lines": (OF_FAILURE, OF_OTHERS, last_lines.omitted),
        "chunk": _CHUNK,
        "chunks": [_packed(json_text(details[at : at + _CHUNK])) for at in range(0, len(details), _CHUNK)],
    }
    return Page(_render(context), len(trials), [note for figure in figures for note in figure["notes"]])


def _figures(results: Results, stores: Sequence[Store], trials: Sequence[ReportedTrial]) -> list[Chart]:
    """The figure of the results, then those of searches."""
    place_of = places(trials)
    of_searches = [chart for store in stores for chart in search_charts(store, place_of)]
    charts: list[Chart] = all_printable([*of_searches, results_chart(results, place_of)])
    return charts


def _render(context: Mapping[str, Any]) -> str:
    own, style = _text(*_SCRIPTS), _text(_STYLE)
    scripts = [libraries.tables(), *([libraries.charts()] if any(one["series"] for one in context["figures"]) else [])]
    of_page = {
        "generator": f"{GENERATOR} {fpray.__version__}",
        "written": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        "policy": policy([own, *(one.text for one in scripts)], [style, *(s for one in scripts for s in one.styles)]),
        "style": Markup(style),
        "script": Markup(own),
        "figures_json": Markup(json_text(context["figures"])),
        "libraries": [(one.name, Markup(escape(one.licence))) for one in scripts],
        "newline": Markup("\n"),
        "packed": [_packed(one.text) for one in scripts],
    }
    return page_from(_TEMPLATES / _TEMPLATE, {**context, **of_page})


def _text(*names: str) -> str:
    """Files of ours, as one text."""
    return "\n".join((_TEMPLATES / name).read_text(encoding="utf-8") for name in names)


def _packed(text: str) -> str:
    """A text as the page unpacks it: gzip, in base64."""
    return base64.b64encode(gzip.compress(text.encode(errors="backslashreplace"), 6, mtime=0)).decode()
