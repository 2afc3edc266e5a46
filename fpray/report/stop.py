"""The end of a sweep from another terminal, as with Ctrl-C in its own."""

from __future__ import annotations

import contextlib
import os
import signal
import time

from fpray.errors import Cause, refuse
from fpray.report.sections import SWEEPS, Sections
from fpray.report.status import SuiteState
from fpray.store.suite import Suite

_POLL_S = 0.05


def stop(suite: Suite, sections: Sections = SWEEPS) -> str:
    """End a sweep and wait until it has ended: how it stands then, as a sentence.

    Raises:
        Refused: it runs on another machine or in another container, or belongs to another user.
    """
    holder = suite.holder()
    if holder is None:
        return f"{suite.path.name} is not running: {SuiteState.of(suite, sections).words()}"
    instead = f"to stop it, log in to {holder.host or 'its machine'}, and run fpray stop {suite.suite_id}"
    if not holder.here:
        raise refuse(suite.path.name, f"is run by {holder.words}: {instead}", Cause.ELSEWHERE)
    try:
        if not holder.has_open(suite.path):  # a suite of another user may name any process
            raise refuse(
                suite.path.name,
                f"is marked as run by {holder.words}, but on this machine that process is another program, so nothing"
                f" was stopped. If the sweep runs in a container, run fpray stop {suite.suite_id} there; otherwise the"
                " sweep has probably ended: fpray status shows its state",
                Cause.ELSEWHERE,
            )
        os.kill(holder.pid, signal.SIGTERM)
        os.kill(holder.pid, signal.SIGCONT)  # one that Ctrl-Z has stopped takes no TERM
    except PermissionError:
        raise refuse(
            suite.path.name,
            f"is run by {holder.words}, a process of another user: ask that user to stop it",
            Cause.ELSEWHERE,
        ) from None
    except ProcessLookupError:
        if suite.holder() is not None:
            raise refuse(
                suite.path.name,
                f"is run by {holder.words}, which is in another container, and cannot be stopped from here: find that"
                " container (docker ps), open a shell in it (docker exec -it CONTAINER bash), and run fpray stop"
                f" {suite.suite_id}",
                Cause.ELSEWHERE,
            ) from None
    with contextlib.suppress(OSError):
        while holder.has_open(suite.path):
            time.sleep(_POLL_S)
    if not suite.path.exists():
        return "interrupted · nothing was started"
    state = SuiteState.of(suite, sections)
    return state.snapshot.says if state.snapshot is not None and state.snapshot.says else state.words()
