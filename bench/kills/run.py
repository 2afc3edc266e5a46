"""One run of the command: started, watched, and ended whatever happens."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from bench.kills.case import ORDER, PHASES, Case
from bench.kills.processes import MARK, Living, Processes, handles_signals
from bench.kills.suite import Attempt, Suite
from fpray.node.supervisor.procfs import read_entry

FPRAY = str(Path(sys.executable).with_name("fpray"))


class Run:
    """A context manager: when it is left, nothing of the command is running."""

    def __init__(self, suite: Suite, mark: str) -> None:
        """mark: unlike any other run's."""
        self.suite = suite
        self.processes = Processes(suite.directory, mark)
        self.output, self.errors = (suite.directory / f"{mark}.{end}" for end in ("out", "err"))
        self.words = suite.words()
        self.left_before = suite.left()
        self.began_ns, self.began = time.time_ns(), time.monotonic()
        environment = {**os.environ, "RAY_ADDRESS": "", MARK: mark}
        with self.output.open("w") as out, self.errors.open("w") as err:
            self.driver = subprocess.Popen(
                [FPRAY, *self.words], cwd=suite.directory, stdin=subprocess.DEVNULL, stdout=out, stderr=err,
                env=environment, start_new_session=True,
            )  # fmt: skip
        self.processes.driver = self.driver.pid

    def __enter__(self) -> Run:
        return self

    def __exit__(self, *_: object) -> None:
        self.driver.kill()
        self.driver.wait()
        self.processes.kill_all()

    def ended(self) -> bool:
        """Whether the command has."""
        return self.driver.poll() is not None

    def wait(self, seconds: float) -> bool:
        """Whether the command ends within a time."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.driver.wait(seconds)
        return self.ended()

    def messages(self) -> str:
        """What it has written so far, output and error output."""
        return self.output.read_text() + self.errors.read_text()

    def phase(self) -> tuple[str, Attempt | None]:
        """The phase that the run is in, and its attempt."""
        under_way = self.suite.under_way(self.began_ns)
        if under_way is not None:
            return under_way[1], under_way[0]
        if self.suite.ended_since(self.began_ns):
            return "between trials", None
        kinds = {process.kind for process in self.processes.look()}
        if "actor" in kinds:
            return "actors start", None
        return ("Ray starts" if "Ray process" in kinds else "command"), None

    def await_moment(self, case: Case) -> None:
        """Wait for the moment of a kill, or until the command has ended."""
        before = min(case.trials_before, self.left_before - 1)
        while not self.ended() and not self._has_reached(case.phase, before):
            time.sleep(0.003 if ORDER.index(case.phase) > ORDER.index("actors start") else 0.01)
        time.sleep(case.within * PHASES[case.phase].seconds)

    def await_victims(self, case: Case) -> list[Living]:
        """Wait for what can be the victim, in order; nothing if the command has ended before."""
        while not self.ended():
            if case.victim == "driver":
                entry = read_entry(self.driver.pid)
                return [Living(entry, "driver", "")] if entry is not None else []
            if victims := [process for process in self.processes.look() if process.kind == case.victim]:
                return sorted(victims, key=lambda process: process.entry.pid)
            time.sleep(0.005)
        return []

    def _has_reached(self, phase: str, trials_before: int) -> bool:
        if phase == "command":
            return handles_signals(self.driver.pid)
        if ORDER.index(phase) <= ORDER.index("actors start"):
            now = self.phase()[0]
        elif self.suite.ended_since(self.began_ns) < trials_before:
            return False
        else:
            under_way = self.suite.under_way(self.began_ns)
            now = under_way[1] if under_way is not None else ""
        return now == "between trials" or (now in ORDER and ORDER.index(now) >= ORDER.index(phase))

    def stop(self) -> None:
        """End it as Ctrl-C does."""
        self.driver.send_signal(signal.SIGINT)
        self.wait(30)
