"""What a run's listeners hear: each does one thing when a trial starts or ends, and when the run goes on or ends."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fpray.driver.result import SweepResult
from fpray.errors import FprayError
from fpray.plan.plan import Trial
from fpray.store.outcome import Outcome
from fpray.store.trial_directory import TrialDirectory
from fpray.study.source import TrialSource


class Listener:
    """A listener that does nothing; others change what they need.

    Any thread may call the first three, which report what goes on; the thread that commits calls the others.
    """

    def on_message(self, line: str) -> None:
        """The run has a sentence for people: what it is about to do, or what it handled."""

    def on_wait(self, reason: str, number: str = "") -> None:
        """Something has to wait for long: the trial with this number, or the run before it can start one ("")."""

    def on_phase(self, phase: str, seconds: float | None, number: str = "") -> None:
        """A trial begins a phase, or the run does before any trial (""); seconds: how long it takes by plan."""

    def on_resume(self, trial: Trial[Any], directory: TrialDirectory, outcome: Outcome) -> None:
        """The suite that the run carries on has this outcome; it is called before anything starts."""

    def on_start(self, trial: Trial[Any], directory: TrialDirectory) -> None:
        """A trial starts."""

    def on_attempt(self, trial: Trial[Any], directory: TrialDirectory, hosts: Sequence[str], outcome: Outcome) -> None:
        """An attempt at a trial has ended on these machines; the trial may run again."""

    def on_end(self, trial: Trial[Any], directory: TrialDirectory, outcome: Outcome) -> str | None:
        """A trial has ended, and its outcome is on disk; returns why the run is to stop, or None.

        The reason is a clause that can follow "because".
        """

    def on_learn(self, source: TrialSource) -> None:
        """The source was told of an outcome."""

    def on_mostly_failed(self, sentence: str) -> None:
        """Most trials of the run fail."""

    def on_failure(self, error: FprayError) -> None:
        """The run cannot go on; what finished stays finished."""

    def on_close(self) -> None:
        """No trial runs any more, however the run ended."""

    def on_finish(self, sentence: str, result: SweepResult) -> None:
        """The run has ended, and can say so in a sentence: all trials ran, it stopped, or the user interrupted it."""


class Listeners(Listener):
    """All listeners of a run, in order.

    Attributes:
        stop: why no further trial is to start, as a clause; "" while trials may start.
    """

    def __init__(self, *listeners: Listener) -> None:
        self._listeners = list(listeners)
        self.stop = ""

    def add(self, *listeners: Listener) -> None:
        """Add listeners, which are called last from now on."""
        self._listeners += listeners

    def on_message(self, line: str) -> None:
        """Call this method of each listener, in order."""
        for listener in self._listeners:
            listener.on_message(line)

    def on_wait(self, reason: str, number: str = "") -> None:
        """Call this method of each listener, in order."""
        for listener in self._listeners:
            listener.on_wait(reason, number)

    def on_phase(self, phase: str, seconds: float | None, number: str = "") -> None:
        """Call this method of each listener, in order."""
        for listener in self._listeners:
            listener.on_phase(phase, seconds, number)

    def on_resume(self, trial: Trial[Any], directory: TrialDirectory, outcome: Outcome) -> None:
        """Call this method of each listener, in order."""
        for listener in self._listeners:
            listener.on_resume(trial, directory, outcome)

    def on_start(self, trial: Trial[Any], directory: TrialDirectory) -> None:
        """Call this method of each listener, in order."""
        for listener in self._listeners:
            listener.on_start(trial, directory)

    def on_attempt(self, trial: Trial[Any], directory: TrialDirectory, hosts: Sequence[str], outcome: Outcome) -> None:
        """Call this method of each listener, in order."""
        for listener in self._listeners:
            listener.on_attempt(trial, directory, hosts, outcome)

    def on_end(self, trial: Trial[Any], directory: TrialDirectory, outcome: Outcome) -> str | None:
        """Call this method of each listener, in order; the first reason to stop counts."""
        for listener in self._listeners:
            reason = listener.on_end(trial, directory, outcome)
            self.stop = self.stop or reason or ""
        return self.stop or None

    def on_learn(self, source: TrialSource) -> None:
        """Call this method of each listener, in order."""
        for listener in self._listeners:
            listener.on_learn(source)

    def on_mostly_failed(self, sentence: str) -> None:
        """Call this method of each listener, in order."""
        for listener in self._listeners:
            listener.on_mostly_failed(sentence)

    def on_failure(self, error: FprayError) -> None:
        """Call this method of each listener, in order."""
        for listener in self._listeners:
            listener.on_failure(error)

    def on_close(self) -> None:
        """Call this method of each listener, in order."""
        for listener in self._listeners:
            listener.on_close()

    def on_finish(self, sentence: str, result: SweepResult) -> None:
        """Call this method of each listener, in order."""
        for listener in self._listeners:
            listener.on_finish(sentence, result)
