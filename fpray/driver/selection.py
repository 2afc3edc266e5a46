"""Which trials a user asks for: the words that a suite keeps, and the protocol, study and trials that they select."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Annotated, Any

from fpray.driver.options import LOG_LEVELS
from fpray.errors import Problem, Refused, refuse, refuse_if_any
from fpray.files.suite_file import Damaged, typed_content
from fpray.files.typed import between
from fpray.plan.plan import Trial
from fpray.protocol import params as param_values
from fpray.protocol.protocol import Protocol
from fpray.protocol.values import field_types
from fpray.store.suite_record import SWEEP
from fpray.study.registry import find_protocol, find_study
from fpray.study.study import MOST_TRIALS, Study


@dataclass(frozen=True)
class TrialSelection:
    """The words that select trials: two commands of equal words continue each other's suite."""

    protocol: str
    study: str = "smoke"
    vary: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    set: Mapping[str, Any] = field(default_factory=dict)
    repeat: Annotated[int, between(1, 2**31)] | None = None
    log_level: str | None = None

    @staticmethod
    def from_options(protocol: str, values: Mapping[str, Any]) -> TrialSelection:
        """The words of a command. `-m` and `-p` are parameters of every trial, as in FrankenPaxos."""
        switches = {"monitored": values["monitor"], "profiled": values["profile"]}
        fixed = {**{name: True for name, wanted in switches.items() if wanted}, **values["set"]}
        vary, repeat = values.get("vary", {}), values.get("repeat")
        return TrialSelection(protocol, values["study"], vary, fixed, repeat, values["log_level"])

    def to_json(self) -> Any:
        """What `suite.json` keeps of it: equal for equal words."""
        return param_values.plain(asdict(self))

    @staticmethod
    def from_json(content: Mapping[str, Any], file: Path) -> TrialSelection:
        """The selection that `to_json` wrote. file: where it was read from.

        Raises:
            Damaged: it is something else, or of a newer version of fpray.
        """
        if unknown := [name for name in content if name not in TrialSelection.__dataclass_fields__]:
            sentence = f"has points with {', '.join(unknown[:5])}, which this version of fpray does not know"
            raise Damaged(file, f"{sentence}: a newer version wrote it")
        return typed_content(file, TrialSelection, content)


@dataclass(frozen=True)
class Selected:
    """What a selection selects."""

    protocol: Protocol[Any]
    study: Study
    trials: Sequence[Trial[Any]]


def select(selection: TrialSelection) -> Selected:
    """The protocol, the study, and every trial.

    Raises:
        Refused: with every problem.
    """
    protocol, problems = find_protocol(selection.protocol), list[Problem]()
    try:
        study = find_study(protocol, selection.study)
    except Refused as refused:  # go on with a study of nothing: the parameters may be wrong as well
        problems += refused.problems
        study = Study(selection.study, protocol.name)
    if too_many := list(_too_many(selection, study)):
        raise Refused(*problems, *too_many)
    if selection.vary:
        study = study.with_grid(selection.vary)
    trials, wrong = study.trials(protocol, _log_levels(protocol, selection.log_level), selection.set, selection.repeat)
    refuse_if_any([*problems, *wrong])
    return Selected(protocol, study, trials)


def _too_many(selection: TrialSelection, study: Study) -> Iterator[Problem]:
    """More trials than can be waited for: they are counted, not listed."""
    points = math.prod(map(len, selection.vary.values())) if selection.vary else len(study.points)
    trials = points * (selection.repeat or study.repeat)
    if trials > MOST_TRIALS:
        days = trials / 86400
        takes = f"{days / 365.25:,.1f} years" if days > 365.25 else f"{days:,.0f} days"
        sentence = f"make {trials:,} trials, which take {takes} at a second each: fpray plans up to {MOST_TRIALS:,}"
        yield Problem("--vary and --repeat" if selection.vary else "--repeat", sentence)


def select_grid(selection: TrialSelection) -> Selected:
    """The same for a command that runs a list of trials.

    Raises:
        Refused: with every problem; or the study is one of another command, which asks for trials one by one.
    """
    selected = select(selection)
    command = selected.study.command
    if command != SWEEP and not selection.vary:
        name, study = selected.protocol.name, selected.study.name
        raise refuse(f"--study {study}", f"is a {command}: run fpray {command} {name} --study {study}")
    return selected


def _log_levels(protocol: Protocol[Any], level: str | None) -> Mapping[str, str]:
    """Every role's log level, where `-l` gives one."""
    if level not in LOG_LEVELS:
        return {}
    names = field_types(protocol.params)
    return dict.fromkeys((name for name in names if name.endswith("_log_level")), level)
