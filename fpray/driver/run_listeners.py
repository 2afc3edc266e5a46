"""The listeners of every run: what is on disk, what people see, the caller's function, notices, and the stop rule."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fpray.driver.listeners import Listener
from fpray.driver.notify import Notifier
from fpray.driver.result import SweepResult
from fpray.driver.stop_rule import FailureLimit
from fpray.errors import Cause, FprayError, explained
from fpray.files import layout
from fpray.files.disk import remedy, why_not_written
from fpray.files.paths import short_path
from fpray.plan.estimate import planned_seconds
from fpray.plan.plan import Trial
from fpray.protocol.protocol import Protocol
from fpray.report.live import Progress
from fpray.store.outcome import Outcome, Status
from fpray.store.results import append_csv, csv_row, write_results
from fpray.store.suite import Suite
from fpray.store.trial_directory import TrialDirectory
from fpray.study.source import TrialSource

OnTrial = Callable[[str, Trial[Any], Outcome], None]


class KeepOutcomes(Listener):
    """Trial number -> outcome, of every trial that ended, now or earlier."""

    def __init__(self, outcomes: dict[str, Outcome]) -> None:
        self._outcomes = outcomes

    def on_resume(self, trial: Trial[Any], directory: TrialDirectory, outcome: Outcome) -> None:
        """Keep it."""
        self._outcomes[directory.number] = outcome

    def on_end(self, trial: Trial[Any], directory: TrialDirectory, outcome: Outcome) -> str | None:
        """Keep it."""
        self._outcomes[directory.number] = outcome
        return None


class WriteResults(Listener):
    """`results.csv`: a row for each trial that finishes; at the end both tables of results, whole."""

    def __init__(self, suite: Suite, protocol: Protocol[Any], source: TrialSource, say: Callable[[str], None]) -> None:
        self._suite, self._protocol, self._source, self._say = suite, protocol, source, say

    def on_end(self, trial: Trial[Any], directory: TrialDirectory, outcome: Outcome) -> str | None:
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

    def on_close(self) -> None:
        """Write both tables."""
        if self._suite.is_empty():
            return
        try:
            params = {trial.id: trial.params for trial in self._source.planned()}
            write_results(self._suite, self._protocol, params)
            self._suite.write_stop_time()
        except OSError as error:
            self._say(
                f"{layout.RESULTS_CSV} and {layout.RESULTS_PARQUET} of {self._suite.path.name} cannot be written:"
                f" {why_not_written(error, self._suite.path)}."
                f" No result is lost. {remedy(error)}, then run the same fpray command again: it writes them"
            )


class ShowProgress(Listener):
    """The live display and the lines of each trial."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress

    def on_message(self, line: str) -> None:
        """Print it."""
        self._progress.say(line)

    def on_wait(self, reason: str, number: str = "") -> None:
        """Show the reason."""
        self._progress.wait(reason, number)

    def on_phase(self, phase: str, seconds: float | None, number: str = "") -> None:
        """Show it."""
        self._progress.phase(phase, seconds, number)

    def on_resume(self, trial: Trial[Any], directory: TrialDirectory, outcome: Outcome) -> None:
        """Count it."""
        self._progress.resumed(trial, outcome.status)

    def on_start(self, trial: Trial[Any], directory: TrialDirectory) -> None:
        """Show it."""
        self._progress.begin(directory.number, trial)

    def on_end(self, trial: Trial[Any], directory: TrialDirectory, outcome: Outcome) -> str | None:
        """Print how it ended."""
        self._progress.end(directory.number, trial, outcome)
        return None

    def on_learn(self, source: TrialSource) -> None:
        """Show the source's summary."""
        self._progress.show_summary()

    def on_close(self) -> None:
        """Write no more into the suite, which may be removed."""
        self._progress.stop_writing()

    def on_finish(self, sentence: str, result: SweepResult) -> None:
        """Print it last."""
        self._progress.finish(sentence, result.exit_code, early=result.interrupted or bool(result.stopped))


class CallBack(Listener):
    """The caller's own function, `on_trial`; where its output has gone away, the trial is kept all the same."""

    def __init__(self, on_trial: OnTrial, say: Callable[[str], None]) -> None:
        self._on_trial, self._say = on_trial, say

    def on_end(self, trial: Trial[Any], directory: TrialDirectory, outcome: Outcome) -> str | None:
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
    """The notifier, with how many trials have ended, and of how many, and how many of them failed.

    It waits for the next end of a trial, too: where none comes in time, the run stalls.
    """

    def __init__(self, notifier: Notifier, source: TrialSource) -> None:
        self._notifier, self._source, self._total = notifier, source, source.trial_limit()
        self._done: set[str] = set()  # ids
        self._failures = 0
        self._running: dict[str, float] = {}  # number -> seconds by plan

    def on_resume(self, trial: Trial[Any], directory: TrialDirectory, outcome: Outcome) -> None:
        """Count it."""
        self._count(trial, outcome)

    def on_start(self, trial: Trial[Any], directory: TrialDirectory) -> None:
        """Expect its end."""
        self._running[directory.number] = planned_seconds(trial)
        self._expect()

    def on_end(self, trial: Trial[Any], directory: TrialDirectory, outcome: Outcome) -> str | None:
        """Count it, and expect the end of another."""
        self._running.pop(directory.number, None)
        self._total = self._source.trial_limit()
        if outcome.status.final:
            self._count(trial, outcome)
        self._expect()
        return None

    def on_mostly_failed(self, sentence: str) -> None:
        """Send it."""
        self._notifier.tell("mostly-failed", sentence, **self._counts())

    def on_failure(self, error: FprayError) -> None:
        """Send it."""
        self._notifier.tell("failed", str(error), **self._counts(), exit_code=error.exit_code)

    def on_close(self) -> None:
        """Expect no end of a trial any more."""
        self._notifier.stop_waiting()

    def on_finish(self, sentence: str, result: SweepResult) -> None:
        """Send it, unless it was the user that ended the run."""
        if not result.interrupted:
            self._notifier.tell("finished", sentence, **self._counts(), exit_code=result.exit_code)

    def _count(self, trial: Trial[Any], outcome: Outcome) -> None:
        self._done.add(trial.id)
        self._failures += outcome.status is not Status.FINISHED

    def _counts(self) -> dict[str, int]:
        return {"done": len(self._done), "total": self._total, "failed": self._failures}

    def _expect(self) -> None:
        self._notifier.expect(max(self._running.values(), default=0.0), **self._counts())


class StopWhenMostFail(Listener):
    """The stop rule: most trials fail, trials are left, and the user does not want to keep going.

    listeners: what hears that most trials fail; trials_remain: whether any trial is left.
    """

    def __init__(self, limit: FailureLimit, listeners: Listener, *, trials_remain: Callable[[], bool]) -> None:
        self._limit, self._listeners, self._trials_remain = limit, listeners, trials_remain
        self._stopped = False

    def on_end(self, trial: Trial[Any], directory: TrialDirectory, outcome: Outcome) -> str | None:
        """Count it."""
        sentence = self._limit.note(directory.number, outcome)
        if sentence:
            self._listeners.on_mostly_failed(sentence)
        if not sentence or self._limit.keep_going or self._stopped or not self._trials_remain():
            return None
        self._stopped = True
        self._listeners.on_message(
            f"{sentence}. No further trials are started, and all results are kept: correct the cause and run"
            " the same fpray command again, or add --keep-going to it to continue in any case"
            f" · {explained(Cause.FAILURE_LIMIT)}"
        )
        return "most trials fail"
