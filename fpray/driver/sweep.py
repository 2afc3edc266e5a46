"""`fpray sweep`: a list of trials in its suite, from where an earlier run of the same command stopped."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from fpray.driver.experiment import Experiment
from fpray.driver.held_suite import held_suite
from fpray.driver.pilot import run_pilot
from fpray.driver.repeats_until import lacks_repeats, until_known
from fpray.driver.result import SweepResult
from fpray.driver.resume import WorkList, decide_order, work_list
from fpray.driver.run import SuiteRun, run
from fpray.driver.run_listeners import OnTrial
from fpray.driver.session import REAL, Backend
from fpray.plan.plan import Trial
from fpray.store.suite import Suite
from fpray.study.order import Order
from fpray.study.source import ListSource, TrialSource


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
    with held_suite(request, lacks_repeats if request.selection.until is not None else None) as (experiment, suite):
        work = work_list(suite, experiment)
        waiting = [trial for trial in work.trials if not work.is_done(suite, trial)]
        result = SweepResult(suite.path, len(work.trials))
        if experiment.policy.pilot and waiting:
            run_pilot(SuiteRun(experiment, suite, work, ListSource(waiting, waiting), result, backend=backend))
        if not result.interrupted and not result.stopped:
            work, source = _source(experiment, suite, work, waiting, result)
            run(SuiteRun(experiment, suite, work, source, result, on_trial, backend, leave_terminal))
    return result


def _source(
    experiment: Experiment, suite: Suite, work: WorkList, waiting: Sequence[Trial[Any]], result: SweepResult
) -> tuple[WorkList, TrialSource]:
    """What the main loop asks: the list of trials, and further repeats where the user wants these until enough."""

    def order(several_machines: bool) -> Order:
        return decide_order(suite, experiment.policy.order, several_machines)

    def more(count: int) -> None:
        result.planned = count

    if experiment.selection.until is None:
        return work, ListSource(work.trials, waiting, order)
    work, source = until_known(experiment, suite, work, order, more)
    more(len(work.trials))
    return work, source
