"""Runs what a source of trials asks for: opens machines, drives the main loop, and closes what was opened."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from fpray.driver.experiment import Experiment
from fpray.driver.listeners import Listeners
from fpray.driver.loop import next_trial, run_trials
from fpray.driver.messages import closing, nothing_to_do
from fpray.driver.notify import Notifier
from fpray.driver.result import SweepResult
from fpray.driver.resume import WorkList
from fpray.driver.run_listeners import (
    CallBack,
    KeepOutcomes,
    Notify,
    OnTrial,
    ShowProgress,
    StopWhenMostFail,
    WriteResults,
)
from fpray.driver.session import REAL, Backend, Session
from fpray.driver.stop_rule import FailureLimit
from fpray.errors import Cause, FprayError, refuse
from fpray.files.disk import remedy, why_not_written
from fpray.plan.words import AGAIN
from fpray.report.live import Progress
from fpray.report.text import some_standard_error
from fpray.store.suite import Suite, remove_if_empty
from fpray.study.source import TrialSource


@dataclass(frozen=True)
class SuiteRun:
    """A run of a suite that is held: what it is of, what asks for its trials, and the result that it fills.

    Attributes:
        on_trial: what is called after each trial that ends, with number, trial and outcome.
        leave_terminal: of a run that goes on by itself: how it leaves the terminal that it was started from.
    """

    experiment: Experiment
    suite: Suite
    work: WorkList
    source: TrialSource
    result: SweepResult
    on_trial: OnTrial | None = None
    backend: Backend = REAL
    leave_terminal: Callable[[Path], None] | None = None


def run(job: SuiteRun) -> None:
    """Run what the source asks for.

    Raises:
        Refused: nothing was started.
        FprayError: it could not go on; what was finished stays finished.
    """
    suite, result = job.suite, job.result
    with some_standard_error(), contextlib.ExitStack() as stack:
        stack.callback(remove_if_empty, suite)  # also where it is refused before there are machines
        listeners = _listeners(job, stack)
        try:
            _drive(job, listeners)
        except KeyboardInterrupt:
            result.interrupted = True
        except (FprayError, OSError) as cause:
            error = cause if isinstance(cause, FprayError) else _not_written(cause, suite)
            listeners.on_failure(error)
            raise error from cause
        finally:
            result.stopped = listeners.stop
            listeners.on_close()
            for line in () if suite.is_empty() else job.source.close():
                listeners.on_message(line)
        listeners.on_finish(closing(suite, result, job.source), result)


def _not_written(error: OSError, suite: Suite) -> FprayError:
    """The error of a suite that cannot be written outside of any trial; trials wait for space."""
    where = error.filename or suite.path
    sentence = f"cannot be written: {why_not_written(error, where)}"
    if suite.fresh and not suite.directories():
        return refuse(
            str(where),
            f"{sentence}. {remedy(error)}, or name another directory, such as -s /data/suites",
            Cause.NOT_WRITABLE,
        )
    return FprayError(f"{where} {sentence}. Finished results are kept. {remedy(error)}; {AGAIN}", Cause.NOT_WRITABLE)


def _listeners(job: SuiteRun, stack: contextlib.ExitStack) -> Listeners:
    """What listens to the main loop, in order: what is on disk first, what people see next, what may stop it last."""
    experiment, source = job.experiment, job.source
    listeners = Listeners()
    say = listeners.on_message
    progress = Progress(source, job.work.study.summary, experiment.protocol.outputs, job.suite.path, job.leave_terminal)
    listeners.add(
        WriteResults(job.suite, experiment.protocol, source, say),
        ShowProgress(stack.enter_context(progress)),
        *([CallBack(job.on_trial, say)] if job.on_trial is not None else []),
        KeepOutcomes(job.result.outcomes),
        Notify(stack.enter_context(Notifier(experiment.outputs.notify, job.suite.identity, say)), source),
        StopWhenMostFail(
            FailureLimit(source.learns, experiment.policy.keep_going),
            listeners,
            trials_remain=lambda: len(job.result.outcomes) < source.trial_limit(),
        ),
    )
    return listeners


def _drive(job: SuiteRun, listeners: Listeners) -> None:
    """Open the machines, and drive the main loop; where nothing is left to run, only look at what there is."""
    for line in job.experiment.outputs.remarks:
        listeners.on_message(line)
    _refuse_remote_head(job.experiment)
    for trial in job.work.trials:
        if job.work.is_done(job.suite, trial):
            directory = job.suite.directory(trial)
            if (outcome := directory.outcome()) is not None:
                listeners.on_resume(trial, directory, outcome)
    if not job.source.representative_trials():
        listeners.on_message(nothing_to_do(job.suite, job.source, job.work))
        next_trial(job.source, job.suite, listeners)
        return
    session = Session(job.experiment, job.suite, job.work, job.source, listeners, job.backend)
    with session.opened() as executor:
        try:
            run_trials(job.source, executor, job.suite, listeners)
        except BaseException:
            for end in executor.stop():
                with contextlib.suppress(FprayError):  # the cause is reported below, and each outcome is on disk
                    listeners.on_end(end.trial, end.directory, end.outcome)
                    job.source.tell(end.trial, end.outcome)
            raise


def _refuse_remote_head(experiment: Experiment) -> None:
    if experiment.where.remote:
        raise refuse(
            f"--cluster {experiment.where.file}",
            "this machine is not a node of that cluster: run this command on its head node, or add --address,"
            " such as --address 10.0.0.5:6379",
            Cause.HEAD,
        )
