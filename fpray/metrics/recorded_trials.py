"""Which trials of a suite `fpray monitor` can show: those that have metrics, or the one that runs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from fpray.errors import Cause, refuse
from fpray.files import layout
from fpray.node.ports import listeners
from fpray.plan.cluster import LOOPBACK
from fpray.store.find import find_suite, find_trial, is_suite
from fpray.store.plan_file import planned_processes
from fpray.store.suite import Suite
from fpray.store.trial_directory import TrialDirectory


@dataclass(frozen=True)
class LiveTrial:
    """A monitored trial that runs.

    Attributes:
        number: of the trial.
        host, port: the machine of its Prometheus, and the port on the loopback of that machine.
    """

    number: str
    host: str
    port: int

    @property
    def address(self) -> str:
        """Where its Prometheus answers, on its machine."""
        return f"http://{LOOPBACK}:{self.port}"

    def is_here(self) -> bool:
        """Whether something listens there on this machine."""
        return any(one.port == self.port and one.host == LOOPBACK for one in listeners())


def find_trials(text: str, root: Path) -> tuple[Suite, list[TrialDirectory]]:
    """The suite that SUITE or SUITE/TRIAL names, and its trials, or that one.

    Raises:
        Refused: there is no such suite or trial.
    """
    path = Path(text).expanduser()
    if is_suite(path) or not ("/" in text.rstrip("/") or (path / layout.TRIAL).is_file()):
        suite = find_suite(text, root)
        return suite, _numbered(suite)
    suite, trial = find_trial(text, root)
    return suite, [trial]


def _numbered(suite: Suite) -> list[TrialDirectory]:
    return [directory for directory, _, _ in suite.outcomes()]


def live_trial(trials: Sequence[TrialDirectory]) -> LiveTrial | None:
    """The last of these trials that runs with a Prometheus; None if none does."""
    for trial in reversed(trials):
        if trial.latest() is None:
            for process in planned_processes(trial):
                if process.label == layout.PROMETHEUS and process.port:
                    return LiveTrial(trial.number, process.host, process.port)
    return None


def tables(suite: Suite, trials: Sequence[TrialDirectory]) -> Iterator[tuple[str, str, Path]]:
    """The suite's name, the number and the table of each trial that has metrics.

    Raises:
        Refused: none has.
    """
    present = [trial for trial in trials if trial.file(layout.METRICS).is_file()]
    if not present:
        about = f"{suite.path.name}/{trials[0].number}" if len(trials) == 1 else suite.path.name
        sentence = f"has no {layout.METRICS}: its trials were not monitored. Run them with -m, such as fpray sweep -m"
        raise refuse(about, sentence, Cause.TRIAL)
    return ((suite.path.name, trial.number, trial.file(layout.METRICS)) for trial in present)
