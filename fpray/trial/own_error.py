"""The boundary around a trial: whatever goes wrong inside it is how that trial ended, with its traceback kept."""

from __future__ import annotations

import json
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path

from fpray.errors import FprayError, first_line
from fpray.files import layout
from fpray.files.atomic import write_text
from fpray.files.printable import printable
from fpray.store.outcome import Outcome, Reason, Status
from fpray.store.trial_directory import TrialDirectory
from fpray.trial.disk_space import is_full

_MOST_CHARACTERS = 300  # of an exception's first line, in a message
_LINES = 6  # of the traceback, in a message


def within_boundary(run: Callable[[], Outcome], directory: TrialDirectory, hosts: Sequence[str]) -> Outcome:
    """What `run` returns; or, where it raises what nothing expects, the outcome *failed*, with the traceback on disk.

    Such a trial does not run again by itself: what is wrong in fpray, or in a protocol's declaration, stays wrong.

    Raises:
        FprayError: no trial can go on.
        OSError: a disk is full, or nothing can be written into the trial's directory.
    """
    try:
        outcome = run()
        _check_writable(outcome)
        return outcome
    except (Exception, SystemExit) as error:
        if isinstance(error, FprayError) or (isinstance(error, OSError) and is_full(error)):
            raise
        return _failed(error, directory, hosts)


def _check_writable(outcome: Outcome) -> None:
    """Raise now what the commit of the outcome would raise."""
    json.dumps([outcome.to_json(), list(outcome.events)])


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
        f"an error in fpray itself ended this trial: {printable(what, most=_MOST_CHARACTERS)}{at}. Other trials"
        f" continue; please report it with the traceback in {path.absolute()}",
        Reason.FPRAY,
        lines=[printable(line) for line in text.splitlines()[-_LINES:]],
        hosts=tuple(hosts),
    )
