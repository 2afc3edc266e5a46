"""Which trials of a suite `--rerun` names."""

from __future__ import annotations

from fpray.driver.rerun import Rerun
from fpray.errors import Cause, refuse
from fpray.store.outcome import Status
from fpray.store.suite import Suite
from fpray.store.trial_directory import TrialDirectory


def trials_to_rerun(suite: Suite, rerun: Rerun) -> list[TrialDirectory]:
    """The trials that failed, or the one that is named.

    Raises:
        Refused: the suite has no such trial.
    """
    directories = [
        directory
        for directory, trial, outcome in suite.outcomes()
        if (rerun.all_failed and outcome is not None and outcome.status is not Status.FINISHED)
        or rerun.names(directory.number, str(trial["id"]))
    ]
    if not directories and not rerun.all_failed:
        sentence = (
            f"suite {suite.path.name} has no such trial. Write the number of one of its trials, such as --rerun 003"
            " (fpray show SUITE lists the numbers), or --rerun failed for all trials that failed"
        )
        raise refuse(f"--rerun {rerun}", sentence, Cause.TRIAL)
    return directories
