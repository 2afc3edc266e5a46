"""`fpray sweep`: a list of trials in its suite, from where an earlier run of the same command stopped."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from fpray.driver.check import with_addresses, with_jar
from fpray.driver.choose_suite import choose_suite
from fpray.driver.experiment import Experiment
from fpray.driver.listeners import OnTrial
from fpray.driver.pilot import run_pilot
from fpray.driver.result import SweepResult
from fpray.driver.resume import decide_order, work_list
from fpray.driver.run import Run, run
from fpray.driver.session import REAL, Backend
from fpray.report.text import say
from fpray.study.source import ListSource


def run_sweep(
    experiment: Experiment,
    *,
    on_trial: OnTrial | None = None,
    backend: Backend = REAL,
    leaving: Callable[[Path], None] | None = None,
) -> SweepResult:
    """Take or make the suite, and run in it what has not ended yet.

    Raises:
        Refused: nothing was started.
        FprayError: it could not go on; what was finished stays finished.
    """
    experiment = with_jar(with_addresses(experiment), say)
    suite = choose_suite(experiment)
    with suite.held():
        work = work_list(suite, experiment)
        waiting = [trial for trial in work.trials if not work.is_done(suite, trial)]
        result = SweepResult(suite.path, len(work.trials))
        if experiment.policy.pilot and waiting:
            run_pilot(Run(experiment, suite, work, ListSource(waiting, waiting), result, backend=backend))
        if not result.interrupted and not result.stopped:
            order = lambda several_machines: decide_order(suite, experiment, several_machines)  # noqa: E731
            source = ListSource(work.trials, waiting, order)
            run(Run(experiment, suite, work, source, result, on_trial, backend, leaving))
    return result
