"""What a run says before its first trial and at its end."""

from __future__ import annotations

import os
from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

from fpray.cluster.allocator import Allocator
from fpray.cluster.machines import Machines
from fpray.driver.experiment import Experiment
from fpray.driver.result import SweepResult
from fpray.driver.resume import WorkList
from fpray.files.paths import short_path
from fpray.plan.estimate import planned_seconds
from fpray.plan.plan import Trial
from fpray.plan.words import again, duration_in_words, number_of
from fpray.store.outcome import Status, status_counts
from fpray.store.suite import Suite
from fpray.study.source import TrialSource


def headline(experiment: Experiment, machines: Machines) -> str:
    """Where it runs and with which jar."""
    if machines.embedded:
        where = f"on this machine ({len(os.sched_getaffinity(0))} cores, embedded Ray {version('ray')})"
    else:
        several = number_of(len(machines.by_host()), "machine")
        where = f"on the Ray cluster at {machines.address} ({several}, Ray {version('ray')})"
    return f"{experiment.protocol.name} {where} · jar: {experiment.environment.jar}"


def nothing_to_do(suite: Suite, source: TrialSource, work: WorkList) -> str:
    """What is said where every trial has ended."""
    return _intent(suite, source, work, left_s=0.0, how="")


def intent(suite: Suite, source: TrialSource, work: WorkList, machines: Machines, *, at_once: int, order: str) -> str:
    """What will be done, or continued, how, and about how long it takes."""
    waiting = source.representative_trials()
    cores = sum(machine.cores for machine in machines.by_host().values()) // at_once
    trial_s = sum(planned_seconds(trial, cores) for trial in waiting) / len(waiting)
    count = _remaining(suite, source, work)
    parallel = min(at_once, max(1, count))
    how = ", ".join(filter(None, (f"up to {parallel} in parallel" if parallel > 1 else "", order)))
    return _intent(suite, source, work, left_s=count * trial_s / parallel, how=how)


def in_parallel(limit: int | None, waiting: Sequence[Trial[Any]], allocator: Allocator) -> int:
    """How many trials are expected to run in parallel, of those that may."""
    fit = (limit or 1) if allocator.shared else allocator.capacity(waiting[0])
    return max(1, min(fit, limit or fit))


def _intent(suite: Suite, source: TrialSource, work: WorkList, *, left_s: float, how: str) -> str:
    limit, count = source.trial_limit(), _remaining(suite, source, work)
    is_limit = limit > len(source.planned())
    at_most = "at most " if is_limit else ""
    about = f"{'at most' if is_limit else 'about'} {duration_in_words(left_s)}"
    about = f"{how} · {about}" if how else about
    if suite.fresh:
        trials = f"{at_most}{number_of(limit, 'trial')}"
        anew = (
            f" (a new suite, because all trials of the earlier suite, {suite.after}, have ended)" if suite.after else ""
        )
        return f"study {work.study.name} · {trials} · {about} · results in {short_path(suite.path)}{anew}"
    to_go = f"{at_most}{count} to go, {about}" if source.representative_trials() else "no trial is left to run"
    statuses = _final_statuses(suite, work)
    count_finished = statuses.count(Status.FINISHED)
    failures = f", {len(statuses) - count_finished} failed" if len(statuses) > count_finished else ""
    return f"continuing {short_path(suite.path)} ({count_finished} of {at_most}{limit} finished{failures}; {to_go})"


def _final_statuses(suite: Suite, work: WorkList) -> list[Status]:
    directories = [directory for directory in suite.directories().values() if directory not in work.reruns]
    return [outcome.status for directory in directories if (outcome := directory.outcome()) is not None]


def _remaining(suite: Suite, source: TrialSource, work: WorkList) -> int:
    return source.trial_limit() - len(_final_statuses(suite, work))


def closing(suite: Suite, result: SweepResult, source: TrialSource) -> str:
    """The last line of a run."""
    statuses = [outcome.status for outcome in result.outcomes.values()]
    if result.interrupted and not suite.path.exists():
        return "interrupted · nothing was started"
    if result.interrupted:
        return (
            f"interrupted · {statuses.count(Status.FINISHED)} of {result.planned} finished, and their results are kept"
            f" · nothing is running any more · {again(suite.record.command)}"
        )
    has_failures = any(status.final and not status.comparable for status in statuses)
    where = f"results{', and why trials failed' if has_failures else ''}: fpray show {suite.short_name}"
    parts = [f"stopped, because {result.stopped}"] if result.stopped else []
    parts += [status_counts(statuses), where]
    if result.stopped:
        parts.append(f"{result.planned - len(statuses)} trials have not run: {again(suite.record.command)}")
    elif Status.LOST in statuses:
        why = "the trials with the status lost have no result, because a machine or a process of fpray went away"
        parts.append(f"{why}: {again(suite.record.command)}")
    if has_failures and not source.learns:
        aim = "to run the failed trials again after you have corrected the cause"
        parts.append(again(suite.record.command, aim, "--rerun failed"))
    return " · ".join(parts)
