"""Which trials a user asks for: the selection, which a suite keeps, and the protocol, study and trials of it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Annotated, Any

from fpray.driver import narrow
from fpray.driver.option import fields
from fpray.driver.option_texts import FEWEST, NARROWEST, WIDEST, share_of
from fpray.driver.options import LOG_LEVELS, USUAL_STUDY, BaseOptions
from fpray.errors import Cause, Problem, Refused
from fpray.files.rules import between
from fpray.files.suite_file import Damaged, typed_content
from fpray.plan.capacity import heap_size_problems
from fpray.plan.plan import Trial
from fpray.protocol import params as param_values
from fpray.protocol.protocol import Protocol
from fpray.protocol.values import field_types
from fpray.store.suite_record import SWEEP
from fpray.study.layers import layered
from fpray.study.registry import find_protocol, find_study, find_study_file
from fpray.study.study import MOST_TRIALS, Study
from fpray.study.study_file import StudyFile, is_study_file

_COUNTED = 10**30  # trials; no message needs a higher number
_FIRST = ("protocol", "study", "vary", "set", "repeat", "log_level")  # in every suite, default or not


@dataclass(frozen=True)
class TrialSelection:
    """What selects trials: two commands with equal selections continue each other's suite.

    Each option with the name of a field here selects trials. The field has the default of the option. `until`: further
    repeats run until the throughput of each point is known to this share; `repeat` is how many run in any case.
    """

    protocol: str
    study: str = USUAL_STUDY
    vary: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    set: Mapping[str, Any] = field(default_factory=dict)
    repeat: Annotated[int, between(1, 2**31)] | None = None
    log_level: str | None = None
    cross: bool = False
    only: Sequence[str] = ()
    where: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    laptop: bool = False
    until: Annotated[float, between(NARROWEST, WIDEST)] | None = None
    repeat_at_most: Annotated[int, between(FEWEST, 2**31)] | None = None

    @staticmethod
    def from_options(protocol: str, values: Mapping[str, Any]) -> TrialSelection:
        """The selection of a command. `-m` and `-p` are parameters of every trial, as in FrankenPaxos."""
        switches = {item.option.parameter: True for item in fields(BaseOptions) if values[item.name]}
        fixed = {**{name: is_on for name, is_on in switches.items() if name}, **values["set"]}
        own = {name: values[name] for name in TrialSelection.__dataclass_fields__ if name in values}
        if isinstance(repeat := values.get("repeat"), str):
            own |= {"repeat": FEWEST, "until": share_of(repeat)}
        return TrialSelection(**own | {"protocol": protocol, "set": fixed})

    def to_json(self) -> Any:
        """What `suite.json` keeps of it: equal for equal selections, also of versions that lack a field of today."""
        values, usual = asdict(self), asdict(type(self)(self.protocol))
        entries = {name: value for name, value in values.items() if name in _FIRST or value != usual[name]}
        return param_values.json_of(entries)

    @staticmethod
    def from_json(content: Mapping[str, Any], file: Path) -> TrialSelection:
        """The selection that `to_json` wrote. file: where it was read from.

        Raises:
            Damaged: it is something else, or of a newer version of fpray.
        """
        if unknown := [name for name in content if name not in TrialSelection.__dataclass_fields__]:
            sentence = f"has entries ({', '.join(unknown[:5])}) that this version of fpray does not know"
            raise Damaged(
                file,
                f"{sentence}: a newer version wrote it. Install a newer fpray to continue this"
                " suite (directory of results), or start a new one with --new",
                cause=Cause.OTHER_VERSION,
            )
        return typed_content(file, TrialSelection, content)


@dataclass(frozen=True)
class Selected:
    """What a selection selects.

    Attributes:
        remarks: what the user is to know of it before anything starts.
        study_file: the file that the study is from, where the user names one.
        heap_problems: heaps with which no JVM starts. An earlier version took them, so a command that starts a suite
            refuses them, and one that continues a suite does not.
    """

    selection: TrialSelection
    protocol: Protocol[Any]
    study: Study
    trials: Sequence[Trial[Any]]
    remarks: Sequence[str] = ()
    study_file: StudyFile | None = None
    heap_problems: Sequence[Problem] = ()


def select(selection: TrialSelection, study_file: StudyFile | None = None) -> Selected:
    """The protocol, the study, and every trial.

    study_file: that of the study, where it was read already.

    Raises:
        Refused: with every problem.
    """
    protocol, problems = find_protocol(selection.protocol), list[Problem]()
    try:
        if study_file is None and is_study_file(selection.study):
            study_file = find_study_file(protocol, selection.study)
        study = study_file.study if study_file is not None else find_study(protocol, selection.study)
    except Refused as refused:  # go on with a study of nothing: the parameters may be wrong as well
        problems += refused.problems
        study = Study(selection.study, protocol.name)
    if too_many := list(_too_many(selection, study)):
        raise Refused(*problems, *too_many)
    start, _ = layered(protocol.params(), (study.base, *study.points[:1]), protocol=protocol.name)
    fixed, wrong = narrow.expanded(selection.set, start, protocol.name)
    problems += wrong
    study, remarks = _with_grid(selection, study, layered(start, (fixed,), protocol=protocol.name)[0])
    study, wrong = narrow.numbered(study, selection.only)
    problems += wrong
    trials, wrong = study.trials(protocol, _log_levels(protocol, selection.log_level), fixed, selection.repeat)
    problems += wrong
    heap_problems = heap_size_problems(protocol, [trial.params for trial in trials])
    if not problems:
        trials, problems = narrow.where(trials, selection.where, protocol)
    if problems:
        raise Refused(*problems, *heap_problems)
    if selection.laptop:
        trials, remarks = narrow.laptop(trials, {*fixed, *selection.vary}), [*remarks, narrow.LAPTOP]
    return Selected(selection, protocol, study, trials, remarks, study_file, heap_problems)


def _with_grid(selection: TrialSelection, study: Study, params: Any) -> tuple[Study, list[str]]:
    """The study with the grid of `--vary`, if there is one, and what is to be said of that.

    params: those of its first point, to compare values with.
    """
    if not selection.vary:
        return study, []
    vary, remarks = narrow.distinct(selection.vary, params)
    if len(study.points) > 1 and not selection.cross and selection.study != USUAL_STUDY:
        remarks.append(
            f"note: the values of --vary replace the study's {len(study.points)} points (to run these values"
            " at each point of the study, add --cross)"
        )
    return study.with_grid(vary, cross=selection.cross), remarks


def _count(values: Sequence[Any]) -> int:
    """How many values there are; `len` knows no range of more than 64 bits."""
    return (values[-1] - values[0]) // values.step + 1 if isinstance(values, range) and values else len(values)


def _too_many(selection: TrialSelection, study: Study) -> Iterator[Problem]:
    """More trials than can be waited for: they are counted, not listed."""
    grid, own = math.prod(map(_count, selection.vary.values())), len(study.points)
    points = grid * (own if selection.cross or not selection.vary else 1)
    trials = min(points * (selection.repeat or study.repeat), _COUNTED)
    if trials > MOST_TRIALS:
        days = trials / 86400
        takes = f"{days / 365.25:,.1f} years" if days > 365.25 else f"{days:,.0f} days"
        sentence = (
            f"make {trials:,} trials, which take {takes} at a second each. List fewer values, or lower"
            f" --repeat: at most {MOST_TRIALS:,} trials are possible"
        )
        yield Problem("--vary and --repeat" if selection.vary else "--study and --repeat", sentence, Cause.POINTS)


def select_grid(selection: TrialSelection, study_file: StudyFile | None = None) -> Selected:
    """The same for a command that runs a list of trials.

    Raises:
        Refused: with every problem; or the study is one of another command, which asks for trials one by one.
    """
    grid = select(selection, study_file)
    command = grid.study.command
    if command != SWEEP and not selection.vary:
        name, study = grid.protocol.name, grid.study.name
        sentence = f"is a {command}: run fpray {command} {name} --study {study}"
        raise Refused(Problem(f"--study {study}", sentence, Cause.STUDY), *grid.heap_problems)
    return grid


def grid_of_options(protocol: str, values: Mapping[str, Any]) -> Selected:
    """The same from the values of options."""
    return select_grid(TrialSelection.from_options(protocol, values))


def _log_levels(protocol: Protocol[Any], level: str | None) -> Mapping[str, str]:
    """Every role's log level, where `-l` gives one."""
    if level not in LOG_LEVELS:
        return {}
    names = field_types(protocol.params)
    return dict.fromkeys((name for name in names if name.endswith("_log_level")), level)
