"""Whatever goes wrong inside a trial is how that trial ended: the sweep goes on, and the traceback is kept."""

from __future__ import annotations

import errno
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from fpray.errors import Cause, FprayError
from fpray.plan.plan import Trial
from fpray.store.outcome import Outcome, Reason, Status
from fpray.store.trial_directory import TrialDirectory
from fpray.testing.fake_machines import FakeMachines
from fpray.trial.shield import NO_HARM
from tests.conftest import cli
from tests.support.meter import Meter
from tests.support.sweeps import finished, run_on, statuses
from tests.support.trials import a_trial, run


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        MemoryError("Unable to allocate 7.45 GiB for an array"),
        TypeError("'<' not supported between 'NoneType' and 'int'"),
        RecursionError("maximum recursion depth exceeded"),
        SystemExit(3),
        PermissionError(13, "Permission denied", "/x"),
        KeyError("\x1b[2J\udc80"),
        ExceptionGroup("several", [ValueError("a"), TypeError("b")]),
    ],
    ids=lambda error: type(error).__name__,
)
@pytest.mark.heavy
def test_an_exception_in_one_trial_is_that_trials_outcome(
    error: BaseException, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """I2: the outcome says that it is fpray's own error; the sweep goes on; carrying on does not repeat it."""

    def play(trial: Trial[Any], hosts: Sequence[str]) -> Outcome:
        if trial.params.num_clients_per_proc == 1:
            raise error
        return finished(trial, hosts)

    result = run_on(FakeMachines(["a"]), play, tmp_path, loops=4)
    output = capsys.readouterr().err
    assert statuses(result) == ["finished", "failed", "finished", "finished"]
    cause = "an error in fpray itself or in the protocol's Python file ended this trial: "
    assert f"trial 002 of 004 · failed: {cause}{type(error).__name__}" in output
    assert "\x1b[2J" not in output
    content = json.loads((result.suite / "002" / "outcome.json").read_text())
    assert content["reason"] == "fpray"
    assert content["detail"].endswith(str(result.suite.absolute() / "002" / "fpray_error.txt"))
    traceback = (result.suite / "002" / "fpray_error.txt").read_text()
    assert traceback.lstrip(" |+").startswith(("Traceback", "Exception Group Traceback"))
    assert "in play" in traceback
    assert Status.FAILED.final, "the same command does not repeat it"
    page = cli("show", f"{result.suite.name}/002", "-s", str(result.suite.parent))
    assert "an error in fpray itself" in page.output


def test_an_outcome_that_cannot_be_written_is_an_own_error(tmp_path: Path) -> None:
    """I2: as an exception that comes a little later."""

    def play(trial: Trial[Any], hosts: Sequence[str]) -> Outcome:
        odd: Any = {1, 2} if trial.params.num_clients_per_proc == 0 else 1.0
        return Outcome(Status.FINISHED, results={"x": odd}, hosts=hosts)

    assert statuses(run_on(FakeMachines(["a"]), play, tmp_path, loops=2)) == ["failed", "finished"]


def test_an_error_that_concerns_every_trial_still_ends_the_sweep(tmp_path: Path) -> None:
    def play(_trial: Trial[Any], _hosts: Sequence[str]) -> Outcome:
        raise FprayError("the jar has changed", Cause.CHANGED_JAR)

    with pytest.raises(FprayError, match="the jar has changed"):
        run_on(FakeMachines(["a"]), play, tmp_path, loops=2)


def test_what_ran_is_stopped_before_the_outcome(tmp_path: Path) -> None:
    """I2: the error is raised in the middle of a real trial's steps: nothing runs on, and no machine stays locked."""
    machines = FakeMachines(["a"], read_client=lambda *_: MemoryError("too many rows"))
    outcome = run(tmp_path, machines, a_trial())
    assert (outcome.status, outcome.reason, outcome.hosts) == (Status.FAILED, Reason.FPRAY, ("a",))
    assert "MemoryError: too many rows" in outcome.detail
    assert machines.called("stop")
    assert machines.called("unlock")


@pytest.mark.parametrize("step", ["inspect", "start", "read_client"])
def test_instruments_give_their_findings_when_fpray_fails(step: str, tmp_path: Path) -> None:
    """Also where nothing has started yet."""
    machines = FakeMachines(["a"])
    machines.answers[step] = lambda *_: MemoryError("too many rows")
    outcome = run(tmp_path, machines, instruments=[Meter()])
    assert (outcome.status, outcome.results["measured.throughput"]) == (Status.FAILED, -5)
    assert outcome.notes[-1] == "metered to its end: failed"
    assert outcome.doubts == ["nothing was metered in a measured window"]
    assert (tmp_path / "suite" / "001" / "meter_data" / "meter.txt").read_text() == "failed\n"


@pytest.mark.parametrize("method", ["during", "findings"])
def test_an_instrument_that_raises_when_fpray_fails_is_a_note(method: str, tmp_path: Path) -> None:
    meter = Meter()
    meter.raises = method
    machines = FakeMachines(["a"], read_client=lambda *_: MemoryError("too many rows"))
    outcome = run(tmp_path, machines, instruments=[meter])
    assert (outcome.status, outcome.reason) == (Status.FAILED, Reason.FPRAY)
    failed = f"instrument meter: its Python method {method}() failed with LookupError: no meter for {method} {NO_HARM}"
    assert [note for note in outcome.notes if note.startswith("instrument")] == [failed]


def test_an_outcome_that_cannot_be_judged_has_findings_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What raises last of all, in a check of the figures, is no less an ending."""
    monkeypatch.setattr("fpray.trial.validity._CHECKS", [lambda _evidence: 1 // 0])
    outcome = run(tmp_path, FakeMachines(["a"]), instruments=[Meter()])
    assert (outcome.status, outcome.notes) == (Status.FAILED, ["metered to its end: failed"])
    assert "ZeroDivisionError" in outcome.detail


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (FprayError("the jar has changed", Cause.CHANGED_JAR), "the jar has changed"),
        (OSError(errno.ENOSPC, "No space left on device", "/x"), "No space left on device"),
    ],
    ids=repr,
)
def test_what_ends_every_trial_asks_the_instruments_first(error: Exception, text: str, tmp_path: Path) -> None:
    """Their findings are with an outcome that is not final: the trial runs again."""
    machines = FakeMachines(["a"], read_client=lambda *_: error)
    with pytest.raises(type(error), match=text):
        run(tmp_path, machines, instruments=[Meter()])
    directory = tmp_path / "suite" / "001"
    assert (directory / "meter_data" / "meter.txt").read_text() == "interrupted\n"
    outcome = json.loads((directory / "outcome.json").read_text())
    assert (outcome["status"], outcome["notes"]) == ("interrupted", ["metered to its end: interrupted"])
    assert "meter.answers" in outcome["results"]
    assert outcome["detail"] in ("the jar has changed", "No space left on device, at /x")
    assert not Status.INTERRUPTED.final, "the trial runs again"
    assert machines.called("unlock")


def test_an_attempt_that_cannot_begin_asks_the_instruments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its first step is a step as any other."""
    monkeypatch.setattr(TrialDirectory, "archive_attempt", lambda _: 1 // 0)
    machines = FakeMachines(["a"])
    outcome = run(tmp_path, machines, instruments=[Meter()])
    assert (outcome.status, outcome.reason) == (Status.FAILED, Reason.FPRAY)
    assert outcome.notes == ["metered to its end: failed"]
    assert machines.calls == [], "it had no machine yet"


def test_a_full_disk_leaves_the_outcome_of_an_attempt_that_cannot_be_archived(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A trial that was to run again has its earlier result."""

    def full(directory: TrialDirectory) -> None:
        directory.commit(Outcome(Status.FINISHED))
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(TrialDirectory, "archive_attempt", full)
    with pytest.raises(OSError, match="No space left"):
        run(tmp_path, FakeMachines(["a"]), instruments=[Meter()])
    outcome = TrialDirectory(tmp_path / "suite" / "001").outcome()
    assert outcome is not None
    assert outcome.status is Status.FINISHED


def test_an_attempt_that_cannot_be_closed_keeps_its_findings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its outcome is known by then, and the instruments are not asked again."""
    monkeypatch.setattr("fpray.trial.machines.HeldMachines.give_back", lambda _: 1 // 0)
    outcome = run(tmp_path, FakeMachines(["a"]), instruments=[Meter()])
    assert (outcome.status, outcome.reason) == (Status.FAILED, Reason.FPRAY)
    assert "ZeroDivisionError" in outcome.detail
    assert outcome.notes == ["metered to its end: finished"]
    assert "meter.answers" in outcome.results


def test_a_trial_that_can_never_begin_asks_the_instruments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its only machine is gone, and no other one comes."""
    monkeypatch.setattr("fpray.driver.wait_queue.PATIENCE_S", 0.0)
    machines, meter = FakeMachines(["a"]), Meter()

    def play(trial: Trial[Any], hosts: Sequence[str]) -> Outcome:
        machines.lose("a")
        return finished(trial, hosts)

    monkeypatch.setattr("fpray.driver.check.find_instruments", lambda _names: [meter])
    result = run_on(machines, play, tmp_path, loops=2, instrument=["meter"])
    assert statuses(result) == ["finished", "lost"]
    assert result.outcomes["002"].notes == ["metered to its end: lost"]
    assert (result.suite / "002" / "meter_data" / "meter.txt").read_text() == "lost\n"
