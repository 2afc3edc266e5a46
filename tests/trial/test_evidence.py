"""What an instrument knows before the verdict on a trial: it becomes a doubt, or decides on the verdict."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fpray.evidence.evidence import Doubt, MachineEvidence
from fpray.node.messages import Failure
from fpray.store.outcome import Status
from fpray.testing.fake_machines import FakeMachines
from tests.support.meter import Meter
from tests.support.trials import run


def _exited(_role: str, _host: str, labels: list[str], _deadline_s: float | None) -> Failure:
    return Failure("exited", labels[0], f"{labels[0]} exited with 1")


def test_its_evidence_of_a_machine_is_judged_as_fprays_own(tmp_path: Path) -> None:
    meter = Meter()
    meter.gives = [MachineEvidence("a", 2, others=1.6, stolen=0.0, waited=0.9), Doubt("the meter trembled")]
    outcome = run(tmp_path, FakeMachines(["a"]), instruments=[meter])
    assert (outcome.status, len(outcome.doubts)) == (Status.FINISHED, 2)
    assert outcome.doubts[0].startswith("machine a was busy with something else while the clients measured")
    assert outcome.doubts[1] == "the meter trembled"


def test_its_doubt_with_a_defect_is_the_verdict(tmp_path: Path) -> None:
    wrong = Doubt("a read returned an old value", "unrecorded", "server", lines=["x = 1, then 0"])
    meter = Meter()
    meter.gives = [Doubt("the meter trembled"), Doubt("right all the same", harmless=True), wrong]
    outcome = run(tmp_path, FakeMachines(["a"]), instruments=[meter])
    assert (outcome.status, outcome.detail) == (Status.UNSERVED, "a read returned an old value")
    assert (outcome.label, list(outcome.lines)) == ("server", ["x = 1, then 0"])
    assert outcome.doubts == ["the meter trembled"]
    assert outcome.notes == ["right all the same", "metered to its end: unserved"]


def test_without_figures_it_is_not_asked_for_evidence(tmp_path: Path) -> None:
    meter = Meter()
    meter.raises = "evidence"
    outcome = run(tmp_path, FakeMachines(["a"], wait_exit=_exited), instruments=[meter])
    assert (outcome.status, outcome.notes) == (Status.CRASHED, ["metered to its end: crashed"])


@pytest.mark.parametrize(
    "evidence",
    [
        "the meter trembled",
        MachineEvidence("a", 0, others=1.0, stolen=0.0, waited=0.0),
        Doubt("no such defect", "trembled"),  # type: ignore[arg-type]
        Doubt("what shows it is no text", lines=[1]),  # type: ignore[list-item]
    ],
    ids=repr,
)
def test_evidence_that_nothing_can_judge_is_a_note(evidence: Any, tmp_path: Path) -> None:
    meter = Meter()
    meter.gives = [Doubt("the meter trembled"), evidence]
    outcome = run(tmp_path, FakeMachines(["a"]), instruments=[meter])
    assert (outcome.status, outcome.doubts) == (Status.FINISHED, [])
    failed = "instrument meter: its Python method evidence() failed with ValueError: evidence() must return values of "
    assert outcome.notes[0].startswith(failed)
