"""`--pilot`: short trials at the corners of the grid, in a suite of their own, so that a bad grid shows at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, replace
from datetime import timedelta
from typing import Any

from fpray.driver.record_entries import record_entries
from fpray.driver.result import SweepResult
from fpray.driver.resume import WorkList
from fpray.driver.run import SuiteRun, run
from fpray.files import layout
from fpray.plan.plan import Trial, parameter_problems
from fpray.protocol.params import flatten
from fpray.report.text import say
from fpray.store.outcome import Outcome, Status
from fpray.store.suite import Suite
from fpray.store.suite_record import PILOT, SuiteRecord
from fpray.store.trial_directory import TrialDirectory
from fpray.study.source import ListSource
from fpray.study.study import Study

MOST = 16
# What each of these is cut down to, where that leaves parameters that are allowed.
SHORT = {"warmup_duration": timedelta(seconds=1), "duration": timedelta(seconds=2)}


def corners(trials: Sequence[Trial[Any]]) -> list[Trial[Any]]:
    """The points at which each varied parameter is at its minimum or maximum, once each and short; at most `MOST`.

    If the points are a list, or the grid has more than 16 corners: the points where one parameter is at its minimum or
    maximum.
    """
    points = list({shortened(trial).id: shortened(trial) for trial in trials if trial.repeat == 0}.values())
    flat = {trial.id: flatten(trial.params) for trial in points}
    ends = {name: _ends([params[name] for params in flat.values() if name in params]) for name in _names(flat.values())}
    ends = {name: values for name, values in ends.items() if len(values) > 1}
    full = [t for t in points if all(flat[t.id].get(name) in values for name, values in ends.items())]
    if 0 < len(full) <= MOST:
        return full
    among = full or points
    firsts = [
        next((t for t in among if flat[t.id].get(name) == end), None) for name, values in ends.items() for end in values
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
    own = {field.name for field in fields(params)}
    changes = {name: short for name, short in SHORT.items() if name in own and getattr(params, name) > short}
    shorter = replace(params, **changes)
    return Trial(trial.protocol, params if parameter_problems(trial.protocol, shorter) else shorter)


def run_pilot(job: SuiteRun) -> None:
    """Run the corners of what the job's source has, and set in its result why the sweep is not to begin, if so."""
    experiment, result = job.experiment, job.result
    trials, apart = corners(job.source.planned()), pilot_suite(job.suite)
    study = Study(f"{job.suite.record.study}, pilot", experiment.protocol.name, summary=experiment.study.summary)
    with apart.held():
        work = WorkList(trials, study, [], _failed(apart), record_entries(experiment, apart))
        waiting = [trial for trial in trials if not work.is_done(apart, trial)]
        quiet = replace(
            experiment,
            policy=replace(experiment.policy, keep_going=True),
            outputs=replace(experiment.outputs, notify=()),
        )
        pilot_result = SweepResult(apart.path, len(trials))
        run(SuiteRun(quiet, apart, work, ListSource(trials, waiting), pilot_result, backend=job.backend))
        outcomes = {str(trial["id"]): outcome for _, trial, outcome in apart.outcomes() if outcome is not None}
    result.interrupted, result.stopped = pilot_result.interrupted, pilot_result.stopped
    failures = list(failing_corners(trials, outcomes))
    if failures:
        _say_failures(job, failures, len(trials))
    elif not result.interrupted:
        say(f"pilot: all {len(trials)} short test trials finished, so the sweep begins now")


def _say_failures(job: SuiteRun, failures: Sequence[str], corners: int) -> None:
    say(f"pilot: {len(failures)} of {corners} short test trials, at the lowest and highest values of the grid, failed:")
    for line in failures:
        say(line)
    if not job.experiment.policy.keep_going:
        job.result.stopped = (
            f"the sweep starts only if all test trials of --pilot finish, but {len(failures)} of {corners} failed"
            " (--keep-going starts it in any case)"
        )
        say(
            f"the sweep was not started, because {len(failures)} of {corners} test trials of --pilot failed. To repeat"
            " those that failed, run the same fpray command again. To start the sweep in any case, add --keep-going. If"
            " the protocol cannot work with the values of those trials, change the grid"
        )


def pilot_suite(suite: Suite) -> Suite:
    """The suite of a suite's pilot, in a directory below it."""
    path = suite.path / layout.PILOT
    fresh = not (path / layout.SUITE).exists()
    if fresh:
        path.mkdir(exist_ok=True)
        of_sweep = suite.record
        record = SuiteRecord(
            protocol=of_sweep.protocol, study=of_sweep.study, points=[], jar=of_sweep.jar,
            settings=dict(of_sweep.settings), provenance=of_sweep.provenance, kind=PILOT,
        )  # fmt: skip
        record.write(path / layout.SUITE)
    apart = Suite(path)
    apart.fresh = fresh
    return apart


def _failed(suite: Suite) -> list[TrialDirectory]:
    """The corners that failed when they were last run: they run again."""
    return [d for d, _, outcome in suite.outcomes() if outcome is not None and outcome.status is not Status.FINISHED]


def failing_corners(trials: Sequence[Trial[Any]], outcomes: Mapping[str, Outcome]) -> Iterator[str]:
    """A line for each corner that fails: where it is, and why. outcomes: trial id -> outcome."""
    flat = {trial.id: flatten(trial.params) for trial in trials}
    varied = [name for name in _names(flat.values()) if len({str(params.get(name)) for params in flat.values()}) > 1]
    for trial in trials:
        outcome = outcomes.get(trial.id)
        if outcome is not None and outcome.status is not Status.FINISHED:
            place = " ".join(f"{name}={flat[trial.id][name]}" for name in varied if name in flat[trial.id])
            yield f"  {place or 'with its only values'}: {outcome.status.value}: {outcome.detail}"
