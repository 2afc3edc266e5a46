"""Which failures run again, and which end a sweep."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from fpray.cluster.allocator import Allocator
from fpray.cluster.machines import Machines
from fpray.driver.executor import Executor
from fpray.driver.listeners import Listener, Listeners
from fpray.driver.means import check_sweep
from fpray.driver.session import Backend
from fpray.driver.sweep import run_sweep
from fpray.errors import Cause, Refused, refuse
from fpray.jar.find import Jar
from fpray.plan.cluster import Cluster
from fpray.plan.plan import Trial
from fpray.store.outcome import Outcome, Reason, Status
from fpray.store.suite_record import TrialProvenance
from fpray.store.trial_directory import TrialDirectory
from fpray.testing.fake_machines import FakeMachines
from fpray.trial.context import TrialContext
from tests.conftest import cli
from tests.support.sweeps import attempts, crashed, finished, run_on, statuses, stub_jar
from tests.support.trials import a_trial

pytestmark = pytest.mark.heavy


@pytest.mark.parametrize("retries", [None, 0, 1])
def test_the_reason_decides_on_a_retry(retries: int | None, tmp_path: Path) -> None:
    """What was lost runs again so often; a crash never does."""
    reasons = [Reason.INFRASTRUCTURE, Reason.SYSTEM_UNDER_TEST]

    def play(trial: Trial[Any], hosts: Sequence[str]) -> Outcome:
        reason = reasons[trial.params.num_clients_per_proc]
        return Outcome(Status.LOST if reason is Reason.INFRASTRUCTURE else Status.CRASHED, "gone", reason, hosts=hosts)

    result = run_on(FakeMachines(["a"]), play, tmp_path, loops=2, retries=retries)
    assert statuses(result) == ["lost", "crashed"]
    assert attempts(result) == [2 if retries is None else retries, 0]


def test_what_the_loop_has_to_say_reaches_its_listeners(tmp_path: Path) -> None:
    """The display is one of them: what a trial does, for what it waits, that it runs again, and that it ended."""
    heard: list[tuple[Any, ...]] = []

    class Hears(Listener):
        def on_message(self, line: str) -> None:
            heard.append(("says", line))

        def on_wait(self, reason: str, number: str = "") -> None:
            heard.append(("waits", reason, number))

        def on_phase(self, phase: str, seconds: float | None, number: str = "") -> None:
            heard.append(("stage", phase, seconds, number))

        def on_start(self, _trial: Trial[Any], directory: TrialDirectory) -> None:
            heard.append(("started", directory.number))

        def on_attempt(self, _trial: object, _directory: object, hosts: Sequence[str], outcome: Outcome) -> None:
            heard.append(("attempted", *hosts, outcome.status))

    def play(_trial: object, _directory: object, context: TrialContext) -> Outcome:
        context.report("measuring", 2.0)
        context.wait("waiting for machine a: busy")
        return Outcome(Status.LOST, "gone", Reason.INFRASTRUCTURE)

    allocator = Allocator(Cluster(("a",)))
    context = TrialContext(allocator, FakeMachines(["a"]), Jar(Path("/no.jar"), "0" * 64, "0", reference=False), "java")
    executor = Executor(context, Listeners(Hears()), run=play, retries=1)
    directory = TrialDirectory(tmp_path / "001")
    directory.path.mkdir()
    executor.start(a_trial(), directory)
    while (end := executor.wait()) is None:
        pass
    attempt = [
        ("stage", "measuring", 2.0, "001"),
        ("waits", "waiting for machine a: busy", "001"),
        ("attempted", "a", Status.LOST),
    ]
    sentence = "trial 001 · lost: gone · no result yet: trial 001 runs again automatically (retry 1 of 1)"
    assert heard == [("started", "001"), *attempt[:2], ("says", sentence), attempt[2], *attempt]
    assert end.outcome.status is Status.LOST


def test_a_sweep_in_which_most_trials_fail_stops_and_the_same_command_carries_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    machines = FakeMachines(["a"])
    first = run_on(machines, crashed, tmp_path, loops=12)
    output = capsys.readouterr().err
    assert (statuses(first), first.exit_code) == (["crashed"] * 5, 1)
    assert (
        "5 of 5 trials failed, the last 5 in a row. The first failure: trial 001 · crashed: server exited with 1. No"
        " further trials are started, and all results are kept: correct the cause and run the same fpray command"
        " again, or add --keep-going to it to continue in any case"
    ) in output
    assert "stopped, because most trials fail · 5 crashed · results, and why trials failed: fpray show " in output
    assert "7 trials have not run: to continue, run " in output
    second = run_on(machines, finished, tmp_path, loops=12)
    assert (second.suite, statuses(second)) == (first.suite, ["crashed"] * 5 + ["finished"] * 7)
    whatever = run_on(machines, crashed, tmp_path, loops=12, keep_going=True, new=True)
    assert statuses(whatever) == ["crashed"] * 12


def test_a_sweep_goes_on_while_some_trials_are_results(tmp_path: Path) -> None:
    """The upper half of a grid fails: that is a result, and half is not most."""

    def play(trial: Trial[Any], hosts: Sequence[str]) -> Outcome:
        return (finished if trial.params.num_clients_per_proc < 6 else crashed)(trial, hosts)

    assert statuses(run_on(FakeMachines(["a"]), play, tmp_path, loops=12)) == ["finished"] * 6 + ["crashed"] * 6


def test_a_disk_that_is_full_between_trials_is_waited_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fpray.driver.loop.SPACE_CHECK_S", 0.01)
    tries: list[str] = []
    identify = TrialDirectory.identify

    def full(self: TrialDirectory, trial: Trial[Any], provenance: TrialProvenance) -> None:
        if self.number == "002" and len(tries) < 3:
            tries.append(self.number)
            raise OSError(28, "No space left on device", str(self.path))
        identify(self, trial, provenance)

    monkeypatch.setattr(TrialDirectory, "identify", full)
    assert statuses(run_on(FakeMachines(["a"]), finished, tmp_path, loops=3)) == ["finished"] * 3
    assert capsys.readouterr().err.count("waiting for disk space: No space left on device, at ") == 1


def test_what_is_refused_before_there_are_machines_leaves_no_suite(tmp_path: Path) -> None:
    def refused(_address: str | None, _local: bool) -> Machines:
        raise refuse("--address", "this Python process is already connected to another Ray cluster", Cause.PYTHON)

    experiment = check_sweep("unreplicated", {"suite_directory": tmp_path / "suites", "jar": stub_jar(tmp_path)})
    with pytest.raises(Refused):
        run_sweep(experiment, backend=Backend(refused))
    assert not list((tmp_path / "suites").glob("*"))


def test_words_that_cannot_be_are_refused() -> None:
    done = cli("sweep", "unreplicated", "--retries", "-1", "--local")
    assert (done.exit_code, "--retries -1" in done.stderr) == (2, True)
