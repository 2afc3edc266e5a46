"""Sweeps on fake machines: each trial ends as a test says of it."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from fpray.driver.means import check_sweep
from fpray.driver.result import SweepResult
from fpray.driver.session import Backend
from fpray.driver.sweep import run_sweep
from fpray.plan.placement import place
from fpray.plan.plan import Trial
from fpray.store.outcome import Outcome, Reason, Status
from fpray.store.trial_directory import TrialDirectory
from fpray.study.registry import find_protocol
from fpray.testing.fake_machines import FakeMachines
from fpray.trial.context import TrialContext

Play = Callable[[Trial[Any], Sequence[str]], Outcome]


def run_on(
    machines: FakeMachines, play: Play, directory: Path, *, loops: int = 6, repeat: int | str = 1,
    protocol: str = "unreplicated", **more: Any,
) -> SweepResult:  # fmt: skip
    """A sweep of `loops` points, each of which ends as `play` says of the trial and its machines."""

    def run(trial: Trial[Any], directory: TrialDirectory, setting: TrialContext) -> Outcome:
        directory.begin(trial, {})
        placed = place(trial.protocol, trial.params, setting.cluster)
        return play(trial, list(dict.fromkeys(instance.host for instance in placed)))

    options = {
        "vary": {"num_clients_per_proc": list(range(loops))},
        "repeat": repeat,
        "jar": stub_jar(directory, protocol),
    }
    options |= {"order": "grid", "suite_directory": directory / "suites", **more}
    return run_sweep(check_sweep(protocol, options), backend=Backend(lambda _address, _local: machines, run))


def stub_jar(directory: Path, protocol: str = "unreplicated") -> Path:
    """A jar with the names of a protocol's main classes: what is checked before a sweep, and never run here."""
    jar = directory / "stub.jar"
    if not jar.exists():
        declaration = find_protocol(protocol)
        with zipfile.ZipFile(jar, "w") as file:
            for role in declaration.roles:
                file.writestr(f"{declaration.main_class(role).replace('.', '/')}.class", b"")
    return jar


def finished(_trial: Trial[Any], hosts: Sequence[str]) -> Outcome:
    return Outcome(Status.FINISHED, hosts=hosts)


def crashed(_trial: Trial[Any], hosts: Sequence[str]) -> Outcome:
    return Outcome(Status.CRASHED, "server exited with 1", Reason.SYSTEM_UNDER_TEST, hosts=hosts)


def statuses(result: SweepResult) -> list[str]:
    return [result.outcomes[number].status.value for number in sorted(result.outcomes)]


def attempts(result: SweepResult) -> list[int]:
    return [len(list(path.glob("attempts/*"))) for path in sorted(result.suite.glob("[0-9]*"))]
