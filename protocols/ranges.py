"""Which values a parameter of FrankenPaxos can have at all, by its name: of every protocol, option and workload.

A jar takes many others without a word: a share of -0.5 never happens, and its figures look like any others.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable
from dataclasses import is_dataclass
from datetime import timedelta
from types import UnionType
from typing import Any, Union, get_origin, get_type_hints

from fpray.errors import Problem
from fpray.params import show_duration

_FRACTION = re.compile(r"(_fraction|_rate|_alpha)$")
# Of these, -1 stands for something: no limit, or nothing of the kind. Multipaxos has a check of its own for the last.
_FROM_MINUS_ONE = ("num_blockers", "top_k_dependencies", "predetermined_read_fraction")
# A counter is divided by these, or something of that size is made; 0 ends the process or never.
_FROM_ONE = re.compile(
    r"^(num_keys|num_operations|log_grow_size|num_shard_cuts_per_proposal|alpha|beta|stutter)$|"
    r"_every_n(_entries)?$|_buffer_size$"
)
_DAY = 86_400  # seconds: durations of Python's type have the same bound where they are read
# Counts of processes and of clients: each protocol has a check of its own, which says how many it needs.
_COUNT = re.compile(r"^(f|num_.*|measurement_group_size)$")


def range_problems(params: Any) -> Iterable[Problem]:
    """A problem for each value, also of workloads and options, that no trial can have."""
    return _of_record(params, "")


@functools.lru_cache(maxsize=10_000)  # of the trials of a grid, most options are equal
def _of_record(record: Any, prefix: str) -> tuple[Problem, ...]:
    problems: list[Problem] = []
    kind: Any = type(record)
    for field, lowest in _ranges(kind):
        value = getattr(record, field)
        if lowest is _RECORD:
            problems += _of_record(value, f"{prefix}{field}.")
        elif lowest is _KIND:
            if value != kind.__name__:
                sentence = f"is the name of the kind, {kind.__name__}: to change the kind, set {prefix[:-1]}.name"
                problems.append(Problem(f"{prefix}{field}={value}", sentence))
        elif lowest is _SHARE:
            if not 0 <= value <= 1:
                problems.append(Problem(f"{prefix}{field}={value}", "must be a number from 0 to 1, such as 0.5"))
        elif lowest is _TIME:
            if value < timedelta(0):
                problems.append(Problem(f"{prefix}{field}={show_duration(value)}", "must not be negative"))
        elif value > _DAY and field.endswith("_seconds"):
            problems.append(Problem(f"{prefix}{field}={value}", f"must be at most {_DAY}, which is 24h"))
        elif value < lowest and not (prefix == "" and _COUNT.search(field)):
            problems.append(Problem(f"{prefix}{field}={value}", f"must be at least {lowest}"))
    return tuple(problems)


_RECORD, _KIND, _SHARE, _TIME = object(), object(), object(), object()


@functools.cache
def _ranges(cls: Any) -> tuple[tuple[str, Any], ...]:
    """The fields that have a range, each with its lowest number, or what else is checked of it."""
    checks: list[tuple[str, Any]] = []
    for field, kind in get_type_hints(cls).items():
        if field == "name":
            checks.append((field, _KIND))
        elif is_dataclass(kind) or get_origin(kind) in (Union, UnionType):
            checks.append((field, _RECORD))
        elif kind is timedelta:
            checks.append((field, _TIME))
        elif kind is float and _FRACTION.search(field):
            checks.append((field, _SHARE))
        elif kind in (int, float):
            checks.append((field, -1 if field in _FROM_MINUS_ONE else int(bool(_FROM_ONE.search(field)))))
    return tuple(checks)
