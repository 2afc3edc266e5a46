"""A figure as a file: the kind that fits what varies, what it was drawn from in its metadata and in a line below it."""

from __future__ import annotations

import contextlib
import re
import textwrap
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import fpray
from fpray.errors import Cause, Problem, nearest, only_reading, refuse, refuse_if_any
from fpray.evidence.steady_checks import LINEARIZABLE
from fpray.files.printable import printable
from fpray.report.limits import limit_counts, limit_sentence
from fpray.report.matplotlib_setting import no_foreign_backend
from fpray.store import columns
from fpray_analysis.choice import Row, chosen_trials
from fpray_analysis.figures.files import problems_of_file, save
from fpray_analysis.figures.kinds import KINDS, SEARCH, usual_kind
from fpray_analysis.figures.options import FigureOptions
from fpray_analysis.figures.searches import search_figure
from fpray_analysis.figures.study_figures import with_study_figure
from fpray_analysis.figures.style import COLUMN_CM, SCREEN_CM, logarithmic, size_inches, styled
from fpray_analysis.loaded import SUITE
from fpray_analysis.profiled import unprofiled
from fpray_analysis.result_set import Results
from fpray_analysis.row_doubts import CONSISTENCY

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NARROWEST_CM, WIDEST_CM = 6.0, 60.0
_READS = re.compile(r"of\sreads")


@dataclass(frozen=True)
class Drawn:
    """What a figure turned out to be: its kind, and what there is to say of it."""

    kind: str
    notes: Sequence[str]


def plot(results: Results, file: Path, options: FigureOptions) -> Drawn:
    """Write a figure.

    Raises:
        Refused: there is nothing to draw, a column is none, or the file cannot be written.
    """
    with (
        only_reading(),
        no_foreign_backend(),
        styled(paper=options.paper),
        _warnings() as heard,
    ):
        _check(results, file, options)
        results, without = unprofiled(results, profiled=options.profiled, where=options.where)
        options = replace(options, labels=_labels(results, options.labels))
        options, notes = with_study_figure(results, options)
        kind = options.kind or ("speedup" if options.baseline else usual_kind(results, options.where))
        _check_kind(kind, options)
        trials: list[Row] = []
        figure = search_figure(results) if kind == SEARCH else _figure(results, kind, options, trials)
        if options.title and not options.paper:
            figure.suptitle(textwrap.fill(printable(options.title, most=200), int(options.width or SCREEN_CM) * 5))
        _name_reads(figure, trials or chosen_trials(results, options.where, unfinished=True))
        line = source_line(results, kind, options, trials)
        save(figure, file, line, title=options.title, shows_line=not options.paper)
    notes += [*left_out(results, kind, options, trials), *_of_warnings(str(warning.message) for warning in heard)]
    return Drawn(kind, [*without, *notes])


@contextlib.contextmanager
def _warnings() -> Iterator[list[warnings.WarningMessage]]:
    """What is warned of in the block, in place of lines of Matplotlib's on the terminal."""
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        yield heard


def left_out(results: Results, kind: str, options: FigureOptions, trials: Sequence[Row]) -> Iterator[str]:
    """Each suite of which trials lack what is drawn."""
    if "sink" not in KINDS[kind].arguments:
        return
    rows = chosen_trials(results, options.where)
    for name in results.provenance:
        own = [row for row in rows if row.get(SUITE, name) == name]
        count = len(own) - sum(row.get(SUITE, name) == name for row in trials)
        if count:
            which = f"all {count}" if count == len(own) else f"{count} of {len(own)}"
            lack = (
                "have not kept their rows" if KINDS[kind].needs_rows else "lack a column that is drawn (see --x, --y)"
            )
            yield f"{which} trials of {printable(name)} are left out: they {lack}"
            # A quantile of too few requests is one of them: the trial's doubt says it.


def _of_warnings(messages: Iterable[str]) -> Iterator[str]:
    """What Matplotlib has said, in words of ours."""
    texts = list(messages)
    if any("Glyph" in text for text in texts):
        yield "the font lacks some characters, which are boxes in the figure: use others in --title and --label"
    if any("constrained_layout" in text for text in texts):
        yield "names and labels leave no room for the figure: make it wider with --width, or shorten names with --label"


def _check(results: Results, file: Path, options: FigureOptions) -> None:
    names = results.trials.column_names
    columns_by_option = [("--x", options.x), ("--y", options.y), *(("--by", name) for name in options.by or ())]
    problems = [
        Problem(f"{option} {name or repr('')}", f"there is no such column{nearest(name, names)}", Cause.FIGURE)
        for option, name in columns_by_option
        if name not in names and (name or option == "--by")
    ]
    if options.kind and options.kind not in KINDS:
        more = f"{nearest(options.kind, KINDS)}; the kinds are {', '.join(KINDS)}"
        problems.append(Problem(f"--kind {options.kind}", f"there is no such kind{more}", Cause.FIGURE))
    problems += problems_of_file(file)
    if options.width and not NARROWEST_CM <= options.width <= WIDEST_CM:  # also NaN
        sentence = f"must be from {NARROWEST_CM:g} to {WIDEST_CM:g} cm"
        problems.append(Problem(f"--width {options.width:g}", sentence, Cause.FIGURE))
    twice = [name for name, count in Counter(options.labels.values()).items() if count > 1]
    problems += [Problem(f"--label ...={name}", "names two suites: write two names", Cause.FIGURE) for name in twice]
    refuse_if_any(problems)


def _check_kind(kind: str, options: FigureOptions) -> None:
    """Refuse options that have no meaning for a kind."""
    if kind == "speedup" and not options.baseline:
        raise refuse("--kind speedup", "needs --baseline NAME: the series by which others are divided", Cause.FIGURE)
    chosen_by_user = {
        "baseline": bool(options.baseline),
        "x": bool(options.x),
        "y": bool(options.y),
        "by": options.by is not None,
        "labels": bool(options.labels),
    }
    allowed = KINDS[kind].arguments
    problems = [
        Problem(f"--{name.removesuffix('s')}", f"has no meaning for --kind {kind}: leave it out", Cause.FIGURE)
        for name, is_given in chosen_by_user.items()
        if is_given and name not in allowed
    ]
    if kind == SEARCH:
        of_axes = {"--where": options.where, "--width": options.width, "--paper": options.paper}
        problems += [
            Problem(option, f"has no meaning for --kind {kind}: leave it out", Cause.FIGURE)
            for option, value in of_axes.items()
            if value
        ]
    for axis in set(options.log) - set(KINDS[kind].log):
        problems.append(Problem(f"--log {axis}", f"has no meaning for --kind {kind}: leave it out", Cause.FIGURE))
    refuse_if_any(problems)


def _labels(results: Results, labels: Mapping[str, str]) -> dict[str, str]:
    """Names of suites, each by its whole name: a user writes that, also without .csv, or a part of it, such as its id.

    Raises:
        Refused: a part is in no name, or in several.
    """
    by_name, problems = {}, []
    for part, label in labels.items():
        names = [name for name in results.provenance if part in (name, name.removesuffix(".csv"))]
        names = names or [name for name in results.provenance if part in name]
        if len(names) == 1:
            by_name[names[0]] = label
        else:
            which = "several suites" if names else "none of these suites"
            suites = ", ".join(map(printable, names or results.provenance))
            problems.append(Problem(f"--label {part}", f"is in the name of {which}: {suites}", Cause.FIGURE))
    refuse_if_any(problems)
    return by_name


def _figure(results: Results, kind: str, options: FigureOptions, trials: list[Row]) -> Figure:
    """The figure without the line below; trials: gets those that are drawn."""
    from matplotlib.figure import Figure

    width = options.width or (COLUMN_CM if options.paper else SCREEN_CM)
    panels = KINDS[kind].panels
    ratio = (0.72 if options.paper else 0.62) * (1 + 0.55 * (len(panels) - 1))
    figure = Figure(figsize=size_inches(width, ratio), layout="constrained")
    by_name = {
        "baseline": options.baseline,
        "x": options.x,
        "y": options.y,
        "by": options.by,
        "labels": options.labels,
        "sink": trials,
    }
    arguments = {name: by_name[name] for name in KINDS[kind].arguments}
    for panel, axes in zip(panels, figure.subplots(len(panels), squeeze=False)[:, 0], strict=True):
        panel(results, axes, where=options.where, **arguments)
        for axis in options.log:
            if (axes.dataLim.x0 if axis == "x" else axes.dataLim.y0) <= 0:
                sentence = "a value is zero or less, and has no place on a logarithmic axis: leave it out"
                raise refuse(f"--log {axis}", sentence, Cause.FIGURE)
            logarithmic(axes, axis)
    return figure


def _name_reads(figure: Figure, trials: Sequence[Row]) -> None:
    """Name the consistency of reads at the axes, where some are not linearizable."""
    texts = sorted({str(row[CONSISTENCY]) for row in trials if row.get(CONSISTENCY)})
    if texts in ([], [LINEARIZABLE]):
        return
    words = f"of {printable(' or '.join(texts), most=40)} reads"
    for axes in figure.axes:
        axes.set_xlabel(_READS.sub(words, axes.get_xlabel()))
        axes.set_ylabel(_READS.sub(words, axes.get_ylabel()))


def source_line(results: Results, kind: str, options: FigureOptions, trials: Sequence[Row]) -> str:
    """What a figure was drawn from: suites, trials, jar, the version of fpray, what limited the trials, and doubts."""
    rows = trials or chosen_trials(results, options.where, unfinished=KINDS[kind].is_of_one_trial)
    jars = list(dict.fromkeys(row[columns.JAR] for row in rows if row[columns.JAR]))
    names = [name for name in results.provenance if any(row.get(SUITE, name) == name for row in rows)]
    names = [printable(options.labels.get(name, name)) for name in names]
    doubts = sum(bool(row[columns.DOUBTS]) for row in rows)
    count = (
        f"trial {rows[0][columns.TRIAL]}"
        if KINDS[kind].is_of_one_trial
        else f"{len(rows)} trial{'s' * (len(rows) > 1)}"
    )
    parts = [
        ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else ""),
        count,
        f"jar: {', '.join(map(printable, jars[:3]))}" if jars else "jar: not known",
        f"fpray {fpray.__version__}",
        KINDS[kind].marks,
        limit_sentence(rows[0]) if KINDS[kind].is_of_one_trial else limit_counts(rows),
    ]
    if doubts:
        hollow = " (hollow markers)" if KINDS[kind].has_hollow_markers else ""
        parts.append("with doubts" if KINDS[kind].is_of_one_trial else f"{doubts} of these trials with doubts{hollow}")
    return " · ".join(part for part in parts if part)
