"""Which points of a study are run: repeated values once, single points by number or value, small for a laptop."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from fpray.errors import Cause, Problem, nearest
from fpray.files.shown import in_brief
from fpray.plan.capacity import heap_bytes
from fpray.plan.plan import Trial, parameter_problems
from fpray.protocol.params import flatten, set_values
from fpray.protocol.protocol import Protocol
from fpray.protocol.values import show_duration
from fpray.study.layers import Point
from fpray.study.study import Study

_NUMBERS = re.compile(r"([0-9]{1,9})(?:-([0-9]{1,9}))?")
# What `--laptop` makes no larger than this, one after the other, as far as the protocol allows.
_DURATIONS = {"warmup_duration": 1.0, "warmup_sleep": 0.0, "client_lag": 0.0, "duration": 2.0}
_HEAP, _CLIENT_PROCS = "100m", 2
LAPTOP = (
    f"note: with --laptop, a trial measures for {show_duration(timedelta(seconds=_DURATIONS['duration']))} at"
    f" most, with heaps of {_HEAP} and {_CLIENT_PROCS} client processes at most. Do not compare its"
    " figures with the full study's"
)


def expanded(values: Point, params: Any, protocol: str) -> tuple[dict[str, Any], list[Problem]]:
    """The values with each pattern of names, such as `*_jvm_heap_size`, replaced by the names; plain names win."""
    names, problems = flatten(params), []
    by_pattern: dict[str, Any] = {}
    for pattern in filter(_is_pattern, values):
        matching = fnmatch.filter(names, pattern)
        by_pattern |= dict.fromkeys(matching, values[pattern])
        if not matching:
            near = nearest(pattern.replace("*", ""), names)
            problems.append(
                Problem(
                    pattern,
                    f"no parameter has a name like this{near} (fpray protocols {protocol} lists them)",
                    Cause.PARAMETER,
                )
            )
    return by_pattern | {key: value for key, value in values.items() if not _is_pattern(key)}, problems


def _is_pattern(name: str) -> bool:
    return "*" in name or "?" in name


def distinct(vary: Mapping[str, Sequence[Any]], params: Any) -> tuple[dict[str, list[Any]], list[str]]:
    """The values without those that mean the same as an earlier one, and a remark on each parameter that has some."""
    values: dict[str, list[Any]] = {}
    remarks = []
    for key, entries in vary.items():
        meanings: dict[Any, Any] = {}
        for value in entries:
            meanings.setdefault(_meaning(params, key, value), value)
        values[key] = list(meanings.values())
        if len(meanings) < len(entries):
            remarks.append(
                f"note: --vary {key} lists {len(entries)} values, some of them equal: each of the"
                f" {len(meanings)} different values runs once"
            )
    return values, remarks


def _meaning(params: Any, key: str, value: Any) -> Any:
    meaning, wrong = set_values(params, {key: value}, protocol="")
    return in_brief(value) if wrong else meaning  # its own repr may raise, as that of a number of 5,000 digits does


def numbered(study: Study, only: Sequence[str]) -> tuple[Study, list[Problem]]:
    """The study with the points of these numbers, `3` or `3-7`, from 1 on; all of them where none is named."""
    numbers: set[int] = set()
    problems = []
    for text in (part.strip() for word in only for part in word.split(",")):
        match = _NUMBERS.fullmatch(text)
        first, last = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
        if 1 <= first <= last <= len(study.points):
            numbers.update(range(first, last + 1))
        else:
            sentence = f"there is no such point (combination of values). Write a number from 1 to {len(study.points)}"
            problems.append(Problem(f"--only {text}", f"{sentence} or a range, such as 1-2", Cause.POINTS))
    points = [point for number, point in enumerate(study.points, start=1) if not only or number in numbers]
    return (study if problems else replace(study, points=points)), problems


def where(
    trials: Sequence[Trial[Any]], conditions: Mapping[str, Sequence[Any]], protocol: Protocol[Any]
) -> tuple[list[Trial[Any]], list[Problem]]:
    """The trials that have one of these values of each parameter."""
    selection, problems = list(trials), list[Problem]()
    for key, values in conditions.items():
        wrong = [p for value in values for p in set_values(trials[0].params, {key: value}, protocol=protocol.name)[1]]
        problems += [problem.within("--where") for problem in wrong]
        having = [trial for trial in selection if any(_has(trial.params, key, value) for value in values)]
        if not having and not wrong:
            choices = list(dict.fromkeys(str(flatten(trial.params).get(key)) for trial in selection))
            text = ",".join(map(str, values))
            problems.append(
                Problem(
                    f"--where {key}={text}",
                    f"no trial of this command has this value: write one of {', '.join(choices[:20])}",
                    Cause.POINTS,
                )
            )
        selection = having or selection
    return selection, problems


def _has(params: Any, key: str, value: Any) -> bool:
    changed, wrong = set_values(params, {key: value}, protocol="")
    same: bool = changed == params
    return same and not wrong


def laptop(trials: Sequence[Trial[Any]], fixed: Collection[str]) -> list[Trial[Any]]:
    """The trials, small enough for a laptop; what the user has set stays as it is."""
    small = {(_small(trial, fixed), trial.repeat): trial for trial in trials}
    return [Trial(trial.protocol, params, repeat) for (params, repeat), trial in small.items()]


def _small(trial: Trial[Any], fixed: Collection[str]) -> Any:
    params = trial.params
    for change in _caps(trial.params):
        free = {name: value for name, value in change.items() if name not in fixed}
        smaller = replace(params, **free)
        if not parameter_problems(trial.protocol, smaller):
            params = smaller
    return params


def _caps(params: Any) -> list[dict[str, Any]]:
    """The values of parameters that are larger than a laptop wants, those together that depend on one another."""
    top = vars(params)
    heaps = {name: _HEAP for name, value in top.items() if name.endswith("jvm_heap_size") and _is_large(value)}
    changes: list[dict[str, Any]] = [heaps]
    for name, seconds in _DURATIONS.items():
        for field, most in ((name, timedelta(seconds=seconds)), (f"{name}_seconds", seconds)):
            if field in top and top[field] > most:
                changes.append({field: most})
    return [*changes, {"num_client_procs": _CLIENT_PROCS} if top["num_client_procs"] > _CLIENT_PROCS else {}]


def _is_large(heap: str) -> bool:
    return heap_bytes(heap) > heap_bytes(_HEAP)
