"""The corners of a grid, short: a bad grid shows in the evening. They are no results, and are kept apart from them."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from fpray.files import layout
from fpray.plan.plan import Trial, parameter_problems
from fpray.protocol.params import flatten
from fpray.store.outcome import Outcome, Status
from fpray.store.suite import Suite
from fpray.store.suite_record import SuiteRecord
from fpray.store.trial_directory import TrialDirectory

MOST = 16
# What each of these is cut down to, where that leaves parameters that are allowed.
SHORT = {"warmup_duration": timedelta(seconds=1), "duration": timedelta(seconds=2)}


def corners(trials: Sequence[Trial[Any]]) -> list[Trial[Any]]:
    """The points at which everything that varies is at one of its ends, once each and short; at most `MOST`.

    Of a list of points that has none, or of a grid that has more, those where one thing is at an end.
    """
    points = list({shortened(trial).id: shortened(trial) for trial in trials if trial.repeat == 0}.values())
    flat = {trial.id: flatten(trial.params) for trial in points}
    ends = {name: _ends([each[name] for each in flat.values() if name in each]) for name in _names(flat.values())}
    ends = {name: found for name, found in ends.items() if len(found) > 1}
    full = [t for t in points if all(flat[t.id].get(name) in found for name, found in ends.items())]
    if 0 < len(full) <= MOST:
        return full
    among = full or points
    firsts = [
        next((t for t in among if flat[t.id].get(name) == end), None) for name, found in ends.items() for end in found
    ]
    return list({t.id: t for t in firsts if t is not None}.values())[:MOST]


def _names(flats: Any) -> list[str]:
    return list(dict.fromkeys(name for flat in flats for name in flat))


def _ends(values: Sequence[Any]) -> list[Any]:
    """The smallest and the largest; the first and the last of what has no order."""
    distinct = [value for k, value in enumerate(values) if value not in values[:k]]
    try:
        return [min(distinct), max(distinct)] if len(distinct) > 1 else distinct
    except TypeError:
        return [distinct[0], distinct[-1]]


def shortened(trial: Trial[Any]) -> Trial[Any]:
    """The trial's first run, cut down to a few seconds, as far as its protocol allows."""
    params = trial.params
    own = {field.name for field in dataclasses.fields(params)}
    cut = {name: short for name, short in SHORT.items() if name in own and getattr(params, name) > short}
    shorter = dataclasses.replace(params, **cut)
    return Trial(trial.protocol, params if parameter_problems(trial.protocol, shorter) else shorter)


def pilot_suite(suite: Suite) -> Suite:
    """The suite of a suite's pilot, in a directory of its own below it."""
    path = suite.path / layout.PILOT
    fresh = not (path / layout.SUITE).exists()
    if fresh:
        path.mkdir(exist_ok=True)
        known = suite.record
        record = SuiteRecord(
            protocol=known.protocol, study=known.study, points=[], jar=known.jar, java=known.java,
            jvm_args=known.jvm_args, flags=known.flags, provenance=known.provenance, kind="pilot",
        )  # fmt: skip
        record.write(path / layout.SUITE)
    piloted = Suite(path)
    piloted.fresh = fresh
    return piloted


def failed(suite: Suite) -> list[TrialDirectory]:
    """The corners that failed when they were last run: they run again."""
    return [d for d, _, outcome in suite.outcomes() if outcome is not None and outcome.status is not Status.FINISHED]


def table(trials: Sequence[Trial[Any]], outcomes: Mapping[str, Outcome]) -> Iterator[str]:
    """A line for each corner that fails: where it is, and why. outcomes: trial id -> outcome."""
    flat = {trial.id: flatten(trial.params) for trial in trials}
    varied = [name for name in _names(flat.values()) if len({str(each.get(name)) for each in flat.values()}) > 1]
    for trial in trials:
        outcome = outcomes.get(trial.id)
        if outcome is not None and outcome.status is not Status.FINISHED:
            where = " ".join(f"{name}={flat[trial.id][name]}" for name in varied if name in flat[trial.id])
            yield f"  {where or 'its only point'}: {outcome.status.value}: {outcome.detail}"
