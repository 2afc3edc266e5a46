"""The boundary around a trial: whatever goes wrong inside it is how that trial ended, with its traceback kept."""

from __future__ import annotations

import contextlib
import traceback
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from fpray.errors import FprayError, first_line
from fpray.files import layout
from fpray.files.atomic import write_text
from fpray.files.printable import printable
from fpray.store.outcome import Outcome, Reason, Status
from fpray.store.trial_directory import TrialDirectory
from fpray.trial.attempt import Attempt
from fpray.trial.disk_space import is_full
from fpray.trial.joining import check_writable, with_findings

_MOST_CHARACTERS = 300  # of an exception's first line, in a message
_LINES = 6  # of the traceback, in a message


class OwnError(contextlib.AbstractContextManager["OwnError"]):
    """A boundary around the steps of an attempt: what they raise that nothing expects ends them, and is in `outcome`.

    Such a trial does not run again by itself: what is wrong in fpray, or in a protocol's declaration, stays wrong.

    Attributes:
        outcome: *failed*, with the traceback on disk and the findings of all instruments; where there was an error.
    """

    outcome: Outcome

    def __init__(self, attempt: Attempt) -> None:
        self._attempt = attempt

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> bool:
        """End what is running, and ask the instruments; but let through what concerns every trial."""
        if error is None or not _is_own(error):
            return False
        attempt = self._attempt
        attempt.processes.stop_all()
        outcome = replace(
            _failed(error, attempt.directory, attempt.context.allocation.hosts),
            notes=[*attempt.notes, *attempt.processes.remarks()],
            events=attempt.timeline.sorted_events(),
            processes=attempt.processes.ends(),
        )
        self.outcome = with_findings(attempt, outcome, None)
        return True


def within_boundary(run: Callable[[], Outcome], directory: TrialDirectory, hosts: Sequence[str]) -> Outcome:
    """What `run` returns; or, where it raises what nothing expects, the outcome *failed*, as that of `OwnError`.

    It is for what is outside of that: before an attempt begins, and after its end.

    Raises:
        FprayError: no trial can go on.
        OSError: a disk is full, or nothing can be written into the trial's directory.
    """
    try:
        outcome = run()
        check_writable(outcome)
        return outcome
    except (Exception, SystemExit) as error:
        if not _is_own(error):
            raise
        return _failed(error, directory, hosts)


def _is_own(error: BaseException) -> bool:
    """Whether an error concerns one trial alone."""
    if isinstance(error, FprayError) or (isinstance(error, OSError) and is_full(error)):
        return False
    return isinstance(error, (Exception, SystemExit))


def _failed(error: BaseException, directory: TrialDirectory, hosts: Sequence[str]) -> Outcome:
    path = directory.file(layout.OWN_ERROR)
    text = "".join(traceback.format_exception(error))
    write_text(path, text.encode(errors="backslashreplace").decode())
    reason = first_line(error) if isinstance(error, Exception) else ""
    what = type(error).__name__ + (f": {reason}" if reason and reason != type(error).__name__ else "")
    where = traceback.extract_tb(error.__traceback__)[-1:]
    at = f" ({Path(where[0].filename).name}:{where[0].lineno})" if where else ""
    return Outcome(
        Status.FAILED,
        f"an error in fpray itself or in the declaration of the protocol ended this trial:"
        f" {printable(what, most=_MOST_CHARACTERS)}{at}. Other trials continue. If the declaration is yours, look"
        f" there first; otherwise please report it with the traceback in {path.absolute()}",
        Reason.FPRAY,
        lines=[printable(line) for line in text.splitlines()[-_LINES:]],
        hosts=tuple(hosts),
    )
