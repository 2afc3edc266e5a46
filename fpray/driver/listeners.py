"""What listens to the main loop: each listener does one thing when a trial starts, ends, or was learned from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from fpray.driver.notify import Notifier
from fpray.driver.stop_rule import FailureLimit
from fpray.files import layout
from fpray.files.disk import remedy
from fpray.files.paths import short_path
from fpray.plan.plan import Trial
from fpray.report.live import Progress
from fpray.store.outcome import Outcome, Status
from fpray.store.results import append_csv, csv_row
from fpray.store.suite import Suite
from fpray.store.trial_directory import TrialDirectory
from fpray.study.source import TrialSource

OnTrial = Callable[[str, Trial[Any], Outcome], None]


class Listener:
    """A listener that does nothing; others change what they need.

    Any thread may call the first three, which say what goes on; the thread that commits calls the others.
    """

    def says(self, line: str) -> None:
        """The run has a sentence for people: what it is about to do, and what it handled."""

    def waits(self, reason: str, number: str = "") -> None:
        """Something has to wait for long: the trial with this number, or the run before it can start one ("")."""

    def stage(self, what: str, seconds: float | None, number: str = "") -> None:
        """What a trial does from now on, or the run before any (""), and for how many seconds by plan."""

    def resumed(self, trial: Trial[Any], directory: TrialDirectory, outcome: Outcome) -> None:
        """The suite that the run carries on has this outcome; it is called before anything starts."""

    def known(self, trial: Trial[Any], directory: TrialDirectory, outcome: Outcome) -> None:
        """The source asks for a trial that had ended before this run."""

    def started(self, trial: Trial[Any], directory: TrialDirectory) -> None:
        """A trial starts."""

    def attempted(self, trial: Trial[Any], directory: TrialDirectory, hosts: Sequence[str], outcome: Outcome) -> None:
        """An attempt at a trial has ended on these machines; the trial may run again."""

    def ended(self, trial: Trial[Any], directory: TrialDirectory, outcome: Outcome) -> str | None:
        """A trial has ended, and its outcome is on disk; returns why the run is to stop, or None.

        The reason is a clause that can follow "because".
        """

    def learned(self, source: TrialSource) -> None:
        """The source was told how a trial ended."""


class Listeners(Listener):
    """All listeners of a run, in order.

    Attributes:
        stop: why no further trial is to start, as a clause; "" while trials may start.
    """

    def __init__(self, *listeners: Listener) -> None:
        self._listeners = list(listeners)
        self.stop = ""

    def add(self, listener: Listener) -> None:
        """One more, the last one from now on."""
        self._listeners.append(listener)

    def says(self, line: str) -> None:
        """Each listener, in order."""
        for listener in self._listeners:
            listener.says(line)

    def waits(self, reason: str, number: str = "") -> None:
        """Each listener, in order."""
        for listener in self._listeners:
            listener.waits(reason, number)

    def stage(self, what: str, seconds: float | None, number: str = "") -> None:
        """Each listener, in order."""
        for listener in self._listeners:
            listener.stage(what, seconds, number)

    def resumed(self, trial: Trial[Any], directory: TrialDirectory, outcome: Outcome) -> None:
        """Each listener, in order."""
        for listener in self._listeners:
            listener.resumed(trial, directory, outcome)

    def known(self, trial: Trial[Any], directory: TrialDirectory, outcome: Outcome) -> None:
        """Each listener, in order."""
        for listener in self._listeners:
            listener.known(trial, directory, outcome)

    def started(self, trial: Trial[Any], directory: TrialDirectory) -> None:
        """Each listener, in order."""
        for listener in self._listeners:
            listener.started(trial, directory)

    def attempted(self, trial: Trial[Any], directory: TrialDirectory, hosts: Sequence[str], outcome: Outcome) -> None:
        """Each listener, in order."""
        for listener in self._listeners:
            listener.attempted(trial, directory, hosts, outcome)

    def ended(self, trial: Trial[Any], directory: TrialDirectory, outcome: Outcome) -> str | None:
        """Each listener, in order; the first reason to stop counts."""
        for listener in self._listeners:
            reason = listener.ended(trial, directory, outcome)
            self.stop = self.stop or reason or ""
        return self.stop or None

    def learned(self, source: TrialSource) -> None:
        """Each listener, in order."""
        for listener in self._listeners:
            listener.learned(source)


class KeepOutcomes(Listener):
    """Trial number -> outcome, of every trial that ended, now or earlier."""

    def __init__(self, outcomes: dict[str, Outcome]) -> None:
        self._outcomes = outcomes

    def resumed(self, trial: Trial[Any], directory: TrialDirectory, outcome: Outcome) -> None:
        """Keep it."""
        self._outcomes[directory.number] = outcome

    def known(self, trial: Trial[Any], directory: TrialDirectory, outcome: Outcome) -> None:
        """Keep it."""
        self._outcomes[directory.number] = outcome

    def ended(self, trial: Trial[Any], directory: TrialDirectory, outcome: Outcome) -> str | None:
        """Keep it."""
        self._outcomes[directory.number] = outcome
        return None


class AppendResults(Listener):
    """A row of `results.csv` for each trial that finished."""

    def __init__(self, suite: Suite, say: Callable[[str], None]) -> None:
        self._suite, self._say = suite, say

    def ended(self, trial: Trial[Any], directory: TrialDirectory, outcome: Outcome) -> str | None:
        """Append its row."""
        if outcome.status is Status.FINISHED:
            try:
                append_csv(self._suite, csv_row(trial.protocol, trial.params, outcome))
            except OSError as error:  # all rows are written again at the end
                self._say(
                    f"{short_path(self._suite.path / layout.RESULTS_CSV)} cannot be written now: {error.strerror}."
                    f" {remedy(error)} before the sweep ends: the file is written again then, and no result is lost"
                )
        return None


class ShowProgress(Listener):
    """The live display and the lines of each trial."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress

    def says(self, line: str) -> None:
        """Print it."""
        self._progress.say(line)

    def waits(self, reason: str, number: str = "") -> None:
        """Show the reason."""
        self._progress.wait(reason, number)

    def stage(self, what: str, seconds: float | None, number: str = "") -> None:
        """Show it."""
        self._progress.stage(what, seconds, number)

    def resumed(self, trial: Trial[Any], directory: TrialDirectory, outcome: Outcome) -> None:
        """Count it."""
        self._progress.resumed(trial, outcome.status)

    def known(self, trial: Trial[Any], directory: TrialDirectory, outcome: Outcome) -> None:
        """Show what is known now."""
        self._progress.show_summary()

    def started(self, trial: Trial[Any], directory: TrialDirectory) -> None:
        """Show it."""
        self._progress.begin(directory.number, trial)

    def ended(self, trial: Trial[Any], directory: TrialDirectory, outcome: Outcome) -> str | None:
        """Say how it ended."""
        self._progress.end(directory.number, trial, outcome)
        return None

    def learned(self, source: TrialSource) -> None:
        """Show what is known now."""
        self._progress.show_summary()


class CallBack(Listener):
    """The caller's own function, `on_trial`; where its output has gone away, the trial is kept all the same."""

    def __init__(self, on_trial: OnTrial, say: Callable[[str], None]) -> None:
        self._on_trial, self._say = on_trial, say

    def ended(self, trial: Trial[Any], directory: TrialDirectory, outcome: Outcome) -> str | None:
        """Call the function."""
        try:
            self._on_trial(directory.number, trial, outcome)
        except OSError as error:
            self._say(
                f"note: trial {directory.number} cannot be printed to standard output: {error.strerror} (its"
                " result is kept; the sweep continues)"
            )
        return None


class Notify(Listener):
    """The notifier, which waits for the next end of a trial: where none comes in time, the run stalls."""

    def __init__(self, notifier: Notifier, longest_s: Callable[[], float]) -> None:
        self._notifier, self._longest_s = notifier, longest_s

    def started(self, trial: Trial[Any], directory: TrialDirectory) -> None:
        """Expect its end."""
        self._notifier.expect(self._longest_s())

    def ended(self, trial: Trial[Any], directory: TrialDirectory, outcome: Outcome) -> str | None:
        """Expect the end of another."""
        self._notifier.expect(self._longest_s())
        return None


class StopWhenMostFail(Listener):
    """The stop rule: most trials fail, trials are left, and the user does not want to keep going."""

    def __init__(
        self, limit: FailureLimit, notifier: Notifier, say: Callable[[str], None], *, trials_remain: Callable[[], bool]
    ) -> None:
        self._limit, self._notifier, self._say, self._trials_remain = limit, notifier, say, trials_remain
        self._stopped = False

    def ended(self, trial: Trial[Any], directory: TrialDirectory, outcome: Outcome) -> str | None:
        """Count it."""
        reason = self._limit.note(directory.number, outcome)
        if reason:
            self._notifier.tell("mostly-failed", reason)
        if not reason or self._limit.keep_going or self._stopped or not self._trials_remain():
            return None
        self._stopped = True
        self._say(
            f"{reason}. No further trials are started, and all results are kept: correct the cause, or add"
            " --keep-going to continue in any case"
        )
        return "most trials fail"
