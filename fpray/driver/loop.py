"""The main loop: ask the source for a trial, run it, keep how it ended, tell the source."""

from __future__ import annotations

import time
from typing import Any

from fpray.driver.executor import Executor
from fpray.driver.listeners import Listeners
from fpray.errors import Cause, FprayError
from fpray.files.disk import remedy, why_not_written
from fpray.plan.plan import Trial
from fpray.plan.words import FREE_SPACE, unwritable
from fpray.store.suite import Suite
from fpray.store.trial_directory import TrialDirectory
from fpray.study.source import TrialSource
from fpray.trial.disk_space import SPACE_CHECK_S, is_full


def run_trials(source: TrialSource, executor: Executor, suite: Suite, listeners: Listeners) -> None:
    """Run what the source asks for, until it asks for nothing more and nothing runs.

    As many trials as there is room for run in parallel. None is asked for before there is room: a source may learn
    from those that run. When a listener stops the run, no further trial starts, and those that run may end.
    """
    while True:
        if executor.has_room() and not listeners.stop and (trial := next_trial(source, suite, listeners)):
            executor.start(trial, directory_of(trial, suite, listeners))
        elif executor.busy:
            if (end := executor.wait()) is not None:
                listeners.on_end(end.trial, end.directory, end.outcome)
                source.tell(end.trial, end.outcome)
                listeners.on_learn(source)
            if listeners.stop:
                executor.forget_waiting()
        else:
            return


def next_trial(source: TrialSource, suite: Suite, listeners: Listeners) -> Trial[Any] | None:
    """The next trial that has no outcome yet; the source is told of those that have one."""
    while (trial := source.ask()) is not None:
        directory = directory_of(trial, suite, listeners)
        if (outcome := directory.outcome()) is None:
            return trial
        source.tell(trial, outcome)
        listeners.on_learn(source)
    return None


def directory_of(trial: Trial[Any], suite: Suite, listeners: Listeners) -> TrialDirectory:
    """The directory of a trial; a new one as soon as the disk has space for it.

    Raises:
        FprayError: it cannot be made.
    """
    waiting = False
    while True:
        try:
            return suite.directory(trial)
        except OSError as error:
            why = why_not_written(error, suite.path)
            if not is_full(error):
                sentence = unwritable("no trial can begin", suite.path, why, remedy(error))
                raise FprayError(sentence, Cause.NOT_WRITABLE) from error
            if not waiting:
                listeners.on_wait(f"waiting for disk space: {why}, at {suite.path}; {FREE_SPACE}")
            waiting = True
            time.sleep(SPACE_CHECK_S)
