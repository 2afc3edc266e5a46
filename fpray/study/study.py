"""What to ask next: a study is a list of points, a grid over a base, or a search. Ask and tell."""

from __future__ import annotations

import importlib.util
import itertools
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from typing import Protocol as Interface

from fpray.errors import Problem, nearest, refuse
from fpray.plan.plan import Trial, parameter_problems
from fpray.protocol import params as param_values
from fpray.protocol.protocol import Protocol
from fpray.store.outcome import Outcome

Point = Mapping[str, Any]


@dataclass(frozen=True)
class Study:
    """A list of points of one protocol, each a change of the base; a file of a user's own holds one as `STUDY`.

    Attributes:
        name: what `--study` calls it.
        protocol: the protocol whose parameters it sets.
        base: parameter (dotted) -> value, for every point, on top of the protocol's defaults.
        points: parameter (dotted) -> value, one mapping for each trial.
        repeat: how often each point runs.
        summary: the parameters that a progress line shows.
        about: one sentence for listings.
        regions: pool -> in how many regions its machines must be, where the study measures that.
    """

    name: str
    protocol: str
    base: Point = field(default_factory=dict)
    points: Sequence[Point] = ({},)
    repeat: int = 1
    summary: tuple[str, ...] = ()
    about: str = ""
    regions: Mapping[str, int] = field(default_factory=dict)

    def with_grid(self, vary: Mapping[str, Sequence[Any]]) -> Study:
        """The product of the varied values over this study's base: it replaces the study's own points.

        What the study varies and the grid does not keeps the value of the study's first point.
        """
        first = self.points[0] if self.points else {}
        grid = [dict(zip(vary, product, strict=True)) for product in itertools.product(*vary.values())]
        return replace(self, base={**self.base, **first}, points=grid, summary=tuple(vary))

    def trials(
        self, protocol: Protocol[Any], levels: Point, fixed: Point, repeat: int | None
    ) -> tuple[list[Trial[Any]], list[Problem]]:
        """Every trial, round by round (all points once, then all points again), and every problem.

        Later layers win over earlier ones: the protocol's defaults, the study's base, `levels` (of `-l`), a point,
        `fixed` (of `--set`).
        """
        start = protocol.params()
        problems = [] if self.points else [Problem(f"--study {self.name}", "has no points: there is nothing to run")]
        for layer in (self.base, levels):
            start, wrong = param_values.set_values(start, layer, protocol=protocol.name)
            problems += wrong
        found = []
        for point in self.points:
            params, wrong = param_values.set_values(start, point, protocol=protocol.name)
            params, wrong_too = param_values.set_values(params, fixed, protocol=protocol.name)
            problems += [*wrong, *wrong_too, *parameter_problems(protocol, params)]
            found.append(params)
        rounds = range(self.repeat if repeat is None else repeat)
        trials = [Trial(protocol, params, number) for number in rounds for params in found]
        return list({trial.id: trial for trial in trials}.values()), problems


@dataclass(frozen=True)
class Search(Study):
    """A study that looks for the best point of a space: its one point of its own is where the search starts from.

    `fpray search PROTOCOL --study NAME|FILE` runs it; the words of the command line win over it. A file of a user's
    own holds one as `STUDY`.

    Attributes:
        maximize: columns of the results that are to be large; one may be said without a list.
        minimize: columns of the results that are to be small; several goals give a Pareto front.
        subject_to: bounds as text, `COLUMN<=NUMBER` or `COLUMN>=NUMBER`.
        space: parameter (dotted) -> `LOW..HIGH`, `LOW..HIGH:log`, `LOW..HIGH:step=N`, a list of values, or an Optuna
            distribution.
        suggest: Optuna trial -> point, instead of a space: for parameters that depend on one another.
        budget_trials: how many trials it takes at most, confirmations among them.
        stop_at: it ends when no gain above this share is likely any more.
        confirm: how often the best configuration is to have run at the end.
    """

    maximize: str | Sequence[str] = ()
    minimize: str | Sequence[str] = ()
    subject_to: str | Sequence[str] = ()
    space: Mapping[str, Any] = field(default_factory=dict)
    suggest: Callable[[Any], Point] | None = None
    budget_trials: int = 50
    stop_at: float = 0.02
    confirm: int = 3

    def __post_init__(self) -> None:
        for name in ("maximize", "minimize", "subject_to"):
            if isinstance(said := getattr(self, name), str):  # as `fpray.search` takes it, and no list of its letters
                object.__setattr__(self, name, (said,))


class TrialSource(Interface):
    """What the main loop drives: asks for trials until there is none, and tells how each ended.

    Several trials may be asked before the first of them is told.
    """

    def ask(self) -> Trial[Any] | None:
        """The next trial to run, or None when nothing is left to ask, or not before one that runs is told."""

    def tell(self, trial: Trial[Any], outcome: Outcome) -> None:
        """How a trial ended, now or in an earlier run of the same suite."""

    def planned(self) -> Sequence[Trial[Any]]:
        """The trials known so far, for progress and estimates."""

    def ahead(self) -> Sequence[Trial[Any]]:
        """What will run, or, where that is not known, the like of it: machines are checked by it. Empty: nothing."""

    def most(self) -> int:
        """How many trials there will be at most, those that ended among them."""

    def standing(self) -> str:
        """What is known so far, in a sentence; nothing where there is nothing to find out."""


class ListSource:
    """An asker of a fixed list of trials, some of which have ended."""

    def __init__(self, trials: Sequence[Trial[Any]], waiting: Sequence[Trial[Any]]) -> None:
        self._trials, self._waiting = list(trials), list(waiting)
        self._asked: Iterator[Trial[Any]] = iter(self._trials)

    def arrange(self, order: Callable[[Sequence[Trial[Any]]], list[Trial[Any]]]) -> None:
        """Put the trials in order, before any is asked for."""
        self._trials, self._waiting = order(self._trials), order(self._waiting)
        self._asked = iter(self._trials)

    def ask(self) -> Trial[Any] | None:
        """The next trial of the list."""
        return next(self._asked, None)

    def tell(self, trial: Trial[Any], outcome: Outcome) -> None:
        """A list learns nothing."""

    def planned(self) -> Sequence[Trial[Any]]:
        """All of it."""
        return self._trials

    def ahead(self) -> Sequence[Trial[Any]]:
        """What has not ended."""
        return self._waiting

    def most(self) -> int:
        """Its length."""
        return len(self._trials)

    def standing(self) -> str:
        """A list finds nothing out."""
        return ""


def parse_vary(options: Sequence[str]) -> tuple[dict[str, list[Any]], list[Problem]]:
    """`KEY=V1,V2` options as key -> values, and what is wrong with them; a value with commas is written as JSON."""
    texts, problems = key_values("--vary", options)
    return {key: split_values(text) for key, text in texts.items()}, problems


def parse_set(options: Sequence[str]) -> tuple[dict[str, Any], list[Problem]]:
    """`KEY=VALUE` options as key -> value, and what is wrong with them."""
    texts, problems = key_values("--set", options)
    return {key: _unquoted(text) for key, text in texts.items()}, problems


def key_values(name: str, options: Sequence[str]) -> tuple[dict[str, str], list[Problem]]:
    """The `KEY=VALUE` options of a name as key -> text, and what is wrong with them."""
    found: dict[str, str] = {}
    problems = []
    for option in options:
        key, equals, value = option.partition("=")
        if not equals or not key.strip():
            problems.append(Problem(f"{name} {option}", "write KEY=VALUE"))
        elif key.strip() in found:
            problems.append(Problem(f"{name} {option}", f"{key.strip()} is given twice: write all its values at once"))
        else:
            found[key.strip()] = value
    return found, problems


def split_values(text: str) -> list[Any]:
    """The values of a `--vary`: separated by commas, or a JSON list."""
    if text.lstrip().startswith("["):
        try:
            return list(json.loads(text))
        except ValueError:
            pass  # no JSON: a value that happens to begin with a bracket
    return list(_split(text))


def _split(text: str) -> Iterator[Any]:
    """Commas separate values, except inside JSON strings, lists and objects."""
    start = depth = 0
    quoted = False
    for i, c in enumerate(text):
        if c == '"' and text[i - 1 : i] != "\\":
            quoted = not quoted
        elif not quoted:
            depth += (c in "{[") - (c in "}]")
            if c == "," and depth == 0:
                yield _unquoted(text[start:i])
                start = i + 1
    yield _unquoted(text[start:])


def _unquoted(text: str) -> Any:
    text = text.strip()
    if not text.startswith('"'):
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text


def load_study_file(path: Path) -> Study:
    """The value `STUDY` of a user's Python file.

    Raises:
        Refused: no such file, it raises, or holds no study.
    """
    spec = importlib.util.spec_from_file_location(f"fpray_study_{path.stem}", path)
    if not path.is_file() or spec is None or spec.loader is None:
        raise refuse(str(path), "there is no such study file")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        where = _line_of(error, path)
        raise refuse(str(path), f"the study file raises {type(error).__name__}: {error}{where}") from None
    study = getattr(module, "STUDY", None)
    if not isinstance(study, Study):
        raise refuse(str(path), "a study file holds STUDY = fpray.Study(...), or fpray.Search(...)")
    if wrong := [point for point in (study.base, *study.points) if not isinstance(point, Mapping)]:
        raise refuse(str(path), f"a point is a mapping of parameters to values, and {wrong[0]!r} is none")
    return study


def _line_of(error: BaseException, path: Path) -> str:
    traceback, line = error.__traceback__, None
    while traceback is not None:
        if traceback.tb_frame.f_code.co_filename == str(path):
            line = traceback.tb_lineno
        traceback = traceback.tb_next
    return f" (line {line})" if line else ""


def unknown_study(name: str, protocol: str, known: Iterable[str]) -> Problem:
    """The problem of a study that is neither known nor a file."""
    known = sorted(known)
    return Problem(
        f"--study {name}", f"{protocol} has {', '.join(known)}; or give a file, FILE.py{nearest(name, known)}"
    )


def grid_shape(vary: Mapping[str, Sequence[Any]], repeat: int) -> str:
    """`3 x 3 x 3 repeats`, or nothing when the grid has one dimension and one repeat."""
    sizes = [str(len(listed)) for listed in vary.values()] + ([f"{repeat} repeats"] if repeat > 1 else [])
    return " x ".join(sizes) if len(sizes) > 1 else ""
