"""Runs trials side by side: each in a thread of its own, on machines of its own; one thread commits how they end."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from fpray.cluster.allocator import Allocation
from fpray.cluster.quarantine import Quarantine
from fpray.errors import FprayError
from fpray.plan.plan import Trial
from fpray.report.live import Progress
from fpray.store.outcome import Outcome, Reason, Status
from fpray.store.suite_record import MachineNote
from fpray.store.trial_directory import TrialDirectory
from fpray.trial.context import TrialContext
from fpray.trial.disk_space import SPACE_CHECK_S, is_full, missing_bytes
from fpray.trial.run import run_trial

# What fails for the machines' sake (a lost actor, a port that was taken) is repeated this often before we go on.
RETRIES = 2
# Machines that are gone may be replaced: a cloud takes two or three minutes for that.
PATIENCE_S, _LOOK_S = 300.0, 2.0

RunTrial = Callable[[Trial[Any], TrialDirectory, TrialContext], Outcome]


@dataclass(eq=False)
class Running:
    """A trial that runs, or waits to run again; `result` is set by its thread when that is through."""

    trial: Trial[Any]
    directory: TrialDirectory
    slice: Allocation
    repeated: int = 0
    disk_was_full: bool = False
    result: Outcome | BaseException | None = None


@dataclass(frozen=True)
class Ended:
    """A trial that has an outcome to keep; it is on disk."""

    trial: Trial[Any]
    directory: TrialDirectory
    outcome: Outcome


class Executor:
    """Trials under way. All of its methods are for one thread: the one that commits.

    setting: what every trial shares; most: how many run side by side at most (None: as many as fit); retries: how
    often a trial runs again that failed for the machines' sake; run: what runs a trial (`run_trial`, or a simulation).

    Attributes:
        look: called when a trial is to start, to see who has joined and who has left.
        remember: is told of each machine that is `set_aside` or `doubted`, and why: (what, machine, why).
    """

    def __init__(
        self,
        setting: TrialContext,
        progress: Progress,
        *,
        most: int | None = None,
        retries: int | None = None,
        run: RunTrial = run_trial,
    ) -> None:
        self._setting, self._progress, self._most, self._run = setting, progress, most, run
        self._retries = RETRIES if retries is None else retries
        self._quarantine = Quarantine()
        self.remember: Callable[[MachineNote, str, str], None] = lambda _what, _host, _why: None
        self.look: Callable[[], None] = lambda: None
        self._missed_since: float | None = None  # when machines were first missing that nothing can run without
        self._running: list[Running] = []
        self._again: deque[Running] = deque()
        self._news = threading.Event()  # set by each thread that is through

    @property
    def idle(self) -> bool:
        """Whether nothing runs, or waits to run again."""
        return not self._running and not self._again

    def wake(self) -> None:
        """End a `wait`, from any thread: there may be room for another trial."""
        self._news.set()

    def has_room(self, like: Trial[Any]) -> bool:
        """Whether another trial such as this one can start now."""
        self.look()
        return not self._again and not self._is_full() and self._setting.slices.has_room(like)

    def start(self, trial: Trial[Any], directory: TrialDirectory) -> bool:
        """Start a trial; False where it has to wait: for its turn, for machines, or for ever (see `impossible`)."""
        self.look()
        if self._again or self._is_full() or (own := self._setting.slices.allocate(trial)) is None:
            return False
        self._progress.begin(directory.number, trial)
        self._go(Running(trial, directory, own))
        return True

    def impossible(self, trial: Trial[Any], directory: TrialDirectory) -> Ended | None:
        """The end of a trial that could not start although nothing runs: machines are gone, and none has come for long.

        None: they only rest, or may still be replaced.
        """
        missing = self._setting.slices.shortage(trial)
        if missing is None:
            self._missed_since = None
            return None
        if self._missed_since is None:
            self._missed_since = time.monotonic()
            if not self._setting.machines.embedded:
                number = directory.number
                self._progress.say(f"trial {number} waits up to {PATIENCE_S / 60:g} minutes for machines: {missing}")
        if not self._setting.machines.embedded and time.monotonic() - self._missed_since < PATIENCE_S:
            return None
        return self._keep(trial, directory, Outcome(Status.LOST, missing, Reason.INFRASTRUCTURE))

    def wait(self) -> Ended | None:
        """Wait until something has changed: a trial has ended for good, or (None) there may be room for another."""
        if (ended := self._restart()) is not None:
            return ended
        self._news.clear()
        through = self._through()
        if through is None:
            rests = self._setting.slices.backoff_left_s()
            # Who replaces those that are gone is seen by looking; and where nothing runs, nothing else wakes us: a
            # rest may have ended since it was in the way.
            if self._missed_since is not None or not self._running:
                rests = _LOOK_S if rests is None else min(rests, _LOOK_S)
            self._news.wait(rests)
            through = self._through()
        return self._settle(through) if through is not None else None

    def stop(self) -> Iterator[Ended]:
        """End all that runs, and wait until it has; what had ended for good is kept."""
        self._setting.cancellation.cancel()
        self._again.clear()
        while self._running:
            self._news.clear()
            attempt = self._through()
            if attempt is None:
                self._news.wait()
                continue
            if isinstance(attempt.result, Outcome):
                try:
                    ended = self._keep(attempt.trial, attempt.directory, attempt.result)
                    if ended.outcome.status.final:
                        yield ended
                except OSError as error:
                    self._progress.say(f"the end of trial {attempt.directory.number} cannot be kept: {error.strerror}")
            self._leave(attempt)

    # -- starting

    def _is_full(self) -> bool:
        return self._most is not None and len(self._running) >= self._most

    def _restart(self) -> Ended | None:
        """Start what is to run again and has room; or the end of what never will have."""
        while self._again and not self._is_full():
            self.look()
            attempt = self._again[0]
            own = self._setting.slices.allocate(attempt.trial)
            if own is None:
                ended = self.impossible(attempt.trial, attempt.directory) if not self._running else None
                if ended is not None:
                    self._again.popleft()
                return ended
            self._again.popleft()
            self._go(replace(attempt, slice=own))
        return None

    def _go(self, attempt: Running) -> None:
        self._missed_since = None
        number = attempt.directory.number
        setting = replace(
            self._setting,
            slice=attempt.slice,
            report=partial(self._progress.stage, number=number),
            wait=partial(self._progress.wait, number=number),
        )
        self._running.append(attempt)
        threading.Thread(target=self._work, args=(attempt, setting), name=f"trial {number}", daemon=True).start()

    def _work(self, attempt: Running, setting: TrialContext) -> None:
        """In the trial's own thread."""
        try:
            _wait_for_space(attempt, setting)
            attempt.result = self._run(attempt.trial, attempt.directory, setting)
        except BaseException as error:  # whatever it is, it is for the thread that commits
            attempt.result = error
        self._news.set()

    # -- ending

    def _through(self) -> Running | None:
        return next((attempt for attempt in self._running if attempt.result is not None), None)

    def _settle(self, attempt: Running) -> Ended | None:
        """What the end of an attempt means: an outcome to keep, or another attempt (None)."""
        result, directory, number = attempt.result, attempt.directory, attempt.directory.number
        try:
            if isinstance(result, BaseException):
                raise result
            assert result is not None
            if result.status is not Status.FINISHED and missing_bytes(attempt.trial, directory.path, spare_only=True):
                self._progress.say(f"the disk filled up during trial {number}: it runs again when there is space")
                self._run_again(attempt)
                return None
            directory.commit(result)
        except OSError as error:
            if not is_full(error):
                raise FprayError(f"trial {number} cannot go on: {error}") from error
            where = error.filename or directory.path
            self._progress.wait(f"waiting for disk space: {error.strerror} at {where}", number=number)
            self._run_again(attempt, disk_was_full=True)
            return None
        self._set_aside(attempt, result)
        if result.status is Status.LOST:  # also where it does not run again: who is gone serves no other trial, either
            self._setting.slices.back_off(attempt.slice.hosts)
            self._setting.machines.recover(attempt.slice.hosts, attempt.slice.lane)
        if result.reason is not Reason.INFRASTRUCTURE or attempt.repeated >= self._retries:
            self._leave(attempt)
            return Ended(attempt.trial, directory, result)
        said = f"[{number}] {result.status.value}: {result.detail}: that is no result, running it again"
        self._progress.say(said)
        self._run_again(attempt, repeated=attempt.repeated + 1)
        return None

    def _set_aside(self, attempt: Running, result: Outcome) -> None:
        if len(self._setting.slices.cluster.addresses()) < 2:
            return
        for verdict in self._quarantine.note(attempt.directory.number, attempt.trial, attempt.slice.hosts, result):
            if not verdict.clear:
                self._progress.say(f"doubt: {verdict.sentence}")
                self.remember("doubted", verdict.host, verdict.sentence)
                continue
            self._setting.slices.quarantine(verdict.host)
            self._progress.say(
                f"machine {verdict.host} is set aside while there are others of its kind: {verdict.sentence}"
                " (the same command, stopped and begun anew, takes it back)"
            )
            self.remember("set_aside", verdict.host, verdict.sentence)

    def _run_again(self, attempt: Running, **changes: Any) -> None:
        self._leave(attempt)
        self._again.append(replace(attempt, result=None, **changes))

    def _leave(self, attempt: Running) -> None:
        self._running.remove(attempt)
        self._setting.slices.release(attempt.slice)

    def _keep(self, trial: Trial[Any], directory: TrialDirectory, outcome: Outcome) -> Ended:
        directory.commit(outcome)
        return Ended(trial, directory, outcome)


def _wait_for_space(attempt: Running, setting: TrialContext) -> None:
    directory, trial, said = attempt.directory, attempt.trial, False
    if attempt.disk_was_full:
        setting.cancellation.sleep(SPACE_CHECK_S)
    while (missing := missing_bytes(trial, directory.path)) is not None:
        needed, free = missing
        if not said:
            setting.wait(
                f"waiting for disk space: trial {directory.number} needs {needed / 1e6:.0f} MB,"
                f" {free / 1e6:.0f} MB are free at {directory.path} (Ctrl-C stops; the same command carries on)"
            )
            said = True
        setting.cancellation.sleep(SPACE_CHECK_S)
