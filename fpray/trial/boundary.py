"""The boundary around an attempt: whatever ends it, all is stopped, instruments are asked, and nothing is swallowed."""

from __future__ import annotations

import contextlib
import traceback
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

from fpray.errors import FprayError, first_line
from fpray.files import layout
from fpray.files.atomic import write_text
from fpray.files.printable import printable
from fpray.plan.plan import Trial
from fpray.store.outcome import Outcome, Reason, Status
from fpray.store.trial_directory import TrialDirectory
from fpray.trial.attempt import Attempt
from fpray.trial.context import TrialContext
from fpray.trial.disk_space import is_full
from fpray.trial.instrument_hooks import check_writable, with_findings

_MOST_CHARACTERS = 300  # of an exception's first line, in a message
_LINES = 6  # of the traceback, in a message
_OF_CAUSE = ("status", "detail", "reason", "label", "lines", "log", "blamed")  # fields of an outcome


class Boundary(contextlib.AbstractContextManager["Boundary"]):
    """A boundary around an attempt, and around its steps: what they raise that nothing expects is its outcome.

    It is entered twice: within the attempt, while its machines can still answer, and around it. An error that concerns
    one trial alone ends here, as *failed*. Such a trial does not run again by itself: what is wrong in fpray, or in a
    protocol's declaration, stays wrong. Any other error goes on: a full disk, for example. Before that, what
    instruments give is committed as far as the disk takes it, with an outcome that is not final.
    """

    def __init__(self, attempt: Attempt) -> None:
        self._attempt = attempt
        self._outcome: Outcome | None = None
        self._error: BaseException | None = None

    def end(self, outcome: Outcome) -> None:
        """The attempt has ended so, with the findings of all instruments."""
        self._outcome = outcome

    @property
    def outcome(self) -> Outcome:
        """How the attempt has ended; it has."""
        assert self._outcome is not None
        return self._outcome

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> bool:
        """End what is running, ask the instruments once, and let through what concerns every trial."""
        if error is None or error is self._error:
            return False
        self._error = error
        self._attempt.processes.stop_all()
        directory, hosts = self._attempt.directory, self._attempt.context.allocation.hosts
        is_own = _is_own(error)
        self._outcome = self._joined(_failed(error, directory, hosts) if is_own else _cut_short(error, hosts))
        if not is_own and not directory.file(layout.OUTCOME).exists():  # one of an attempt that could not be archived
            with contextlib.suppress(OSError):
                directory.commit(self._outcome)
        return is_own

    def _joined(self, end: Outcome) -> Outcome:
        """An end, with what is known of the attempt."""
        if self._outcome is not None:  # it could not be closed: what instruments gave stays
            cause = {name: getattr(end, name) for name in _OF_CAUSE}
            return replace(self._outcome, **cause)
        attempt = self._attempt
        outcome = replace(
            end,
            notes=[*attempt.notes, *attempt.processes.remarks()],
            events=attempt.timeline.sorted_events(),
            processes=attempt.processes.ends(),
        )
        return with_findings(attempt, outcome, None)


def within_boundary(run: Callable[[], Outcome], directory: TrialDirectory, hosts: Sequence[str]) -> Outcome:
    """What `run` returns; or, where it raises what nothing expects, the outcome *failed*, as that of `Boundary`.

    It is for what is outside of that, where there is no attempt that instruments could be asked about: a wait for disk
    space, and a simulation in the place of `run_trial`.

    Raises:
        FprayError: no trial can go on.
        OSError: a disk is full.
        KeyboardInterrupt: the sweep is to end.
    """
    try:
        outcome = run()
        check_writable(outcome)
        return outcome
    except BaseException as error:
        if not _is_own(error):
            raise
        return _failed(error, directory, hosts)


def never_begun(trial: Trial[Any], directory: TrialDirectory, context: TrialContext, why: str) -> Outcome:
    """The outcome of a trial of which no attempt can begin, with the findings of all instruments.

    They are asked in another thread, so that Ctrl-C in this one is the user's.

    Raises:
        OSError: for example, a disk is full.
    """
    directory.begin(trial, context.provenance())
    outcome = Outcome(Status.LOST, why, Reason.INFRASTRUCTURE)
    with ThreadPoolExecutor(1, "findings") as beside:
        return beside.submit(with_findings, Attempt(trial, directory, context), outcome, None).result()


def _is_own(error: BaseException) -> bool:
    """Whether an error concerns one trial alone."""
    return not isinstance(error, (FprayError, KeyboardInterrupt)) and not (
        isinstance(error, OSError) and is_full(error)
    )


def _cut_short(error: BaseException, hosts: Sequence[str]) -> Outcome:
    """The outcome of an attempt that ended by what concerns every trial; it runs again."""
    detail, reason = "interrupted", Reason.USER
    if isinstance(error, OSError):
        detail, reason = (
            f"{error.strerror}" + (f", at {error.filename}" if error.filename else ""),
            Reason.INFRASTRUCTURE,
        )
    elif isinstance(error, FprayError):
        detail, reason = error.in_one_line(), Reason.NONE
    return Outcome(Status.INTERRUPTED, printable(detail, most=_MOST_CHARACTERS), reason, hosts=tuple(hosts))


def _failed(error: BaseException, directory: TrialDirectory, hosts: Sequence[str]) -> Outcome:
    path = directory.file(layout.OWN_ERROR)
    text = "".join(traceback.format_exception(error))
    with contextlib.suppress(OSError):  # then the outcome cannot be written either, and its commit says so
        write_text(path, text.encode(errors="backslashreplace").decode())
    reason = first_line(error) if isinstance(error, Exception) else ""
    what = type(error).__name__ + (f": {reason}" if reason and reason != type(error).__name__ else "")
    where = traceback.extract_tb(error.__traceback__)[-1:]
    at = f" ({Path(where[0].filename).name}:{where[0].lineno})" if where else ""
    return Outcome(
        Status.FAILED,
        f"an error in fpray itself or in the protocol's Python file ended this trial:"
        f" {printable(what, most=_MOST_CHARACTERS)}{at}. Other trials continue. If you wrote that Python file, look for"
        f" the error there first; otherwise report it to the developers of fpray, with the traceback in"
        f" {path.absolute()}",
        Reason.FPRAY,
        lines=[printable(line) for line in text.splitlines()[-_LINES:]],
        hosts=tuple(hosts),
    )
