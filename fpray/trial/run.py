"""The life of one trial, step by step."""

from __future__ import annotations

from typing import Any

from fpray.errors import Lost
from fpray.plan.plan import Trial
from fpray.store.outcome import Outcome
from fpray.store.trial_directory import TrialDirectory
from fpray.trial.attempt import Attempt, EndCause, ProcessFailed
from fpray.trial.boundary import Boundary
from fpray.trial.collect import collect, fetch_files
from fpray.trial.context import TrialContext
from fpray.trial.instrument_hooks import instruments_running
from fpray.trial.outcomes import outcome_of
from fpray.trial.prepare import prepare
from fpray.trial.start import start_clients, start_servers
from fpray.trial.watch import watch


def run_trial(trial: Trial[Any], directory: TrialDirectory, context: TrialContext) -> Outcome:
    """Run a trial once and say how it ended; nothing of it is running when this returns or raises.

    1. Archive an earlier attempt and write `trial.json`.
    2. Take the trial's machines.
    3. See that nothing of an earlier trial is alive there, choose ports, write the plan, the config and the workloads.
    4. Start any sidecars, then the servers stage by stage, the next stage when all of the last one listen.
    5. Start the clients, then any driver.
    6. Watch: a process that ends when it should not ends the trial.
    7. Collect what the clients recorded, while the servers stop in reverse order.
    8. Fetch the files that machines have on disks of their own.
    9. Judge: the cause of the end, and the figures, become an outcome. The caller commits it, last of all.

    It may run in any thread, beside other trials. It ends as *interrupted* when it is cancelled, and as *failed* by an
    error in fpray itself.

    Raises:
        FprayError: no trial can go on; for example, the jar has changed.
        OSError: for example, a disk is full.
    """
    attempt = Attempt(trial, directory, context)
    boundary = Boundary(attempt)
    with boundary, attempt, boundary:
        directory.begin(trial, context.provenance())
        try:
            attempt.machines.take()
            plan = prepare(attempt)
            start_servers(attempt, plan)
            with instruments_running(attempt, plan):
                start_clients(attempt, plan)
                watch(attempt, plan)
            cause: EndCause = collect(attempt, plan)
        except (ProcessFailed, Lost, KeyboardInterrupt) as failure:
            cause = failure
        boundary.end(outcome_of(attempt, fetch_files(attempt, cause)))
    return boundary.outcome
