"""What the end of an attempt means: an outcome for good, or another attempt at the same trial."""

from __future__ import annotations

from dataclasses import replace

from fpray.driver.listeners import Listener
from fpray.driver.run_options import RETRIES
from fpray.driver.scheduled_trial import ScheduledTrial
from fpray.errors import Cause, FprayError
from fpray.files.disk import remedy, why_not_written
from fpray.plan.words import FREE_SPACE, unwritable
from fpray.store.outcome import Outcome, Reason, Status
from fpray.trial.disk_space import is_full, is_full_now


def settle(
    scheduled: ScheduledTrial, retries: int | None, listeners: Listener
) -> tuple[Outcome | None, ScheduledTrial | None]:
    """(outcome, None): the trial has ended; (None, attempt): the disk was full; both: it is retried.

    Raises:
        FprayError: no trial can go on.
    """
    number = scheduled.number
    try:
        outcome = _outcome_of(scheduled)
        if outcome.status is not Status.FINISHED and is_full_now(scheduled.directory.path):
            listeners.on_message(
                f"the disk of this machine at {scheduled.directory.path} filled up during trial {number}, which"
                " has no result. Remove files there that you do not need: the trial then runs again automatically"
            )
            return None, scheduled
        scheduled.directory.commit(outcome)
    except OSError as error:
        where = error.filename or scheduled.directory.path
        reason = why_not_written(error, where)
        if not is_full(error):
            sentence = unwritable(f"trial {number} cannot continue", where, reason, remedy(error))
            raise FprayError(sentence, Cause.NOT_WRITABLE) from error
        waits = f"waiting for disk space: {reason}, at {where}; {FREE_SPACE}"
        listeners.on_wait(f"{waits}. The sweep then runs trial {number} again", number)
        return None, replace(scheduled, disk_was_full=True)
    most = RETRIES if retries is None else retries
    if outcome.reason is not Reason.INFRASTRUCTURE or scheduled.retry >= most:
        return outcome, None
    listeners.on_message(
        f"trial {number} · {outcome.status.value}: {outcome.detail} · no result yet: trial {number}"
        f" runs again automatically (retry {scheduled.retry + 1} of {most})"
    )
    return outcome, replace(scheduled, retry=scheduled.retry + 1)


def _outcome_of(scheduled: ScheduledTrial) -> Outcome:
    """The attempt's outcome; raises what it raised."""
    if isinstance(scheduled.result, BaseException):
        raise scheduled.result
    assert scheduled.result is not None
    return scheduled.result
