"""What a sweep says while it runs: a live block on a terminal, plain lines elsewhere, always on standard error."""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fpray.files.layout import command_file, label_of
from fpray.node.ports import is_own
from fpray.node.process_files import ran_on
from fpray.plan.plan import Trial, planned_seconds
from fpray.recorder.columns import latency, start_throughput
from fpray.report.snapshot import FAILED, FINISHED, RUNNING, STOPPED, Pulse, Snapshot, Step, clock
from fpray.store.outcome import Outcome, Status
from fpray.study.study import TrialSource


@dataclass
class _UnderWay:
    """A trial that runs: since when, and what it does now."""

    weight: float
    began: float
    stage: str = "preparing"
    stage_since: float = 0.0
    stage_s: float | None = None

    def step(self, number: str = "") -> Step:
        """It, for others, who have another clock."""
        return Step(self.stage, time.time() - (time.monotonic() - self.stage_since), self.stage_s, number)


class Progress:
    """Trial n of N, its stage, elapsed and remaining time; FrankenPaxos's line for each trial that ends.

    While clients measure, a live block is drawn once a second and nothing else runs; without a terminal nothing
    is written at all until the trial ends. All that is said is kept in the suite, for those who look from outside.

    leaving: of a sweep that goes on by itself: it leaves its terminal when a trial starts, or it has to wait.
    """

    def __init__(
        self,
        asker: TrialSource,
        summary: Sequence[str],
        outputs: Mapping[str | None, str],
        suite: Path,
        leaving: Callable[[Path], None] | None = None,
    ) -> None:
        self._asker = asker
        self._weights = {trial.id: planned_seconds(trial) for trial in asker.planned()}
        self._left = sum(self._weights.values())  # planned seconds of all that is known and not done
        self._known = self._left
        self._summary, self._outputs = summary, outputs
        self._total = asker.most()
        self._standing = asker.standing()
        self._done: set[str] = set()  # resumed ones count as done, not as elapsed
        self._spent_planned = 0.0
        self._started = time.monotonic()
        self._first_began: float | None = None
        self._before = _UnderWay(0.0, self._started, "", self._started)  # what is done before any trial
        self._under_way: dict[str, _UnderWay] = {}  # number -> trial
        self._failed = 0
        self._lock = threading.Lock()  # trials tell from threads of their own
        self._live: Live | None = None
        self._leaving, self._gone = leaving, False
        self._suite = suite
        self._pulse = Pulse(suite, self.snapshot)

    def __enter__(self) -> Progress:
        if self._leaving is None and sys.stderr.isatty():
            self._live = Live(lambda width: self.snapshot().block(time.time(), width))
        self._pulse.changed()
        return self

    def __exit__(self, _kind: object, error: BaseException | None, _where: object) -> None:
        if self._live is not None:
            self._live.close()
            self._live = None
        if error is not None:
            self._pulse.last(self.snapshot(FAILED, str(error) or type(error).__name__, 1))
        self._pulse.close()

    def rest(self) -> None:
        """Nothing changes any more, and the suite may be removed."""
        self._pulse.stop()

    def over(self, words: str, exit_code: int, *, early: bool) -> None:
        """The last words of a sweep; early: of one that somebody, or what failed, has stopped."""
        self.say(words)
        self._pulse.last(self.snapshot(STOPPED if early else FINISHED, words, exit_code))

    def _leave(self) -> None:
        if self._leaving is not None:
            self._leaving(self._suite)
            self._pulse.take_output()
            self._leaving, self._gone = None, True

    def say(self, line: str) -> None:
        """A line of its own."""
        self._pulse.log(line)
        if self._live is not None:
            self._live.print(line)
        elif not self._gone:
            try:
                print(line, file=sys.stderr, flush=True)  # noqa: T201  this is the product's voice
            except OSError:
                self._gone = True  # whoever read it has left; driver.log has it

    def wait(self, line: str, number: str = "") -> None:
        """Say what a long wait is for; on a terminal in the live block."""
        if self._live is None:
            self.say(line)
        self.stage(line, None, number)
        self._leave()

    def resumed(self, trial: Trial[Any], status: Status) -> None:
        """A trial that had ended before this run."""
        self._done.add(trial.id)
        self._failed += status is not Status.FINISHED
        self._left -= self._weights.get(trial.id, 0.0)

    def begin(self, number: str, trial: Trial[Any]) -> None:
        """A trial starts."""
        if trial.id not in self._weights:
            self._weights[trial.id] = planned_seconds(trial)
            self._left += self._weights[trial.id]
            self._known += self._weights[trial.id]
        now = time.monotonic()
        with self._lock:
            self._under_way[number] = _UnderWay(self._weights[trial.id], now, stage_since=now)
        self._first_began = self._first_began or now
        self._leave()
        self._pulse.changed()

    def stage(self, what: str, seconds: float | None, number: str = "") -> None:
        """What a trial is doing now, or what is done before any, and for how long by plan."""
        doing = self._under_way.get(number, self._before)
        doing.stage, doing.stage_since, doing.stage_s = what, time.monotonic(), seconds
        self._pulse.changed()
        if self._live is not None and len(self._under_way) < 2:  # of several, each second shows enough
            self._live.refresh()

    def end(self, number: str, trial: Trial[Any], outcome: Outcome) -> None:
        """A trial ended: FrankenPaxos's line, or what went wrong and where to look."""
        now = time.monotonic()
        with self._lock:
            under_way = self._under_way.pop(number, None)
        took = now - under_way.began if under_way else 0.0
        planned = self._weights.setdefault(trial.id, 0.0)
        self._total = self._asker.most()
        if outcome.status.final:
            self._done.add(trial.id)
            self._left -= planned
            self._failed += outcome.status is not Status.FINISHED
        self._spent_planned += planned
        if outcome.status is Status.FINISHED:
            self.say(f"{self._head(took)} {self._values(trial, outcome)}")
            for doubt in outcome.doubts:
                self.say(f"    doubt: {doubt}")
            for note in outcome.notes:
                self.say(f"    note: {note}")
        else:
            for line in failure_lines(number, self._total, outcome):
                self.say(line)
        self._pulse.changed()

    def stand(self) -> None:
        """Say what is known so far, where that has changed."""
        was, self._standing = self._standing, self._asker.standing()
        if self._live is not None:
            self._live.refresh()
        elif self._standing not in ("", was):
            self.say(f"    {self._standing}")

    def _head(self, took: float) -> str:
        """FrankenPaxos's: this trial's time / the sweep's so far + what remains."""
        done, elapsed = len(self._done), time.monotonic() - self._started
        width = max(3, len(str(self._total)))
        share = f"{100 * done / self._total:.1f}%" if done < self._total else "100%"
        times = f"{clock(took)} / {clock(elapsed)} + {clock(self._remaining())}?"
        return f"[{done:0{width}}/{self._total:0{width}}; {share}] {times}"

    def _remaining(self) -> float:
        """Seconds, by what the rest is planned to take and how the plan has held so far, side by side as it was."""
        unknown = max(0, self._total - len(self._weights))
        left = self._left + unknown * self._known / max(1, len(self._weights))
        now = time.monotonic()
        with self._lock:
            under_way = sum(min(each.weight, now - each.began) for each in self._under_way.values())
        if not self._spent_planned + under_way or self._first_began is None:
            return left / max(1, len(self._under_way))
        return max(0.0, left - under_way) * (now - self._first_began) / (self._spent_planned + under_way)

    def _values(self, trial: Trial[Any], outcome: Outcome) -> str:
        from fpray.protocol.params import flatten

        flat = flatten(trial.params)
        shown: dict[str, str] = {name: _text(flat[name]) for name in self._summary if name in flat}
        numbers = outcome.numbers
        for label, prefix in self._outputs.items():
            for column in (latency("median"), start_throughput("p90")):
                value = numbers.get(f"{prefix}{column}")
                if value is not None:
                    shown[f"{label}.{column}" if prefix else column] = f"{value:.6g}"
        return str(shown)

    def longest(self) -> float:
        """Seconds that the longest trial under way is planned to take."""
        with self._lock:
            return max((trial.weight for trial in self._under_way.values()), default=0.0)

    def snapshot(self, state: str = RUNNING, says: str = "", exit_code: int | None = None) -> Snapshot:
        """How the sweep stands now."""
        with self._lock:
            under_way = dict(self._under_way)
        return Snapshot(
            done=len(self._done),
            total=self._total,
            failed=self._failed,
            began=time.time() - (time.monotonic() - self._started),
            remaining_s=self._remaining(),
            standing=self._standing,
            before=self._before.step(),
            under_way=[trial.step(number) for number, trial in under_way.items()],
            log_from=self._pulse.log_from,
            state=state,
            says=says,
            exit_code=exit_code,
        )


def failure_lines(number: str, total: int, outcome: Outcome) -> list[str]:
    """Who, what, the last lines, and where to look."""
    lines = [f"[{number}/{total:03}] {outcome.status.value}: {outcome.detail}"]
    lines += [f"    {line}" for line in outcome.lines]
    if outcome.log:
        command = command_file(label_of(outcome.log))
        host = ran_on(command)
        how = f"sh {command}" if host is None or is_own(host) else f"ssh {host} sh < {command}"
        lines.append(f"    {outcome.log} · run it yourself: {how}")
    return lines


class Live:
    """Some lines at the bottom of a terminal, redrawn once a second by a thread of its own, with rich.

    text: the width of the terminal -> the lines.
    """

    def __init__(self, text: Callable[[int], str]) -> None:
        from rich.console import Console
        from rich.live import Live
        from rich.text import Text

        self._console = Console(stderr=True, highlight=False, soft_wrap=True)
        render = lambda: Text(f"  {text(int(self._console.width))}", style="dim", overflow="ellipsis", no_wrap=True)  # noqa: E731
        self._live = Live(get_renderable=render, console=self._console, auto_refresh=False, transient=True)
        self._live.start()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._redraw, daemon=True)
        self._thread.start()

    def _redraw(self) -> None:
        while not self._over.wait(1.0):
            self.refresh()

    def refresh(self) -> None:
        """Draw them now."""
        with contextlib.suppress(OSError):  # the terminal is closed: here, and below
            self._live.refresh()

    def print(self, line: str) -> None:
        """A line above them, which stays."""
        from rich.text import Text

        with contextlib.suppress(OSError):
            self._console.print(Text(line))

    def close(self) -> None:
        """Take them away."""
        self._over.set()
        self._thread.join(timeout=2)
        with contextlib.suppress(OSError):
            self._live.stop()


def _text(value: Any) -> str:
    return getattr(value, "name", None) or str(value)
