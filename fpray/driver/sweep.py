"""`fpray sweep`: a list of trials in its suite, from where an earlier run of the same command stopped."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from fpray.driver.experiment import Experiment
from fpray.driver.held_suite import held_suite
from fpray.driver.pilot import run_pilot
from fpray.driver.result import SweepResult
from fpray.driver.resume import decide_order, work_list
from fpray.driver.run import SuiteRun, run
from fpray.driver.run_listeners import OnTrial
from fpray.driver.session import REAL, Backend
from fpray.study.source import ListSource


def run_sweep(
    request: Experiment,
    *,
    on_trial: OnTrial | None = None,
    backend: Backend = REAL,
    leave_terminal: Callable[[Path], None] | None = None,
) -> SweepResult:
    """Take or make the suite, and run in it what has not ended yet.

    Raises:
        Refused: nothing was started.
        FprayError: it could not go on; what was finished stays finished.
    """
    with held_suite(request) as (experiment, suite):
        work = work_list(suite, experiment)
        waiting = [trial for trial in work.trials if not work.is_done(suite, trial)]
        result = SweepResult(suite.path, len(work.trials))
        if experiment.policy.pilot and waiting:
            run_pilot(SuiteRun(experiment, suite, work, ListSource(waiting, waiting), result, backend=backend))
        if not result.interrupted and not result.stopped:
            name = experiment.policy.order
            order = lambda several_machines: decide_order(suite, name, several_machines)  # noqa: E731
            source = ListSource(work.trials, waiting, order)
            run(SuiteRun(experiment, suite, work, source, result, on_trial, backend, leave_terminal))
    return result
