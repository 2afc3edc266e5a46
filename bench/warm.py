"""A warm fpray sweep in another process. Its trials start on demand, so plain runs can take place between them.

The parent has a `WarmSweep`; `python -m bench.warm` is the sweep. It prints a line of JSON for each ended trial, and
waits for a line on standard input before the next. Its trials are those of `fpray sweep`, without additions.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from bench import plain
from bench.common import BenchError, orders
from fpray.driver.selection import TrialSelection
from fpray.files import layout
from fpray.plan.plan import Trial

# After a thaw all of Ray's timers are late; no trial begins at that moment.
SETTLE_S = 0.3
WARM_UPS = 2  # trials: the first starts actors, supervisors and imports; from the second on everything is warm


@dataclass(frozen=True)
class WarmTrial:
    """A trial that the sweep ran: seconds from its request to its outcome, its directory, its outcome's phases."""

    wall_s: float
    directory: Path
    phases: Mapping[str, float]


class WarmSweep:
    """The sweep, as the parent sees it. A context manager; the warm-up trials have ended when it is entered."""

    def __init__(self, points: TrialSelection, trials: int, suites: Path, jar: Path, **options: Any) -> None:
        """options: of the sweep, beside those that say what is run."""
        self._words = {
            "points": {**points.to_json(), "repeat": trials + WARM_UPS},
            "suites": str(suites),
            "jar": str(jar),
            "options": options,
        }
        self._suites = suites
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> WarmSweep:
        self._suites.mkdir(parents=True)
        with (self._suites.parent / f"{self._suites.name}.txt").open("w") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "bench.warm", json.dumps(self._words)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        try:
            self._read()
            for _ in range(WARM_UPS - 1):
                self.trial()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        process = self._sweep()
        self._signal(signal.SIGCONT)
        with contextlib.suppress(OSError):
            process.communicate("\n", timeout=60)
        if process.poll() is None:
            process.terminate()
            process.wait(60)

    def begin(self) -> None:
        """Let the next trial begin."""
        stdin = self._sweep().stdin
        assert stdin is not None
        stdin.write("\n")
        stdin.flush()

    def trial(self) -> WarmTrial:
        """Run the next trial."""
        self.begin()
        return self._read()

    def end(self) -> WarmTrial:
        """Wait until the trial that began has ended."""
        return self._read()

    def pairs(
        self, trial: Trial[Any], number: int, scratch: Path, jar: Path, *, seed: int = 1
    ) -> Iterator[tuple[WarmTrial, plain.PlainRun]]:
        """Pairs of the next trial of this sweep and a plain run of the same, in random order; frozen while it runs."""

        def plainly(pair: int) -> plain.PlainRun:
            with self.frozen():
                return plain.run(trial, scratch / f"plain_{pair}", jar)

        for pair, plain_first in enumerate(orders(number, seed)):
            if plain_first:
                run = plainly(pair)
                yield self.trial(), run
            else:
                warm_trial = self.trial()
                yield warm_trial, plainly(pair)

    def await_clients(self, before: Path) -> None:
        """Wait until the clients of the trial after one (its directory) listen, and their warm-up begins."""
        while True:
            log = self.running() / layout.LOG
            if log.parent != before and log.exists() and "measuring" in log.read_text():
                return
            time.sleep(0.05)

    def running(self) -> Path:
        """The directory of the trial that is under way, or of the last one."""
        return max(self._suites.glob("*/[0-9][0-9][0-9]"))

    @contextlib.contextmanager
    def frozen(self) -> Iterator[None]:
        """A block in which no process of fpray and of Ray runs."""
        self._signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._signal(signal.SIGCONT)
            time.sleep(SETTLE_S)

    def processes(self) -> dict[str, list[int]]:
        """The pids of the sweep and of the processes that it started, without those under test, by kind."""
        sweep = psutil.Process(self._sweep().pid)
        by_kind: dict[str, list[int]] = {"driver": [sweep.pid]}
        for process in sweep.children(recursive=True):
            by_kind.setdefault(_kind(process), []).append(process.pid)
        owners = {pid for pids in by_kind.values() for pid in pids}
        supervisors = [process.pid for process in psutil.process_iter() if _supervisor_owner(process) in owners]
        return by_kind | {"supervisors": supervisors}

    def _signal(self, number: int) -> None:
        with contextlib.suppress(psutil.NoSuchProcess):
            for pids in self.processes().values():
                for pid in pids:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, number)

    def _read(self) -> WarmTrial:
        stdout = self._sweep().stdout
        assert stdout is not None
        line = stdout.readline()
        end: dict[str, Any] = json.loads(line) if line else {"status": "gone", "detail": self._last_output()}
        if end["status"] != "finished":
            raise BenchError(f"a trial of fpray did not finish: {end['status']}: {end['detail']}")
        return WarmTrial(end["wall_s"], self.running().parent / end["number"], end["phases"])

    def _last_output(self) -> str:
        return (self._suites.parent / f"{self._suites.name}.txt").read_text()[-2000:]

    def _sweep(self) -> subprocess.Popen[str]:
        assert self._process is not None
        return self._process


def _kind(process: psutil.Process) -> str:
    with contextlib.suppress(psutil.NoSuchProcess):
        name = " ".join(process.cmdline()[:4])
        for part, kind in (
            ("raylet/raylet", "raylet"),
            ("gcs_server", "gcs"),
            ("ray::RoleActor", "role actors"),
            ("fpray-stand-in", "stand-ins for agents"),
            ("dashboard.py", "API server"),
            ("log_monitor", "log monitor"),
            ("ray::", "idle workers"),
            ("ray_process", "Ray process"),
        ):
            if part in name:
                return kind
    return "other"


def _supervisor_owner(process: psutil.Process) -> int | None:
    with contextlib.suppress(psutil.Error):
        words = process.cmdline()
        if script := next((k for k, word in enumerate(words) if word.endswith("fpray/node/supervisor")), None):
            return int(words[script + 2])
    return None


def main(words: Mapping[str, Any]) -> int:
    """Run the sweep; see the module's docstring."""
    from fpray.driver.means import check_sweep
    from fpray.driver.sweep import run_sweep

    began = time.monotonic()

    def ended(number: str, _trial: Any, outcome: Any) -> None:
        nonlocal began
        wall_s = time.monotonic() - began
        line = {"number": number, "wall_s": wall_s, "status": outcome.status.value, "detail": outcome.detail}
        print(json.dumps({**line, "phases": dict(outcome.phases)}), flush=True)
        if not sys.stdin.readline():
            raise KeyboardInterrupt
        began = time.monotonic()

    points = words["points"]
    options: dict[str, Any] = {"suite_directory": words["suites"], "jar": words["jar"], "local": True}
    options |= words["options"] | {name: points[name] for name in ("study", "vary", "set", "repeat")}
    experiment = check_sweep(points["protocol"], options, "make bench")
    return run_sweep(experiment, on_trial=ended).exit_code


if __name__ == "__main__":
    sys.exit(main(json.loads(sys.argv[1])))
