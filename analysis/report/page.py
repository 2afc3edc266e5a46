"""Makes the page of a report: one text, with its own scripts alone, and a policy by which no other can run."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import jinja2
from markupsafe import Markup, escape

import fpray
from fpray.files.printable import printable
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
_UNSAFE: Final = str.maketrans({c: f"\\u{ord(c):04x}" for c in "<>&\u2028\u2029"})


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
        "chunks": [_packed(_json(details[at : at + _CHUNK])) for at in range(0, len(details), _CHUNK)],
    }
    return Page(_render(context), len(trials), [note for figure in figures for note in figure["notes"]])


def _figures(results: Results, stores: Sequence[Store], trials: Sequence[ReportedTrial]) -> list[Chart]:
    """The figure of the results, then those of searches."""
    place_of = places(trials)
    of_searches = [chart for store in stores for chart in search_charts(store, place_of)]
    charts: list[Chart] = _printable([*of_searches, results_chart(results, place_of)])
    return charts


def _printable(value: Any) -> Any:
    """The same value, in which every text is safe to show."""
    if isinstance(value, Mapping):
        return {key: _printable(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_printable(entry) for entry in value]
    return printable(value) if isinstance(value, str) else value


def _render(context: Mapping[str, Any]) -> str:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES), autoescape=True, finalize=_safe, trim_blocks=True,
        lstrip_blocks=True, undefined=jinja2.StrictUndefined,
    )  # fmt: skip
    own, style = _text(*_SCRIPTS), _text(_STYLE)
    scripts = [libraries.tables(), *([libraries.charts()] if any(one["series"] for one in context["figures"]) else [])]
    return environment.get_template(_TEMPLATE).render(
        context,
        generator=f"{GENERATOR} {fpray.__version__}",
        written=f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        policy=_policy([own, *(one.text for one in scripts)], [style, *(s for one in scripts for s in one.styles)]),
        style=Markup(style),
        script=Markup(own),
        figures_json=Markup(_json(context["figures"])),
        libraries=[(one.name, Markup(escape(one.licence))) for one in scripts],
        newline=Markup("\n"),
        packed=[_packed(one.text) for one in scripts],
    )


def _safe(value: object) -> object:
    """What a template puts into the page: a text without characters that hide or turn round other text."""
    return printable(value) if type(value) is str else value


def _text(*names: str) -> str:
    """Files of ours, as one text."""
    return "\n".join((_TEMPLATES / name).read_text(encoding="utf-8") for name in names)


def _json(value: object) -> str:
    """JSON that can stand in an element of the page: no character of it can end the element."""
    return json.dumps(value, separators=(",", ":"), allow_nan=False).translate(_UNSAFE)


def _packed(text: str) -> str:
    """A text as the page unpacks it: gzip, in base64."""
    return base64.b64encode(gzip.compress(text.encode(errors="backslashreplace"), 6, mtime=0)).decode()


def _policy(scripts: Sequence[str], styles: Sequence[str]) -> str:
    """The Content-Security-Policy: these scripts and style sheets by their hashes, and no network."""
    return (
        f"default-src 'none'; script-src {_hashes(scripts)}; style-src {_hashes(styles)}; img-src data: blob:;"
        " base-uri 'none'; form-action 'none'"
    )


def _hashes(texts: Sequence[str]) -> str:
    digests = (hashlib.sha256(text.encode()).digest() for text in texts)
    return " ".join(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)
