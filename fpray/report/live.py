"""What a sweep shows while it runs: a live block on a terminal, plain lines elsewhere, always on standard error."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fpray.plan.plan import Trial
from fpray.report.driver_output import DriverOutput
from fpray.report.outcome_lines import ended_line, failure_lines, remark_lines
from fpray.report.remaining import RemainingTime, TrialTime
from fpray.report.snapshot import FAILED, FINISHED, RUNNING, STOPPED, Phase, Snapshot, clock
from fpray.report.status_file import StatusFile
from fpray.store.outcome import Outcome, Status
from fpray.study.source import TrialSource


@dataclass
class _RunningPhase:
    """What is done now, since when (monotonic clock), and for how many seconds by plan."""

    what: str
    since: float
    planned_s: float | None = None

    def phase(self, number: str = "") -> Phase:
        """The phase for other processes, which have another monotonic clock."""
        return Phase(self.what, time.time() - (time.monotonic() - self.since), self.planned_s, number)


class Progress:
    """Trial n of N, its stage, elapsed and remaining time; FrankenPaxos's line for each trial that ends.

    While clients measure, a live block is drawn once a second and nothing else runs; without a terminal nothing
    is written at all until the trial ends. Every line is also kept in the suite, see `driver_log` and `status_file`.

    leave_terminal: as for `DriverOutput`; the terminal is left when a trial starts, or the sweep has to wait.
    """

    def __init__(
        self,
        source: TrialSource,
        summary: Sequence[str],
        outputs: Mapping[str | None, str],
        suite: Path,
        leave_terminal: Callable[[Path], None] | None = None,
    ) -> None:
        self._source, self._summary, self._outputs = source, summary, outputs
        self._remaining = RemainingTime(source.planned())
        self._total = source.trial_limit()
        self._summary_line = source.summary_line()
        self._start = time.monotonic()
        self._done: set[str] = set()  # resumed trials count as done, not as elapsed
        self._failures = 0
        self._doubted: dict[str, str] = {}  # doubt -> the trial that had it first
        self._before = _RunningPhase("", self._start)  # what is done before any trial
        self._running: dict[str, tuple[TrialTime, _RunningPhase]] = {}  # number -> trial
        self._lock = threading.Lock()  # trials report from threads of their own
        self._output = DriverOutput(suite, leave_terminal)
        self._file = StatusFile(suite, self.snapshot)

    def __enter__(self) -> Progress:
        self._output.draw(lambda width: self.snapshot().block(time.time(), width))
        self._file.changed()
        return self

    def __exit__(self, _kind: object, error: BaseException | None, _where: object) -> None:
        self._output.end_block()
        if error is not None:
            self._file.finish(self.snapshot(FAILED, str(error) or type(error).__name__, 1))
        self._file.stop()
        self._output.close()

    def stop_writing(self) -> None:
        """Write no more into the suite: nothing changes any more, and the suite may be removed."""
        self._file.stop()

    def finish(self, words: str, exit_code: int, *, early: bool) -> None:
        """The last words of a sweep; early: the user, or too many failures, stopped it."""
        self.say(words)
        self._file.finish(self.snapshot(STOPPED if early else FINISHED, words, exit_code))

    def say(self, line: str) -> None:
        """Print a line."""
        self._output.say(line)

    def wait(self, line: str, number: str = "") -> None:
        """Show what a long wait is for; on a terminal in the live block."""
        if not self._output.live:
            self.say(line)
        self.phase(line, None, number)
        if running := self._running.get(number):
            self._remaining.wait(running[0])
        self._output.leave()

    def resumed(self, trial: Trial[Any], status: Status) -> None:
        """A trial had ended before this run."""
        self._done.add(trial.id)
        self._failures += status is not Status.FINISHED
        self._remaining.skip(trial)

    def begin(self, number: str, trial: Trial[Any]) -> None:
        """A trial starts."""
        with self._lock:
            running = self._remaining.begin(trial)
            self._running[number] = running, _RunningPhase("preparing", running.began)
        self._output.leave()
        self._file.changed()

    def phase(self, what: str, seconds: float | None, number: str = "") -> None:
        """What a trial does now, or what is done before any, and for how many seconds by plan."""
        running, phase = self._running.get(number, (None, self._before))
        if running:
            self._remaining.go_on(running)
        phase.what, phase.since, phase.planned_s = what, time.monotonic(), seconds
        self._file.changed()
        if len(self._running) < 2:  # with several trials, the block as redrawn each second is enough
            self._output.refresh()

    def end(self, number: str, trial: Trial[Any], outcome: Outcome) -> None:
        """A trial ended: FrankenPaxos's line, or what went wrong and where to look."""
        with self._lock:
            running, _ = self._running.pop(number, (None, None))
        took = running.took() if running else 0.0
        self._total = self._source.trial_limit()
        self._remaining.end(trial, final=outcome.status.final)
        if outcome.status.final:
            self._done.add(trial.id)
            self._failures += outcome.status is not Status.FINISHED
        if outcome.status is Status.FINISHED:
            lines = [f"{self._head(took)} {ended_line(trial, outcome, self._summary, self._outputs)}"]
            lines += remark_lines(outcome, number, self._doubted)
        else:
            lines = failure_lines(number, self._total, outcome)
        for line in lines:
            self.say(line)
        self._file.changed()

    def show_summary(self) -> None:
        """Show what is known so far, if that has changed."""
        before, self._summary_line = self._summary_line, self._source.summary_line()
        if self._output.live:
            self._output.refresh()
        elif self._summary_line not in ("", before):
            self.say(f"    {self._summary_line}")

    def _head(self, took: float) -> str:
        """The head of FrankenPaxos's line: the time of this trial / of the sweep so far + the remaining time."""
        done, elapsed = len(self._done), time.monotonic() - self._start
        width = max(3, len(str(self._total)))
        with self._lock:
            running = [running for running, _ in self._running.values()]
        remaining_s = self._remaining.seconds(self._total, running)
        share = f"{100 * done / self._total:.1f}%" if done < self._total else "100%"
        times = f"{clock(took)} / {clock(elapsed)} + {clock(remaining_s)}?"
        return f"[{done:0{width}}/{self._total:0{width}}; {share}] {times}"

    def snapshot(self, state: str = RUNNING, says: str = "", exit_code: int | None = None) -> Snapshot:
        """How the sweep stands now."""
        with self._lock:
            trials = dict(self._running)
        return Snapshot(
            done=len(self._done),
            total=self._total,
            failed=self._failures,
            began=time.time() - (time.monotonic() - self._start),
            remaining_s=self._remaining.seconds(self._total, [running for running, _ in trials.values()]),
            standing=self._summary_line,
            before=self._before.phase(),
            under_way=[phase.phase(number) for number, (_, phase) in trials.items()],
            log_from=self._output.begins_at,
            state=state,
            says=says,
            exit_code=exit_code,
        )
