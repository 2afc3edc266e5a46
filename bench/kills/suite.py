"""The suite that a chain of kills works on: its command, its trials as they stand on disk, and what must not change."""

from __future__ import annotations

import contextlib
import csv
import hashlib
import json
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fpray.files import layout

# Nothing waits for the timeouts but a client that is not answered.
_TIMES = ("warmup_duration=150ms", "warmup_timeout=60s", "duration=300ms", "timeout=60s")
_SET = tuple(word for setting in _TIMES for word in ("--set", setting))
_VARIED = {"unreplicated": ("1", "2", "3"), "multipaxos": ("1", "2")}
_MULTIPAXOS_POINT = ("--where", "num_batchers=0")
_PHASES = {
    "preparing": "actors start", "starting": "servers start", "starting clients": "clients begin",
    "measuring": "measuring",
}  # fmt: skip
# Trial that finished -> a digest of its directory, and its rows in results.csv.
Snapshot = Mapping[Path, tuple[str, tuple[str, ...]]]


@dataclass(frozen=True)
class Attempt:
    """An attempt at a trial, known by the moment at which it began."""

    trial: Path
    began: str

    def is_under_way(self) -> bool:
        """Whether neither its end nor a new attempt is on disk."""
        return _read(self.trial / layout.START_TIME) == self.began and not (self.trial / layout.OUTCOME).exists()

    def ended_at(self) -> float:
        """When its end or a new attempt came onto the disk, since the epoch; 0 while neither can be read."""
        is_replaced = _read(self.trial / layout.START_TIME) != self.began
        with contextlib.suppress(OSError):
            return (self.trial / (layout.START_TIME if is_replaced else layout.OUTCOME)).stat().st_mtime
        return 0.0


@dataclass(frozen=True)
class Suite:
    """The directory in which the same command is run again and again until the suite there is done."""

    directory: Path
    protocol: str

    @staticmethod
    def new(directory: Path, protocol: str) -> Suite:
        """An empty one; what is there is removed."""
        shutil.rmtree(directory, ignore_errors=True)
        directory.mkdir(parents=True)
        return Suite(directory, protocol)

    def words(self) -> list[str]:
        """The command; trials that failed, because their JVMs were killed, are run again as a user would."""
        varied = ",".join(_VARIED[self.protocol])
        more = _MULTIPAXOS_POINT if self.protocol == "multipaxos" else ()
        rerun = ("--rerun", "failed") if self._failed() else ()
        return [
            "sweep", self.protocol, "--local", "--keep-going", *more,
            "--vary", f"num_clients_per_proc={varied}", *_SET, *rerun,
        ]  # fmt: skip

    @property
    def planned(self) -> int:
        """How many trials it has when it is done."""
        return len(_VARIED[self.protocol])

    def paths(self) -> list[Path]:
        """The paths of the suites that the command has made: more than one is a mistake."""
        return sorted(path.parent for path in self.directory.glob(f"suites/*/{layout.SUITE}"))

    def trials(self) -> list[Path]:
        """The directories of the trials."""
        return sorted(self.directory.glob("suites/*/[0-9][0-9][0-9]"))

    def outcomes(self) -> dict[Path, Mapping[str, Any]]:
        """How trials ended, as far as they did."""
        outcomes = {}
        for trial in self.trials():
            with contextlib.suppress(OSError):
                outcomes[trial] = json.loads((trial / layout.OUTCOME).read_text())
        return outcomes

    def finished(self) -> list[Path]:
        """The trials that finished."""
        return [trial for trial, outcome in self.outcomes().items() if outcome["status"] == "finished"]

    def is_done(self) -> bool:
        """Whether each trial finished."""
        return len(self.finished()) >= self.planned

    def left(self) -> int:
        """How many trials have no end yet."""
        return self.planned - len([o for o in self.outcomes().values() if o["status"] not in ("lost", "interrupted")])

    def _failed(self) -> bool:
        return any(o["status"] not in ("finished", "lost", "interrupted") for o in self.outcomes().values())

    def says_running(self) -> bool:
        """Whether its last driver has written no end: it was killed."""
        states = [json.loads(path.read_text())["state"] for path in self.directory.glob(f"suites/*/{layout.PROGRESS}")]
        return "running" in states

    def snapshot(self) -> Snapshot:
        """What must not change."""
        outcomes = self.outcomes()
        return {trial: (_digest(trial), tuple(rows_of(trial, outcomes[trial]))) for trial in self.finished()}

    def under_way(self, since_ns: int) -> tuple[Attempt, str] | None:
        """The attempt that goes on since a moment, and its phase."""
        for trial in self.trials():
            log = trial / layout.LOG
            with contextlib.suppress(OSError, IndexError):
                if log.stat().st_mtime_ns < since_ns or (trial / layout.OUTCOME).exists():
                    continue
                word = log.read_text().splitlines()[-1].partition("] ")[2]
                phase = _PHASES.get(word, "stopping")
                if phase == "measuring" and "warmup finished" not in _read(trial / layout.stdout_file("client_0")):
                    phase = "warm-up"
                return Attempt(trial, _read(trial / layout.START_TIME)), phase
        return None

    def ended_since(self, since_ns: int) -> int:
        """How many trials have ended since a moment."""
        count = 0
        for trial in self.trials():
            with contextlib.suppress(OSError):
                count += (trial / layout.OUTCOME).stat().st_mtime_ns >= since_ns
        return count


def rows_of(trial: Path, outcome: Mapping[str, Any]) -> Iterator[str]:
    """The rows of results.csv with the figures of a trial: its mean latency is no other's."""
    means = {name: str(mean) for name, mean in outcome["results"].items() if name.endswith("latency.mean_ms")}
    with contextlib.suppress(OSError), (trial.parent / layout.RESULTS_CSV).open(newline="") as file:
        for row in csv.DictReader(file):
            if any(row.get(name) == mean for name, mean in means.items()):
                yield json.dumps(row)


def _digest(directory: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(path for path in directory.rglob("*") if path.is_file()):
        digest.update(f"{path.relative_to(directory)}\0{path.stat().st_size}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _read(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""
