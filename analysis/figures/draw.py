"""A figure as a file: the kind that fits what varies, what it was drawn from in its metadata and in a line below it."""

from __future__ import annotations

import contextlib
import os
import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import fpray
from fpray.errors import Cause, Problem, nearest, only_reading, refuse, refuse_if_any
from fpray.files.printable import printable
from fpray.store import columns
from fpray_analysis.figures.bar_chart import bars
from fpray_analysis.figures.choice import LOAD, chosen_trials
from fpray_analysis.figures.latency_throughput import lt
from fpray_analysis.figures.over_time import latency_over_time, throughput_over_time
from fpray_analysis.figures.scaling import scale
from fpray_analysis.figures.style import COLUMN_CM, SCREEN_CM, logarithmic, size_inches, styled
from fpray_analysis.result_set import Results

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Each kind with the functions of its panels, one below the other.
KINDS: Final[Mapping[str, Sequence[Callable[..., Any]]]] = {
    "lt": (lt,), "scale": (scale,), "bars": (bars,), "time": (throughput_over_time, latency_over_time),
}  # fmt: skip
_ARGUMENTS: Final[Mapping[str, Sequence[str]]] = {
    "lt": ("x", "y", "by", "labels"), "scale": ("x", "y", "by", "labels"), "bars": ("y", "by", "labels"), "time": (),
}  # fmt: skip
SUFFIXES: Final = (".pdf", ".png", ".svg")
_MARKS: Final = {"time": "grey: the measured window", "": "point: median of the repeats; bars: lowest to highest"}


@dataclass(frozen=True)
class FigureOptions:
    """What a user chooses of a figure; an empty value stands for the usual one.

    Attributes:
        kind: one of KINDS.
        x, y, by: columns.
        where: column -> values that trials must have, as texts.
        labels: suite -> its name in the legend.
        log: the axes that are logarithmic: `x`, `y`.
        title: above the figure.
        width: in cm.
        paper: print size, a serif font, no title, no line below.
    """

    kind: str = ""
    x: str = ""
    y: str = ""
    by: Sequence[str] | None = None
    where: Mapping[str, Sequence[str]] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    log: Sequence[str] = ()
    title: str = ""
    width: float = 0.0
    paper: bool = False


def plot(results: Results, file: Path, options: FigureOptions) -> str:
    """Write a figure; the kind that it is.

    Raises:
        Refused: there is nothing to draw, a column is none, or the file cannot be written.
    """
    with only_reading(), _no_foreign_backend(), styled(paper=options.paper):
        _check(results, file, options)
        options = replace(options, labels=_labels(results, options.labels))
        kind = options.kind or usual_kind(results, options.where)
        figure = _figure(results, kind, options)
        try:
            figure.savefig(file, metadata=_metadata(file, source_line(results, kind, options), options))
        except OSError as error:
            raise refuse(f"-o {file}", f"cannot be written: {error.strerror}", Cause.FIGURE) from None
    return kind


def usual_kind(results: Results, where: Mapping[str, Sequence[str]] | None = None) -> str:
    """The kind for what varies: `lt` where the load does, `scale` where only one number does, else `bars`."""
    rows = chosen_trials(results, where)
    varied = [name for name in results.varied if len({row[name] for row in rows}) > 1]
    if any(name in LOAD for name in varied):
        return "lt"
    is_number = len(varied) == 1 and all(type(row[varied[0]]) in (int, float) for row in rows)
    return "scale" if is_number else "bars"


def _check(results: Results, file: Path, options: FigureOptions) -> None:
    names = results.trials.column_names
    columns_by_option = [("--x", options.x), ("--y", options.y), *(("--by", name) for name in options.by or ())]
    problems = [
        Problem(f"{option} {name}", f"there is no such column{nearest(name, names)}", Cause.FIGURE)
        for option, name in columns_by_option
        if name and name not in names
    ]
    if options.kind and options.kind not in KINDS:
        more = f"{nearest(options.kind, KINDS)}; the kinds are {', '.join(KINDS)}"
        problems.append(Problem(f"--kind {options.kind}", f"there is no such kind{more}", Cause.FIGURE))
    if file.suffix not in SUFFIXES:
        problems.append(Problem(f"-o {file}", f"must end in one of {', '.join(SUFFIXES)}", Cause.FIGURE))
    refuse_if_any(problems)


def _labels(results: Results, labels: Mapping[str, str]) -> dict[str, str]:
    """Names of suites, each by its whole name: a user writes a part of it, such as its id.

    Raises:
        Refused: a part is in no name, or in several.
    """
    by_name, problems = {}, []
    for part, label in labels.items():
        names = [name for name in results.provenance if part == name] or [n for n in results.provenance if part in n]
        if len(names) == 1:
            by_name[names[0]] = label
        else:
            which = "several suites" if names else "none of these suites"
            suites = ", ".join(map(printable, results.provenance))
            problems.append(Problem(f"--label {part}", f"is in the name of {which}: {suites}", Cause.FIGURE))
    refuse_if_any(problems)
    return by_name


def _figure(results: Results, kind: str, options: FigureOptions) -> Figure:
    from matplotlib.figure import Figure

    width = options.width or (COLUMN_CM if options.paper else SCREEN_CM)
    panels = KINDS[kind]
    ratio = (0.72 if options.paper else 0.62) * (1 + 0.55 * (len(panels) - 1))
    figure = Figure(figsize=size_inches(width, ratio), layout="constrained")
    by_name = {"x": options.x, "y": options.y, "by": options.by, "labels": options.labels}
    arguments = {name: by_name[name] for name in _ARGUMENTS[kind]}
    for panel, axes in zip(panels, figure.subplots(len(panels), squeeze=False)[:, 0], strict=True):
        panel(results, axes, where=options.where, **arguments)
        for axis in options.log:
            logarithmic(axes, axis)
    if not options.paper:
        figure.suptitle(options.title)
        _add_line(figure, source_line(results, kind, options), width)
    return figure


def _add_line(figure: Figure, text: str, width_cm: float) -> None:
    """A line below the figure, as many characters wide as fit."""
    figure.supxlabel(textwrap.fill(text, int(width_cm * 7.6)), fontsize=6.5, color="#555555", x=0.01, ha="left")


def source_line(results: Results, kind: str, options: FigureOptions) -> str:
    """What a figure was drawn from: suites, trials, jar, the version of fpray, and how many trials have a doubt."""
    rows = chosen_trials(results, options.where, unfinished=kind == "time")
    jars = list(dict.fromkeys(row[columns.JAR] for row in rows if row[columns.JAR]))
    names = [options.labels.get(name, name) for name in results.provenance]
    doubts = sum(bool(row[columns.DOUBTS]) for row in rows)
    parts = [
        ", ".join(map(printable, names[:3])) + (f" and {len(names) - 3} more" if len(names) > 3 else ""),
        f"trial {rows[0][columns.TRIAL]}" if kind == "time" else f"{len(rows)} trials",
        f"jar: {', '.join(map(printable, jars[:3]))}" if jars else "jar: not known",
        f"fpray {fpray.__version__}",
        _MARKS.get(kind, _MARKS[""]),
    ]
    if doubts:
        parts.append(f"{doubts} of the trials have doubts (hollow markers)")
    return " · ".join(parts)


def _metadata(file: Path, line: str, options: FigureOptions) -> dict[str, Any]:
    """The same in the file, by the keys of its format."""
    software = f"fpray {fpray.__version__}"
    title = options.title or "Figure of fpray"
    if file.suffix == ".pdf":
        return {"Title": title, "Subject": line, "Creator": software}
    if file.suffix == ".svg":
        return {"Title": title, "Description": line, "Creator": software, "Date": None}
    return {"Title": title, "Description": line, "Software": software}


@contextlib.contextmanager
def _no_foreign_backend() -> Iterator[None]:
    """In the block matplotlib is imported without the setting of another program, such as a notebook above us."""
    before = os.environ.pop("MPLBACKEND", None)
    try:
        yield
    finally:
        if before is not None:
            os.environ["MPLBACKEND"] = before
